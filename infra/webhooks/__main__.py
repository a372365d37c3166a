"""`python -m infra.webhooks`: shows what LiveChat's webhooks lack, mends it, and says what to enter elsewhere."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from functions.handoff.errors import ConfigError
from functions.runtime.http_client import HttpClient
from infra.deploy.gcloud import CloudRefused
from infra.webhooks.access import NoAccess, as_app, as_person
from infra.webhooks.addresses import paste_lines
from infra.webhooks.apply import NotNow, SecretKey, bring_about
from infra.webhooks.configuration import ConfigurationApi, LiveChatRefused
from infra.webhooks.secret_store import WEBHOOK_SECRET, client_secret, current_line
from infra.webhooks.target import Target, find_urls, read_target
from infra.webhooks.wanted import fingerprint_key, wanted_webhooks

_OFF = {"", "0", "no", "off", "false"}
_ASK = {"1", "yes", "on", "true", "ask"}


def main(arguments: Sequence[str], environ: Mapping[str, str], sleep: Callable[[float], None] = time.sleep) -> int:
    """Do it; answers the exit code: 0, 1 = it did not go well, 2 = it could not be tried."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options, environ, sleep)
    except ConfigError as e:
        print(e, file=sys.stderr)
        return 2
    except (LiveChatRefused, NoAccess, NotNow) as e:
        print(e, file=sys.stderr)
    except CloudRefused as e:
        print(f"{e.command}: {e.said}", file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopped. Run this again, it goes on from here.", file=sys.stderr)
    return 1


def _run(options: argparse.Namespace, environ: Mapping[str, str], sleep: Callable[[float], None]) -> int:
    dry_run = options.dry_run or environ.get("DRY_RUN", "").strip().lower() not in _OFF
    by_person = options.pat or _asks_for_pat(environ)
    target = read_target(environ)
    urls = find_urls(target, options.url)
    secret_key = current_line(target.secrets, WEBHOOK_SECRET)
    key = fingerprint_key(secret_key, client_secret(target.secrets))
    wanted = wanted_webhooks(urls.livechat, target.settings.livechat_client_id, key)
    with_secret = SecretKey(secret_key, partial(target.secrets.unknown_for_s, WEBHOOK_SECRET))
    api = _api(target, by_person=by_person)
    problems = bring_about(api, wanted, with_secret, _say, sleep, dry_run=dry_run)
    print(*_paste(urls.to_paste, target), sep="\n", flush=True)
    print(*problems, sep="\n", end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


def _asks_for_pat(environ: Mapping[str, str]) -> bool:
    said = environ.get("LIVECHAT_PAT", "").strip().lower()
    if said not in _OFF | _ASK:
        raise ConfigError("LIVECHAT_PAT=ask asks for the token: don't write it on a command line, revoke this one")
    return said in _ASK


def _api(target: Target, *, by_person: bool) -> ConfigurationApi:
    http, settings = HttpClient(), target.settings
    access = as_person() if by_person else as_app(http, target.address, target.checked_secrets())
    return ConfigurationApi(http, settings.livechat_api_url, settings.livechat_client_id, access)


def _say(line: str) -> None:
    print(line, flush=True)


def _paste(addresses: Mapping[str, str] | None, target: Target) -> Iterator[str]:
    if addresses is None:
        yield "What to enter in other consoles is shown only with PROJECT and REGION."
    else:
        yield from paste_lines(addresses, target.project, target.bots, target.of_brands)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.webhooks", description="LiveChat's webhooks.")
    parser.add_argument("--url", default="", help="of the function livechat-webhook (default: gcloud is asked)")
    parser.add_argument("--pat", action="store_true", help="ask for a personal access token (also LIVECHAT_PAT=ask)")
    parser.add_argument("--dry-run", action="store_true", help="change nothing (also DRY_RUN=1)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
