"""The settings file: read as it stands, wrong values named all at once; the example in the repository is a true one."""

import re
from pathlib import Path

import pytest

from functions.handoff.errors import ConfigError
from functions.runtime.config import VARIABLES, read_settings, require
from infra.deploy.deploy import REQUIRED
from infra.deploy.settings_file import DEPLOY_VARIABLES, DERIVED, operator_environment, read_deployment, read_file

EXAMPLE = Path(__file__).parents[1] / "infra/settings.example.env"
ONE_MACHINE = {"FIRESTORE_EMULATOR_HOST", "SANDBOX_CLOCK", "SECRETS"}  # names that make no sense in the cloud


def written(folder: Path, *lines: str) -> dict[str, str]:
    """An environment that names a settings file of these lines."""
    path = folder / "my.env"
    path.write_text("\n".join(lines))
    return {"SETTINGS": str(path)}


GOOD = ("GOOGLE_CLOUD_PROJECT=shop-prod", "REGION=europe-west1", "DIALOGFLOW_AGENT=projects/shop-prod/agent")


def test_a_deployment_is_what_the_file_says(tmp_path: Path) -> None:
    lines = (
        *GOOD,
        "STORE=firestore:handoff",
        "FIRESTORE_LOCATION=eur3",
        "ALERT_EMAIL=a@example.com",
        "MAX_INSTANCES=5",
    )

    found = read_deployment(
        written(tmp_path, *lines, "LIVECHAT_GROUPS='{\"default\": 3}'  # sales", 'BOT_NAME="A # b"')
    )

    assert (found.project, found.region, found.database) == ("shop-prod", "europe-west1", "handoff")
    assert (found.firestore_location, found.alert_email, found.max_instances) == ("eur3", "a@example.com", 5)
    assert found.environment == {
        "GOOGLE_CLOUD_PROJECT": "shop-prod",
        "DIALOGFLOW_AGENT": "projects/shop-prod/agent",
        "STORE": "firestore:handoff",
        "LIVECHAT_GROUPS": '{"default": 3}',
        "BOT_NAME": "A # b",
    }


def test_project_and_region_may_come_from_the_command(tmp_path: Path) -> None:
    found = read_deployment({**written(tmp_path, ""), "PROJECT": "shop-prod", "REGION": "us-east1"})

    assert (found.project, found.region, found.firestore_location) == ("shop-prod", "us-east1", "us-east1")
    assert found.environment == {"GOOGLE_CLOUD_PROJECT": "shop-prod"}


WRONG = [
    (["REGION=europe-west1"], "PROJECT is missing: make … PROJECT=…, or GOOGLE_CLOUD_PROJECT=… in the file"),
    (["GOOGLE_CLOUD_PROJECT=shop-prod"], "REGION is missing"),
    (["GOOGLE_CLOUD_PROJECT=Shop Prod", "REGION=europe-west1"], "PROJECT must be a project id"),
    ([*GOOD[:1], "REGION=Europe"], "REGION must be a region, like europe-west1"),
    ([*GOOD, "ALERT_EMAIL=nobody"], "ALERT_EMAIL is not who is told"),
    ([*GOOD, "MAX_INSTANCES=0"], "MAX_INSTANCES is not upper bound"),
    ([*GOOD, "MAX_INSTANCES=ten"], "MAX_INSTANCES is not upper bound"),
    ([*GOOD, "STORE=sqlite:x"], "STORE must be firestore"),
    ([*GOOD, "SECRETS=file:x"], "SECRETS must be secret-manager"),
    ([*GOOD, "FIRESTORE_EMULATOR_HOST=localhost:1"], "FIRESTORE_EMULATOR_HOST must not be set"),
    ([*GOOD, "SANDBOX_CLOCK=/tmp/clock"], "SANDBOX_CLOCK must not be set: it is for one machine"),
    ([*GOOD, "LIVECHAT_API_URL=http://127.0.0.1:1"], "LIVECHAT_API_URL must be https"),
    ([*GOOD, "REDELIVER_URL=https://x.example"], "REDELIVER_URL must not be set: the deployed function tells it"),
    ([*GOOD, "WAIT_LIMIT_S=soon"], "WAIT_LIMIT_S must be a whole number"),
    ([*GOOD, "WAIT_LIMTI_S=5"], "WAIT_LIMTI_S is no setting (did you mean WAIT_LIMIT_S?)"),
    ([*GOOD, "BOT_NAME"], "BOT_NAME needs a value"),
]


@pytest.mark.parametrize(("lines", "says"), WRONG, ids=lambda one: one if isinstance(one, str) else "")
def test_what_is_wrong_is_said_with_the_file_s_name(tmp_path: Path, lines: list[str], says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)) as wrong:
        read_deployment(written(tmp_path, *lines))

    assert "my.env" in str(wrong.value)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as wrong:
        read_deployment(written(tmp_path, "REGION=x", "ALERT_EMAIL=y", "WAIT_LIMIT_S=z"))

    assert all(name in str(wrong.value) for name in ("PROJECT", "REGION", "ALERT_EMAIL", "WAIT_LIMIT_S"))


@pytest.mark.parametrize("name", ["PROJECT", "REGION"])
def test_the_wrong_project_or_region_by_mistake_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=f"but {name}=other-one1 was asked for"):
        read_deployment({**written(tmp_path, *GOOD), name: "other-one1"})


def test_a_shell_s_leftovers_do_not_get_into_a_deployment(tmp_path: Path) -> None:
    found = read_deployment({**written(tmp_path, *GOOD), "STORE": "sqlite:x", "SURVEY": "on"})

    assert found.database == "(default)"
    assert "SURVEY" not in found.environment


def test_operators_commands_take_the_shell_over_the_file(tmp_path: Path) -> None:
    environ = operator_environment({**written(tmp_path, *GOOD), "REGION": "us-east1"})

    assert environ["REGION"] == "us-east1"
    assert environ["DIALOGFLOW_AGENT"] == "projects/shop-prod/agent"


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="SETTINGS names no file"):
        read_deployment({"SETTINGS": str(tmp_path / "none.env"), "PROJECT": "shop-prod", "REGION": "us-east1"})


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.env").write_bytes(b"BOT_NAME=\xff\xfe")

    with pytest.raises(ConfigError, match="can't be read"):
        read_file(tmp_path / "x.env")


# --- the example ---


def names_in_example() -> dict[str, str]:
    found = re.findall(r"^(#?)([A-Z][A-Z_]+)=(.*)$", EXAMPLE.read_text(), flags=re.MULTILINE)
    assert len(found) == len({name for _, name, _ in found}), "a name twice"
    return {name: "comment" if mark else "set" for mark, name, _ in found}


def test_the_example_has_every_setting_that_makes_sense_in_the_cloud() -> None:
    wanted = {variable.name for variable in VARIABLES} | {variable.name for variable in DEPLOY_VARIABLES}

    assert set(names_in_example()) == wanted - ONE_MACHINE - set(DERIVED)


def test_the_example_asks_for_what_must_be_set_and_for_nothing_else() -> None:
    assert {name for name, how in names_in_example().items() if how == "set"} == set(REQUIRED)


def test_the_example_is_a_deployment_once_project_and_region_are_said() -> None:
    found = read_deployment({"SETTINGS": str(EXAMPLE), "PROJECT": "my-project", "REGION": "europe-west1"})

    assert found.environment == {**dict.fromkeys(REQUIRED, ""), "GOOGLE_CLOUD_PROJECT": "my-project"}


def test_an_example_that_was_not_filled_in_is_refused_by_the_names_that_are_missing() -> None:
    found = read_deployment({"SETTINGS": str(EXAMPLE), "PROJECT": "my-project", "REGION": "europe-west1"})

    with pytest.raises(ConfigError) as refused:
        require(read_settings(found.environment), *REQUIRED)

    assert all(name in str(refused.value) for name in REQUIRED)


def test_the_example_s_lines_hold_good_values_and_the_true_defaults(tmp_path: Path) -> None:
    lines = re.sub(r"^#([A-Z_]+=)", r"\1", EXAMPLE.read_text(), flags=re.MULTILINE)
    lines = re.sub(r"^(MESSAGES|ROUTING|BRANDS)_FILE=.*$", "", lines, flags=re.MULTILINE)
    path = tmp_path / "all.env"
    path.write_text(lines)

    values = read_file(path)

    read_settings(values)
    read_deployment({"SETTINGS": str(path)})
    pictures, identities = {"HUMAN_AVATAR_URL", "BOT_AVATAR_URL"}, {one for one in values if "_IDENTITY_" in one}
    examples = {"HANDOFF_KEYWORDS", "RCS_AGENT_ID", "GOOGLE_CLOUD_PROJECT", *REQUIRED} | pictures | identities
    defaults = {variable.name: variable.default for variable in VARIABLES if variable.name in values}
    assert {name: value for name, value in values.items() if name in defaults and name not in examples} == {
        name: value for name, value in defaults.items() if name not in examples
    }
