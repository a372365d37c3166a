"""Webhooks about a single event: what an agent changed, what was taken back, what was read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.handoff.events import MessageDeleted, MessageEdited
from functions.livechat.mapping import MAX_ID_CHARACTERS
from functions.livechat.webhook import LIFECYCLE_PREFIX, ParsedWebhook
from tests.test_livechat_webhook import RECEIVED_AT, load, parse
from tests.test_livechat_webhook_input import rejected

LONGEST = "i" * MAX_ID_CHARACTERS


def updated(**changes: Any) -> ParsedWebhook:
    body = load("event_updated__message")
    body["payload"]["event"] |= changes
    return parse(body)


def edited(**changes: Any) -> MessageEdited:
    event = updated(**changes).event
    assert isinstance(event, MessageEdited)
    return event


def deleted(thread_id: str, event_id: str) -> MessageDeleted:
    body = load("event_deleted__message")
    body["payload"] |= {"thread_id": thread_id, "event_id": event_id}
    event = parse(body).event
    assert isinstance(event, MessageDeleted)
    return event


# --- changed ---------------------------------------------------------------------------------------------------------


def test_a_change_has_the_time_of_its_arrival_not_that_of_the_message() -> None:
    assert RECEIVED_AT == edited().source_at


def test_the_same_words_again_are_the_same_change_and_others_are_another() -> None:
    ids = [edited(text=text).id for text in ("one", "one", "two", "one ")]

    assert ids[0] == ids[1]
    assert 3 == len(set(ids))


def test_the_same_words_in_another_message_are_another_change() -> None:
    assert edited(id="THREAD0001_3").id != edited().id


def test_a_change_of_a_translated_message_is_its_translation() -> None:
    assert "Guten" == edited(properties={"translation": {"target_message": "Guten"}}).text


@pytest.mark.parametrize(
    "changes",
    [
        {"visibility": "agents"},
        {"visibility": None},
        {"author_id": "b7eff798-f8df-4364-8059-649c35c9ed0c"},
        {"author_id": "5c9871d5372c824cbf22d860a707a578"},
        {"author_id": None},
        {"properties": {"lc2": {"welcome_message": True}}},
        {"text": " \n"},
    ],
)
def test_a_change_of_what_was_not_for_the_user_is_ignored(changes: dict[str, Any]) -> None:
    parsed = updated(**changes)

    assert (parsed.event, parsed.ignored) == (None, "update that is not for the user")


@pytest.mark.parametrize(
    "kind", ["file", "rich_message", "form", "filled_form", "system_message", "custom", "hologram"]
)
def test_only_changed_messages_count_and_the_others_are_named(kind: str) -> None:
    parsed = updated(type=kind)

    assert (parsed.event, parsed.ignored) == (None, f"update of {kind}")


def test_a_kind_s_name_goes_into_logs_short_and_clean() -> None:
    assert updated(type="\0\ud800" + "k" * 5000).ignored == "update of \ufffd" + "k" * 49


def test_a_change_needs_no_time_of_its_own() -> None:
    assert "Hello, this is Jane Doe." == edited(created_at=None).text


# --- taken back ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["message", "file", "rich_message", "hologram"])
@pytest.mark.parametrize("visibility", ["all", "agents", None])
def test_an_update_to_deleted_is_a_deletion_whatever_it_was(kind: str, visibility: str | None) -> None:
    by_update = updated(type=kind, deleted=True, text=None, author_id=None, visibility=visibility).event

    assert by_update == deleted("THREAD0001", "THREAD0001_2")


def test_ids_that_are_made_are_not_longer_than_ids_may_be() -> None:
    longest = MAX_ID_CHARACTERS - len(LIFECYCLE_PREFIX)
    fits = deleted("T1", "e" * (longest - len("deleted:T1:")))
    made = [deleted("T1", fits.event_id + "e"), deleted(LONGEST, LONGEST), deleted(LONGEST[:-1] + "j", LONGEST)]

    assert f"deleted:T1:{fits.event_id}" == fits.id
    assert longest == len(fits.id)
    assert max(len(one.id) for one in [*made, edited(id=LONGEST)]) <= MAX_ID_CHARACTERS
    assert 4 == len({one.id for one in [fits, *made]})


@pytest.mark.parametrize("name", ["event_updated__message", "event_deleted__message"])
def test_an_id_that_is_too_long_is_refused(name: str) -> None:
    body = load(name)
    holder = body["payload"].get("event", body["payload"])
    holder["id" if "event" in body["payload"] else "event_id"] = LONGEST + "i"

    assert (400, "field") == rejected(body)[:2]


# --- read ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T04:04:05.500000+01:00", datetime(2026, 1, 2, 3, 4, 5, 500000, tzinfo=UTC)),
    ],
)
def test_how_far_an_agent_has_read_is_known_in_utc(written: str, expected: datetime) -> None:
    body = load("events_marked_as_seen__agent")
    body["payload"]["seen_up_to"] = written

    seen_up_to = parse(body).seen_up_to

    assert expected == seen_up_to
    assert timedelta(0) == seen_up_to.utcoffset()


def test_another_organization_s_reading_is_not_ours() -> None:
    parsed = parse({**load("events_marked_as_seen__agent"), "organization_id": "another"})

    assert (parsed.seen_up_to, parsed.ignored) == (None, "other organization")
