"""A file's name shows what it is, and leads nowhere."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.channels.attachment_kinds import EXTENSIONS
from functions.channels.attachment_names import MAX_NAME_CHARACTERS, file_name


def test_the_message_s_name_comes_first_then_the_server_s_then_the_path_s() -> None:
    header = 'attachment; filename="b.png"'

    assert file_name("a.png", header, "/c.png", "image/png") == "a.png"
    assert file_name("", header, "/c.png", "image/png") == "b.png"
    assert file_name("", "", "/d/c.png?name=e.png", "image/png") == "c.png"
    assert file_name("", "", "/", "image/png") == "file.png"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("photo", "photo.png"),
        ("photo.PNG", "photo.png"),
        ("photo.jpeg", "photo.png"),
        ("photo.html", "photo.html.png"),
        ("setup.exe", "setup.exe.png"),
        ("my.holiday", "my.holiday.png"),
        (".png", "png.png"),
        ("photo.", "photo.png"),
        ("../../etc/passwd", "passwd.png"),
        ("C:\\Users\\me\\photo.png", "photo.png"),
        ("a/b\\..", "file.png"),
        ("..", "file.png"),
        ("ph\x00o\r\nto\x7f.png", "photo.png"),
        ("photo\u202egnp.exe", "photognp.exe.png"),
        ("\ud800photo.png", "photo.png"),
        ('a<b>:"|?*.png', "a_b______.png"),
        ("  my   photo .png ", "my photo.png"),
        ("Grüße 旅行 🎉.png", "Grüße 旅行 🎉.png"),
    ],
)
def test_a_name_is_cleaned_and_ends_as_its_kind_does(said: str, name: str) -> None:
    assert file_name(said, "", "/", "image/png") == name


def test_any_extension_of_the_kind_is_kept() -> None:
    assert file_name("a.jpeg", "", "", "image/jpeg") == "a.jpeg"
    assert file_name("a.jpg", "", "", "image/jpeg") == "a.jpg"


@pytest.mark.parametrize(("letters", "kept"), [(96, 96), (97, 96), (5000, 96)])
def test_a_name_has_a_hundred_characters_with_its_extension(letters: int, kept: int) -> None:
    assert file_name("a" * letters + ".png", "", "", "image/png") == "a" * kept + ".png"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="my photo.png"', "my photo.png"),
        ("attachment; filename=photo.png", "photo.png"),
        ("inline;FileName = photo.png ; size=3", "photo.png"),
        ('attachment; filename="a \\"b\\".png"', "a _b_.png"),
        ("attachment; filename=\"plain.png\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.png", "Grüße.png"),
        ("attachment; filename*=iso-8859-1'en'Gr%FC%DFe.png", "Grüße.png"),
        ("attachment; filename*=utf-16''a; filename=b.png", "b.png"),
        ("attachment; filename*=UTF-8''%FF.png", "\ufffd.png"),
        ("attachment; filename*=UTF-8''..%2F..%2Fa.png", "a.png"),
        ("attachment; filename=Gr\xc3\xbc\xc3\x9fe.png", "Grüße.png"),
        ("attachment; filename=Gr\xfc\xdfe.png", "Grüße.png"),
        ('attachment; name="; filename=evil.png"; filename=good.png', "good.png"),
        ("attachment; filename=a.png; filename=b.png", "a.png"),
        ('attachment; filename="open', "path.png"),
        ("attachment; filename=", "path.png"),
        ("attachment", "path.png"),
        ('";' * 5000, "path.png"),
    ],
)
def test_a_name_in_content_disposition_is_read(header: str, name: str) -> None:
    assert file_name("", header, "/path.png", "image/png") == name


def test_a_path_is_unescaped() -> None:
    assert file_name("", "", "/a/Gr%C3%BC%C3%9Fe%2Fb%00.png", "image/png") == "b.png"


@given(st.text(), st.text(), st.text(), st.sampled_from(sorted(EXTENSIONS)))
def test_any_name_becomes_a_fit_one(said: str, header: str, path: str, kind: str) -> None:
    name = file_name(said, f"attachment; filename={header}", path, kind)

    assert 0 < len(name) <= MAX_NAME_CHARACTERS
    assert name.rpartition(".")[2] in EXTENSIONS[kind]
    assert name.rpartition(".")[0].strip(". ")
    assert not set(name) & set('/\\:*?"<>|')
    assert all(unicodedata.category(one) not in {"Cc", "Cf", "Cs"} for one in name)
    name.encode()
