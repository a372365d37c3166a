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

from functions.livechat.oauth import AgentToken
from functions.livechat.token_record import TokenRecord
from infra.sandbox.livechat.options import AgentProfile
from infra.sandbox.processes import FunctionProcess, PortInUse, free_port, refuse_if_taken
from infra.sandbox.sandbox import Sandbox
from infra.sandbox.standin import Fault, StandIn
from infra.sandbox.standins import DOORS
from tests.hands import BUSINESS_MESSAGES
from tests.play import ADA, JANE, NAMES, SAM, Scene, WatchedSandbox, wait_for
from tests.play_log import Log
from tests.product import SQLITE, Setup, as_parameters

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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test wherever it is to run."""
    if "setup" in metafunc.fixturenames:
        setups = list(as_parameters(metafunc.definition, is_all=metafunc.config.getoption("product")))
        metafunc.parametrize("setup", setups, indirect=True, scope="session")


@pytest.fixture(scope="session")
def setup(request: pytest.FixtureRequest) -> Setup:
    """The channel, the bot and the store of the test."""
    one: Setup = request.param
    return one


@pytest.fixture(scope="session")
def store_settings(setup: Setup, request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings that lead the functions to the store."""
    if setup.store == SQLITE:
        return {}
    host = request.getfixturevalue("firestore_emulator")
    project = f"test-{uuid.uuid4().hex[:12]}"
    return {"FIRESTORE_EMULATOR_HOST": host, "GOOGLE_CLOUD_PROJECT": project, "STORE": "firestore"}


class Running:
    """Deployments that stay up for the next file's tests, as each takes a while to start. All but one rest."""

    def __init__(self) -> None:
        self._up: dict[object, WatchedSandbox] = {}

    def get(self, name: object, make: Callable[[], WatchedSandbox]) -> WatchedSandbox:
        """The one of that name, made and started where there is none yet."""
        for one in self._up.values():
            one.rests = True
        if name not in self._up:
            self._up[name] = make()
            self._up[name].start()
        self._up[name].rests = False
        return self._up[name]

    def stop(self) -> None:
        """All of them."""
        for one in self._up.values():
            one.stop()


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """What is up for the whole session."""
    everything = Running()
    yield everything
    everything.stop()


@pytest.fixture(scope="session")
def sandbox(setup: Setup, running: Running, store_settings: dict[str, str]) -> WatchedSandbox:
    """A running deployment."""

    def make() -> WatchedSandbox:
        return WatchedSandbox(_SETTINGS | store_settings, bot=setup.bot, livechat_options=LIVECHAT_OPTIONS)

    return running.get(("standard", setup.bot, setup.store), make)


@pytest.fixture
def channel(request: pytest.FixtureRequest) -> str:
    """The channel of the test; a deployment that is not run on several has one of its own."""
    return str(request.getfixturevalue("setup").channel) if "setup" in request.fixturenames else BUSINESS_MESSAGES


@pytest.fixture
def scenes(sandbox: WatchedSandbox, channel: str, request: pytest.FixtureRequest) -> Iterator[Callable[..., Scene]]:
    """Opens conversations; afterwards everything behaves again, and nobody broke a rule or said too much in a log."""
    opened: list[Scene] = []
    log, rules = Log(sandbox), len(_violations(sandbox))

    def open_scene(**user: Any) -> Scene:
        opened.append(Scene(sandbox, channel, **user))
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
    return [violation for one in (*sandbox.channels.values(), sandbox.dialogflow) for violation in one.violations]


def _behave(sandbox: Sandbox) -> None:
    for process in sandbox.functions.values():
        if process.pid is None:
            start_again(process)
    for standin in (sandbox.livechat, sandbox.dialogflow, *sandbox.channels.values()):
        standin.faults = []
    sandbox.livechat.misbehave()
    sandbox.livechat.licence.options = sandbox.livechat.options
    for name, standin in sandbox.channels.items():
        sending = {"url": sandbox.url_of(DOORS[name]), "twice": 0.0, "reorder": 0.0, "drop": 0.0}
        standin.change_options(sending=sending)
    webhook = {"auth": "header", "token": sandbox.dialogflow_token, "twice": False, "location": "", "audience": ""}
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


def expire_agent_token(sandbox: WatchedSandbox) -> None:
    """LiveChat refuses the shared agent token from now on, and it is not new: a new one's refusal is not believed."""
    record = TokenRecord(sandbox.store)
    stored = wait_for(record.read, "the token's document")
    assert stored.token is not None
    earlier = stored.token.obtained_at - _TWO_MINUTES
    record.put(stored, AgentToken(stored.token.value, earlier, stored.token.expires_at))
    sandbox.livechat.expire_tokens("agent")
