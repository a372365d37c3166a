"""`make webhooks` against the LiveChat stand-in: what is registered, again, rotated, cut off, twice at once."""

import base64
import json
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest
from flask import Response, request

from functions.livechat.webhook import parse_webhook
from infra.sandbox.livechat import LiveChatStandIn
from infra.sandbox.livechat.webhooks import Registration
from infra.webhooks.__main__ import main
from infra.webhooks.wanted import FILTERS
from tests.sandbox_livechat_desk import JANE, Receiver
from tests.webhooks_operator import CHANGING, SECRET, URL, Operator

pytest_plugins = ("tests.sandbox_livechat_desk", "tests.webhooks_operator")

FIRST_RUN = [
    "token",
    "list_webhooks",
    "get_license_webhooks_state",
    *["register_webhook"] * len(FILTERS),
    "list_webhooks",
]


def essence(webhook: Registration) -> tuple[object, ...]:
    return (webhook.url, webhook.secret_key, webhook.owner_client_id, webhook.type, webhook.additional_data)


def assert_in_place(operator: Operator, secret: str = SECRET) -> None:
    ours = [one for one in operator.registered.values() if one.description.startswith("livechat-handoff ")]
    assert sorted(FILTERS) == sorted(one.action for one in ours)
    expected = (URL, secret, operator.desk.options.client_id, "license", ["chat_properties"])
    assert {str(expected)} == {str(essence(one)) for one in ours}
    assert {one.action: FILTERS[one.action] for one in ours} == {
        one.action: msgspec.to_builtins(one.filters) for one in ours
    }


def test_the_first_run_registers_just_what_the_functions_read(operator: Operator) -> None:
    outcome = operator.run()

    assert (0, "") == (outcome.code, outcome.err)
    assert "+ incoming_event" in outcome.out
    assert "All is in place. LiveChat may take two minutes" in outcome.out
    assert (FIRST_RUN, []) == (operator.calls(), operator.waits)
    assert_in_place(operator)


def test_what_it_registers_reaches_the_functions_and_proves_itself(operator: Operator, receiver: Receiver) -> None:
    desk = operator.desk
    assert 0 == main([f"--url={receiver.url}"], operator.environ())
    _, chat_id, _ = desk.started()
    desk.play("reply", agent=JANE.id, chat_id=chat_id, text="hi")
    assert desk.stand_in.wait_idle()

    parsed = [
        parse_webhook(
            body,
            accepted_secrets=[SECRET, "the one before"],
            client_id=desk.options.client_id,
            organization_id=desk.options.organization_id,
            received_at=datetime.now(UTC),
        )
        for body in receiver.got
    ]

    assert ["incoming_chat", "incoming_event"] == [one.action for one in parsed]
    assert all(one.ours and one.event for one in parsed)


def test_a_second_run_changes_nothing_and_says_so(operator: Operator) -> None:
    operator.run()
    operator.calls()

    outcome = operator.run()

    assert (0, ["token", "list_webhooks", "get_license_webhooks_state"]) == (outcome.code, operator.calls())
    assert "All is in place, nothing was changed." in outcome.out


@pytest.mark.parametrize("said", ["1", "yes"])
def test_a_dry_run_shows_the_difference_and_changes_nothing(operator: Operator, said: str) -> None:
    stale = operator.register("chat_deactivated", description="livechat-handoff 00", url="https://old.example")

    outcome = operator.run(DRY_RUN=said)

    assert 0 == outcome.code
    assert "+ chat_deactivated" in outcome.out
    assert f"- chat_deactivated {stale} (ours, for another address: https://old.example)" in outcome.out
    assert "Nothing was changed (DRY_RUN)." in outcome.out
    assert not set(CHANGING) & set(operator.calls()[1:])


def test_a_new_secret_is_registered_before_the_old_one_goes(operator: Operator) -> None:
    operator.run()
    operator.store({"livechat-webhook-secret": f"the next secret of this app\n{SECRET}\n"})
    operator.calls()

    outcome = operator.run()

    assert 0 == outcome.code
    assert "(ours, with another secret or other filters)" in outcome.out
    assert ["register_webhook"] * len(FILTERS) + ["unregister_webhook"] * len(FILTERS) == [
        c for c in operator.calls() if c in CHANGING
    ]
    assert [120] == operator.waits
    assert_in_place(operator, "the next secret of this app")


def test_the_previous_line_of_the_secret_makes_no_difference(operator: Operator) -> None:
    operator.run()
    operator.store({"livechat-webhook-secret": f"\n {SECRET} \r\n"})
    operator.calls()

    operator.run()

    assert not set(CHANGING) & set(operator.calls())


def test_only_ours_are_removed(operator: Operator) -> None:
    by_hand = operator.register("incoming_event", url=URL)
    crm = operator.register("incoming_event", description="livechat-handoffs of the CRM")
    ours = operator.register("thread_tagged", description="livechat-handoff 00")

    outcome = operator.run()

    assert {by_hand, crm} < set(operator.registered)
    assert ours not in operator.registered
    assert f"calling the same address (made by hand?): incoming_event {by_hand}" in outcome.out


def test_where_there_is_no_room_it_says_whose_they_are_and_does_the_rest(operator: Operator) -> None:
    theirs = [operator.register("incoming_chat") for _ in range(3)]

    outcome = operator.run()

    assert 1 == outcome.code
    assert f"incoming_chat: there is no room, three webhooks are the most, and these are not ours: {theirs[0]}" in (
        outcome.err
    )
    assert 3 + len(FILTERS) - 1 == len(operator.registered)


def test_licence_webhooks_that_are_off_are_switched_on(operator: Operator) -> None:
    operator.run()
    operator.desk.stand_in.licence.webhooks.enabled = False

    outcome = operator.run()

    assert (0, True) == (outcome.code, operator.desk.stand_in.licence.webhooks.enabled)
    assert "+ licence webhooks, which are off" in outcome.out


def test_the_functions_own_token_stays_valid(operator: Operator) -> None:
    operator.run()

    answer = operator.desk.call("agent", "list_chats", operator.desk.agent_token, {})

    assert 200 == answer.status_code


def test_a_refresh_token_that_livechat_changes_is_stored(operators: Callable[..., Operator]) -> None:
    operator = operators(rotate_refresh_tokens=True)
    used = operator.desk.stand_in.licence.tokens.refresh_tokens[-1]
    oauth = {"client_secret": operator.desk.options.client_secret, "refresh_token": used, "note": "kept"}
    operator.store({"livechat-oauth": json.dumps(oauth)})

    codes = [operator.run().code for _ in range(3)]

    newest = operator.desk.stand_in.licence.tokens.refresh_tokens[-1]
    assert ([0, 0, 0], True) == (codes, newest != used)
    assert oauth | {"refresh_token": newest} == json.loads(operator.secrets["livechat-oauth"])


@pytest.mark.parametrize(
    ("call", "after"), [*((call, False) for call in range(len(FIRST_RUN))), (3, True), (8, True), (9, True)]
)
def test_a_run_cut_off_at_any_call_is_finished_by_the_next(operator: Operator, call: int, after: bool) -> None:
    operator.register("chat_transferred", description="livechat-handoff 00", url="https://old.example")
    operator.fault(skip=call, times=1, cut=True, after=after)

    cut_off = operator.run()
    finished = operator.run()

    assert (1, 0) == (cut_off.code, finished.code)
    assert "again" in cut_off.err
    assert_in_place(operator)


@pytest.mark.scenario
def test_a_killed_run_is_finished_by_the_next(operator: Operator) -> None:
    operator.fault(path="register_webhook", skip=3, times=1, delay_s=60)
    process = operator.start()
    while ["register_webhook"] * 4 != [one for one in operator.calls(keep=True) if one == "register_webhook"]:
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()

    finished = operator.run()

    assert 0 == finished.code
    assert_in_place(operator)


@pytest.mark.scenario
@pytest.mark.parametrize(
    ("path", "code", "said"), [("/v2/token", 0, ""), ("list_webhooks", 1, "Stopped. Run this again")]
)
def test_ctrl_c_waits_for_a_refresh_token_that_may_have_changed(
    operator: Operator, path: str, code: int, said: str
) -> None:
    operator.fault(path=path, times=1, delay_s=2)
    process = operator.start()
    while operator.calls(keep=True)[-1:] != [path.rpartition("/")[2]]:
        assert process.poll() is None
        time.sleep(0.01)

    process.send_signal(signal.SIGINT)

    outcome = operator.end(process)
    assert code == outcome.code
    assert said in outcome.err


@pytest.mark.scenario
def test_two_runs_at_once_leave_no_doubles(operator: Operator) -> None:
    stand_in = operator.desk.stand_in
    both_have_listed = threading.Barrier(2)
    hold_first_lists(stand_in, both_have_listed)

    outcomes = [operator.end(process) for process in [operator.start(), operator.start()]]

    assert [0, 0] == [one.code for one in outcomes]
    assert not both_have_listed.broken
    assert_in_place(operator)


def hold_first_lists(stand_in: LiveChatStandIn, barrier: threading.Barrier) -> None:
    """The first two lists are answered only once both are made: neither run sees what the other registers."""
    lists: list[None] = []

    def hold(response: Response) -> Response:
        if request.path.endswith("list_webhooks") and len(lists) < 2:
            lists.append(None)
            barrier.wait(30)
        return response

    stand_in.app.after_request_funcs.setdefault(None, []).append(hold)


@pytest.mark.scenario
def test_a_personal_access_token_is_read_unseen(operator: Operator) -> None:
    operator.store({"livechat-oauth": json.dumps({"client_secret": "other", "refresh_token": "worthless"})})
    typed = f"{operator.desk.options.account_id}\n{operator.desk.options.pat}\n"

    outcome = operator.end(operator.start("--pat"), typed)

    assert (0, "") == (outcome.code, outcome.err)
    assert "token" not in operator.calls()
    assert_in_place(operator)


def test_a_personal_access_token_is_sent_as_livechat_documents(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    from infra.webhooks import access  # noqa: PLC0415

    monkeypatch.setattr("sys.stdin", Terminal())

    found = access.as_person(lambda _prompt: " account-1 ", lambda _prompt: "token-1\n")

    assert f"Basic {base64.b64encode(b'account-1:token-1').decode()}" == found.authorization
    assert "token-1" not in repr(found)


class Terminal:
    def isatty(self) -> bool:
        return True
