"""The border to gcloud and to Google's REST APIs: what is run and sent, and what refusals become."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from functions.handoff.errors import ConfigError
from infra.deploy.changes import ANSWERED, Call, Change
from infra.deploy.gcloud import Cloud, CloudRefused
from infra.deploy.site import CloudSight, SightOfWhatIsOn
from tests.deploy_lines import every_line
from tests.deploy_project import FakeGcloud
from tests.scripted_server import Answer, scripted_server

DISABLED = {"error": {"status": "PERMISSION_DENIED", "message": "off", "details": [{"reason": "SERVICE_DISABLED"}]}}


def cloud_at(url: str, gcloud: FakeGcloud | None = None) -> Cloud:
    apis = ("MONITORING", "IAM", "SERVICEUSAGE", "FIREBASERULES")
    environ = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}": f"{url}/{name.lower()}/" for name in apis}
    return Cloud("shop-prod", environ, run=gcloud or FakeGcloud())


def test_every_line_names_the_project_and_asks_nothing() -> None:
    gcloud = FakeGcloud()

    Cloud("shop-prod", {}, run=gcloud).run("secrets", "list")

    assert gcloud.lines == [["gcloud", "secrets", "list", "--project=shop-prod", "--quiet"]]


def test_without_gcloud_it_is_said_where_to_get_it() -> None:
    def nowhere(*_line: Any, **_more: Any) -> Any:
        raise FileNotFoundError

    with pytest.raises(ConfigError, match=r"cloud\.google\.com/sdk"):
        Cloud("p", {}, run=nowhere).run("x")


def test_a_command_without_end_is_a_refusal() -> None:
    def forever(line: list[str], **_more: Any) -> Any:
        raise subprocess.TimeoutExpired(line, 1200)

    with pytest.raises(CloudRefused, match="no end after 1200 s"):
        Cloud("p", {}, run=forever).run("x")


def test_a_call_bears_the_operator_s_token_and_the_project_s_quota() -> None:
    with scripted_server() as server:
        server.on("/alertPolicies", Answer(200, {"name": "a"}))

        cloud_at(server.url).call("POST", "monitoring", "v3/projects/p/alertPolicies", {"displayName": "x"})

        (asked,) = server.asked
    assert asked.bearer == "token-1"
    assert asked.headers["x-goog-user-project"] == "shop-prod"
    assert asked.body == {"displayName": "x"}


def test_what_is_asked_before_any_api_is_on_does_not_need_the_project_s_quota() -> None:
    with scripted_server() as server:
        server.on("/services", Answer(200, {}))

        cloud_at(server.url).call("POST", "serviceusage", "v1/projects/p/services", {})

        assert "x-goog-user-project" not in server.asked[0].headers


def test_a_worn_out_token_is_replaced_once() -> None:
    gcloud = FakeGcloud()
    with scripted_server() as server:
        server.on("/x", Answer(200, {}), Answer(401, {}), Answer(200, {"name": "n"}), Answer(401, {}))
        cloud = cloud_at(server.url, gcloud)
        cloud.call("POST", "iam", "v1/x", {})
        gcloud.answers["print-access-token",] = "token-2\n"

        answer = cloud.call("POST", "iam", "v1/x", {})

        assert [one.bearer for one in server.asked] == ["token-1", "token-1", "token-2"]
        assert answer == {"name": "n"}
        with pytest.raises(CloudRefused, match="HTTP 401"):
            cloud.call("POST", "iam", "v1/x", {})


def test_a_refusal_says_why_with_the_reasons_behind_it() -> None:
    violation = {"violations": [{"type": "constraints/iam.allowedPolicyMemberDomains", "description": "no"}]}
    body = {"error": {"status": "FAILED_PRECONDITION", "message": "refused", "details": [violation]}}
    with scripted_server() as server:
        server.on("/x", Answer(400, body))

        with pytest.raises(CloudRefused) as refused:
            cloud_at(server.url).call("POST", "iam", "v1/x", {})

    assert refused.value.said == "FAILED_PRECONDITION: refused [constraints/iam.allowedPolicyMemberDomains]"
    assert "token" not in f"{refused.value.command}{refused.value.said}"


@pytest.mark.parametrize("body", ["", "<html>", [], {"error": "text"}, {"error": {"details": "odd"}}])
def test_odd_refusals_are_refusals(body: Any) -> None:
    with scripted_server() as server:
        server.on("/x", Answer(502, body))

        with pytest.raises(CloudRefused):
            cloud_at(server.url).call("POST", "iam", "v1/x", {})


def test_nobody_there_is_a_refusal_too() -> None:
    with pytest.raises(CloudRefused, match="ConnectionError"):
        cloud_at("http://127.0.0.1:9").call("GET", "iam", "v1/x")


def test_what_is_absent_is_none_and_what_is_off_is_not_absent() -> None:
    with scripted_server() as server:
        server.on("/gone", Answer(404, {"error": {"status": "NOT_FOUND", "message": "gone"}}))
        server.on("/off", Answer(403, DISABLED))
        sight = CloudSight(cloud_at(server.url))

        assert sight.ask("iam", "v1/gone", {}) is None
        with pytest.raises(CloudRefused):
            sight.ask("iam", "v1/off", {})
        assert SightOfWhatIsOn(sight).ask("iam", "v1/off", {}) is None


def test_a_call_can_use_the_name_that_the_one_before_it_answered() -> None:
    ruleset = Call("POST", "firebaserules", "v1/projects/p/rulesets", {"source": {}})
    release = Call("POST", "firebaserules", "v1/projects/p/releases", {"release": {"rulesetName": ANSWERED}})
    with scripted_server() as server:
        server.on("/rulesets", Answer(200, {"name": "projects/p/rulesets/r-7"}))
        server.on("/releases", Answer(200, {}))

        Change("rules", calls=(ruleset, release)).make(cloud_at(server.url))

        assert server.asked[1].body == {"release": {"rulesetName": "projects/p/rulesets/r-7"}}


@pytest.mark.skipif(shutil.which("gcloud") is None, reason="gcloud is not installed")
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_gcloud_knows_every_command_and_flag(tmp_path: Path) -> None:
    """Every kind of line that deploying and destroying run, held against gcloud's own list of commands."""
    lines = every_line()
    commands = tmp_path / "commands.json"
    commands.write_text(json.dumps([{"command_string": line} for line in lines]))
    environ = {"CLOUDSDK_CONFIG": str(tmp_path / "config"), "PATH": f"{Path(shutil.which('gcloud') or '').parent}:/bin"}
    done = subprocess.run(
        ["gcloud", "meta", "lint-gcloud-commands", f"--commands-file={commands}"],
        capture_output=True,
        text=True,
        check=True,
        env=environ | {"CLOUDSDK_CORE_DISABLE_PROMPTS": "1"},
        timeout=280,
    )

    answers = json.loads(done.stdout)

    assert len(answers) == len(lines) > 30
    assert [(one["command_string"], one["error_message"]) for one in answers if not one["success"]] == []
