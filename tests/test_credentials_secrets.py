"""`make secrets` from a pipe or a file: what is stored, what is said, what helps."""

import json
from pathlib import Path

import pytest

from infra.deploy.parts import SECRETS, WRITTEN_SECRET
from tests.credentials_runs import PROJECT, Home, ScriptedGcloud, Watch, run

WEBHOOK, PARTNER, TOKEN = "livechat-webhook-secret", "business-messages-partner-key", "dialogflow-webhook-token"
KEY = "messaging-service-account"
OLD, NEW = "Zx4-first_value.0123", "Zx4-second_value.9876"


@pytest.fixture
def gcloud(tmp_path: Path) -> ScriptedGcloud:
    made = ScriptedGcloud(tmp_path)
    for secret in SECRETS:
        made.make(secret.name)
    return made


@pytest.fixture
def home(tmp_path: Path, gcloud: ScriptedGcloud) -> Home:
    return Home(tmp_path, gcloud.folder, GOOGLE_CLOUD_PROJECT=PROJECT)


def test_gcloud_is_told_to_write_nothing_down(home: Home, gcloud: ScriptedGcloud) -> None:
    done = run(["secrets", f"--name={WEBHOOK}"], {**home.environ, "CLOUDSDK_CORE_LOG_HTTP": "true"}, NEW)

    calls = gcloud.calls()
    assert done.code == 0
    assert [("1", "0")] * len(calls) == [tuple(call["quiet"]) for call in calls]
    assert all(NEW not in json.dumps(call) for call in calls)
    assert all(f"--project={PROJECT}" in call["line"] for call in calls)


def test_a_pipe_is_read_for_one_secret(home: Home, gcloud: ScriptedGcloud) -> None:
    with Watch(NEW) as watch:
        done = run(["secrets"], {**home.environ, "NAME": PARTNER}, f"{NEW}\n")

    assert done.code == 0
    assert "the line end was cut off" in done.out
    assert gcloud.versions(PARTNER) == [NEW]
    assert NEW not in done.out + done.err
    assert watch.seen == set()


def test_the_same_value_again_makes_no_version(home: Home, gcloud: ScriptedGcloud) -> None:
    gcloud.make(PARTNER, f"{NEW}\n")

    done = run(["secrets", f"--name={PARTNER}"], home.environ, f"{NEW}\n")

    assert done.code == 0
    assert "unchanged" in done.out
    assert "add" not in gcloud.verbs()


@pytest.mark.parametrize(
    ("before", "options", "stdin", "after"),
    [
        ([OLD], ["--rotate"], NEW, f"{NEW}\n{OLD}"),
        ([f"{OLD}\nZx4-zeroth_value.0000"], ["--rotate"], NEW, f"{NEW}\n{OLD}"),
        ([OLD], ["--rotate"], OLD, OLD),
        ([f"{NEW}\n{OLD}"], ["--rotate"], NEW, f"{NEW}\n{OLD}"),
        ([f"{NEW}\n{OLD}"], [], NEW, NEW),
        ([f"{NEW}\n{OLD}"], ["--finish"], "", NEW),
        ([NEW], ["--finish"], "", NEW),
        ([OLD], [], f"{NEW}\n{OLD}", f"{NEW}\n{OLD}"),
    ],
)
def test_rotation_keeps_the_value_in_use_and_ends_when_told(
    home: Home, gcloud: ScriptedGcloud, before: list[str], options: list[str], stdin: str, after: str
) -> None:
    gcloud.make(PARTNER, *before)

    done = run(["secrets", f"--name={PARTNER}", *options], home.environ, stdin)

    assert done.code == 0, done.err
    assert gcloud.versions(PARTNER)[-1] == after
    assert len(gcloud.versions(PARTNER)) == (1 if before == [after] else 2)


@pytest.mark.parametrize(
    ("options", "stdin", "words"),
    [
        (["--rotate"], NEW, "there is no present value"),
        (["--finish"], "", "there is no present value"),
        ([], "", "empty"),
        ([], "short", "too short"),
    ],
)
def test_what_can_t_be_stored_says_why(
    home: Home, gcloud: ScriptedGcloud, options: list[str], stdin: str, words: str
) -> None:
    done = run(["secrets", f"--name={PARTNER}", *options], home.environ, stdin)

    assert (1, []) == (done.code, gcloud.versions(PARTNER))
    assert words in done.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "which secret comes in through the pipe"),
        (["--generate"], "which secret? NAME="),
        (["--name=livechat-webhok-secret"], "did you mean livechat-webhook-secret?"),
        (["--name=DESKTOP-1"], "NAME=livechat-webhook-secret | "),
        ([f"--name={WRITTEN_SECRET}"], "make login gets it"),
        ([f"--name={PARTNER}", "--generate"], "can't be generated"),
        ([f"--name={WEBHOOK}", "--generate", "--finish"], "exclude each other"),
        ([f"--name={WEBHOOK}", "--rotate", "--finish"], "exclude"),
    ],
)
def test_what_makes_no_sense_is_not_tried(home: Home, gcloud: ScriptedGcloud, options: list[str], words: str) -> None:
    done = run(["secrets", *options], home.environ, NEW)

    assert (2, []) == (done.code, gcloud.calls())
    assert words in done.err


def test_a_key_comes_from_a_file_and_the_file_is_named_to_be_removed(home: Home, gcloud: ScriptedGcloud) -> None:
    file = home.folder / "key.json"
    file.write_text(NEW)

    refused = run(["secrets"], {**home.environ, "NAME": KEY, "FILE": str(file)})
    stored = run(["secrets"], {**home.environ, "NAME": PARTNER, "FILE": str(file)})
    absent = run(["secrets"], {**home.environ, "NAME": PARTNER, "FILE": str(home.folder / "nowhere")})

    assert (1, 0, 1) == (refused.code, stored.code, absent.code)
    assert "it is not JSON" in refused.out
    assert f"{file} is still there" in stored.out
    assert f"{home.folder / 'nowhere'} can't be read: No such file" in absent.out
    assert gcloud.versions(PARTNER) == [NEW]


def test_without_a_terminal_a_generated_value_is_never_shown(home: Home, gcloud: ScriptedGcloud) -> None:
    done = run(["secrets"], {**home.environ, "NAME": TOKEN, "GENERATE": "1"})

    assert done.code == 0
    assert gcloud.versions(TOKEN)[0] not in done.out + done.err
    assert f"gcloud secrets versions access latest --secret={TOKEN}" in done.out


# --- what Google says ---


@pytest.mark.parametrize(
    ("verb", "said", "words"),
    [
        ("list", "ERROR: (gcloud) PERMISSION_DENIED: Permission denied (or it may not exist).", "roles/secretmanager"),
        ("list", "ERROR: PERMISSION_DENIED: has not been used. reason: SERVICE_DISABLED", "make deploy"),
        ("list", "Please run:\n\n  $ gcloud auth login", "sign in first: gcloud auth login"),
        ("list", "ERROR: gcloud crashed (ConnectionError): no route", "look at the network"),
        ("add", "ERROR: (gcloud) PERMISSION_DENIED: Permission denied.", "roles/secretmanager"),
    ],
)
def test_a_refusal_comes_with_a_remedy_and_what_was_said(
    home: Home, gcloud: ScriptedGcloud, verb: str, said: str, words: str
) -> None:
    gcloud.fail(verb, said)

    done = run(["secrets", f"--name={PARTNER}"], home.environ, NEW)

    shown = done.out + done.err
    assert (1, []) == (done.code, gcloud.versions(PARTNER))
    assert words in shown
    assert said.splitlines()[0] in shown
    assert NEW not in shown


def test_who_may_add_but_not_read_can_still_store(home: Home, gcloud: ScriptedGcloud) -> None:
    gcloud.make(PARTNER, OLD)
    gcloud.fail("access", "ERROR: (gcloud) PERMISSION_DENIED: Permission denied.")

    stored = run(["secrets", f"--name={PARTNER}"], home.environ, NEW)
    rotated = run(["secrets", f"--name={PARTNER}", "--rotate"], home.environ, NEW)

    assert (0, 1) == (stored.code, rotated.code)
    assert "not compared" in stored.out
    assert gcloud.versions(PARTNER) == [OLD, NEW]


def test_a_disabled_version_is_simply_followed_by_a_new_one(home: Home, gcloud: ScriptedGcloud) -> None:
    gcloud.make(PARTNER, OLD, state="DISABLED")

    done = run(["secrets", f"--name={PARTNER}"], home.environ, NEW)

    assert done.code == 0
    assert gcloud.versions(PARTNER)[-1] == NEW


def test_without_gcloud_it_says_where_to_get_it(tmp_path: Path) -> None:
    home = Home(tmp_path, GOOGLE_CLOUD_PROJECT=PROJECT)

    done = run(["secrets", f"--name={PARTNER}"], {**home.environ, "PATH": "/nonexistent"}, NEW)

    assert done.code == 2
    assert "gcloud is not installed" in done.err


# --- brands ---


@pytest.fixture
def acme(tmp_path: Path) -> dict[str, str]:
    """A brand with secrets of its own."""
    row = {"rcs_agent": "acme", "secrets": {"rcs-client-token": "acme-token", "dialogflow-webhook-token": "acme-bot"}}
    (tmp_path / "brands.json").write_text(json.dumps({"acme": row}))
    return {"BRANDS_FILE": str(tmp_path / "brands.json")}


def test_a_brand_s_secret_is_stored_under_its_own_name(
    home: Home, gcloud: ScriptedGcloud, acme: dict[str, str]
) -> None:
    gcloud.make("acme-token")

    done = run(["secrets", "--name=acme-token"], {**home.environ, **acme}, NEW)

    assert (0, [NEW], []) == (done.code, gcloud.versions("acme-token"), gcloud.versions("rcs-client-token"))


def test_a_brand_s_secret_has_the_form_of_the_one_it_stands_for(
    home: Home, gcloud: ScriptedGcloud, acme: dict[str, str]
) -> None:
    for name in ("acme-token", "acme-bot"):
        gcloud.make(name)

    refused = run(["secrets", "--name=acme-token", "--generate"], {**home.environ, **acme})
    made = run(["secrets", "--name=acme-bot", "--generate"], {**home.environ, **acme})

    assert (2, "acme-token can't be generated" in refused.err) == (refused.code, True)
    assert (0, 1) == (made.code, len(gcloud.versions("acme-bot")))


def test_a_name_near_a_brand_s_secret_is_asked_about(home: Home, acme: dict[str, str]) -> None:
    done = run(["secrets", "--name=acme-tokem"], {**home.environ, **acme}, NEW)

    assert (2, True) == (done.code, "did you mean acme-token?" in done.err)
