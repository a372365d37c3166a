"""The sandbox's page as people use it: a user and an agent talk, in a real browser, to the end."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import MAX_FILE_BYTES, Tab, a_file, make_png
from tests.browser_fixtures import Shown

pytest_plugins = ("tests.browser_fixtures",)
pytestmark = [pytest.mark.browser, pytest.mark.slow]

HTML = (
    '<img src=x onerror="alert(1)"><script>alert(2)</script> & <b>bold</b>'
    ' &lt;i&gt; <a href="javascript:alert(3)">x</a>'
)
HEBREW = "שלום, החבילה הגיעה שבורה (4711)"
EMOJI = "👩\u200d👩\u200d👧\u200d👦 is at home 😀 🏳️\u200d🌈"
OVERRIDE = "invoice\u202egnp.exe"
TEXTS = [HTML, HEBREW, EMOJI, OVERRIDE, "W" * 600]
PICTURE = a_file("photo.png", "image/png", make_png())
PICTURE_IS_THERE = "img => img.complete && img.naturalWidth > 0"


# --- the whole conversation ------------------------------------------------------------------------------------------


def test_user_bot_and_agent_talk_to_the_end(tab: Tab) -> None:
    tab.opens_phone("Nora")
    tab.says("Hi, I have a problem")
    expect(tab.bubbles("Thanks for contacting us", "BOT")).to_be_visible()

    tab.find("#chips button", "Talk to a person").click()
    agent = tab.is_with_agent()
    expect(tab.find("#states [aria-current=step]")).to_have_text("Agent")
    expect(tab.find("#entries .briefing")).to_contain_text("Hi, I have a problem")
    tab.replies("I see you have a problem. How can I help?")
    expect(tab.bubbles("How can I help?", "HUMAN")).to_be_visible()
    expect(tab.find("#lines .who", agent)).to_contain_text("HUMAN")
    tab.says("My parcel arrived broken")
    expect(tab.entries("My parcel arrived broken")).to_be_visible()
    tab.find("#close-chat").click()

    expect(tab.find("#lines .centred.HUMAN", f"{agent} left")).to_be_visible()
    expect(tab.bubbles("Welcome back", "BOT")).to_be_visible()
    expect(tab.find("#states [aria-current=step]")).to_have_text("Bot")
    expect(tab.find("#chat-state")).to_have_text("Archived")
    tab.says("When are you open?")
    expect(tab.bubbles("We are open Monday to Friday", "BOT")).to_be_visible()
    expect(tab.find("#kept-summary")).to_contain_text("BOT")


def test_who_waits_in_the_queue_is_accepted_by_the_agent_who_wants_to(tab: Tab) -> None:
    tab.opens_phone("Quinn")
    for agent in ("Jane Doe", "Ada King", "Sam Lee"):
        tab.plays(agent, "not_accepting_chats")

    tab.says("I would like to talk to a person")
    expect(tab.find("#banner-text")).to_have_text("Quinn is waiting.")
    expect(tab.find("#chats h3", "Queue (1)")).to_be_visible()
    tab.find("#banner-do").click()

    assert tab.is_with_agent() == "Sam Lee"


def test_a_chat_that_is_passed_on_is_the_other_agent_s(tab: Tab) -> None:
    tab.opens_phone("Tess")
    first = tab.asks_for_person()

    tab.find("#transfer-open").click()
    other = tab.find("#transfer-menu button:not(:disabled)").first
    name = re.split(r"accepting", other.inner_text())[0].strip()
    other.click()

    expect(tab.find("#lines .centred.HUMAN", f"{name} joined")).to_be_visible()
    expect(tab.find("#me-name")).to_contain_text(name)
    assert name != first
    tab.replies("I have taken over.")
    expect(tab.find("#lines .line.HUMAN", "I have taken over.").locator(".name")).to_have_text(name)


def test_a_private_note_is_never_on_the_phone(tab: Tab, shown: Shown) -> None:
    conversation = tab.opens_phone("Nils")
    tab.asks_for_person()

    tab.find("[data-mode=agents]").click()
    tab.replies("Looks like a warranty case")
    expect(tab.find("#entries .entry.private", "warranty case")).to_be_visible()
    tab.find("[data-mode=all]").click()
    tab.replies("I will look into it.")

    expect(tab.bubbles("I will look into it.")).to_be_visible()
    assert "warranty" not in tab.find(".device").inner_text()
    assert "warranty" not in str(shown.sandbox.messages.transcript(conversation))


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_any_text_is_shown_as_it_was_written(tab: Tab) -> None:
    tab.opens_phone(f"<i>Mal</i>{HEBREW}")
    tab.says("I would like to talk to a person")
    tab.is_with_agent()

    for text in TEXTS:
        tab.says(text)
        expect(tab.find("#entries .entry.customer:not(.private) .body").last).to_have_text(text)
        tab.replies(text)
        expect(tab.find("#lines .line.HUMAN .bubble").last).to_have_text(text)

    for of in ("#lines .line.user .bubble", "#lines .line.HUMAN .bubble", "#entries .entry.agent .body"):
        assert [text for text in tab.find(of).all_inner_texts() if text in TEXTS] == TEXTS
        assert tab.find(of).locator("*").count() == 0
    assert tab.find("main script, main img[src=x], main b, #lines i, #entries i").count() == 0
    assert tab.find("#chat-name").inner_text() == f"<i>Mal</i>{HEBREW}"
    assert [] == tab.overflowing()


def test_what_is_read_from_the_right_is_shown_from_the_right(tab: Tab) -> None:
    tab.opens_phone("Dana")
    tab.asks_for_person()

    tab.says(HEBREW)
    expect(tab.entries(HEBREW)).to_be_visible()

    for shown in (tab.bubbles(HEBREW), tab.entries(HEBREW).locator(".body")):
        assert shown.evaluate("e => getComputedStyle(e).direction") == "rtl"


def test_cards_of_the_bot_show_and_their_chips_can_be_tapped(tab: Tab) -> None:
    tab.opens_phone("Cara")

    tab.says("show me the native carousel")
    expect(tab.find("#lines .cards .card")).to_have_count(2)
    tab.find("#lines .card button", "Take red").click()
    expect(tab.bubbles("Take red", "user")).to_be_visible()
    tab.says("show me quick replies")
    tab.find("#chips button", "Blue").click()

    expect(tab.bubbles("Blue", "user")).to_be_visible()
    expect(tab.find("#chips button", "Blue")).to_have_count(0)


def test_cards_of_an_agent_show_and_what_is_tapped_comes_to_the_agent(tab: Tab) -> None:
    tab.opens_phone("Cleo")
    tab.asks_for_person()

    tab.sends_sample("carousel")
    expect(tab.find("#lines .cards .card")).to_have_count(3)
    tab.find("#lines .card button", "Take green").click()
    expect(tab.entries("Take green").last).to_be_visible()
    tab.sends_sample("quick_replies")
    tab.find("#chips button", "Yes, please").click()

    expect(tab.find("#entries .entry.customer", "Yes, please")).to_be_visible()


def test_a_picture_of_the_user_s_is_seen_on_both_sides_and_a_file_of_the_agent_s_on_the_phone(tab: Tab) -> None:
    tab.opens_phone("Pia")
    tab.asks_for_person()

    tab.find("#picture-file").set_input_files(PICTURE)
    for place in ("#lines .line.user .photo img", "#entries .entry.customer .photo img"):
        expect(tab.find(place)).to_be_visible()
        tab.page.wait_for_function(f"place => ({PICTURE_IS_THERE})(document.querySelector(place))", arg=place)
    tab.find("#attach-file").set_input_files(a_file("label.pdf", "application/pdf", b"%PDF-1.4 a label"))

    expect(tab.entries("label.pdf")).to_be_visible()
    expect(tab.find("#lines .line.HUMAN", "label.pdf")).to_be_visible()


# --- refused ---------------------------------------------------------------------------------------------------------


def test_a_file_of_10_mb_arrives_and_one_byte_more_is_refused_with_a_message(tab: Tab, tmp_path: Path) -> None:
    largest, huge = tmp_path / "largest.png", tmp_path / "huge.png"
    largest.write_bytes(make_png(at_least_bytes=MAX_FILE_BYTES))
    huge.write_bytes(make_png(at_least_bytes=MAX_FILE_BYTES + 1))
    tab.opens_phone("Hugo")
    tab.asks_for_person()

    for place in ("#picture-file", "#attach-file"):
        tab.find(place).set_input_files(huge)
        expect(tab.find("#problem")).to_have_text("huge.png is too large: a file may have 10 MB at most.")
        tab.find("#problem button").click()
        expect(tab.find("#problem")).to_be_hidden()
    tab.find("#picture-file").set_input_files(largest)

    expect(tab.find("#entries .entry.customer .photo")).to_have_count(1)
    expect(tab.find("#lines .photo, #entries .photo")).to_have_count(2)
    expect(tab.find("#problem")).to_be_hidden()


def test_what_is_no_picture_is_refused_by_the_phone_with_a_message(tab: Tab) -> None:
    tab.opens_phone("Otto")

    tab.find("#picture-file").set_input_files(a_file("words.txt", "text/plain", b"words"))

    expect(tab.find("#problem")).to_contain_text("this is not a picture")
    expect(tab.find("#lines > *")).to_have_count(0)
    tab.forgive("415")


# --- several tabs, and a page that was away --------------------------------------------------------------------------


def test_two_tabs_show_the_same_at_every_moment(tab: Tab, open_tab: Callable[..., Tab]) -> None:
    conversation = tab.opens_phone("Zoe")
    beside, elsewhere = open_tab(beside=tab), open_tab()
    for other in (beside, elsewhere):
        other.find("#conversation").select_option(conversation)

    tab.asks_for_person()
    beside.replies("From the other tab")
    elsewhere.says("From another browser")

    for one in (tab, beside, elsewhere):
        expect(one.bubbles("From the other tab", "HUMAN")).to_be_visible()
        expect(one.entries("From another browser")).to_be_visible()
    lines = [one.find("#lines .bubble").all_inner_texts() for one in (tab, beside, elsewhere)]
    assert lines[0] == lines[1] == lines[2]


def test_a_tab_stays_with_its_user_when_another_one_comes(tab: Tab, open_tab: Callable[..., Tab]) -> None:
    conversation = tab.opens_phone("Stays")
    other = open_tab()

    other.opens_phone("Newcomer")
    other.says("Hi, I have a problem")

    expect(other.bubbles("Thanks for contacting us")).to_be_visible()
    expect(tab.find("#conversation option", "Newcomer")).to_have_count(1)
    assert (conversation, 0) == (tab.find("#conversation").input_value(), tab.find("#lines > *").count())


def test_a_page_whose_server_was_away_comes_back_by_itself_and_goes_on(tab: Tab, shown: Shown) -> None:
    tab.opens_phone("Rita")
    tab.says("Hi, I have a problem")
    expect(tab.bubbles("Thanks for contacting us")).to_be_visible()

    shown.lose_page()
    expect(tab.find("#live")).to_have_text("Reconnecting…")
    tab.find("#say-text").fill("not lost")
    tab.find("#say-text").press("Enter")
    expect(tab.find("#problem")).to_contain_text("does not answer")
    shown.bring_page_back()
    tab.is_live()

    expect(tab.find("#say-text")).to_have_value("not lost")
    expect(tab.bubbles("Thanks for contacting us")).to_have_count(1)
    tab.find("#say-send").click()
    expect(tab.bubbles("not lost", "user")).to_have_count(1)
    tab.forgive("net::ERR_")
