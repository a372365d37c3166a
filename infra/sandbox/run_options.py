"""How the sandbox differs from a deployment when one tries it out: waits of seconds, not of half a minute."""

from typing import Any

SETTINGS = {"DELAY_NOTICE_S": "5"}
LIVECHAT_OPTIONS: dict[str, Any] = {"retry_delays": (0.5, 5.0, 15.0)}
"""LiveChat does not document when it repeats a webhook, only that it does so up to three times in about a minute."""
