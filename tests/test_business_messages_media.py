"""Business Messages: which pictures go out as pictures."""

import pytest

from functions.channels.business_messages_media import find_picture
from functions.channels.google_media import media_in_words
from functions.handoff.content import Media

URL = "https://shop.example/shoe"


@pytest.mark.parametrize(
    ("url", "mime_type", "is_picture"),
    [
        (URL, "image/jpeg", True),
        (URL, "image/jpg", True),
        (URL, "IMAGE/PNG; charset=binary", True),
        (URL, "image/gif", False),
        (URL, "image/webp", False),
        (URL, "application/pdf", False),
        (URL + ".png", "image/gif", False),
        (URL + ".png", "", True),
        (URL + ".jpg", "", True),
        (URL + ".JPEG?size=1.gif#x", "", True),
        (URL + ".gif?as=.png", "", False),
        (URL + ".png/", "", False),
        (URL, "", False),
        ("https://[.png", "", False),
        ("https://[", "image/png", False),
        ("ftp://shop.example/shoe.png", "", False),
        ("/shoe.png", "", False),
        ("", "image/png", False),
    ],
)
def test_what_is_told_decides_and_else_the_end_of_the_address(url: str, mime_type: str, is_picture: bool) -> None:
    assert (find_picture(Media(url, mime_type=mime_type)) is not None) == is_picture


@pytest.mark.parametrize(("size", "is_picture"), [(0, True), (5_000_000, True), (5_000_001, False)])
def test_a_picture_may_be_five_million_bytes(size: int, is_picture: bool) -> None:
    assert (find_picture(Media(URL, mime_type="image/png", size_bytes=size)) is not None) == is_picture


@pytest.mark.parametrize(("length", "is_picture"), [(2048, True), (2049, False)])
def test_an_address_has_a_longest_length(length: int, is_picture: bool) -> None:
    assert (find_picture(Media(URL.ljust(length, "x"), mime_type="image/png")) is not None) == is_picture


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        (Media(URL, "shoe.png", "image/png", alt_text="A shoe"), {"fileUrl": URL, "altText": "A shoe"}),
        (Media(URL, "shoe.png", "image/png"), {"fileUrl": URL, "altText": "shoe.png"}),
        (Media(URL, " ", "image/png"), {"fileUrl": URL}),
        (None, None),
    ],
)
def test_a_picture_says_what_it_shows_where_that_is_known(media: Media | None, expected: dict[str, str] | None) -> None:
    assert find_picture(media) == expected


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        (Media(URL, "shoe.png", alt_text="A shoe"), f"A shoe\nshoe.png\n{URL}"),
        (Media(URL, "A shoe", alt_text="A shoe"), f"A shoe\n{URL}"),
        (Media(URL), URL),
        (Media("", "shoe.png"), "shoe.png"),
        (None, ""),
    ],
)
def test_in_words_it_is_what_is_known_of_it_once_and_its_address(media: Media | None, expected: str) -> None:
    assert media_in_words(media) == expected
