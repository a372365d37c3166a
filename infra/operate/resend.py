"""Asks the function `redeliver` to send a dead letter again."""

from typing import NamedTuple

from infra.operate.calling import GetToken, NoAnswer, Reply, call_redeliver

_WORDS = {
    "handled": "Sent again: it is delivered.",
    "queued": "Sent again: it waits and goes as soon as it can. Its conversation is looked after; nothing else to do.",
    "duplicate": "It was sent again before; nothing was done now.",
    "dead_letter": "Sent again, and given up again: {reason}. Mend that, then send it again.",
    "ignored": "Not sent again: {message}",
}
_WELL = {"handled", "queued", "duplicate"}
_NOT_NOW = "Not now: the store is away, or too much waits in that conversation. Try again."


class Answer(NamedTuple):
    """What came of it, in words; `went_well`: nothing is left to do for the operator."""

    went_well: bool
    words: str


def resend(url: str, letter_id: str, get_token: GetToken) -> Answer:
    """Have a dead letter sent again; twice is harmless.

    Args:
        url: of the function `redeliver`.
        letter_id: as listed.
        get_token: gives an identity token for that URL; not asked for one on loopback.

    Raises:
        ConfigError: the URL is not one that a token may be sent to.
    """
    try:
        return _read(call_redeliver(url, {"resend": letter_id}, get_token))
    except NoAnswer as e:
        return Answer(False, f"redeliver did not answer ({e}). Perhaps it was sent; ask again, it is safe.")


def _read(reply: Reply) -> Answer:
    outcome, body = reply.body.get("outcome"), reply.body
    if reply.status == 200 and outcome in _WORDS:
        words = _WORDS[outcome].format(reason=body.get("reason", ""), message=body.get("message", ""))
        return Answer(outcome in _WELL, words)
    return Answer(False, _NOT_NOW if reply.status == 503 else reply.refusal)
