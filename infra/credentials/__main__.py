"""`python -m infra.credentials secrets`, `login`; settings come from the settings file, the shell's over it."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from functions.handoff.errors import ConfigError
from functions.runtime.config import read_settings
from infra.credentials.asking import NothingEntered
from infra.credentials.consent import PORT
from infra.credentials.entering import Wish, enter
from infra.credentials.keepers import Refused, open_keeper
from infra.credentials.login import log_in
from infra.credentials.ways import Way
from infra.deploy.brands import brand_secrets
from infra.deploy.settings_file import operator_environment


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Do what is asked; answers the exit code: 0, 1 = it did not go well, 2 = it could not be tried."""
    options = _parser(environ).parse_args(arguments)
    try:
        return 0 if _COMMANDS[options.command](options, environ) else 1
    except ConfigError as e:
        print(e, file=sys.stderr)
        return 2
    except Refused as e:
        print(e, file=sys.stderr)
    except NothingEntered:
        print("\nNothing more was entered, so nothing more was stored.", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped. Only what was said to be stored is stored for sure.", file=sys.stderr)
    return 1


def _secrets(options: argparse.Namespace, environ: Mapping[str, str]) -> bool:
    keeper = open_keeper(environ)
    wish = Wish(options.name, options.file, options.generate, options.rotate, options.finish)
    return enter(keeper, wish, brand_secrets(operator_environment(environ)))


def _login(options: argparse.Namespace, environ: Mapping[str, str]) -> bool:
    settings = read_settings(operator_environment(environ))
    way = Way(options.port, options.paste, options.wait_s)
    return log_in(open_keeper(environ), settings, way, environ)


_COMMANDS = {"secrets": _secrets, "login": _login}


def _parser(environ: Mapping[str, str]) -> argparse.ArgumentParser:
    """The parser. Options not given are taken from the environment, where make puts them: NAME, FILE, PASTE…"""

    def flag(parser: argparse.ArgumentParser, name: str, meaning: str) -> None:
        parser.add_argument(f"--{name}", action="store_true", default=bool(environ.get(name.upper())), help=meaning)

    parser = argparse.ArgumentParser(
        prog="python -m infra.credentials", description="Store a deployment's credentials."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    entering = commands.add_parser("secrets", help="enter credentials: all of them, or one")
    entering.add_argument("--name", default=environ.get("NAME", ""), help="which one (default: each is asked for)")
    entering.add_argument("--file", default=environ.get("FILE", ""), help="read it from there; - is stdin")
    flag(entering, "generate", "make up a strong one, where it is ours to choose")
    flag(entering, "rotate", "the value that is there stays good, too")
    flag(entering, "finish", "the value before the present one is no longer good")
    consenting = commands.add_parser("login", help="get a LiveChat administrator's consent")
    flag(consenting, "paste", "for machines without a browser")
    port = environ.get("LOGIN_PORT") or str(PORT)
    consenting.add_argument("--port", type=_port, default=port, help=f"to be sent back to (default {PORT})")
    consenting.add_argument("--wait-s", type=float, default=300.0, help="how long to wait for that (default 300)")
    return parser


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else 0
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError("must be a port, 1 to 65535")
    return port


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
