"""Whatever a server sends, a file comes, or one of the two refusals: nothing else, and never more than was sent."""

from socket import SHUT_WR, socket, socketpair

from hypothesis import given
from hypothesis import strategies as st

from functions.channels.attachment_addresses import Network
from functions.channels.attachment_kinds import EXTENSIONS
from functions.channels.attachments import AttachmentFetcher
from functions.handoff.content import Media
from functions.handoff.errors import FileRefused, ProviderUnavailable
from functions.handoff.interfaces import File
from tests.file_server import JPEG, PAGE, PNG

LIMIT = 100
TEXTS = {kind for kind in EXTENSIONS if kind.startswith("text/")}
STATUSES = [
    "HTTP/1.1 200 OK",
    "HTTP/1.0 200",
    "HTTP/1.1 302 F",
    "HTTP/1.1 404 N",
    "HTTP/1.1 100 C",
    "HTTP/9 200",
    "200",
    "",
]
HEADERS = [
    "Content-Type: image/png",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Type:",
    "Content-Type: \x00",
    "Content-Length: 64",
    "Content-Length: 5",
    "Content-Length: -1",
    "Content-Length: " + "9" * 5000,
    "Content-Length: ²",
    "Transfer-Encoding: chunked",
    "Content-Encoding: gzip",
    "Content-Disposition: attachment; filename*=utf-8''%00%FF",
    "Content-Disposition: " + '";=' * 100,
    "Location: /again",
    "Location: //[",
    "Retry-After: " + "9" * 5000,
    "Connection: close",
    " folded",
    "no colon",
    ": no name",
]
BODIES = [
    PNG,
    JPEG,
    PAGE,
    b"5\r\nhello\r\n0\r\n\r\n",
    b"-1\r\nhello",
    b"-5\r\nhello",
    b"f" * 20 + b"\r\n",
    b"0x5\r\nhello\r\n0\r\n\r\n",
]

answers = st.builds(
    lambda status, headers, body: "\r\n".join([status, *headers, "", ""]).encode("utf-8") + body,
    st.sampled_from(STATUSES) | st.text(max_size=20),
    st.lists(st.sampled_from(HEADERS) | st.text(max_size=20), max_size=6),
    st.sampled_from(BODIES) | st.binary(max_size=200),
)


@given(answers | st.binary(max_size=300), st.integers(0, 400))
def test_any_answer_is_a_file_or_a_refusal(answer: bytes, cut_at: int) -> None:
    found = fetched(answer[: cut_at or None])

    assert found is None or (0 < len(found.content) <= LIMIT and found.mime_type in EXTENSIONS and found.name)


@given(
    st.sampled_from(sorted({"", "application/octet-stream", *EXTENSIONS} - TEXTS)),
    st.sampled_from([b"", b" \n", b"\xef\xbb\xbf\t"]),
    st.sampled_from([PAGE, b"<svg/>", b"<?xml version='1.0'?>", b"<"]),
)
def test_a_page_is_a_file_under_no_type_but_a_text_s(content_type: str, before: bytes, page: bytes) -> None:
    answer = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n\r\n".encode() + before + page

    assert fetched(answer) is None


def fetched(answer: bytes) -> File | None:
    theirs: list[socket] = []

    def connect(address: str, port: int, timeout_s: float) -> socket:
        ours, other = socketpair()
        ours.settimeout(timeout_s)
        theirs.append(other)
        other.sendall(answer)
        other.shutdown(SHUT_WR)
        return ours

    files = AttachmentFetcher(["127.0.0.1:8091"], LIMIT, network=Network(connect=connect))
    try:
        return files.fetch(Media("http://127.0.0.1:8091/a"), timeout_s=5)
    except (FileRefused, ProviderUnavailable):
        return None
    finally:
        for other in theirs:
            other.close()
