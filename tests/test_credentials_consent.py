"""The address a person opens at LiveChat, and what is taken for its answer."""

import base64
import hashlib
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from infra.credentials.consent import Consent, NotAnAnswer, NotGranted, new_consent, read_answer, read_pasted
from infra.credentials.scopes import NEEDED, missing_scopes

CODE = "dal:test_7W91a-oMsCeLvIaQm6bTrgtp7"


@pytest.fixture
def consent() -> Consent:
    return new_consent("https://accounts.example.com/", "client-1")


def answer(consent: Consent, **more: str) -> str:
    return urlencode({"code": CODE, "state": consent.state} | more)


def test_the_address_asks_for_a_code_tied_to_this_attempt(consent: Consent) -> None:
    query = dict(parse_qsl(urlsplit(consent.url).query))
    digest = base64.urlsafe_b64encode(hashlib.sha256(consent.verifier.encode()).digest()).decode().rstrip("=")

    assert consent.url.startswith("https://accounts.example.com/?")
    assert query == {
        "response_type": "code",
        "client_id": "client-1",
        "redirect_uri": "http://127.0.0.1:8765/callback",
        "state": consent.state,
        "code_challenge": digest,
        "code_challenge_method": "S256",
    }
    assert 43 <= len(consent.verifier) <= 128
    assert consent.verifier not in consent.url


def test_no_two_attempts_are_alike() -> None:
    made = [new_consent("https://accounts.example.com", "client-1") for _ in range(2)]

    assert made[0].state != made[1].state
    assert made[0].verifier != made[1].verifier


def test_the_answer_to_this_attempt_has_the_code(consent: Consent) -> None:
    assert CODE == read_answer(consent, answer(consent, scope="a b"))


@pytest.mark.parametrize(
    "query",
    [
        "",
        f"code={CODE}",
        f"code={CODE}&state=",
        f"code={CODE}&state=another",
        f"code={CODE}&state=%F0%9F%98%80",
        "code=&state={state}",
        "state={state}",
        "code=bad%0Acode%20here&state={state}",
        f"code={CODE}&code={CODE}&state={{state}}",
        f"code={CODE}&state={{state}}&state={{state}}",
        "error=access_denied&state=another",
        "oauth_exception=access_denied",
    ],
)
def test_what_is_no_answer_to_this_attempt_is_not_taken(consent: Consent, query: str) -> None:
    with pytest.raises(NotAnAnswer):
        read_answer(consent, query.replace("{state}", consent.state))


@pytest.mark.parametrize("name", ["error", "oauth_exception", "identity_exception"])
def test_a_refusal_of_this_attempt_is_put_into_words(consent: Consent, name: str) -> None:
    with pytest.raises(NotGranted, match="access_denied: it was denied"):
        read_answer(consent, f"{name}=access_denied&state={consent.state}")


def test_a_refusal_s_own_words_are_shown_only_where_they_are_a_code(consent: Consent) -> None:
    with pytest.raises(NotAnAnswer):
        read_answer(consent, f"error=%3Cscript%3E&state={consent.state}")


@pytest.mark.parametrize(
    "pasted",
    [
        "http://127.0.0.1:8765/callback?{query}",
        " <http://127.0.0.1:8765/callback?{query}>\n",
        "'http://127.0.0.1:8765/callback?{query}'",
        "http://127.0.0.1:8765/callback?{query}#top",
        "?{query}",
        "{query}",
        CODE,
        quote(CODE, safe=""),
        f" {CODE} ",
    ],
)
def test_an_address_its_query_or_the_code_can_be_pasted(consent: Consent, pasted: str) -> None:
    assert CODE == read_pasted(consent, pasted.replace("{query}", answer(consent)))


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "http://127.0.0.1:8765/callback",
        "what?",
        "https://a.example/?state=x",
        "a b c d e f",
        "http://[::1",
        "?" + "a=1&" * 99,
    ],
)
def test_what_has_no_code_is_not_taken(consent: Consent, pasted: str) -> None:
    with pytest.raises(NotAnAnswer):
        read_pasted(consent, pasted)


def test_a_pasted_address_of_another_attempt_is_not_taken(consent: Consent) -> None:
    other = new_consent("https://accounts.example.com", "client-1")

    with pytest.raises(NotAnAnswer, match="another attempt"):
        read_pasted(consent, f"http://127.0.0.1:8765/callback?{answer(other)}")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (
            "oauth_exception=unauthorized_client&exception_details=invalid_redirect_uri",
            "redirect address is not the app's",
        ),
        ("oauth_exception=unauthorized_client&exception_details=client_id_not_found", "LIVECHAT_CLIENT_ID"),
        ("oauth_exception=invalid_scope", "administrator"),
        ("oauth_exception=missing_grant", "consent was refused"),
        ("identity_exception=never_heard_of", "never_heard_of"),
    ],
)
def test_livechat_s_error_page_is_explained_by_its_address(consent: Consent, query: str, words: str) -> None:
    with pytest.raises(NotGranted, match=words):
        read_pasted(consent, f"https://accounts.livechat.com/ooops?{query}")


# --- scopes ---


def test_all_needed_scopes_granted_leave_none_missing() -> None:
    assert missing_scopes([*NEEDED, "properties--my:ro"]) == ()


def test_each_missing_scope_is_named() -> None:
    assert missing_scopes(["customers:own", " chats--all:ro "]) == (
        "agents--all:ro",
        "webhooks.configuration:rw",
        "webhooks.state:rw",
    )


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        ("chats--all:rw", False),
        ("chats--access:rw", True),
        ("chats--my:ro", True),
        ("chats--all:ro", False),
    ],
)
def test_writing_holds_reading_and_all_is_more_than_access(granted: str, missing: bool) -> None:
    assert missing == ("chats--all:ro" in missing_scopes([granted]))


def test_reading_the_webhooks_state_is_not_enough() -> None:
    assert "webhooks.state:rw" in missing_scopes(["webhooks.state:ro"])
