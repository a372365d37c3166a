"""What each of Dialogflow's HTTP answers means."""

import pytest

from functions.dialogflow.answers import query_result
from functions.handoff.errors import ProviderError, ProviderRefused, ProviderUnavailable
from functions.handoff.events import JsonObject
from functions.runtime.http_client import Response


def failure(status: int, body: object, headers: dict[str, str] | None = None) -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        query_result(Response(status, body, headers or {}))
    return raised.value


def google_error(code: int, status: str) -> JsonObject:
    return {"error": {"code": code, "status": status, "message": "no", "details": []}}


@pytest.mark.parametrize(
    ("code", "status", "undelivered"),
    [
        (409, "ABORTED", False),
        (429, "RESOURCE_EXHAUSTED", True),
        (500, "INTERNAL", False),
        (503, "UNAVAILABLE", False),
        (504, "DEADLINE_EXCEEDED", False),
        (401, "UNAUTHENTICATED", True),
    ],
)
def test_what_may_pass_is_worth_another_try(code: int, status: str, undelivered: bool) -> None:
    error = failure(code, google_error(code, status), {"Retry-After": "3"})

    assert isinstance(error, ProviderUnavailable)
    assert ("dialogflow", status, code) == (error.provider, error.error_type, error.status)
    assert (undelivered, 3) == (error.undelivered, error.retry_after_s)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (400, "INVALID_ARGUMENT"),
        (400, "FAILED_PRECONDITION"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
    ],
)
def test_what_will_never_pass_is_refused(code: int, status: str) -> None:
    error = failure(code, google_error(code, status))

    assert isinstance(error, ProviderRefused)
    assert error.error_type == status


@pytest.mark.parametrize(("code", "retryable"), [(429, True), (502, True), (503, True), (404, False), (301, False)])
def test_without_googles_envelope_the_http_status_decides(code: int, retryable: bool) -> None:
    assert failure(code, None).retryable == retryable


@pytest.mark.parametrize("body", [None, [], {}, {"queryResult": "x"}])
def test_a_success_that_cannot_be_read_leaves_it_open_whether_the_bot_heard(body: object) -> None:
    error = failure(200, body)

    assert isinstance(error, ProviderUnavailable)
    assert (error.error_type, error.undelivered) == ("malformed_answer", False)


def test_words_of_the_provider_stay_out_of_the_error() -> None:
    error = failure(400, {"error": {"status": "Bad text: Hello", "message": "Bad text: Hello"}})

    assert "Hello" not in str(error)
