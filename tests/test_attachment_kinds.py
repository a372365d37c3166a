"""What kind a file is, and that no other kind is passed on."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.channels.attachment_kinds import EXTENSIONS, claimed_kind, kind_of
from functions.handoff.content import Media
from functions.handoff.errors import FileRefused
from tests.file_server import JPEG, PAGE, PNG

SAMPLES = {
    "image/jpeg": JPEG,
    "image/png": PNG,
    "image/gif": b"GIF89a" + bytes(20),
    "image/webp": b"RIFF\x24\0\0\0WEBPVP8 ",
    "image/heic": b"\0\0\0\x18ftypheic\0\0\0\0",
    "image/heif": b"\0\0\0\x18ftypmif1\0\0\0\0",
    "image/bmp": b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0",
    "application/pdf": b"%PDF-1.7\n%\xe2\xe3",
}
OTHERS = sorted(set(EXTENSIONS) - set(SAMPLES))
PLAIN = Media("")
PROGRAMS = [b"MZ\x90\0\x03\0", b"\x7fELF\x02\x01", b"\xcf\xfa\xed\xfe\x07", b"\xca\xfe\xba\xbe\0"]


def is_refused(claimed: str, content: bytes, media: Media = PLAIN) -> bool:
    try:
        kind_of(claimed, media, content)
    except FileRefused as e:
        return e.reason == "not_allowed"
    return False


@pytest.mark.parametrize("kind", EXTENSIONS)
def test_an_allowed_type_is_the_kind_it_says(kind: str) -> None:
    content = SAMPLES.get(kind, b"anything")

    assert kind_of(claimed_kind(kind), PLAIN, content) == kind


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("image/png", "image/png"),
        (" Image/PNG ; charset=binary", "image/png"),
        ("image/jpg", "image/jpeg"),
        ("audio/x-m4a", "audio/mp4"),
        ('text/plain; charset="utf-8"; x=image/png', "text/plain"),
        ("", ""),
        ("application/octet-stream", ""),
        ("binary/octet-stream; x", ""),
    ],
)
def test_a_content_type_is_read_without_its_parameters(content_type: str, kind: str) -> None:
    assert claimed_kind(content_type) == kind


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "application/xhtml+xml",
        "image/svg+xml",
        "text/xml",
        "text/javascript",
        "application/javascript",
        "application/x-msdownload",
        "application/x-sh",
        "application/java-archive",
        "application/vnd.android.package-archive",
        "application/vnd.ms-word.document.macroenabled.12",
        "application/zip",
        "image/*",
        "image",
        "image/png, text/html",
        "multipart/form-data",
    ],
)
def test_any_other_type_is_refused(content_type: str) -> None:
    with pytest.raises(FileRefused, match="not_allowed"):
        claimed_kind(content_type)


@given(st.text(max_size=60))
def test_no_content_type_is_more_than_refused(content_type: str) -> None:
    with suppress(FileRefused):
        assert claimed_kind(content_type) in {"", *EXTENSIONS}


def test_every_image_is_known_by_its_bytes() -> None:
    assert {kind for kind in EXTENSIONS if kind.startswith("image/")} <= set(SAMPLES)


@pytest.mark.parametrize("claimed", SAMPLES)
@pytest.mark.parametrize("content", [PAGE, b"<svg onload=x>", b"", b"anything", b"RIFF\0\0\0\0WAVE", *PROGRAMS])
def test_what_is_named_an_image_and_is_none_is_refused(claimed: str, content: bytes) -> None:
    assert is_refused(claimed, content)


@pytest.mark.parametrize("claimed", SAMPLES)
@pytest.mark.parametrize(("kind", "content"), SAMPLES.items())
def test_an_image_under_another_image_s_name_is_what_its_bytes_say(claimed: str, kind: str, content: bytes) -> None:
    assert kind_of(claimed, PLAIN, content) == kind


@pytest.mark.parametrize("claimed", OTHERS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_is_refused_under_any_name(claimed: str, program: bytes) -> None:
    assert is_refused(claimed, program)


@pytest.mark.parametrize("claimed", [kind for kind in OTHERS if not kind.startswith("text/")])
@pytest.mark.parametrize("page", [PAGE, b"\xef\xbb\xbf \r\n<?xml version='1.0'?><svg/>"])
def test_a_page_is_refused_under_any_name_but_a_text_s(claimed: str, page: bytes) -> None:
    assert is_refused(claimed, page)


@pytest.mark.parametrize("content", [b"<3", b"MZ Wallace", b"%PDF- is how one begins", b"GIF89a"])
def test_a_text_is_a_text_whatever_it_begins_with(content: bytes) -> None:
    assert kind_of("text/plain", PLAIN, content) == "text/plain"


@pytest.mark.parametrize(
    ("media", "content", "kind"),
    [
        (Media("", "a.txt", "text/plain"), b"GIF87a", "text/plain"),
        (Media(""), PNG, "image/png"),
        (Media("", "a.doc", "audio/ogg"), JPEG, "image/jpeg"),
        (Media("", "a.doc", "Audio/OGG; codecs=opus"), b"OggS", "audio/ogg"),
        (Media("", "a.DOCX"), b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (Media("", "a.xls", "text/html"), b"\xd0\xcf", "application/vnd.ms-excel"),
        (Media("", "a.mp4"), b"\0\0\0\x18ftypisom", "video/mp4"),
        (Media("", "a.webm"), b"\x1a\x45\xdf\xa3", "video/webm"),
        (Media("", "a.3gp"), b"\0\0\0\x18ftyp3gp4", "video/3gpp"),
        (Media("", "a.opus"), b"OggS", "audio/opus"),
    ],
)
def test_a_file_without_a_type_is_what_its_bytes_then_the_message_then_its_name_say(
    media: Media, content: bytes, kind: str
) -> None:
    assert kind_of("", media, content) == kind


@pytest.mark.parametrize(
    "media", [Media(""), Media("", "a.exe"), Media("", "docx"), Media("", ".docx"), Media("", "a.png", "image/png")]
)
def test_a_file_of_which_nothing_is_known_is_refused(media: Media) -> None:
    assert is_refused("", b"PK\x03\x04", media)


@given(st.binary(max_size=200), st.sampled_from(["", *EXTENSIONS]), st.text(max_size=20), st.text(max_size=20))
def test_no_content_is_more_than_refused(content: bytes, claimed: str, name: str, mime_type: str) -> None:
    media = Media("", name, mime_type)

    assert is_refused(claimed, content, media) or kind_of(claimed, media, content) in EXTENSIONS
