"""What an agent's message, file, rich message or form shows the user: each kind, each limit's edge, odd and hostile."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.handoff.content import COMMONMARK, AgentButton, Card, Media, OutboundMessage, Suggestion, plain_text
from functions.handoff.postbacks import MAX_POSTBACK_CHARACTERS, as_postback, find_button
from functions.livechat.content import Content, Place, read_content
from tests.examples import examples

PLACE = Place("T1", "T1_2")
IMAGE = {"url": "https://cdn.shop.example/a.png"}


def read(kind: str = "message", **fields: Any) -> Content | None:
    return read_content({"type": kind, **fields}, PLACE)


def shown(kind: str, **fields: Any) -> tuple[OutboundMessage, ...]:
    content = read(kind, **fields)
    assert content
    return content.messages


def card(**element: Any) -> Card:
    (message,) = shown("rich_message", template_id="cards", elements=[element])
    (found,) = message.cards
    return found


def chip(**button: Any) -> Suggestion | None:
    found = card(title="t", buttons=[button]).suggestions
    return found[0] if found else None


def properties(formatting: object = None, **translation: object) -> dict[str, Any]:
    return {"properties": {"chats": {"formatting": formatting}, "translation": translation}}


# --- messages --------------------------------------------------------------------------------------------------------


def test_plain_words_are_all_there_is_to_show() -> None:
    assert read(text="  **as typed**\n") == Content("  **as typed**\n")


def test_markdown_is_kept_as_typed_and_marked() -> None:
    expected = Content("**b**", (OutboundMessage(text="**b**", formatting=COMMONMARK),))

    assert expected == read(text="**b**", **properties("commonmark"))


@pytest.mark.parametrize("formatting", ["markdown", "CommonMark", "", None, True, ["commonmark"]])
def test_any_other_formatting_is_as_typed(formatting: object) -> None:
    assert read(text="**b**", **properties(formatting)) == Content("**b**")


def test_the_translation_stands_for_what_was_typed() -> None:
    assert read(text="Good", **properties(target_message="Guten")) == Content("Guten")
    assert shown("message", text="Good", **properties("commonmark", target_message="Guten"))[0].text == "Guten"


@pytest.mark.parametrize("translation", ["", "  ", None, 5, ["Guten"]])
def test_without_a_translation_it_is_what_was_typed(translation: object) -> None:
    assert read(text="Good", **properties(target_message=translation)) == Content("Good")


def test_words_are_kept_up_to_what_a_store_takes() -> None:
    kept, cut = read(text="a" * 64_000), read(text="a" * 64_001)

    assert kept == cut == Content("a" * 64_000)


@pytest.mark.parametrize("text", ["", " \n\t", "\0", None, 5, [], {}])
def test_no_words_are_nothing_to_show(text: object) -> None:
    assert read(text=text) is None


@pytest.mark.parametrize("kind", ["custom", "hologram", "", None, 5, []])
def test_a_kind_that_is_not_known_is_nothing_to_show(kind: Any) -> None:
    assert read(kind, text="words", elements=[{"title": "t"}]) is None


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_file_is_shown_with_all_that_is_known_of_it() -> None:
    fields = {"name": "a b.PNG", "content_type": "Image/PNG; x=y", "size": 7, "alternative_text": " A shoe "}

    content = read("file", **IMAGE, **fields)

    media = Media(IMAGE["url"], "a b.PNG", "image/png", 7, "A shoe")
    assert content == Content(f"a b.PNG\n{IMAGE['url']}", (OutboundMessage(media=media),))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://cdn.shop.example/a?b=c#d", "https://cdn.shop.example/a?b=c#d"),
        ("HTTP://cdn.shop.example/a", "HTTP://cdn.shop.example/a"),
        ("http://127.0.0.1:8091/a", "http://127.0.0.1:8091/a"),
        ("//cdn.shop.example/a", "https://cdn.shop.example/a"),
        ("cdn.shop.example/a b".replace(" ", "%20"), "https://cdn.shop.example/a%20b"),
        ("cdn.shop.example:8443/a", "https://cdn.shop.example:8443/a"),
        ("cdn.shop.example", "https://cdn.shop.example"),
        (" https://cdn.shop.example/a\n", "https://cdn.shop.example/a"),
        ("https://cdn.shop.example/\0a", "https://cdn.shop.example/a"),
    ],
)
def test_an_address_of_the_web_is_shown_with_its_scheme(url: str, expected: str) -> None:
    assert [expected] == [message.media.url for message in shown("file", url=url) if message.media]


@pytest.mark.parametrize(
    "url",
    [
        *(
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://shop.example/x",
            "file:///etc/passwd",
            "mailto:a@shop.example",
        ),
        *(
            "https://a b",
            'https://a"b',
            "https://",
            "//",
            "//localhost/x",
            "localhost:80/x",
            "a@b.example/x",
            "/a/b",
            "a",
        ),
        *("", None, 5, [], {"url": "https://shop.example"}),
    ],
)
def test_any_other_address_is_nothing_to_show(url: object) -> None:
    assert read("file", url=url, name="a.pdf") is None


def test_an_address_may_have_four_thousand_characters() -> None:
    longest = "https://cdn.shop.example/".ljust(4000, "a")

    assert read("file", url=longest)
    assert read("file", url=longest + "a") is None


@pytest.mark.parametrize(
    ("size", "expected"),
    [(1, 1), (2**53, 2**53), (2**53 + 1, 0), (0, 0), (-1, 0), (1.5, 0), ("7", 0), (True, 0), (None, 0), (10**400, 0)],
)
def test_a_size_is_a_number_of_bytes_or_not_known(size: object, expected: int) -> None:
    (message,) = shown("file", **IMAGE, size=size)

    assert message.media
    assert expected == message.media.size_bytes


@pytest.mark.parametrize("content_type", ["", "image", "image/", "a/b/c", "a/b c", None, 5, "\ud800/x"])
def test_a_content_type_that_is_none_is_not_known(content_type: object) -> None:
    assert [OutboundMessage(media=Media(IMAGE["url"]))] == list(shown("file", **IMAGE, content_type=content_type))


def test_names_and_alternative_texts_are_cut() -> None:
    (message,) = shown("file", **IMAGE, name="n" * 201, alternative_text="a" * 1001)

    assert message.media
    assert (200, 1000) == (len(message.media.name), len(message.media.alt_text))


# --- cards -----------------------------------------------------------------------------------------------------------


def test_a_card_has_picture_words_and_chips() -> None:
    image = {**IMAGE, "name": "a.png", "content_type": "image/png", "size": 7, "alternative_text": "A"}
    button = {"type": "url", "text": "See", "value": "https://shop.example"}

    found = card(title=" Blue ", subtitle="Size 42", image=image, buttons=[button])

    media = Media(IMAGE["url"], "a.png", "image/png", 7, "A")
    see = Suggestion("open_url", "See", url="https://shop.example")
    assert Card("Blue", "Size 42", media, (see,)) == found


@pytest.mark.parametrize("template", ["cards", "ecommerce", "a new one", None])
def test_several_elements_are_one_carousel_whatever_the_template(template: object) -> None:
    elements = [{"title": "a"}, {"subtitle": "b"}, {"image": IMAGE}]

    messages = shown("rich_message", template_id=template, elements=elements)

    assert messages == (OutboundMessage(cards=(Card("a"), Card(description="b"), Card(media=Media(IMAGE["url"])))),)


def test_an_element_with_nothing_in_it_is_left_out() -> None:
    bad_image = {"image": {"url": "javascript:alert(1)"}}
    elements = [{}, "text", None, bad_image, {"buttons": [{"text": " "}]}, {"title": "a"}]

    assert shown("rich_message", elements=elements) == (OutboundMessage(cards=(Card("a"),)),)
    assert shown("rich_message", template_id="quick_replies", elements=elements) == (OutboundMessage("a"),)
    for template in ("cards", "quick_replies", "sticker"):
        assert read("rich_message", template_id=template, elements=elements[:-1]) is None


@pytest.mark.parametrize("elements", [None, [], {}, "x", [[]], [{"buttons": {}, "image": [], "title": 5}]])
def test_a_rich_message_without_elements_is_nothing_to_show(elements: object) -> None:
    assert read("rich_message", template_id="cards", elements=elements) is None


def test_a_card_of_nothing_but_buttons_is_given_their_labels() -> None:
    buttons = [{"text": "Yes", "postback_id": "y"}, {"text": "No", "postback_id": "n"}]

    assert card(buttons=buttons).title == "Yes / No"
    (replies,) = shown("rich_message", template_id="quick_replies", elements=[{"buttons": buttons}])
    assert (replies.text, ["Yes", "No"]) == ("Yes / No", [one.text for one in replies.suggestions])


# --- quick replies and stickers --------------------------------------------------------------------------------------


def test_quick_replies_are_a_message_each_in_their_order() -> None:
    elements = [{"title": "a", "subtitle": "b"}, {"image": IMAGE}, {"title": "c", "image": IMAGE}]

    messages = shown("rich_message", template_id="quick_replies", elements=elements)

    media = Media(IMAGE["url"])
    assert messages == (OutboundMessage("a\nb"), OutboundMessage(media=media), OutboundMessage("c", media=media))


def test_a_sticker_is_its_picture() -> None:
    content = read("rich_message", template_id="sticker", elements=[{"image": IMAGE}])

    assert content == Content(IMAGE["url"], (OutboundMessage(media=Media(IMAGE["url"])),))


# --- LiveChat's limits -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", ["cards", "quick_replies"])
def test_ten_elements_of_thirteen_buttons_are_shown_and_one_more_is_said_in_words(template: str) -> None:
    buttons = [{"text": f"b{n}", "postback_id": f"p{n}"} for n in range(14)]
    element = {"title": "t", "buttons": buttons[:13]}

    most = read("rich_message", template_id=template, elements=[element] * 10)
    eleven = read("rich_message", template_id=template, elements=[element] * 11)
    fourteen = read("rich_message", template_id=template, elements=[{"title": "t", "buttons": buttons}])

    assert most
    chips = [one.suggestions for message in most.messages for one in (message.cards or (message,))]
    assert [13] * 10 == [len(one) for one in chips]
    assert eleven
    assert ((), 11) == (eleven.messages, eleven.text.count("b12"))
    assert fourteen
    assert ((), 1) == (fourteen.messages, fourteen.text.count("b13"))


def test_more_than_can_be_kept_is_said_in_words() -> None:
    def sized(characters: int) -> Content | None:
        return read("rich_message", elements=[{"title": "t", "subtitle": "a" * characters}])

    small, large, huge = sized(100_000), sized(200_000), sized(1_000_000)

    assert small
    assert large
    assert huge
    assert (1, 0, 0) == (len(small.messages), len(large.messages), len(huge.messages))
    assert (64_000, 64_000) == (len(large.text), len(huge.text))


# --- buttons ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["message", "cancel", "", None, "a new one"])
def test_a_button_that_leads_nowhere_is_an_answer_to_its_message(kind: Any) -> None:
    found = chip(type=kind, text=" Yes ", postback_id="y", value="v")

    button = AgentButton("T1", "T1_2", "y", kind or "", "v")
    assert Suggestion("reply", "Yes", postback=as_postback(button)) == found
    assert button == find_button(found.postback)


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ({"type": "url", "value": "https://shop.example"}, Suggestion("open_url", "L", url="https://shop.example")),
        ({"type": "url", "value": "shop.example/x"}, Suggestion("open_url", "L", url="https://shop.example/x")),
        ({"type": "webview", "value": "//shop.example"}, Suggestion("open_url", "L", url="https://shop.example")),
        ({"type": "phone", "value": " +1 (555) 0100 "}, Suggestion("dial", "L", phone="+1 (555) 0100")),
    ],
)
def test_a_button_that_leads_somewhere_does_so(button: dict[str, str], expected: Suggestion) -> None:
    assert expected == chip(text="L", postback_id="p", **button)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("url", "javascript:alert(1)"), ("webview", "My moment"), ("phone", "call me"), ("phone", None), ("url", 5)],
)
def test_a_button_whose_target_is_of_no_use_is_an_answer(kind: str, value: Any) -> None:
    found = chip(type=kind, text="L", postback_id="p", value=value)

    assert found
    assert (found.kind, found.url, found.phone) == ("reply", "", "")
    button = AgentButton("T1", "T1_2", "p", kind, value if isinstance(value, str) else "")
    assert button == find_button(found.postback)


@pytest.mark.parametrize("text", ["", " ", None, 5])
def test_a_button_without_a_label_is_called_by_its_target_or_left_out(text: object) -> None:
    assert chip(type="message", text=text, postback_id="p", value="v") is None
    assert chip(type="url", text=text, value="https://a.example") == Suggestion(
        "open_url", "https://a.example", url="https://a.example"
    )


@pytest.mark.parametrize("button_id", ["", None, 5, "p" * MAX_POSTBACK_CHARACTERS])
def test_a_button_that_livechat_could_not_tell_is_heard_by_its_label(button_id: object) -> None:
    assert Suggestion("reply", "Yes") == chip(type="message", text="Yes", postback_id=button_id)


def test_a_postback_may_be_as_long_as_a_chip_carries() -> None:
    shortest = as_postback(AgentButton("T1", "T1_2", "p", "message", "v"))
    longest = "v" * (MAX_POSTBACK_CHARACTERS - len(shortest) + 1)

    fits = chip(type="message", text="Yes", postback_id="p", value=longest)
    does_not = chip(type="message", text="Yes", postback_id="p", value=longest + "v")

    assert fits
    assert MAX_POSTBACK_CHARACTERS == len(fits.postback)
    assert does_not == Suggestion("reply", "Yes")


def test_a_label_is_cut() -> None:
    found = chip(text="L" * 201, postback_id="p")

    assert found
    assert "L" * 200 == found.text


def test_in_words_a_link_stands_behind_its_label() -> None:
    buttons = [
        {"type": "url", "text": "Shop", "value": "https://shop.example"},
        {"type": "url", "text": "https://shop.example", "value": "https://shop.example"},
        {"type": "phone", "value": "+15550100"},
        {"type": "message", "text": "Yes"},
    ]

    content = read("rich_message", elements=[{"title": "T", "buttons": buttons}, {"image": IMAGE}])

    assert content
    assert content.text == f"T\nShop: https://shop.example\nhttps://shop.example\n+15550100\nYes\n\n{IMAGE['url']}"


# --- forms -----------------------------------------------------------------------------------------------------------


def test_a_form_is_what_it_asks() -> None:
    options = [{"id": "0", "label": "USA"}, {"id": "1", "label": " UK "}, {"id": "2"}, "x"]
    fields = [{"type": "name", "label": " Name "}, {"type": "select", "label": "Country", "options": options}, {}, "x"]

    assert read("form", fields=fields) == Content("Name\nCountry (USA / UK)")


@pytest.mark.parametrize("fields", [None, [], {}, [{}], [{"label": " "}], [{"label": 5, "options": {}}]])
def test_a_form_that_asks_nothing_is_nothing_to_show(fields: object) -> None:
    assert read("form", fields=fields) is None


# --- anything --------------------------------------------------------------------------------------------------------

_TEXTS = st.text(max_size=12) | st.sampled_from(
    ["\ud800", "a\0b", "https://a.example/\ud800", "//a.example", "+15550100"]
)
_VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS
_BUTTONS = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["message", "url", "phone", "webview", "cancel", ""]) | _VALUES,
        **dict.fromkeys(("text", "value", "postback_id"), _VALUES),
    },
)
_IMAGES = st.dictionaries(st.sampled_from(["url", "name", "content_type", "size", "alternative_text"]), _VALUES)
_ELEMENTS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("title", "subtitle"), _VALUES),
        "image": _IMAGES | _VALUES,
        "buttons": st.lists(_BUTTONS | _VALUES, max_size=15) | _VALUES,
    },
)
_EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "file", "rich_message", "form", "custom"])},
    optional={
        "template_id": st.sampled_from(["cards", "quick_replies", "sticker"]) | _VALUES,
        "elements": st.lists(_ELEMENTS | _VALUES, max_size=12) | _VALUES,
        "fields": st.lists(st.dictionaries(st.sampled_from(["label", "options"]), _VALUES), max_size=3) | _VALUES,
        "properties": st.dictionaries(st.sampled_from(["chats", "translation"]), _VALUES | _IMAGES),
        **dict.fromkeys(("text", "url", "name", "content_type", "size", "alternative_text"), _VALUES),
    },
)


@settings(max_examples=examples(300), deadline=None, database=None)
@given(event=_EVENTS)
def test_whatever_comes_is_shown_whole_or_not_at_all(event: dict[str, Any]) -> None:
    content = read_content(event, PLACE)

    if content is None:
        return
    assert content.text.strip()
    assert content == msgspec.convert(msgspec.json.decode(msgspec.json.encode(content)), Content)  # it can be stored
    for message in content.messages:
        assert not message.is_empty
        assert plain_text(message)
    holders: list[OutboundMessage | Card] = [*content.messages, *(one for m in content.messages for one in m.cards)]
    labels = [chip.text for holder in holders for chip in holder.suggestions]
    assert all(label.strip() and label in content.text for label in labels)
