"""Identities: customer tokens made with the agent token, renewed in time, and never mixed up."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from functions.handoff.errors import ProviderRefused, ProviderUnavailable
from functions.handoff.interfaces import AgentDesk, Customer, CustomerDesk
from tests.livechat_customers import CUSTOM_ID, CUSTOMER_ID, TOKEN_PATH, Desk, error
from tests.scripted_server import Answer, scripted_server


@pytest.fixture
def desk() -> Iterator[Desk]:
    with scripted_server() as server:
        yield Desk(server)


def test_it_is_what_the_core_asks_for(desk: Desk) -> None:
    agent_desk: AgentDesk = desk.desk
    customer_desk: CustomerDesk = desk.customer()

    assert agent_desk.text_limit_bytes == 16_000
    assert customer_desk.customer.id == CUSTOMER_ID


# --- identities ------------------------------------------------------------------------------------------------------


def test_a_new_customer_is_made_with_the_agent_token(desk: Desk) -> None:
    customer = desk.desk.new_customer(timeout_s=5)

    asked = desk.server.calls(TOKEN_PATH)[0]
    assert customer == Customer(CUSTOMER_ID, "customer-1", desk.clock.now() + timedelta(seconds=28800))
    assert asked.bearer == "agent-1"
    assert asked.body == {
        "grant_type": "agent_token",
        "client_id": "client-1",
        "response_type": "token",
    }


@pytest.mark.parametrize(
    "refusal",
    [
        error("authentication", status=401),
        Answer(401, {"oauth_exception": "access_denied"}),
        Answer(401, {"oauth_exception": "unauthorized_client"}),
        Answer(401, {"oauth_exception": "invalid_grant"}),
        Answer(401),
    ],
)
def test_a_refused_agent_token_is_replaced_once(desk: Desk, refusal: Answer) -> None:
    desk.server.on(TOKEN_PATH, refusal, desk.mint)

    customer = desk.desk.new_customer(timeout_s=5)

    assert customer.access_token == "customer-2"
    assert desk.tokens.refusals == ["agent-1"]
    assert [asked.bearer for asked in desk.server.calls(TOKEN_PATH)] == ["agent-1", "agent-2"]


def test_an_agent_token_refused_twice_is_given_up_for_now(desk: Desk) -> None:
    desk.server.on(TOKEN_PATH, error("authentication", status=401))

    with pytest.raises(ProviderUnavailable):
        desk.desk.new_customer(timeout_s=5)

    assert len(desk.server.calls(TOKEN_PATH)) == 2


@pytest.mark.parametrize("error_type", ["invalid_client", "unauthorized_client", "forbidden", "resource_not_found"])
def test_an_app_that_may_not_make_customers_is_refused(desk: Desk, error_type: str) -> None:
    desk.server.on(TOKEN_PATH, Answer(500, {"oauth_exception": error_type}))

    with pytest.raises(ProviderRefused) as caught:
        desk.desk.new_customer(timeout_s=5)

    assert caught.value.error_type == error_type


@pytest.mark.parametrize(
    "answer", [Answer(500, {"oauth_exception": "server_error"}), Answer(503), Answer(200, {"access_token": "x"})]
)
def test_making_a_customer_can_be_tried_again(desk: Desk, answer: Answer) -> None:
    desk.server.on(TOKEN_PATH, answer)

    with pytest.raises(ProviderUnavailable) as caught:
        desk.desk.new_customer(timeout_s=5)

    assert caught.value.undelivered


def test_a_token_close_to_its_end_is_renewed_for_the_same_customer(desk: Desk) -> None:
    desk.answers("send_event", Answer(200, {"event_id": "T_1"}))
    customer = desk.customer(life_s=119)

    customer.send_message("C", "hi", custom_id=CUSTOM_ID, timeout_s=8)

    assert desk.server.calls(TOKEN_PATH)[0].body["entity_id"] == CUSTOMER_ID
    assert desk.asked("send_event")[0].bearer == "customer-1"
    assert customer.customer.access_token == "customer-1"
    assert customer.customer.expires_at == desk.clock.now() + timedelta(seconds=28800)


def test_a_token_with_two_minutes_left_is_used(desk: Desk) -> None:
    desk.answers("send_event", Answer(200, {"event_id": "T_1"}))

    desk.customer(life_s=120).send_message("C", "hi", custom_id=CUSTOM_ID, timeout_s=8)

    assert desk.server.calls(TOKEN_PATH) == []


def test_a_refused_customer_token_is_renewed_and_the_call_made_once_more(desk: Desk) -> None:
    desk.answers("send_event", error("authentication", status=401), Answer(200, {"event_id": "T_1"}))

    event_id = desk.customer().send_message("C", "hi", custom_id=CUSTOM_ID, timeout_s=8)

    assert event_id == "T_1"
    assert [asked.bearer for asked in desk.asked("send_event")] == ["customer-0", "customer-1"]


def test_a_customer_token_refused_twice_was_certainly_not_obeyed(desk: Desk) -> None:
    desk.answers("send_event", error("authentication", status=401))

    with pytest.raises(ProviderUnavailable) as caught:
        desk.customer().send_message("C", "hi", custom_id=CUSTOM_ID, timeout_s=8)

    assert caught.value.undelivered
    assert len(desk.asked("send_event")) == 2


def test_a_failed_renewal_leaves_no_doubt_about_the_message(desk: Desk) -> None:
    desk.server.on(TOKEN_PATH, Answer(502))

    with pytest.raises(ProviderUnavailable) as caught:
        desk.customer(life_s=0).send_message("C", "hi", custom_id=CUSTOM_ID, timeout_s=8)

    assert caught.value.undelivered
    assert desk.asked("send_event") == []


def test_a_message_whose_preparation_took_too_long_is_not_begun(desk: Desk) -> None:
    def slow(asked: Any) -> Answer:
        desk.clock.sleep(1.5)
        return desk.mint(asked)

    desk.server.on(TOKEN_PATH, slow)
    customer = desk.customer(life_s=0)

    with pytest.raises(ProviderUnavailable) as caught:
        customer.send_message("C", "hi", custom_id=CUSTOM_ID, timeout_s=8)

    assert caught.value.undelivered
    assert desk.asked("send_event") == []
    assert customer.customer.access_token == "customer-1"


def test_a_token_given_for_somebody_else_is_not_used(desk: Desk) -> None:
    stranger = {"access_token": "theirs", "entity_id": "another", "expires_in": 28800}
    desk.server.on(TOKEN_PATH, Answer(200, stranger))
    customer = desk.customer(life_s=0)

    with pytest.raises(ProviderRefused):
        customer.find_chat(timeout_s=5)

    assert customer.customer.access_token == "customer-0"
