"""Reads the functions' log lines in a scenario: what each says, and what none may say."""

import json
import re
from typing import Any

from functions.runtime.log_values import shown_conversation
from infra.sandbox.sandbox import Sandbox

JsonObject = dict[str, Any]

_ALWAYS = {
    "severity",
    "message",
    "function",
    "outcome",
    "reason",
    "calls",
    "store_trips",
    "documents_read",
    "documents_written",
    "duration_ms",
}
_OF_EVENTS = {"event_id", "conversation", "chat_id", "state_before", "state_after", "lag_ms"}
_OUTCOMES = {"handled", "queued", "duplicate", "ignored", "retry", "dead_letter", "rejected", "error"}
_E_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
_WEB_SERVERS = re.compile(r"\[[-\d]+ [:\d]+ [+\d]+\] \[\d+\] ")  # gunicorn's own: two of them may quarrel over a socket
_TELLING_LENGTH = 12  # a shorter text may well be part of something else


class Log:
    """The lines written since this was made."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._start = len(self.text_of_all())

    def text_of_all(self) -> str:
        """Everything the functions wrote since the sandbox began."""
        return self._sandbox.log()

    def text(self) -> str:
        """Everything the functions wrote since this was made."""
        return self.text_of_all()[self._start :]

    def lines(self, function: str = "", **fields: object) -> list[JsonObject]:
        """The lines as objects, of one function, with these fields.

        Raises:
            ValueError: a line is not one JSON object.
        """
        found = [_read_line(line) for line in self._written()]
        if "conversation" in fields:
            fields["conversation"] = shown_conversation(str(fields["conversation"]))
        return [
            line
            for line in found
            if line["function"] == (function or line["function"])
            and all(line.get(name) == value for name, value in fields.items())
        ]

    def _written(self) -> list[str]:
        """The functions' own lines."""
        return [line for line in self.text().splitlines() if line.strip() and not _WEB_SERVERS.match(line)]

    def of_events(self, key: str) -> list[JsonObject]:
        """The lines about accepted events of one conversation."""
        return [line for line in self.lines(conversation=key) if "event_id" in line]

    def problems(self, words: set[str]) -> list[str]:
        """What is wrong with the lines; `words`: texts that were said."""
        return [problem for line in self._written() for problem in self._problems(line, words)]

    def _problems(self, line: str, words: set[str]) -> list[str]:
        fields = _read_line(line)
        lacking = sorted(_ALWAYS - fields.keys())
        said = [word for word in words if len(word) >= _TELLING_LENGTH and _as_json(word) in line]
        secrets = [secret for secret in self._secrets() if secret in line]
        checks = {
            f"lacks {lacking}": lacking,
            f"outcome {fields.get('outcome')!r}": fields.get("outcome") not in _OUTCOMES - {"error"},
            f"says {said}": said,
            "holds a secret": secrets,
            "holds an e-mail address": _E_MAIL.search(line),
            "holds a token": "dal:" in line or "Bearer" in line,
        }
        return [f"{problem}: {line[:300]}" for problem, is_so in checks.items() if is_so]

    def _secrets(self) -> list[str]:
        values = json.loads(self._sandbox.secrets_path.read_text())
        oauth = json.loads(values["livechat-oauth"])
        return [*(value for name, value in values.items() if name != "livechat-oauth"), *oauth.values()]


def lacking_of_event(line: JsonObject) -> list[str]:
    """Which fields a line about an accepted event should have, and has not."""
    return sorted(_OF_EVENTS - line.keys())


def _as_json(text: str) -> str:
    return json.dumps(text)[1:-1]


def _read_line(line: str) -> JsonObject:
    fields = json.loads(line)
    if not isinstance(fields, dict):
        raise ValueError(f"not an object: {line[:200]}")
    return fields
