"""The bare relay as a process, for one conversation that a person has joined."""

from collections.abc import Iterator
from contextlib import contextmanager

from infra.bench.processes import FOLDER, SourceProcess
from infra.bench.rig import AGENT, Chat, Rig
from infra.sandbox.processes import free_port


@contextmanager
def running_bare_relay(rig: Rig, chat: Chat) -> Iterator[str]:
    """Run the bare relay beside the functions of a rig; yields its URL."""
    settings = {
        **rig.sandbox.settings,
        "BARE_CONVERSATION": chat.conversation,
        "BARE_CHAT_ID": chat.chat_id,
        "BARE_AGENT_NAME": AGENT.name,
        "BARE_CUSTOMER_TOKEN": _customer_token(rig, chat.chat_id),
    }
    with (rig.sandbox.folder / "bare.log").open("ab") as log:
        process = SourceProcess("bare_relay", free_port(), settings, log, FOLDER / "bare_relay.py")
        process.start()
        try:
            process.wait_ready()
            yield process.url
        finally:
            process.stop()


def _customer_token(rig: Rig, chat_id: str) -> str:
    """One more token of the chat's customer: the bridge's own is its own business."""
    livechat = rig.sandbox.livechat
    with livechat.lock:
        customer_id = livechat.licence.chat(chat_id).customer_id
        options = livechat.options
        token = livechat.licence.tokens.mint("customer", customer_id, options.customer_expires_in, options.client_id)
    return token.value
