"""Who may call as a bot: by its own shared token, or by an identity token of Google's; and for whom it may speak."""

import json
from collections.abc import Iterator
from typing import get_args

import pytest

from functions.handoff.ids import session_id
from infra.sandbox.google_identity import SERVICE_AGENT, Flaw, GoogleIdentityStandIn
from infra.sandbox.standin import Fault
from tests.brands_world import ACME, OWN, ZETA, BrandsWorld, Party, brands_world
from tests.doors import BOT
from tests.fuzz_world import Answered

URL = "https://handoff.example/dialogflow-webhook"
ACME_AGENT = "service-2222@gcp-sa-dialogflow.iam.gserviceaccount.com"
FLAWS = [flaw for flaw in get_args(Flaw) if flaw]


@pytest.fixture(scope="module")
def google() -> Iterator[GoogleIdentityStandIn]:
    one = GoogleIdentityStandIn()
    one.serve()
    yield one
    one.stop()


@pytest.fixture
def world(google: GoogleIdentityStandIn) -> Iterator[BrandsWorld]:
    """The deployment takes identity tokens, Acme those of another service agent, Zeta the deployment's."""
    accepted = {"DIALOGFLOW_IDENTITY_AUDIENCES": URL, "DIALOGFLOW_IDENTITY_EMAILS": SERVICE_AGENT}
    google.faults = []
    with brands_world(**accepted, of_acme={"DIALOGFLOW_IDENTITY_EMAILS": ACME_AGENT}, certs=google.certs_url) as one:
        one.clock.at = google.clock.now()
        yield one


def call(world: BrandsWorld, party: Party, bearer: str, **headers: str) -> Answered:
    """A fulfilment call with that token, in a conversation that has begun."""
    body = {
        "session": f"{party.bot}/sessions/{session_id(party.conversation_key('c-1'))}",
        "responseId": "r-1",
        "queryResult": {"action": "handoff", "languageCode": "en"},
    }
    given = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return world.send(BOT, json.dumps(body).encode(), {**given, **headers})


def outcome(answered: Answered) -> str:
    return str(json.loads(answered.log)["outcome"])


def test_an_identity_token_of_the_bot_s_service_agent_suffices(
    world: BrandsWorld, google: GoogleIdentityStandIn
) -> None:
    world.says(OWN, "hello")

    answered = call(world, OWN, google.mint(URL))

    assert (200, "queued") == (answered.status, outcome(answered))


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_forged_one_is_refused(world: BrandsWorld, google: GoogleIdentityStandIn, flaw: Flaw) -> None:
    world.says(OWN, "hello")
    commits = world.commits()

    answered = call(world, OWN, google.mint(URL, flaw=flaw))

    assert (401, "rejected") == (answered.status, outcome(answered))
    assert commits == world.commits()


@pytest.mark.parametrize(
    ("audience", "email"),
    [("https://elsewhere.example", SERVICE_AGENT), (URL, "somebody@shop.example")],
    ids=["audience", "sender"],
)
def test_google_s_word_for_somebody_else_is_refused_without_asking_google(
    world: BrandsWorld, google: GoogleIdentityStandIn, audience: str, email: str
) -> None:
    world.says(OWN, "hello")
    before = len(google.calls)

    answered = call(world, OWN, google.mint(audience, email=email))

    assert 401 == answered.status
    assert before == len(google.calls)


def test_the_shared_token_suffices_beside_any_identity_token(world: BrandsWorld, google: GoogleIdentityStandIn) -> None:
    world.says(OWN, "hello")
    google.faults = [Fault("certs", status=503, body={})]

    answered = call(world, OWN, google.mint(URL, flaw="wrong key"), **{"X-Webhook-Token": OWN.bot_token})

    assert (200, "queued") == (answered.status, outcome(answered))


def test_while_google_s_certificates_can_t_be_had_nothing_is_proven_and_the_caller_may_come_back(
    world: BrandsWorld, google: GoogleIdentityStandIn
) -> None:
    world.says(OWN, "hello")
    google.faults = [Fault("certs", status=503, body={})]
    commits = world.commits()

    answered = call(world, OWN, google.mint(URL))

    assert (503, "retry") == (answered.status, outcome(answered))
    assert commits == world.commits()


@pytest.mark.parametrize(
    ("party", "email", "status"),
    [
        (ACME, ACME_AGENT, 200),
        (ACME, SERVICE_AGENT, 401),
        (OWN, ACME_AGENT, 401),
        (ZETA, SERVICE_AGENT, 200),
        (ZETA, ACME_AGENT, 401),
    ],
    ids=lambda one: one.mark if isinstance(one, Party) else str(one).partition("@")[0],
)
def test_each_brand_s_own_service_agents_speak_for_it(
    world: BrandsWorld, google: GoogleIdentityStandIn, party: Party, email: str, status: int
) -> None:
    world.says(party, "hello")

    answered = call(world, party, google.mint(URL, email=email))

    assert status == answered.status


def test_unless_configured_no_identity_token_is_accepted(google: GoogleIdentityStandIn) -> None:
    with brands_world(certs=google.certs_url) as world:
        world.clock.at = google.clock.now()
        world.says(OWN, "hello")
        before = len(google.calls)

        answered = call(world, OWN, google.mint(URL))

        assert 401 == answered.status
        assert before == len(google.calls)


def test_where_identity_tokens_are_accepted_there_need_be_no_shared_one(
    world: BrandsWorld, google: GoogleIdentityStandIn
) -> None:
    world.forget_secret("dialogflow-webhook-token")
    world.says(OWN, "hello")

    answered = [call(world, OWN, google.mint(URL)), call(world, OWN, OWN.bot_token), call(world, OWN, "")]

    assert [200, 401, 401] == [one.status for one in answered]


def test_where_they_are_not_its_absence_is_told() -> None:
    with brands_world() as world:
        world.forget_secret("dialogflow-webhook-token")

        answered = call(world, OWN, OWN.bot_token)

        assert 500 == answered.status
        assert "dialogflow-webhook-token" in answered.text


def test_the_clock_of_the_deployment_counts(world: BrandsWorld, google: GoogleIdentityStandIn) -> None:
    world.says(OWN, "hello")
    token = google.mint(URL)

    world.clock.sleep(2 * 3600)

    assert 401 == call(world, OWN, token).status


def test_a_missing_token_of_one_brand_stops_no_other() -> None:
    with brands_world() as world:
        world.forget_secret("acme-bot")
        for party in (OWN, ACME, ZETA):
            world.says(party, "hello")

        answered = [call(world, party, party.bot_token) for party in (OWN, ACME, ZETA)]

        assert [200, 500, 200] == [one.status for one in answered]
        assert "acme-bot" in answered[1].text
