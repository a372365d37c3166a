"""Asks the function `redeliver` to reconcile conversations with LiveChat, one after the other, at a bearable pace."""

import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from functions.handoff.conversation import AGENT, WAITING
from functions.runtime.config import Settings
from functions.runtime.logs import shown_conversation
from infra.operate.calling import GetToken, NoAnswer, Reply, call_redeliver
from infra.operate.documents import read_documents

PAUSE_S = 1.0  # LiveChat limits calls and does not say how; the functions need theirs, too
_TRIES = 3
_LONGEST_WAIT_S = 60.0
_WAIT_S = 5.0

_NO_USE = {
    "no_such_conversation": "there is no such conversation (any more)",
    "no_chat": "it has no chat in LiveChat",
}
_THREAD_NEWS = {
    "closed_at_desk": "its thread was closed at LiveChat, which is worked now",
    "newer_thread": "LiveChat has a newer thread, which is taken up now",
}
_STANDINGS = ("delivered", "waiting", "given_up", "withheld", "too_old")


class Answer(NamedTuple):
    """What came of one conversation, in words. `went_well`: nothing is left to do for the operator."""

    went_well: bool
    words: str
    missing: int = 0
    recovered: int = 0


def open_conversations(settings: Settings) -> list[str]:
    """Keys of the conversations that a person is asked for or present in, as far as they have a chat.

    Raises:
        ConfigError: the store is not there, or there are no credentials for it.
    """
    found = read_documents(settings, "conversations", (WAITING, AGENT))
    return sorted(one.path.rpartition("/")[2] for one in found if one.record.chat_id)


def agrees(count: int, ask: Callable[[str], str] = input) -> bool:
    """Say what it costs, and ask; whoever can't be asked does not agree."""
    conversations = "1 conversation" if count == 1 else f"{count} conversations"
    print(f"{conversations}: {count} billed call{'s' * (count != 1)} to LiveChat, and one more for each with a loss.")
    try:
        return ask("Go on? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def reconcile_all(url: str, keys: Sequence[str], get_token: GetToken, sleep: Callable[[float], None]) -> bool:
    """Reconcile these and print a line for each, then the sum; answers whether all went well.

    Raises:
        ConfigError: the URL is not one that a token may be sent to.
    """
    answers = []
    for number, key in enumerate(keys):
        if number:
            sleep(PAUSE_S)
        answers.append(reconcile(url, key, get_token, sleep))
        print(f"{shown_conversation(key)}  {answers[-1].words}")
        sys.stdout.flush()
    print(_sum(answers))
    return all(answer.went_well for answer in answers)


def reconcile(url: str, key: str, get_token: GetToken, sleep: Callable[[float], None]) -> Answer:
    """Reconcile one conversation; while LiveChat or the store is away it is tried again, as late as redeliver says."""
    for tried in range(1, _TRIES + 1):
        try:
            reply = call_redeliver(url, {"conversation": key, "reconcile": True}, get_token)
        except NoAnswer as e:
            return Answer(False, f"redeliver did not answer ({e}). Ask again, it is safe.")
        if reply.status != 503:
            break
        if tried < _TRIES:
            sleep(min(_WAIT_S if reply.retry_after_s is None else reply.retry_after_s, _LONGEST_WAIT_S))
    return _read(reply)


def _read(reply: Reply) -> Answer:
    body = reply.body
    if reply.status == 503:
        return Answer(False, "not now: LiveChat or the store is away, or too much waits in it. Ask again later.")
    if reply.status != 200 or not isinstance(body.get("missing"), list):
        return Answer(False, reply.refusal)
    if body.get("outcome") == "ignored":
        reason = str(body.get("reason", ""))
        return Answer(False, f"not compared: {_NO_USE.get(reason, f'LiveChat refused ({reason})')}")
    missing, recovered = len(body["missing"]), int(body.get("recovered", 0))
    parts = [_loss(body, missing, recovered), _THREAD_NEWS.get(str(body.get("thread_news")), ""), _counted(body)]
    return Answer(body.get("outcome") in {"handled", "queued"}, "; ".join(filter(None, parts)), missing, recovered)


def _loss(body: dict[str, Any], missing: int, recovered: int) -> str:
    if not missing:
        return "nothing missing"
    found = f"{missing} missing, {recovered} recovered ({', '.join(map(str, body['missing']))})"
    if body.get("outcome") == "dead_letter":
        return f"{found}: given up on the way, see dead-letters"
    if recovered == missing:
        return found
    return f"{found}: the rest follows" if body.get("outcome") == "queued" else f"{found}: ask again for the rest"


def _counted(body: dict[str, Any]) -> str:
    """How all messages of the thread stand, as they were found."""
    standings = [f"{body[name]} {name.replace('_', ' ')}" for name in _STANDINGS if body.get(name)]
    messages = body.get("agent_messages", 0)
    return f"of {messages} agents' message{'s' * (messages != 1)}: {', '.join(standings) or 'none known'}"


def _sum(answers: Sequence[Answer]) -> str:
    missing, recovered = sum(one.missing for one in answers), sum(one.recovered for one in answers)
    failed = sum(not one.went_well for one in answers)
    conversations = "1 conversation" if len(answers) == 1 else f"{len(answers)} conversations"
    said = f"{conversations}, {missing} messages missing, {recovered} recovered"
    return f"{said}, {failed} not settled" if failed else said
