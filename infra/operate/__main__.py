"""`python -m infra.operate COMMAND`: look after a deployment. Settings are the functions' own."""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from google.api_core.exceptions import Forbidden, GoogleAPIError
from google.auth.exceptions import GoogleAuthError

from functions.handoff.errors import ConfigError, StoreUnavailable
from functions.runtime.config import Settings
from functions.runtime.logs import shown_conversation
from functions.runtime.wiring import SystemClock, read_policy
from infra.deploy.settings_file import is_on
from infra.operate.arguments import make_parser
from infra.operate.calling import GetToken, gcloud_token, kept
from infra.operate.documents import list_documents, open_store, read_paths
from infra.operate.forget import erased_in_words, forget, kept_in_words
from infra.operate.keys import find_key, find_key_of_phone, find_masked, is_masked
from infra.operate.letters import read_letters
from infra.operate.lines import lines_of
from infra.operate.reconcile import agrees, open_conversations, reconcile_all
from infra.operate.resend import resend
from infra.operate.route import lines_of_route, read_sample
from infra.operate.show import read_known
from infra.operate.show_lines import lines_of_conversation
from infra.operate.traces import read_traces, why_not
from infra.operate.where import find_redeliver, operator_settings, settings_of_brand


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Do what is asked; answers the exit code: 0, 1 = it did not go well, 2 = it could not be tried."""
    options = make_parser().parse_args(arguments)
    try:
        return _COMMANDS[options.command](options, environ)
    except ConfigError as e:
        print(e, file=sys.stderr)
    except StoreUnavailable as e:
        print(f"{e}: try again", file=sys.stderr)
    except GoogleAuthError:
        print("Google takes your credentials no more: gcloud auth application-default login", file=sys.stderr)
    except Forbidden:  # without its text: that may name a document, and that a phone number
        print("You may not do this in Firestore: it takes roles/datastore.user there", file=sys.stderr)
    except GoogleAPIError as e:
        print(f"Firestore did not do it ({type(e).__name__}): try again", file=sys.stderr)
    return 2


def _dead_letters(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    listed = read_letters(operator_settings(environ))
    wanted = [one for one in listed if options.all or not one.letter.resent_at]
    for line in lines_of(wanted[: options.limit], show_text=options.show_text):
        print(line)
    if len(wanted) > options.limit:
        print(f"{len(wanted) - options.limit} older ones not shown (--limit)")
    return 0


def _resend(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    answer = resend(find_redeliver(environ, options.url), options.id, _token_source(options))
    print(answer.words)
    return 0 if answer.went_well else 1


def _reconcile(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    url = find_redeliver(environ, options.url)
    keys = [options.conversation] if options.conversation else open_conversations(operator_settings(environ))
    if not keys:
        print("Nobody is waiting for a person or with one: there is nothing to reconcile.")
        return 0
    if not (options.yes or is_on("YES", environ)) and not agrees(len(keys)):
        print("Nothing was done (--yes, YES=1 go on without asking).")
        return 2
    return 0 if reconcile_all(url, keys, _token_source(options), time.sleep) else 1


def _token_source(options: argparse.Namespace) -> GetToken:
    return kept(lambda audience: gcloud_token(audience, options.run_as))


def _show(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings, now = operator_settings(environ), datetime.now(UTC)
    known = read_known(settings, _key(settings, options), now, with_texts=options.show_text)
    for line in lines_of_conversation(known, now, show_text=options.show_text):
        print(line)
    return 0 if known.conversation else 1


def _forget(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = operator_settings(environ)
    is_agreed, is_forced = options.yes or is_on("YES", environ), options.force or is_on("FORCE", environ)
    key = _key(settings, options)
    traces = read_traces(settings, key)
    if traces.is_empty:
        print(f"Nothing is kept of {shown_conversation(key)} (any more).")
        return 0
    refusal = "" if is_forced else why_not(traces, datetime.now(UTC))
    if refusal:
        return _not_forgotten(f"{refusal} Or force it: --force, FORCE=1.")
    print(f"{shown_conversation(key)}: {kept_in_words(traces)}")
    if not is_agreed and not _agrees_to_forget():
        print("Nothing was erased (--yes, YES=1 go on without asking).")
        return 2
    erased = forget(settings, open_store(settings), key, force=is_forced, clock=SystemClock())
    print(erased_in_words(erased))
    return _not_forgotten(erased.refusal) if erased.refusal else 0


def _not_forgotten(refusal: str) -> int:
    print(f"Not forgotten: {refusal}")
    return 1


def _agrees_to_forget() -> bool:
    """Ask; whoever can't be asked does not agree."""
    try:
        return input("Erase this for good? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def _route(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    sample = read_sample(options.sample or environ.get("SAMPLE", ""))
    settings = settings_of_brand(operator_settings(environ), options.brand or environ.get("BRAND", "").strip())
    for line in lines_of_route(read_policy(settings), sample):
        print(line)
    return 0


def _key(settings: Settings, options: argparse.Namespace) -> str:
    get = partial(read_paths, settings)
    if options.phone:
        return find_key_of_phone(get, settings, options.phone, options.agent)
    if is_masked(options.conversation):  # a digest can only be compared: one read for each conversation
        listed = list_documents(settings, "conversations")
        return find_masked((one.path.rpartition("/")[2] for one in listed), options.conversation)
    return find_key(get, options.conversation, options.chat, settings.brands)


_COMMANDS = {
    "dead-letters": _dead_letters,
    "resend": _resend,
    "reconcile": _reconcile,
    "show": _show,
    "forget": _forget,
    "route": _route,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
