"""Starts everything on this machine, plays a story once, and stays up with a page for playing on.

``python -m infra.sandbox [--once] [--channel rcs] [--bot cx] [--port 8080] [--functions-port 8081]``

With DIALOGFLOW_AGENT in the environment that bot answers, see `own_bot`; then no story is played.
"""

import argparse
import os
import shutil
import signal
import sys
import time

from infra.sandbox import run_options
from infra.sandbox.both_sides import Columns
from infra.sandbox.own_bot import NoBot, check_credentials, read_own_bot
from infra.sandbox.page import PageServer
from infra.sandbox.processes import FUNCTIONS, PortInUse, free_port, refuse_if_taken
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.story_errors import StoryError

_STANDINS = {
    "LiveChat": "LIVECHAT_API_URL",
    "Business Messages": "BUSINESS_MESSAGES_API_URL",
    "RCS for Business": "RCS_API_URL",
    "Dialogflow": "DIALOGFLOW_API_URL",
    "Cloud Tasks": "TASKS_API_URL",
}
_STORY = "seed"
_ONCE_WITH_OWN_BOT = (
    "--once plays a story, which expects the words of the bot that comes with the sandbox: unset DIALOGFLOW_AGENT"
)
_WIDTH = 120
_LOG_LINES = 20
_SLICE_S = 0.25
_LAST_PORT = 65535 - len(FUNCTIONS)


def main() -> int:
    """Run the sandbox; answers the exit code."""
    arguments = _arguments()
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    try:
        return _run(arguments)
    except PortInUse as e:
        print(f"{e} (--port for the page, --functions-port for the functions)", file=sys.stderr)
    except (NoBot, RuntimeError) as e:
        print(e, file=sys.stderr)
    except KeyboardInterrupt:
        return 1 if arguments.once else 0
    except BrokenPipeError:  # whoever read along has gone: keep the interpreter from writing to them at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.sandbox", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--once", action="store_true", help="play the story, check it, and exit with 0 or 1")
    parser.add_argument(
        "--port",
        type=_port,
        default=os.environ.get("SANDBOX_PORT", "8080"),
        help="of the page (default 8080, or SANDBOX_PORT; 0 = any free one)",
    )
    parser.add_argument(
        "--functions-port",
        type=_port,
        default="8081",
        help="of the first function; the others follow (default 8081; 0 = any free ones)",
    )
    run_options.add_choices(parser)
    return run_options.check_choices(parser, parser.parse_args())


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{port} is not a port")
    return port


def _run(arguments: argparse.Namespace) -> int:
    began = time.monotonic()
    own_bot = _own_bot(arguments)
    page_port = arguments.port or free_port()
    ports = _function_ports(arguments.functions_port)
    for port in (page_port, *ports.values()):
        refuse_if_taken(port)
    sandbox = Sandbox(
        run_options.SETTINGS,
        channel=arguments.channel,
        bot=arguments.bot,
        ports=ports,
        livechat_options=run_options.LIVECHAT_OPTIONS,
        own_bot=own_bot,
    )
    page = PageServer(sandbox)
    try:
        sandbox.start()
        page.serve(page_port)
        print(f"Everything is up after {time.monotonic() - began:.1f} s.", end=" ", flush=True)
        has_succeeded = _begin(sandbox)
        if arguments.once:
            return 0 if has_succeeded else 1
        _print_addresses(sandbox, page)
        while True:  # in slices: a signal that comes just before a wait does not end that wait
            time.sleep(_SLICE_S)
    finally:
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ending, signal.SIG_IGN)  # let nothing interrupt the ending
        page.stop()
        sandbox.stop()


def _own_bot(arguments: argparse.Namespace) -> dict[str, str]:
    """The variables of the bot that is named in the environment, if one is, and can be asked."""
    own_bot = read_own_bot(os.environ)
    if own_bot and arguments.once:
        raise NoBot(_ONCE_WITH_OWN_BOT)
    if own_bot:
        check_credentials(own_bot)
    return own_bot


def _function_ports(first: int) -> dict[str, int]:
    if not first:
        return {}
    return {name: first + number for number, name in enumerate(FUNCTIONS)}


def _begin(sandbox: Sandbox) -> bool:
    """Play the story; with another bot, say who answers."""
    if not sandbox.own_bot:
        print("The story, as it happens:\n", flush=True)
        return _play(sandbox)
    print(f"Your own bot answers: {sandbox.settings['DIALOGFLOW_AGENT']}", flush=True)
    print(f"No story is played: {sandbox.stories.why_not}.", flush=True)
    return True


def _play(sandbox: Sandbox) -> bool:
    is_terminal = sys.stdout.isatty()
    width = min(shutil.get_terminal_size((_WIDTH, 24)).columns, _WIDTH) if is_terminal else _WIDTH
    columns = Columns(sys.stdout, width, colour=is_terminal and not os.environ.get("NO_COLOR"))
    began = time.monotonic()
    try:
        columns.print_head()
        sandbox.stories.play(_STORY, columns.print_line)
    except StoryError as e:
        print(f"\nThe story stopped: {e}\n\nThe last lines of the functions' log:", flush=True)
        print("\n".join(sandbox.log().splitlines()[-_LOG_LINES:]), flush=True)
        return False
    print(f"\nThe story took {time.monotonic() - began:.1f} s; every line came once and in order.", flush=True)
    return True


def _print_addresses(sandbox: Sandbox, page: PageServer) -> None:
    print(f"\nPage       {page.url}   play the user and the agents there")
    for name in FUNCTIONS:
        print(f"Function   {sandbox.url_of(name)}   {name}")
    for name, setting in _STANDINS.items():
        if not (sandbox.own_bot and name == "Dialogflow"):
            print(f"Stand-in   {sandbox.settings[setting]}/_state   {name}")
    if sandbox.own_bot:
        print(f"Your bot   {sandbox.settings['DIALOGFLOW_API_URL']}   {sandbox.settings['DIALOGFLOW_AGENT']}")
    print(f"Log        {sandbox.log_path}\n\nStop with Ctrl-C.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
