"""The command line of `python -m infra.operate`."""

import argparse


def make_parser() -> argparse.ArgumentParser:
    """The parser; `command` is what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m infra.operate", description="Look after a deployment.")
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("dead-letters", help="what could not be delivered, newest first")
    _add_show_text(listing)
    listing.add_argument("--all", action="store_true", help="also those that were sent again")
    listing.add_argument("--limit", type=int, default=100, help="how many at most (default 100)")
    sending = commands.add_parser("resend", help="send one again; twice is harmless")
    sending.add_argument("id", help="as dead-letters shows it")
    reconciling = commands.add_parser("reconcile", help="recover agents' messages whose webhooks were lost (billed)")
    reconciling.add_argument(
        "conversation", nargs="?", default="", help="its key (default: all that wait or are with agents)"
    )
    reconciling.add_argument("--yes", action="store_true", help="do not ask before calls that LiveChat bills")
    for command in (sending, reconciling):
        command.add_argument("--url", default="", help="of the function redeliver (default: asks gcloud)")
        command.add_argument("--run-as", default="", metavar="SERVICE_ACCOUNT", help="call it as this service account")
    showing = commands.add_parser("show", help="one conversation: who has it, what waits and why")
    _add_show_text(showing)
    forgetting = commands.add_parser("forget", help="erase what is kept of one user")
    forgetting.add_argument("--yes", action="store_true", help="do not ask")
    forgetting.add_argument("--force", action="store_true", help="though something waits, or the chat is open")
    for command in (showing, forgetting):
        command.add_argument("conversation", nargs="?", default="", help="its key, or the channel's own id")
        command.add_argument("--chat", default="", metavar="CHAT_ID", help="find it by its chat in LiveChat")
        command.add_argument("--phone", default="", metavar="NUMBER", help="find it by the user's number (RCS)")
        command.add_argument("--agent", default="", metavar="AGENT_ID", help="with which RCS agent (default: ours)")
    routing = commands.add_parser("route", help="which routing rule wins for a hand-off, and why the others don't")
    routing.add_argument(
        "sample", nargs="?", default="", help='the hand-off, as JSON like {"locale": "de"} (or SAMPLE)'
    )
    routing.add_argument("--brand", default="", help="with this brand's rules and groups (or BRAND)")
    return parser


def _add_show_text(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--show-text", action="store_true", help="also names and what was written: it is private")
