"""Fixtures of the scenario tier: the functions as processes against the stand-ins, once for all tests on each store."""

import json
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from functions.handoff.interfaces import Store
from functions.livechat.oauth import AgentToken
from functions.livechat.token_record import TokenRecord
from functions.storage.firestore import connect
from functions.storage.sqlite import SqliteStore
from infra.sandbox.livechat.options import AgentProfile
from infra.sandbox.processes import FunctionProcess, PortInUse, free_port, refuse_if_taken
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.standin import Fault, StandIn
from tests.play import ADA, JANE, NAMES, SAM, Scene, WatchedSandbox, wait_for
from tests.play_log import Log

STANDARD, SALES, BILLING = 7, 8, 9
"""Groups: Jane has the standard one, Sam sales (one chat at a time), Ada billing, but she is not there at first."""

_AGENTS = (
    AgentProfile(id=JANE, name=NAMES[JANE], groups=(0, STANDARD), max_chats=100),
    AgentProfile(id=SAM, name=NAMES[SAM], groups=(0, SALES), max_chats=1),
    AgentProfile(id=ADA, name=NAMES[ADA], groups=(0, BILLING), max_chats=100, status="not_accepting_chats"),
)
LIVECHAT_OPTIONS: dict[str, Any] = {
    "agents": _AGENTS,
    "groups": (0, STANDARD, SALES, BILLING),
    "retry_delays": (0.3, 1.0, 3.0),
    "rotate_refresh_tokens": True,
    "uuid_event_share": 0.0,
}
_SETTINGS = {
    "LIVECHAT_GROUPS": json.dumps({"default": STANDARD, "sales": SALES, "billing": BILLING}),
    "DELAY_NOTICE_S": "1",
}
_TWO_MINUTES = timedelta(minutes=2)
_STORES = [pytest.param("sqlite"), pytest.param("firestore", marks=pytest.mark.emulator)]


@pytest.fixture(scope="session", params=_STORES)
def sandbox(request: pytest.FixtureRequest) -> Iterator[WatchedSandbox]:
    """A running deployment, on SQLite and on Google's Firestore emulator."""
    settings = dict(_SETTINGS)
    if request.param == "firestore":
        settings["FIRESTORE_EMULATOR_HOST"] = request.getfixturevalue("firestore_emulator")
        settings["GOOGLE_CLOUD_PROJECT"] = f"test-{uuid.uuid4().hex[:12]}"
        settings["STORE"] = "firestore"
    running = WatchedSandbox(settings, livechat_options=LIVECHAT_OPTIONS)
    with running:
        yield running


@pytest.fixture
def scenes(sandbox: WatchedSandbox, request: pytest.FixtureRequest) -> Iterator[Callable[..., Scene]]:
    """Opens conversations; afterwards everything behaves again, and nobody broke a rule or said too much in a log."""
    opened: list[Scene] = []
    log, rules = Log(sandbox), len(_violations(sandbox))

    def open_scene(**user: str) -> Scene:
        opened.append(Scene(sandbox, **user))
        return opened[-1]

    yield open_scene
    sys.stdout.write(log.text())  # shown where a test failed
    _behave(sandbox)
    words = {line.partition(": ")[2] for scene in opened for line in scene.screen() + scene.inbox()}
    for scene in opened:
        _end(scene)
    if request.node.get_closest_marker("xfail"):
        return  # what it proves wrong may break these rules, too
    assert [] == _violations(sandbox)[rules:]
    assert [] == log.problems(words)


@pytest.fixture
def scene(scenes: Callable[..., Scene]) -> Scene:
    """One conversation, opened."""
    return scenes()


@pytest.fixture
def log(sandbox: Sandbox) -> Log:
    """What the functions write during the test."""
    return Log(sandbox)


def _violations(sandbox: Sandbox) -> list[Any]:
    return [*sandbox.messages.violations, *sandbox.dialogflow.violations]


def _behave(sandbox: Sandbox) -> None:
    for process in sandbox.functions.values():
        if process.pid is None:
            start_again(process)
    for standin in (sandbox.livechat, sandbox.messages, sandbox.dialogflow):
        standin.faults = []
    sandbox.livechat.misbehave()
    sandbox.livechat.licence.options = sandbox.livechat.options
    sending = {"url": sandbox.url_of("business_messages_webhook"), "twice": 0.0, "reorder": 0.0, "drop": 0.0}
    sandbox.messages.change_options(sending=sending)
    webhook = {"auth": "header", "token": sandbox.dialogflow_token, "twice": False, "location": ""}
    sandbox.dialogflow.change_options(webhook=webhook)
    for agent, status in ((JANE, "accepting_chats"), (SAM, "accepting_chats"), (ADA, "not_accepting_chats")):
        if sandbox.livechat.licence.agents[agent].status != status:
            sandbox.livechat.play("status", agent=agent, status=status)


def _end(scene: Scene) -> None:
    """Close what is open, so that the agents are free for the next test."""
    for chat in scene.chats():
        if chat.active_thread:
            scene.sandbox.livechat.play("timeout", chat_id=chat.id)
    scene.settle()


# --- trouble ---------------------------------------------------------------------------------------------------------


@contextmanager
def trouble(standin: StandIn, path: str, **fault: Any) -> Iterator[None]:
    """For the time of the block, calls whose path matches misbehave (`Fault` fields)."""
    standin.faults = [Fault(path, **fault)]
    try:
        yield
    finally:
        standin.faults = []


def livechat_is(sandbox: Sandbox, **options: Any) -> None:
    """Change LiveChat's options for the rest of the test."""
    sandbox.livechat.licence.options = msgspec.structs.replace(sandbox.livechat.options, **options)


def start_again(process: FunctionProcess) -> None:
    """Start a function that was killed; the last of its group may hold the port for a moment longer."""
    wait_for(lambda: _is_free(process.port), f"port {process.port}")
    process.start()
    process.wait_ready()


def _is_free(port: int) -> bool:
    try:
        refuse_if_taken(port)
    except PortInUse:
        return False
    return True


@contextmanager
def another_process(sandbox: Sandbox, function: str, without: str = "", **settings: str) -> Iterator[FunctionProcess]:
    """A further process of a function of the same deployment, with other settings."""
    environ = {name: value for name, value in (sandbox.settings | settings).items() if name != without}
    port = free_port()
    with (sandbox.folder / f"{function}-{port}.log").open("ab") as output:
        process = FunctionProcess(function, port, environ, output)
        process.start()
        try:
            process.wait_ready()
            yield process
        finally:
            process.stop()


# --- the store -------------------------------------------------------------------------------------------------------


def open_store(sandbox: Sandbox) -> Store:
    """The deployment's store."""
    kind, _, path = sandbox.settings["STORE"].partition(":")
    if kind == "sqlite":
        return SqliteStore(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIRESTORE_EMULATOR_HOST", sandbox.settings["FIRESTORE_EMULATOR_HOST"])
        return connect(sandbox.settings["GOOGLE_CLOUD_PROJECT"])


def expire_agent_token(sandbox: Sandbox) -> None:
    """LiveChat refuses the shared agent token from now on, and it is not new: a new one's refusal is not believed."""
    record = TokenRecord(open_store(sandbox))
    stored = wait_for(record.read, "the token's document")
    assert stored.token is not None
    earlier = stored.token.obtained_at - _TWO_MINUTES
    record.put(stored, AgentToken(stored.token.value, earlier, stored.token.expires_at))
    sandbox.livechat.expire_tokens("agent")
