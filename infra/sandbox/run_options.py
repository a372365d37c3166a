"""What one can choose of a sandbox, and how it differs from a deployment: waits of seconds, not of half a minute."""

import argparse
import os
from typing import Any

from infra.sandbox.standins import BOTS, CHANNELS

SETTINGS = {"DELAY_NOTICE_S": "5"}
LIVECHAT_OPTIONS: dict[str, Any] = {"retry_delays": (0.5, 5.0, 15.0)}
"""LiveChat does not document when it repeats a webhook, only that it does so up to three times in about a minute."""

_CHOICES = {
    "channel": (CHANNELS, "where the users are (or CHANNEL)"),
    "bot": (BOTS, "which Dialogflow answers (or BOT)"),
}


def add_choices(parser: argparse.ArgumentParser) -> None:
    """Let a command be told the channel and the bot."""
    for name, (choices, what) in _CHOICES.items():
        default = os.environ.get(name.upper(), "").strip() or choices[0]
        parser.add_argument(f"--{name}", choices=choices, default=default, help=what)


def check_choices(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> argparse.Namespace:
    """The arguments, if they can be: what comes from the environment argparse lets pass."""
    for name, (choices, _) in _CHOICES.items():
        if getattr(arguments, name) not in choices:
            parser.error(f"{name.upper()} is one of {', '.join(choices)}, not {getattr(arguments, name)!r}")
    return arguments
