"""How an operator finds a conversation that is named by a phone number: by the number, or by what logs show of it."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from functions.channels.rcs import rcs_key
from functions.handoff.changes import conversation_path
from functions.handoff.conversation import Conversation, to_record
from functions.handoff.ids import conversation_key
from functions.handoff.interfaces import Create
from functions.runtime.log_values import shown_conversation
from functions.storage.sqlite import SqliteStore
from infra.operate.__main__ import main

PHONE, OTHER_PHONE = "+4915112345678", "+4915100000000"
PLAIN, HASHED = (rcs_key("shop", PHONE, hashed=hashed) for hashed in (False, True))
ACME = {
    "acme": {
        "business_messages_agent": "brands/b/agents/a",
        "rcs_agent": "acme",
        "secrets": {"business-messages-partner-key": "acme-key", "rcs-client-token": "acme-token"},
    }
}
Show = Callable[..., tuple[int, str]]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    SqliteStore(tmp_path / "store.sqlite").close()
    return tmp_path / "store.sqlite"


@pytest.fixture
def show(path: Path, capsys: pytest.CaptureFixture[str]) -> Show:
    """Runs `show` with settings over the usual ones; answers the exit code and what is said."""

    def run(*arguments: str, **environ: str) -> tuple[int, str]:
        code = main(["show", *arguments], {"STORE": f"sqlite:{path}", "RCS_AGENT_ID": "shop", **environ})
        out = capsys.readouterr()
        return code, out.out + out.err

    return run


def keep(path: Path, *keys: str) -> None:
    store = SqliteStore(path)
    for key in keys:
        record = to_record(Conversation(key=key, channel="rcs"), retention=timedelta(days=30))
        store.commit(Create(conversation_path(key), record))
    store.close()


def brands(folder: Path) -> str:
    (folder / "brands.json").write_text(json.dumps(ACME))
    return str(folder / "brands.json")


@pytest.mark.parametrize("given", [PHONE, "+49 151 12345678", "+49 (151) 123-456-78"])
@pytest.mark.parametrize("kept", [PLAIN, HASHED])
@pytest.mark.parametrize("hashing", ["on", "off"])
def test_a_phone_is_found_however_its_number_is_written_or_kept(
    path: Path, show: Show, given: str, kept: str, hashing: str
) -> None:
    keep(path, kept, rcs_key("shop", OTHER_PHONE, hashed=False), rcs_key("other", PHONE, hashed=False))

    code, said = show("--phone", given, RCS_HASH_PHONES=hashing)

    assert (0, shown_conversation(kept)) == (code, said.splitlines()[0])
    assert PHONE not in said


def test_the_agent_may_be_another_than_the_deployment_s_own(path: Path, show: Show) -> None:
    keep(path, PLAIN, rcs_key("old_agent", PHONE, hashed=False))

    code, said = show("--phone", PHONE, "--agent", "old_agent")

    assert (0, shown_conversation(rcs_key("old_agent", PHONE, hashed=False))) == (code, said.splitlines()[0])


def test_a_brand_s_agent_is_one_of_ours(path: Path, show: Show) -> None:
    keep(path, rcs_key("acme", PHONE, hashed=False))

    assert 0 == show("--phone", PHONE, BRANDS_FILE=brands(path.parent))[0]
    assert 1 == show("--phone", PHONE)[0]


def test_a_brand_s_conversation_of_business_messages_is_found_by_the_channel_s_id(path: Path, show: Show) -> None:
    key = conversation_key("business_messages", "acme", "c-1")
    keep(path, key)

    assert key == show("c-1", BRANDS_FILE=brands(path.parent))[1].splitlines()[0]


def test_which_of_two_is_meant_is_never_guessed(path: Path, show: Show) -> None:
    keep(path, PLAIN, HASHED)

    code, said = show("--phone", PHONE)

    assert (2, True) == (code, "which one is meant?" in said)


@pytest.mark.parametrize(
    ("arguments", "environ", "words"),
    [
        (["--phone", "0151 1234567"], {}, "PHONE must be a number with its country"),
        (["--phone", PHONE], {"RCS_AGENT_ID": ""}, "which RCS agent? AGENT=…"),
        (["rcs:#0badc0ffee00"], {}, "no conversation is shown as rcs:#0badc0ffee00 (any more)"),
    ],
)
def test_what_can_t_be_found_is_said_so_without_the_number(
    path: Path, show: Show, arguments: list[str], environ: dict[str, str], words: str
) -> None:
    keep(path, rcs_key("shop", OTHER_PHONE, hashed=False))

    code, said = show(*arguments, **environ)

    assert (2, True) == (code, words in said)
    assert "1234567" not in said.replace("+4915112345678", "", 1)  # the example in the sentence


def test_a_conversation_is_found_by_what_logs_show_of_it(path: Path, show: Show) -> None:
    keep(path, PLAIN, rcs_key("shop", OTHER_PHONE, hashed=False))

    code, said = show(shown_conversation(PLAIN))

    assert (0, shown_conversation(PLAIN)) == (code, said.splitlines()[0])
