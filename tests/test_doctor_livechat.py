"""LiveChat as the doctor asks it: the shared token is used and not replaced, and nothing is lost where it must be."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from functions.handoff.errors import ConfigError
from functions.handoff.events import JsonObject
from functions.livechat.oauth import AgentToken
from functions.livechat.token_record import TokenRecord
from functions.runtime.config import read_settings
from functions.runtime.wiring import SystemClock
from infra.deploy.gcloud import Cloud, CloudRefused
from infra.doctor import livechat_token
from infra.doctor.checks import make
from infra.doctor.findings import FAILED, OK, SKIPPED, WARNING, Finding
from infra.doctor.livechat_checks import LIVECHAT_CHECKS, NAMES
from infra.doctor.patient import Patient
from infra.sandbox.livechat import LiveChatStandIn
from infra.sandbox.livechat.webhooks import Registration
from infra.webhooks.secret_store import CloudSecrets, FileSecrets
from infra.webhooks.wanted import fingerprint_key, wanted_webhooks
from tests.doctor_world import SETTINGS, WORDS, FakeLooks, a_patient

NEEDED = ("customers:own", "chats--all:ro", "agents--all:ro", "webhooks.configuration:rw", "webhooks.state:rw")
URL = "https://livechat-webhook-example.a.run.app"


class Desk(NamedTuple):
    """A LiveChat licence on loopback, and a deployment that uses it."""

    standin: LiveChatStandIn
    url: str
    secrets: Path

    def patient(self, **given: Any) -> Patient:
        settings = read_settings(
            SETTINGS
            | {
                "LIVECHAT_API_URL": self.url,
                "LIVECHAT_ACCOUNTS_URL": self.url,
                "LIVECHAT_ORGANIZATION_ID": self.standin.options.organization_id,
                "LIVECHAT_CLIENT_ID": self.standin.options.client_id,
            }
            | given.pop("set", {})
        )
        usual = {"settings": settings, "clock": SystemClock(), "keeper": FileSecrets(self.secrets)}
        return a_patient(**usual | given)

    def share(self, patient: Patient, hours: float = 8, value: str = "") -> str:
        """Put a token of this licence into the store, as a function does."""
        token = value or self.standin.licence.tokens.mint("agent", "ada@shop.example", 28800, "sandbox-client-id").value
        now = datetime.now(UTC)
        record = TokenRecord(patient.records.open())
        shared = AgentToken(token, now - timedelta(hours=8 - hours), now + timedelta(hours=hours))
        record.put(record.read(), shared)
        return token

    def asked(self) -> list[str]:
        return [call.path for call in self.standin.calls]

    @property
    def refresh_token(self) -> str:
        found: str = json.loads(json.loads(self.secrets.read_text())["livechat-oauth"])["refresh_token"]
        return found


@pytest.fixture
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """`options` of the stand-in may be given as the fixture's parameter."""
    options = {"scopes": NEEDED, "rotate_refresh_tokens": True} | getattr(request, "param", {})
    standin = LiveChatStandIn(**options)
    url = standin.serve()
    path = tmp_path / "secrets.json"
    oauth = {"client_secret": standin.options.client_secret, "refresh_token": standin.options.refresh_token}
    path.write_text(json.dumps({"livechat-oauth": json.dumps(oauth)}))
    yield Desk(standin, url, path)
    standin.stop()


def looked_at(patient: Patient) -> dict[str, Finding]:
    (check,) = LIVECHAT_CHECKS
    return {one.name: one for one in make(check, patient)}


def states(found: dict[str, Finding]) -> dict[str, str]:
    return {name: found[name].state for name in NAMES if name != "livechat.webhooks"}


# --- the token -------------------------------------------------------------------------------------------------------


def test_a_token_that_is_shared_and_good_is_used_and_left_alone(desk: Desk) -> None:
    patient = desk.patient()
    token = desk.share(patient)
    before = TokenRecord(patient.records.open()).read()

    found = looked_at(patient)

    assert {OK} == set(states(found).values())
    assert not any("v2/token" in path for path in desk.asked())
    assert before == TokenRecord(patient.records.open()).read()
    assert not any(token in one.sentence + one.remedy for one in found.values())


@pytest.mark.parametrize("shared", ["nothing", "an expired one", "a revoked one"])
def test_without_a_good_one_it_is_renewed_shared_and_the_changed_refresh_token_kept(desk: Desk, shared: str) -> None:
    patient, first = desk.patient(), desk.refresh_token
    if shared != "nothing":
        desk.share(patient, hours=-1 if shared == "an expired one" else 4, value="dal:gone")

    found = looked_at(patient)

    assert {OK} == set(states(found).values())
    assert "renewed" in found["livechat.token"].sentence
    assert [desk.refresh_token] == desk.standin.licence.tokens.refresh_tokens
    assert first != desk.refresh_token
    stored = TokenRecord(patient.records.open()).read().token
    assert stored is not None
    assert OK == looked_at(patient)["livechat.token"].state
    assert 1 == len([path for path in desk.asked() if path.endswith("v2/token")])


class Keeper(CloudSecrets):
    """Secret Manager with the operator's rights, in a file."""

    def __init__(self, path: Path, *, may_write: bool = True, fails: int = 0) -> None:
        super().__init__(Cloud("my-project", {}))
        self.file = FileSecrets(path)
        self.may_write = may_write
        self.fails = fails

    def get(self, name: str) -> str:
        return self.file.get(name)

    def put(self, name: str, value: str) -> None:
        self.fails -= 1
        if self.fails >= 0:
            raise CloudRefused("gcloud secrets versions add", "UNAVAILABLE")
        self.file.put(name, value)

    def check_writable(self, name: str) -> None:
        if not self.may_write:
            raise ConfigError(f"you may not add a version to the secret {name}")


def test_whoever_could_not_keep_a_changed_refresh_token_does_not_ask_for_one(desk: Desk) -> None:
    patient = desk.patient(keeper=Keeper(desk.secrets, may_write=False))

    found = looked_at(patient)

    assert (SKIPPED, True) == (
        found["livechat.token"].state,
        "may not add a version" in found["livechat.token"].sentence,
    )
    assert not any("v2/token" in path for path in desk.asked())
    assert {SKIPPED} == {one.state for one in found.values()}


@pytest.mark.parametrize(("fails", "state"), [(2, OK), (3, FAILED)])
def test_a_changed_refresh_token_is_stored_though_that_fails_at_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, fails: int, state: str
) -> None:
    monkeypatch.setattr(livechat_token, "_PAUSE_S", 0.0)
    patient = desk.patient(keeper=Keeper(desk.secrets, fails=fails))

    found = looked_at(patient)

    token = found["livechat.token"]
    assert (state, state == FAILED) == (token.state, "could not be stored" in token.sentence)
    assert state == OK or "make login" in token.remedy
    assert (state == OK) == ([desk.refresh_token] == desk.standin.licence.tokens.refresh_tokens)


def put_oauth(desk: Desk, **fields: str) -> None:
    content = json.loads(json.loads(desk.secrets.read_text())["livechat-oauth"]) | fields
    desk.secrets.write_text(json.dumps({"livechat-oauth": json.dumps(content)}))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"refresh_token": "revoked"}, "refuses the refresh token in livechat-oauth: it was revoked or has expired"),
        ({"client_secret": "of another app"}, "does not know the app"),
    ],
)
def test_a_refusal_of_the_refresh_token_is_told_with_what_helps(desk: Desk, fields: dict[str, str], words: str) -> None:
    put_oauth(desk, **fields)

    found = looked_at(desk.patient())

    token = found.pop("livechat.token")
    assert (FAILED, True, "make login") == (token.state, words in token.sentence, token.remedy)
    assert {SKIPPED} == {one.state for one in found.values()}
    assert "revoked" not in token.remedy


def test_a_livechat_that_is_away_is_a_failure(desk: Desk) -> None:
    patient = desk.patient(set={"LIVECHAT_ACCOUNTS_URL": "http://127.0.0.1:9"})
    desk.share(patient)

    assert FAILED == looked_at(patient)["livechat.token"].state


def test_a_secret_that_is_not_there_leaves_livechat_unasked(desk: Desk) -> None:
    desk.secrets.write_text("{}")

    found = looked_at(desk.patient())

    assert {SKIPPED} == {one.state for one in found.values()}
    assert "livechat-oauth is missing" in found["livechat.token"].sentence


# --- scopes and app --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("desk", "state", "words"),
    [
        ({"scopes": NEEDED}, OK, "all that are needed"),
        ({"scopes": NEEDED[1:]}, FAILED, "customers:own"),
        ({"scopes": (NEEDED[0], *NEEDED[2:])}, FAILED, "chats--all:ro"),
        ({"scopes": NEEDED[:3]}, WARNING, "webhooks.configuration:rw, webhooks.state:rw"),
        ({"scopes": ("customers:own", "chats--all:rw", "agents--all:rw", *NEEDED[3:])}, OK, "all"),
    ],
    indirect=["desk"],
)
def test_a_scope_that_the_functions_need_is_a_failure_and_any_other_a_warning(
    desk: Desk, state: str, words: str
) -> None:
    finding = looked_at(desk.patient())["livechat.scopes"]

    assert (state, True) == (finding.state, words in finding.sentence)


@pytest.mark.parametrize("name", ["LIVECHAT_ORGANIZATION_ID", "LIVECHAT_CLIENT_ID"])
def test_another_licence_or_app_than_the_settings_name_is_told(desk: Desk, name: str) -> None:
    patient = desk.patient()
    desk.share(patient)
    settings = msgspec.structs.replace(patient.sane_settings, **{name.lower(): "another"})

    finding = looked_at(patient._replace(settings=settings))["livechat.app"]

    assert (FAILED, True) == (finding.state, name in finding.sentence)


# --- groups ----------------------------------------------------------------------------------------------------------


def test_a_group_that_livechat_does_not_have_is_named(desk: Desk) -> None:
    groups = json.dumps({"default": 7, "sales": 99})

    finding = looked_at(desk.patient(set={"LIVECHAT_GROUPS": groups}))["livechat.groups"]

    assert (FAILED, True) == (finding.state, "99 (sales)" in finding.sentence)


@pytest.mark.parametrize("desk", [{}, {"scopes": (*NEEDED, "groups--all:ro")}], indirect=True)
def test_a_group_that_only_a_rule_or_its_names_know_must_be_there_too(desk: Desk, tmp_path: Path) -> None:
    routing = tmp_path / "routing.json"
    rules = [
        {"when": {"locale": "de"}, "group": 8},
        {"when": {}, "group": 98},
        {"when": {"reason": "bot"}, "group": 98},
    ]
    routing.write_text(json.dumps({"rules": rules, "groups": {"7": {}, "97": {"human_name": "Team"}}}))

    finding = looked_at(desk.patient(set={"ROUTING_FILE": str(routing)}))["livechat.groups"]

    assert FAILED == finding.state
    assert finding.sentence.endswith("does not have: 97 (names of group 97), 98 (rule 2)")
    assert "ROUTING_FILE" in finding.remedy


@pytest.mark.parametrize(("policy", "state"), [("decline", WARNING), ("queue", OK)])
def test_a_group_with_nobody_online_matters_only_where_users_are_declined(desk: Desk, policy: str, state: str) -> None:
    everybody_goes(desk)

    finding = looked_at(desk.patient(set={"OFFLINE_POLICY": policy}))["livechat.groups"]

    assert state == finding.state


def everybody_goes(desk: Desk) -> None:
    for agent in desk.standin.licence.agents.values():
        agent.status = "not_accepting_chats"


def test_nobody_is_missed_in_a_group_that_nothing_leads_to(desk: Desk, tmp_path: Path) -> None:
    everybody_goes(desk)
    routing = tmp_path / "routing.json"
    routing.write_text(json.dumps({"rules": [{"when": {}, "group": 7}], "groups": {"8": {"human_name": "Team"}}}))

    patient = desk.patient(set={"ROUTING_FILE": str(routing), "OFFLINE_POLICY": "decline"})
    finding = looked_at(patient)["livechat.groups"]

    assert WARNING == finding.state
    assert "nobody is online in 0 (default), 7 (rule 1): " in finding.sentence


# --- webhooks --------------------------------------------------------------------------------------------------------

SIGHT: dict[str, JsonObject] = {"functions/livechat-webhook": {"serviceConfig": {"uri": URL}}}
LOOKS = FakeLooks(WORDS)


def register(desk: Desk, patient: Patient, **over: Any) -> None:
    """Register the webhooks as `make webhooks` does."""
    client_secret = json.loads(WORDS["livechat-oauth"])["client_secret"]
    key = fingerprint_key(over.pop("secret", WORDS["livechat-webhook-secret"]), client_secret)
    for wanted in wanted_webhooks(over.pop("url", URL), desk.standin.options.client_id, key):
        body = {
            "action": wanted.action,
            "secret_key": "x",
            "url": wanted.url,
            "owner_client_id": desk.standin.options.client_id,
            "type": "license",
            "description": wanted.description,
            "filters": wanted.filters,
            "additional_data": ["chat_properties"],
        }
        desk.standin.licence.webhooks.register(msgspec.convert(body | over, Registration))


@pytest.mark.parametrize(
    ("over", "state", "words"),
    [
        ({}, OK, "all are registered"),
        ({"url": "https://of-before.a.run.app"}, FAILED, "incoming_event"),
        ({"secret": "the-secret-of-before"}, FAILED, "incoming_event"),
    ],
)
def test_webhooks_are_well_if_make_webhooks_would_do_nothing(
    desk: Desk, over: dict[str, str], state: str, words: str
) -> None:
    patient = desk.patient(sight=SIGHT, secrets=LOOKS)
    register(desk, patient, **over)

    finding = looked_at(patient)["livechat.webhooks"]

    assert (state, True) == (finding.state, words in finding.sentence)
    assert state == OK or finding.remedy == "make webhooks"


def test_doubles_are_warned_of_and_a_licence_that_is_off_is_a_failure(desk: Desk) -> None:
    patient = desk.patient(sight=SIGHT, secrets=LOOKS)
    register(desk, patient)
    register(desk, patient)

    doubled = looked_at(patient)["livechat.webhooks"]
    desk.standin.licence.webhooks.enabled = False
    off = looked_at(patient)["livechat.webhooks"]

    assert (WARNING, FAILED, True) == (doubled.state, off.state, "webhooks are off" in off.sentence)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"sight": {}}, "see function.livechat-webhook"),
        ({"secrets": FakeLooks({})}, "see secret.livechat-webhook-secret"),
        ({"site": None}, "on this machine"),
    ],
)
def test_webhooks_can_t_be_compared_without_address_or_secret(desk: Desk, given: dict[str, Any], words: str) -> None:
    finding = looked_at(desk.patient(**{"sight": SIGHT, "secrets": LOOKS, **given}))["livechat.webhooks"]

    assert (SKIPPED, True) == (finding.state, words in finding.sentence)


@pytest.mark.parametrize("desk", [{"scopes": NEEDED[:3]}], indirect=True)
def test_a_token_that_may_not_list_webhooks_leaves_them_unjudged(desk: Desk) -> None:
    finding = looked_at(desk.patient(sight=SIGHT, secrets=LOOKS))["livechat.webhooks"]

    assert (SKIPPED, True) == (finding.state, "webhooks.configuration:rw" in finding.sentence)
