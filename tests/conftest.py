"""What every test may ask for."""

import signal
import uuid
from collections.abc import Iterator

import pytest
from google.cloud import firestore
from hypothesis import settings

from infra.firestore_emulator import NO_EMULATOR, find_emulator, running_emulator

pytest.register_assert_rewrite(
    "tests.browser_fixtures",
    "tests.store_contract",
    "tests.store_contract_many",
    "tests.scenario_fixtures",
    "tests.story_stage",
)


# A shell starts what runs in the background with SIGINT ignored; tests send it to what they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


settings.register_profile("check", max_examples=20)  # a fifth of the usual, for `make check`; see tests/examples.py


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much of the simulation and of the scenarios to run."""
    parser.addoption("--seeds", type=int, default=150, help="how many random interleavings to simulate")
    parser.addoption("--first-seed", type=int, default=0, help="the seed to begin with, to run one again")
    parser.addoption("--product", action="store_true", help="every scenario on every channel, with every bot and store")


@pytest.fixture(scope="session")
def firestore_emulator() -> Iterator[str]:
    """ "host:port" of Google's emulator, one for all tests; what needs it is skipped where there is none."""
    if find_emulator() is None:
        pytest.skip(NO_EMULATOR)
    with running_emulator() as port:
        yield f"127.0.0.1:{port}"


@pytest.fixture
def firestore_client(firestore_emulator: str, monkeypatch: pytest.MonkeyPatch) -> firestore.Client:
    """A client of a project of its own: the emulator keeps projects apart, so every test finds it empty."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator)
    return firestore.Client(project=f"test-{uuid.uuid4().hex[:12]}")
