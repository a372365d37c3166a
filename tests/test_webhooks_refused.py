"""What an operator is told when `make webhooks` can't do it: what, where, and the remedy; and nothing is changed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.webhooks.__main__ import main
from infra.webhooks.wanted import FILTERS
from tests.webhooks_operator import SECRET, URL, Operator

pytest_plugins = ("tests.sandbox_livechat_desk", "tests.webhooks_operator")

Operators = Callable[..., Operator]
SCOPES = ("webhooks.configuration:rw", "webhooks.state:rw")


def answers(operator: Operator, method: str, error_type: str, message: str = "so it is", status: int = 400) -> None:
    operator.fault(path=method, status=status, body={"error": {"type": error_type, "message": message}})


@pytest.mark.parametrize("missing", SCOPES)
def test_a_missing_scope_is_named_with_where_to_give_it(operators: Operators, missing: str) -> None:
    operator = operators(scopes=tuple(scope for scope in SCOPES if scope != missing))

    outcome = operator.run()

    assert (1, {}) == (outcome.code, operator.registered)
    assert f"the scope {missing} is missing" in outcome.err
    assert "Developer Console, then make login" in outcome.err


def test_reading_the_state_is_not_enough_to_switch_it_on(operators: Operators) -> None:
    operator = operators(scopes=("webhooks.configuration:rw", "webhooks.state:ro"))
    operator.desk.stand_in.licence.webhooks.enabled = False

    outcome = operator.run()

    assert (1, len(FILTERS)) == (outcome.code, len(operator.registered))
    assert "LiveChat does not allow enable_license_webhooks: the scope webhooks.state:rw is missing" in outcome.err


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"refresh_token": "revoked"}, "refuses the refresh token in livechat-oauth: it was revoked or has expired"),
        ({"client_secret": "wrong"}, "LiveChat does not know the app: LIVECHAT_CLIENT_ID, or the client secret"),
    ],
)
def test_a_refused_login_leads_to_make_login(operator: Operator, changes: dict[str, str], sentence: str) -> None:
    operator.store({"livechat-oauth": json.dumps(json.loads(operator.secrets["livechat-oauth"]) | changes)})

    outcome = operator.run()

    assert (1, ["token"]) == (outcome.code, operator.calls())
    assert sentence in outcome.err
    assert "make login" in outcome.err


def test_an_unknown_app_is_said_to_be_one(operator: Operator) -> None:
    operator.settings["LIVECHAT_CLIENT_ID"] = "some-other-app"

    outcome = operator.run()

    assert 1 == outcome.code
    assert "LiveChat does not know the app: LIVECHAT_CLIENT_ID" in outcome.err


@pytest.mark.parametrize("seed", range(3))
def test_an_unknown_app_is_said_with_a_personal_token_too(operators: Operators, seed: int, pat: "Pat") -> None:
    operator = operators(seed=seed)
    operator.settings["LIVECHAT_CLIENT_ID"] = "some-other-app"
    pat.types(operator.desk.options.account_id, operator.desk.options.pat)

    outcome = operator.run("--pat")

    assert 1 == outcome.code
    assert "LIVECHAT_CLIENT_ID" in outcome.err


def test_a_wrong_personal_token_is_said_to_be_one(operator: Operator, pat: "Pat") -> None:
    pat.types(operator.desk.options.account_id, "guessed")

    outcome = operator.run(LIVECHAT_PAT="ask")

    assert 1 == outcome.code
    assert "The account id or the personal access token is wrong, or the token was revoked." in outcome.err


@pytest.mark.parametrize("typed", [("", "x"), ("account", ""), ("acc:ount", "x"), ("account", "x y")])
def test_what_can_be_no_personal_token_is_not_sent(operator: Operator, pat: "Pat", typed: tuple[str, str]) -> None:
    pat.types(*typed)

    outcome = operator.run("--pat")

    assert (2, []) == (outcome.code, operator.calls())
    assert "an account id and a personal access token are needed" in outcome.err


def test_a_personal_token_on_the_command_line_is_not_taken(operator: Operator) -> None:
    outcome = operator.run(LIVECHAT_PAT="dal-4711")

    assert (2, []) == (outcome.code, operator.calls())
    assert "revoke this one" in outcome.err
    assert "4711" not in outcome.err


@pytest.mark.parametrize(
    ("error_type", "status", "sentence"),
    [
        ("limit_reached", 403, "LiveChat has 3 webhooks of incoming_chat for this app already: run this again"),
        ("validation", 422, "LiveChat calls register_webhook invalid: so it is."),
        ("license_expired", 402, "The LiveChat licence has expired"),
        ("too_many_requests", 429, "LiveChat takes no calls now (register_webhook: too_many_requests)"),
        ("internal", 500, "LiveChat takes no calls now"),
        ("authentication", 401, "LiveChat does not accept the access token (register_webhook)"),
        ("ownership_transfer", 400, "LIVECHAT_CLIENT_ID"),
        ("misdirected_request", 400, "LiveChat refused register_webhook: misdirected_request: so it is"),
    ],
)
def test_a_refused_registration_is_explained(operator: Operator, error_type: str, status: int, sentence: str) -> None:
    stale = operator.register("incoming_chat", description="livechat-handoff 00", url=URL)
    answers(operator, "register_webhook", error_type, status=status)

    outcome = operator.run()

    assert (1, [stale]) == (outcome.code, list(operator.registered))  # what is to be replaced stays until it is
    assert sentence in outcome.err


def test_the_secret_is_not_shown_though_livechat_repeats_it(operator: Operator) -> None:
    answers(operator, "register_webhook", "validation", f"secret_key {SECRET}\nis not\tnice" + "!" * 900)

    outcome = operator.run()

    assert "secret_key … is not nice!!" in outcome.err
    assert max(map(len, outcome.err.splitlines())) < 400


@pytest.mark.parametrize("body", [{"webhooks": []}, [{"id": "w1"}], ["w1"], [{"id": 1, "action": "incoming_chat"}]])
def test_a_list_that_can_t_be_judged_changes_nothing(operator: Operator, body: Any) -> None:
    operator.fault(path="list_webhooks", status=200, body=body)

    outcome = operator.run()

    assert (1, {}) == (outcome.code, operator.registered)
    assert "LiveChat lists webhooks in an unknown form" in outcome.err


def test_a_list_may_leave_out_or_null_what_is_optional(operator: Operator) -> None:
    body = [{"id": "w1", "action": "incoming_chat", "description": None, "filters": None, "secret_key": "theirs"}]
    operator.fault(path="list_webhooks", times=1, status=200, body=body)

    outcome = operator.run()

    assert (0, len(FILTERS)) == (outcome.code, len(operator.registered))


def test_a_state_that_is_not_said_changes_nothing(operator: Operator) -> None:
    operator.fault(path="get_license_webhooks_state", status=200, body={})

    outcome = operator.run()

    assert (1, {}) == (outcome.code, operator.registered)
    assert "does not say whether the licence's webhooks are on" in outcome.err


def test_livechat_away_is_said_and_leads_to_another_run(operator: Operator) -> None:
    operator.settings |= {"LIVECHAT_ACCOUNTS_URL": "http://127.0.0.1:1", "LIVECHAT_API_URL": "http://127.0.0.1:1"}

    outcome = operator.run()

    assert 1 == outcome.code
    assert "LiveChat gives no access token now (connection). Run this again." in outcome.err


@pytest.mark.parametrize(
    ("secrets", "sentence"),
    [
        ({"livechat-webhook-secret": " \n"}, "secret livechat-webhook-secret is missing or empty: make secrets"),
        ({"livechat-oauth": ""}, "secret livechat-oauth is missing or empty: make login"),
        ({"livechat-oauth": "not json"}, 'livechat-oauth is not a JSON object with "client_secret": make login'),
        ({"livechat-oauth": '["client_secret"]'}, 'is not a JSON object with "client_secret": make login'),
        ({"livechat-oauth": '{"client_secret": "a"}'}, 'not a JSON object {"client_secret", "refresh_token"}'),
    ],
)
def test_a_secret_that_is_missing_or_malformed_is_named(
    operator: Operator, secrets: dict[str, str], sentence: str
) -> None:
    operator.store(secrets)

    outcome = operator.run()

    assert (2, []) == (outcome.code, operator.calls())
    assert sentence in outcome.err


@pytest.mark.parametrize(
    ("settings", "arguments", "sentence"),
    [
        ({"LIVECHAT_CLIENT_ID": ""}, [f"--url={URL}"], "missing: LIVECHAT_CLIENT_ID"),
        ({}, ["--url=http://shop.example/hook"], "the address of livechat-webhook must use https"),
        ({}, ["--url=shop.example"], "the address of livechat-webhook must be a URL"),
        ({}, [f"--url=https://shop.example/{'x' * 500}"], "500 characters at most"),
        ({}, [], "REGION is missing: make webhooks PROJECT=… REGION=…, or give --url"),
        ({"SECRETS": "secret-manager"}, [f"--url={URL}"], "PROJECT is missing"),
        ({"SECRETS": "secret-manager", "GOOGLE_CLOUD_PROJECT": "a"}, ["--dry-run"], "REGION is missing"),
        ({"LIVECHAT_API": "x"}, [], "LIVECHAT_API is no setting (did you mean LIVECHAT_API_URL?)"),
    ],
)
def test_what_is_wrong_with_the_settings_is_named(
    operator: Operator, capsys: Any, settings: dict[str, str], arguments: list[str], sentence: str
) -> None:
    operator.settings |= settings

    code = main(arguments, operator.environ())

    assert (2, []) == (code, operator.calls())
    assert sentence in capsys.readouterr().err


def test_two_projects_are_one_too_many(operator: Operator, capsys: Any) -> None:
    operator.settings |= {"SECRETS": "secret-manager", "GOOGLE_CLOUD_PROJECT": "shop-one"}

    code = main([], operator.environ(PROJECT="shop-two", REGION="europe-west1"))

    assert 2 == code
    assert "PROJECT=shop-two was asked for, but the settings file says shop-one" in capsys.readouterr().err


class Pat:
    """Standard input that is no terminal."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def types(self, *lines: str) -> None:
        self._lines = [f"{line}\n" for line in lines]

    def isatty(self) -> bool:
        return False

    def readline(self) -> str:
        return self._lines.pop(0) if self._lines else ""


@pytest.fixture
def pat(monkeypatch: pytest.MonkeyPatch) -> Pat:
    typed = Pat()
    monkeypatch.setattr("sys.stdin", typed)
    return typed
