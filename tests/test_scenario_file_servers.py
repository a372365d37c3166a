"""Hostile servers behind what looks like a user's picture: the running functions neither hang nor fall for them."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.handoff.languages import BUILT_IN
from tests.file_server import PAGE, PNG, Answerer, FileServer, drips, endless, file, file_server, head, redirects, says
from tests.play import Scene, WatchedSandbox, said_by_bot, wait_for
from tests.scenario_fixtures import LIVECHAT_OPTIONS
from tests.test_scenario_content import events, noted

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

EN = BUILT_IN["en"]
_PICTURE = head(200, "Content-Type: image/png")


@pytest.fixture(scope="module")
def server() -> Iterator[FileServer]:
    with file_server() as running:
        yield running


@pytest.fixture(scope="module")
def sandbox(server: FileServer) -> Iterator[WatchedSandbox]:
    settings = {"ATTACHMENT_HOSTS": server.authority, "LIVECHAT_GROUPS": '{"default": 7}'}
    running = WatchedSandbox(settings, livechat_options=LIVECHAT_OPTIONS)
    with running:
        yield running


@pytest.fixture
def scene(sandbox: WatchedSandbox) -> Iterator[Scene]:
    opened = Scene(sandbox)
    opened.hand_off()
    yield opened
    sandbox.livechat.play("timeout", chat_id=opened.chat.id)
    opened.settle()


def refused(scene: Scene, url: str, reason: str, timeout_s: float = 20.0) -> None:
    """The user sends this; both are told why it is not passed on, and the next words are."""
    scene.user_says(url)
    scene.user_says("did you get it?")
    scene.agents_see("user: did you get it?", timeout_s)
    noted(scene, EN[f"file_{reason}"])
    scene.user_sees(said_by_bot(EN[f"sent_file_{reason}"]))
    assert [] == events(scene, "file")


def test_a_good_server_s_picture_is_passed_on(scene: Scene, server: FileServer) -> None:
    scene.user_says(server.on("/good.png", file(PNG, "image/png")))

    (found,) = wait_for(lambda: events(scene, "file"), "the picture")
    assert PNG == scene.sandbox.livechat.licence.uploads[found["url"]].content


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (redirects("http://169.254.169.254/computeMetadata/v1/"), "not_allowed"),
        (redirects("http://127.0.0.1:1/internal"), "not_allowed"),
        (redirects("https://storage.googleapis.com.evil.example/x"), "not_allowed"),
        (redirects("file:///etc/passwd"), "not_allowed"),
        (file(PAGE, "text/html"), "not_allowed"),
        (file(PAGE, "image/png"), "not_allowed"),
        (says(404), "expired"),
        (says(403), "expired"),
    ],
    ids=["metadata", "loopback", "look-alike", "file", "page", "page as picture", "gone", "forbidden"],
)
def test_what_is_not_a_picture_from_there_is_refused_at_once(
    scene: Scene, server: FileServer, answer: Answerer, reason: str
) -> None:
    refused(scene, server.on("/x.png", answer), reason)


def test_an_endless_picture_ends_at_the_limit(scene: Scene, server: FileServer) -> None:
    start = _PICTURE.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n" + PNG

    refused(scene, server.on("/endless.png", endless(server, start, b"\0" * 65536)), "too_large", 60.0)


@pytest.mark.parametrize("answer", [drips(b"", b""), drips(_PICTURE + PNG, b"\0")], ids=["silent", "dripping"])
def test_a_slow_server_holds_up_the_user_s_next_words_for_a_while_and_the_agent_s_not_at_all(
    scene: Scene, server: FileServer, answer: Any
) -> None:
    fetched = server.paths.count("/slow.png")
    scene.user_says(server.on("/slow.png", answer))
    # webhooks sent side by side may come in either order
    wait_for(lambda: server.paths.count("/slow.png") > fetched, "the fetch")
    scene.user_says("did you get it?")

    scene.agent_replies("I am here")

    scene.agents_see("user: did you get it?", 90.0)
    noted(scene, EN["file_unreachable"])
    scene.user_sees(said_by_bot(EN["sent_file_unreachable"]))
    words = [line for line in scene.inbox() if not line.startswith("(note)")]
    assert ["Jane Doe: I am here", "user: did you get it?"] == words
    server.answers.clear()
