"""`make secrets` on a terminal: nothing that is typed is shown, stored where it must not be, or seen by others."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.deploy.parts import SECRETS, WRITTEN_SECRET
from tests.credentials_runs import COMMAND, PROJECT, Home, ScriptedGcloud, Terminal, Watch

WEBHOOK, PARTNER, TOKEN = "livechat-webhook-secret", "business-messages-partner-key", "dialogflow-webhook-token"
KEY = "messaging-service-account"
OLD, NEW = "Zx4-first_value.0123", "Zx4-second_value.9876"

pytestmark = pytest.mark.scenario


@pytest.fixture
def gcloud(tmp_path: Path) -> ScriptedGcloud:
    made = ScriptedGcloud(tmp_path)
    for secret in SECRETS:
        made.make(secret.name)
    return made


@pytest.fixture
def home(tmp_path: Path, gcloud: ScriptedGcloud) -> Home:
    return Home(tmp_path, gcloud.folder, GOOGLE_CLOUD_PROJECT=PROJECT)


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Looks for the two values in every process's arguments and environment."""
    with Watch(OLD, NEW) as watch:
        yield watch
    assert watch.looks > 0


def terminal(home: Home, *arguments: str, **environ: str) -> Terminal:
    return Terminal([*COMMAND, "secrets", *arguments], {**home.environ, **environ})


def test_a_typed_value_is_stored_and_shown_nowhere(home: Home, gcloud: ScriptedGcloud, watch: Watch) -> None:
    gcloud.make(WEBHOOK, OLD)
    screen = terminal(home, f"--name={WEBHOOK}")

    screen.expect("value (")
    echoing = screen.is_echoing()
    screen.send(f"{NEW}\n")
    screen.answer("accept the present value, too, until all senders have changed? [y/N]", "n")
    code = screen.end()

    assert (0, False) == (code, echoing)
    assert gcloud.versions(WEBHOOK) == [OLD, NEW]
    assert "stored." in screen.shown
    assert [word for word in (OLD, NEW) if word in screen.shown] == []
    assert home.leaks(OLD, NEW) == []
    assert watch.seen == set()


def test_the_present_value_stays_good_where_that_is_wished(home: Home, gcloud: ScriptedGcloud) -> None:
    gcloud.make(WEBHOOK, OLD)
    screen = terminal(home, f"--name={WEBHOOK}")

    screen.answer("value (", NEW)
    screen.answer("[y/N]", "y")

    assert screen.end() == 0
    assert gcloud.versions(WEBHOOK)[-1] == f"{NEW}\n{OLD}"


def test_a_generated_value_is_shown_only_on_demand_and_for_a_moment(home: Home, gcloud: ScriptedGcloud) -> None:
    screen = terminal(home, f"--name={TOKEN}")

    screen.answer("g = generate one): ", "g")
    screen.answer("show it for a moment, to copy it to the other side? [y/N]", "y")
    screen.expect("\033[?1049h")
    screen.answer("Enter, and it is gone: ", "")
    screen.expect("\033[?1049l")
    code = screen.end()

    [value] = gcloud.versions(TOKEN)
    left = re.sub(r"\033\[\?1049h.*?\033\[\?1049l", "", screen.shown, flags=re.DOTALL)
    assert (0, 43) == (code, len(value))
    assert value in screen.shown
    assert value not in left
    assert home.leaks(value) == []


def test_a_generated_value_that_nobody_has_to_copy_is_not_even_offered(home: Home, gcloud: ScriptedGcloud) -> None:
    screen = terminal(home, f"--name={WEBHOOK}")

    screen.answer("g = generate one): ", "g")
    code = screen.end()

    assert code == 0
    assert gcloud.versions(WEBHOOK)[0] not in screen.shown
    assert "show it" not in screen.shown


def test_what_does_not_fit_is_asked_for_again_and_never_repeated(home: Home, gcloud: ScriptedGcloud) -> None:
    screen = terminal(home, f"--name={PARTNER}")

    screen.answer("value (", "short")
    screen.answer("value (", f"{NEW} {NEW}")
    screen.answer("value (", NEW)

    assert screen.end() == 0
    assert gcloud.versions(PARTNER) == [NEW]
    assert "too short" in screen.shown
    assert "white space inside" in screen.shown
    assert NEW not in screen.shown


def test_after_three_that_don_t_fit_nothing_is_stored(home: Home, gcloud: ScriptedGcloud) -> None:
    screen = terminal(home, f"--name={PARTNER}")

    for _ in range(3):
        screen.answer("value (", "short")

    assert screen.end() == 1
    assert gcloud.versions(PARTNER) == []


@pytest.mark.parametrize(
    ("keys", "code", "words"),
    [
        ("\n", 1, "left as it is"),
        ("\x04", 1, "Nothing more was entered"),
        ("half a val\x03", 1, "Stopped."),
    ],
)
def test_nothing_entered_is_nothing_stored(
    home: Home, gcloud: ScriptedGcloud, keys: str, code: int, words: str
) -> None:
    screen = terminal(home, f"--name={WEBHOOK}")

    screen.expect("value (")
    screen.send(keys)

    assert screen.end() == code
    assert words in screen.shown
    assert "half a val" not in screen.shown
    assert "Traceback" not in screen.shown
    assert gcloud.versions(WEBHOOK) == []


def test_bytes_that_are_no_text_don_t_show_up_in_a_traceback(home: Home, gcloud: ScriptedGcloud) -> None:
    screen = terminal(home, f"--name={WEBHOOK}")

    screen.expect("value (")
    screen.send(b"Zx4-first_\xffvalue.0123\n")
    screen.answer("value (", "")

    assert screen.end() == 1
    assert "Zx4-first" not in screen.shown
    assert "Traceback" not in screen.shown
    assert gcloud.versions(WEBHOOK) == []


def test_a_paste_of_several_lines_is_taken_whole_refused_and_left_to_nobody(home: Home, gcloud: ScriptedGcloud) -> None:
    screen = terminal(home, f"--name={WEBHOOK}")

    screen.expect("value (")
    screen.send(f"{NEW}\n" + f"echo {OLD}\n" * 20)
    screen.expect("several lines came at once")
    screen.answer("value (", "")
    code = screen.end()

    assert code == 1
    assert [word for word in (OLD, NEW) if word in screen.shown] == []
    assert gcloud.versions(WEBHOOK) == []


def test_a_line_longer_than_terminals_take_is_refused(home: Home, gcloud: ScriptedGcloud) -> None:
    screen = terminal(home, f"--name={WEBHOOK}")

    screen.answer("value (", NEW * 60)
    screen.answer("value (", "")

    assert screen.end() == 1
    assert "longer than a terminal takes" in screen.shown
    assert gcloud.versions(WEBHOOK) == []


def test_all_are_gone_through_one_after_the_other(home: Home, gcloud: ScriptedGcloud) -> None:
    gcloud.make(WEBHOOK, f"{NEW}\n{OLD}")
    gcloud.make(TOKEN, OLD, state="DISABLED")
    gcloud.make(WRITTEN_SECRET, "{}")
    screen = terminal(home)

    screen.answer("value (", "")
    screen.answer("stop accepting the value before? [y/N]", "y")
    screen.answer("value (", NEW)
    screen.answer("value (", "")
    screen.answer("value (", "")
    code = screen.end()

    assert code == 0
    assert gcloud.versions(WEBHOOK) == [f"{NEW}\n{OLD}", NEW]
    assert gcloud.versions(PARTNER) == [NEW]
    assert gcloud.versions(TOKEN) == [OLD]
    assert f"{WRITTEN_SECRET}: version 1 of 2026-11-21, enabled\n  make login gets it" in screen.shown
    assert f"{PARTNER} (switches Business Messages on): no value yet" in screen.shown
    assert f"{TOKEN} (optional): version 1 of 2026-11-21, disabled" in screen.shown
    assert f"make secrets NAME={KEY} FILE=…" in screen.shown
    assert [word for word in (OLD, NEW) if word in screen.shown] == []


def test_what_there_is_no_place_for_is_not_asked_for(home: Home, tmp_path: Path) -> None:
    (tmp_path / "vault" / PARTNER).unlink()
    screen = terminal(home, f"--name={PARTNER}")

    assert screen.end() == 1
    assert "make deploy makes it" in screen.shown
    assert "value (" not in screen.shown


def test_nobody_types_a_key(home: Home, gcloud: ScriptedGcloud) -> None:
    screen = terminal(home, f"--name={KEY}")

    assert screen.end() == 2
    assert "FILE=" in screen.shown
    assert gcloud.calls() == []
