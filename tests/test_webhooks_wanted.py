"""Which webhooks are wanted, how one is known again, and what is to be pasted elsewhere."""

import hashlib

import msgspec
import pytest

from functions.livechat.actions import READERS
from infra.deploy.brands import BrandSecret
from infra.deploy.parts import FUNCTIONS
from infra.sandbox.livechat.webhooks import FILTERS_OF
from infra.webhooks.addresses import CX, ES, LIVECHAT_FUNCTION, PASTES, paste_lines
from infra.webhooks.plan import Registered, is_ours
from infra.webhooks.wanted import FILTERS, fingerprint_key, wanted_webhooks

URL, CLIENT, SECRET, CLIENT_SECRET = "https://shop.example/hook", "client-1", "word", "client-secret"


def descriptions(
    url: str = URL, client: str = CLIENT, secret: str = SECRET, client_secret: str = CLIENT_SECRET
) -> set[str]:
    return {one.description for one in wanted_webhooks(url, client, fingerprint_key(secret, client_secret))}


def test_what_is_registered_is_what_the_functions_read() -> None:
    assert set(READERS) == set(FILTERS)


def test_events_come_from_everybody_but_ourselves_and_from_our_chats_only() -> None:
    others = {"only_my_chats": True, "source_type": ["other_clients", "system"]}
    about_events = {action: filters for action, filters in FILTERS.items() if "event" in action}

    assert about_events == {
        "incoming_event": others,
        "event_updated": {**others, "author_type": "agent"},
        "event_deleted": others,
        "events_marked_as_seen": others,
    }
    assert {"{'only_my_chats': True}"} == {str(FILTERS[action]) for action in set(FILTERS) - set(about_events)}


def test_every_filter_is_one_that_livechat_has_for_the_action() -> None:
    for action, filters in FILTERS.items():
        assert set(filters) <= FILTERS_OF[action]


@pytest.mark.parametrize(
    "changes", [{"url": URL + "2"}, {"client": "client-2"}, {"secret": "Word"}, {"client_secret": "another"}]
)
def test_every_description_changes_with_what_is_registered(changes: dict[str, str]) -> None:
    assert set() == descriptions() & descriptions(**changes)


def test_descriptions_stay_the_same_from_version_to_version() -> None:
    """Else all webhooks of all deployments would be registered anew."""
    assert "livechat-handoff 479a01dc62a16be57a1648466deae0b1" in descriptions()


def test_a_description_is_short_and_ours_and_different_for_each_action() -> None:
    found = descriptions()

    assert len(FILTERS) == len(found)
    assert all(is_ours(Registered(id="w", action="a", description=one)) for one in found)
    assert max(map(len, found)) < 60


def test_a_short_secret_can_t_be_tried_on_a_description_without_the_client_secret() -> None:
    """What goes into a fingerprint beside the secret must be secret itself: a plain digest would tell a short one."""
    known = wanted_webhooks(URL, CLIENT, b"")[0]
    plain = {hashlib.sha256(part).hexdigest()[:32] for part in (SECRET.encode(), f"{known.url}{SECRET}".encode())}

    assert not [one for one in descriptions() if one.split()[1] in plain]
    assert descriptions() != descriptions(client_secret="")


def test_what_is_wanted_does_not_hold_the_secret() -> None:
    wanted = wanted_webhooks(URL, CLIENT, fingerprint_key("a-longer-secret", CLIENT_SECRET))

    assert b"a-longer-secret" not in msgspec.json.encode(wanted)


def test_every_public_function_but_livechat_s_has_its_console() -> None:
    assert {one.name for one in FUNCTIONS if one.public} - {LIVECHAT_FUNCTION} <= set(PASTES)


def test_what_to_paste_names_urls_and_secrets_and_what_is_not_deployed() -> None:
    lines = list(paste_lines({"dialogflow-webhook": "https://df.example", "business-messages-webhook": ""}, "shop-one"))

    assert "  URL          https://df.example" in lines
    assert "  or Headers   X-Webhook-Token: the first line of the secret dialogflow-webhook-token" in lines
    assert "  business-messages-webhook is not deployed yet: make deploy" in lines
    assert "--secret=NAME --project=shop-one" in lines[-1]


def test_each_brand_s_own_secret_is_named_where_it_is_to_be_pasted() -> None:
    addresses = {"rcs-webhook": "https://rcs.example", "business-messages-webhook": "https://bm.example"}

    lines = list(paste_lines(addresses, "shop-one", of_brands=[BrandSecret("acme", "rcs-client-token", "acme-token")]))

    assert lines[1:4] == [
        "  webhook URL  https://rcs.example",
        "  clientToken  the first line of the secret rcs-client-token",
        "  for acme: the secret acme-token",
    ]
    assert 1 == len([line for line in lines if "acme" in line])


@pytest.mark.parametrize(
    ("bots", "words"), [({ES}, {"Basic auth"}), ({CX}, {"ID token"}), ({ES, CX}, {"Basic auth", "ID token"})]
)
def test_what_to_enter_at_dialogflow_is_what_its_kind_has(bots: set[str], words: set[str]) -> None:
    lines = "\n".join(paste_lines({"dialogflow-webhook": "https://df.example"}, "shop-one", bots))

    assert words == {word for word in ("Basic auth", "ID token") if word in lines}
