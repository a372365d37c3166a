"""What the LiveChat app has to be allowed to do.

Source: LiveChat OAuth scopes, general rules: rw holds ro, all holds access.
"""

from collections.abc import Iterable

NEEDED = {
    "customers:own": "makes the users' tokens; who consents must be an administrator",
    "chats--all:ro": "reads threads, so that no message is missed",
    "agents--all:ro": "reads who the agents are",
    "webhooks.configuration:rw": "registers webhooks",
    "webhooks.state:rw": "switches webhooks on",
}


def missing_scopes(granted: Iterable[str]) -> tuple[str, ...]:
    """The needed ones that were not granted."""
    held = {scope.strip() for scope in granted}
    return tuple(scope for scope in NEEDED if scope not in held and _writing(scope) not in held)


def _writing(scope: str) -> str:
    return scope.removesuffix(":ro") + ":rw"
