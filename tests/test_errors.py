"""Errors say what a failure means for delivery, and nothing that is not anybody's business."""

from datetime import UTC, datetime

import pytest

from functions.handoff.errors import (
    ChatAlreadyActive,
    ChatInactive,
    ConfigError,
    ConversationBusy,
    HandoffError,
    MailboxFull,
    NotYet,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    WebhookRejected,
)


def test_a_provider_error_names_provider_status_and_the_providers_own_word() -> None:
    error = ProviderUnavailable("livechat", "too_many_requests", status=429, retry_after_s=7)

    assert "livechat answered 429: too_many_requests" == str(error)
    assert (429, 7) == (error.status, error.retry_after_s)


def test_no_answer_is_said_to_be_none() -> None:
    assert "dialogflow answered nothing: timeout" == str(ProviderUnavailable("dialogflow", "timeout"))


def test_a_failed_call_had_no_effect_unless_it_is_said_to_be_in_doubt() -> None:
    assert ProviderUnavailable("livechat", "connection").undelivered
    assert not ProviderUnavailable("livechat", "timeout", undelivered=False).undelivered


@pytest.mark.parametrize("kind", [ProviderRefused, ChatInactive, ChatAlreadyActive])
def test_what_is_refused_is_refused_for_good(kind: type[ProviderError]) -> None:
    assert not kind.retryable


def test_what_is_away_may_be_tried_again() -> None:
    assert ProviderUnavailable.retryable


def test_a_wrong_setting_is_not_swallowed_with_the_errors_of_the_bundle() -> None:
    assert not issubclass(ConfigError, HandoffError)


def test_a_full_mailbox_is_answered_like_a_busy_conversation() -> None:
    assert issubclass(MailboxFull, ConversationBusy)


def test_a_call_to_be_judged_later_is_not_a_failure() -> None:
    error = NotYet("livechat", datetime(2026, 1, 2, 3, 4, 21, tzinfo=UTC))

    assert "livechat: look again at 03:04:21" == str(error)
    assert not isinstance(error, ProviderError)


def test_a_rejected_request_carries_what_to_answer_and_a_word_for_the_log() -> None:
    error = WebhookRejected(401, "signature", "the signature does not match")

    assert (401, "signature", "the signature does not match") == (error.status, error.reason, str(error))
