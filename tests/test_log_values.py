"""What a log line may hold: ids, numbers and stacks, nothing that a person wrote or is."""

from datetime import UTC, datetime

from functions.handoff.errors import ProviderRefused
from functions.runtime.log_values import safe, shown_conversation, stack_of

_RCS = "rcs:+15550100123"


def test_what_is_no_id_is_withheld() -> None:
    fields = {
        "text": "my card is lost",
        "access_token": "dal:abc",
        "agent_name": "Jane",
        "body": "b",
        "customer": {"name": "Jane"},
        "error": ValueError("my card is lost"),
        "raw": b"my card",
    }

    assert set(safe(fields).values()) == {"(withheld)"}


def test_ids_numbers_and_times_pass() -> None:
    fields = {
        "event_id": "K600PKZON8_2",
        "text_id": "waiting",
        "tries": 3,
        "lag_s": 0.25,
        "ok": True,
        "chat_id": None,
        "due_at": datetime(2026, 1, 1, tzinfo=UTC),
        "entries": ("a", "b"),
    }

    assert safe(fields) == fields | {"due_at": "2026-01-01T00:00:00+00:00", "entries": ["a", "b"]}


def test_long_values_are_cut() -> None:
    shown = safe({"reason": "x" * 5000, "entries": [str(number) for number in range(100)]})

    assert (len(shown["reason"]), len(shown["entries"])) == (201, 20)


def test_a_conversation_of_phone_numbers_is_shown_as_a_digest() -> None:
    shown = shown_conversation(_RCS)

    assert shown.startswith("rcs:#")
    assert "555" not in shown
    assert shown == shown_conversation(_RCS) == shown_conversation(shown)
    assert shown != shown_conversation("rcs:+15550100124")


def test_any_other_conversation_is_shown_as_it_is() -> None:
    assert shown_conversation("business_messages:6a0af2c6") == "business_messages:6a0af2c6"


# --- errors ----------------------------------------------------------------------------------------------------------


def _stack_of_raising(error: Exception, cause: Exception | None = None) -> str:
    try:
        try:
            raise cause or KeyError("inner")
        except Exception as e:
            raise error from (e if cause else None)
    except Exception as e:
        return stack_of(e)


def test_a_message_that_may_quote_a_user_is_not_shown() -> None:
    stack = _stack_of_raising(ValueError("my card is lost"), cause=KeyError("my card"))

    assert "my card" not in stack
    assert stack.endswith("ValueError: (message withheld)")
    assert "KeyError: (message withheld)" in stack


def test_our_own_errors_show_their_message() -> None:
    stack = _stack_of_raising(ProviderRefused("livechat", "chat_inactive", status=400))

    assert stack.endswith("ProviderRefused: livechat answered 400: chat_inactive")
    assert "inner" not in stack
