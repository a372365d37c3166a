"""`python -m infra.deploy`: exit codes, and what is checked before anything is touched."""

from pathlib import Path

import pytest

from functions.handoff.errors import ConfigError
from infra.deploy.__main__ import main
from infra.deploy.deploy import deploy
from infra.deploy.upload import digest_of
from tests.deploy_project import DIGEST, SETTINGS, URL, FakeGcloud, Told, site, whole_project

ROOT = Path(__file__).parents[1]
NOWHERE = "http://127.0.0.1:9"
APIS = ("CLOUDRESOURCEMANAGER", "CLOUDBILLING", "SERVICEUSAGE")
GOOD = """REGION=europe-west1
DIALOGFLOW_AGENT=projects/shop-prod/agent
LIVECHAT_ORGANIZATION_ID=organization-1
LIVECHAT_CLIENT_ID=client-1
"""


@pytest.fixture
def at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def environment(folder: Path, settings: str = GOOD, gcloud: str = "", **more: str) -> dict[str, str]:
    """Settings in a file, a gcloud that does as scripted, and no Google anywhere."""
    (folder / "settings.env").write_text(settings)
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    if gcloud:
        (bin_folder / "gcloud").write_text(f"#!/bin/sh\n{gcloud}\n")
        (bin_folder / "gcloud").chmod(0o755)
    nowhere = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}": NOWHERE for name in APIS}
    return {
        "SETTINGS": str(folder / "settings.env"),
        "PROJECT": "shop-prod",
        "PATH": str(bin_folder),
        **nowhere,
        **more,
    }


GCLOUD = """echo "$*" >> "$0.log"
case "$*" in
  *list-files-for-upload*) printf 'main.py\\nrequirements.txt\\n' ;;
  *print-access-token*) echo token-1 ;;
  *) echo "ERROR: no change was expected: $*" >&2; exit 1 ;;
esac"""


def ran(environ: dict[str, str]) -> list[str]:
    log = Path(environ["PATH"]) / "gcloud.log"
    return log.read_text().splitlines() if log.exists() else []


def gcloud_of(*files: str) -> FakeGcloud:
    gcloud = FakeGcloud()
    gcloud.answers["list-files-for-upload",] = "\n".join(files)
    return gcloud


@pytest.mark.usefixtures("at_root")
def test_a_second_run_says_that_nothing_is_to_change_and_what_comes_next() -> None:
    told, gcloud, here = Told(), gcloud_of("main.py"), whole_project()
    for thing in here.values():
        if thing.get("labels", {}).get("source") == DIGEST:
            thing["labels"]["source"] = digest_of(ROOT, ["main.py"])

    deploy(site(here, gcloud), told.progress)

    assert "\nNothing to change." in told.said
    assert f"{'redeliver':<28}{URL}" in told.said
    assert [word in told.text for word in ("make secrets", "make login", "make webhooks", "make doctor")] == [True] * 4
    assert [line[1] for line in gcloud.lines] == ["meta"]


@pytest.mark.usefixtures("at_root")
def test_in_a_dry_run_what_an_api_that_is_off_would_hold_is_absent_without_a_word() -> None:
    told = Told()
    refusals = {
        ("cloudtasks", "v2/projects/shop-prod/locations/europe-west1/queues/handoff"): ["SERVICE_DISABLED: off"] * 2
    }

    deploy(site(gcloud=gcloud_of("main.py"), is_shown_only=True, refusals=refusals), told.progress)

    assert any(line.startswith("gcloud tasks queues create handoff") for line in told.said)
    assert "can't be looked at" not in told.text


@pytest.mark.usefixtures("at_root")
def test_missing_settings_are_named_all_at_once_and_nothing_is_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = environment(tmp_path, "REGION=europe-west1\n", GCLOUD)

    assert main(["deploy"], environ) == 2

    said = capsys.readouterr().err
    assert all(name in said for name in ("DIALOGFLOW_AGENT", "LIVECHAT_ORGANIZATION_ID", "LIVECHAT_CLIENT_ID"))
    assert ran(environ) == []


@pytest.mark.usefixtures("at_root")
def test_a_file_outside_the_upload_is_refused_before_anything_is_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "messages.json").write_text("{}")
    environ = environment(tmp_path, f"{GOOD}MESSAGES_FILE={tmp_path}/messages.json\n", GCLOUD)

    assert main(["deploy"], environ) == 2

    assert "put it under functions/" in capsys.readouterr().err
    assert all("list-files-for-upload" in line for line in ran(environ))


@pytest.mark.usefixtures("at_root")
def test_without_a_settings_file_it_is_said_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cp infra/settings\.example\.env .*none\.env, and fill it in"):
        deploy(site(gcloud=gcloud_of("main.py"), path=str(tmp_path / "none.env")), Told().progress)


@pytest.mark.usefixtures("at_root")
def test_a_bot_of_dialogflow_cx_is_deployed_like_any_other() -> None:
    agent = {**SETTINGS, "DIALOGFLOW_AGENT": "projects/shop-prod/locations/eu/agents/1"}
    told = Told()

    deploy(site(gcloud=gcloud_of("main.py"), environment=agent, is_shown_only=True), told.progress)

    assert "gcloud functions deploy redeliver" in told.text


@pytest.mark.usefixtures("at_root")
def test_without_gcloud_it_could_not_be_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy"], environment(tmp_path)) == 2

    assert "gcloud is not installed" in capsys.readouterr().err


@pytest.mark.usefixtures("at_root")
def test_a_failure_says_where_why_and_what_to_do_and_exits_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = environment(tmp_path, gcloud=GCLOUD)

    assert main(["deploy"], environ) == 1

    said = capsys.readouterr().err
    assert "make deploy stopped at: project\n  why:        ConnectionError\n  what to do: is this machine conn" in said
    assert f"GET {NOWHERE}/v1/projects/shop-prod" in said
    assert "Run make deploy again after that: it goes on from there." in said


@pytest.mark.usefixtures("at_root")
def test_who_is_not_signed_in_is_told_how_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    signed_out = GCLOUD.replace("echo token-1", "echo 'ERROR: You do not currently have an active account' >&2; exit 1")

    assert main(["deploy"], environment(tmp_path, gcloud=signed_out)) == 1

    assert "what to do: sign in: gcloud auth login" in capsys.readouterr().err


@pytest.mark.usefixtures("at_root")
def test_a_dry_run_without_account_or_network_shows_every_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = environment(tmp_path, gcloud=GCLOUD, DRY_RUN="1")

    assert main(["deploy"], environ) == 0

    said = capsys.readouterr().out
    assert "# project can't be looked at, so everything is taken for absent" in said
    assert "commands, none of them run" in said
    assert "gcloud functions deploy redeliver " in said
    assert {line.split()[0] for line in ran(environ)} == {"meta", "auth"}


@pytest.mark.parametrize("value", ["maybe", "2"])
def test_a_switch_that_is_neither_on_nor_off_is_refused(
    tmp_path: Path, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["destroy"], environment(tmp_path, gcloud=GCLOUD, DRY_RUN=value)) == 2

    assert "DRY_RUN must be 1 or 0" in capsys.readouterr().err


def test_destroying_what_can_t_be_looked_at_removes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = environment(tmp_path, gcloud=GCLOUD, YES="shop-prod")
    environ |= {
        f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}": NOWHERE
        for name in ("CLOUDSCHEDULER", "CLOUDFUNCTIONS", "CLOUDTASKS")
    }

    assert main(["destroy"], environ) == 1

    assert "make destroy: ConnectionError" in capsys.readouterr().err
    assert all("print-access-token" in line for line in ran(environ))


def test_another_folder_is_not_deployed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["deploy"], environment(tmp_path, gcloud=GCLOUD)) == 2

    assert "deploy from the folder that holds main.py" in capsys.readouterr().err
