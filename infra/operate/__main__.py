"""`python -m infra.operate dead-letters`, `resend ID`, `reconcile [CONVERSATION]`; settings are the functions' own."""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence

from functions.handoff.errors import ConfigError
from functions.runtime.config import read_settings
from infra.operate.calling import GetToken, gcloud_token, kept
from infra.operate.letters import read_letters
from infra.operate.lines import lines_of
from infra.operate.reconcile import agrees, open_conversations, reconcile_all
from infra.operate.resend import resend


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Do what is asked; answers the exit code: 0, 1 = it did not go well, 2 = it could not be tried."""
    options = _parser().parse_args(arguments)
    try:
        return _COMMANDS[options.command](options, environ)
    except ConfigError as e:
        print(e, file=sys.stderr)
        return 2


def _dead_letters(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = read_settings(environ)
    listed = read_letters(settings)
    wanted = [one for one in listed if options.all or not one.letter.resent_at]
    for line in lines_of(wanted[: options.limit], show_text=options.show_text):
        print(line)
    if len(wanted) > options.limit:
        print(f"{len(wanted) - options.limit} older ones not shown (--limit)")
    return 0


def _resend(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    answer = resend(_url(options, environ), options.id, _token_source(options))
    print(answer.words)
    return 0 if answer.went_well else 1


def _reconcile(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    url = _url(options, environ)
    keys = [options.conversation] if options.conversation else open_conversations(read_settings(environ))
    if not keys:
        print("Nobody is waiting for a person or with one: there is nothing to reconcile.")
        return 0
    if not options.yes and not agrees(len(keys)):
        print("Nothing was done (--yes goes on without asking).")
        return 2
    return 0 if reconcile_all(url, keys, _token_source(options), time.sleep) else 1


def _url(options: argparse.Namespace, environ: Mapping[str, str]) -> str:
    url: str = options.url or read_settings(environ).redeliver_url
    if not url:
        raise ConfigError("where is redeliver? Set REDELIVER_URL, or give --url")
    return url


def _token_source(options: argparse.Namespace) -> GetToken:
    return kept(lambda audience: gcloud_token(audience, options.run_as))


_COMMANDS = {"dead-letters": _dead_letters, "resend": _resend, "reconcile": _reconcile}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.operate", description="Look after a deployment.")
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("dead-letters", help="what could not be delivered, newest first")
    listing.add_argument("--show-text", action="store_true", help="also what was written: it is private")
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
        command.add_argument("--url", default="", help="of the function redeliver (default REDELIVER_URL)")
        command.add_argument("--run-as", default="", metavar="SERVICE_ACCOUNT", help="call it as this service account")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
