"""What is broken on purpose on the sandbox's page, and its stories, in a real browser: nothing lost, nothing twice."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from infra.sandbox.fault_switches import CLOCK, FUNCTION, SWITCHES, Switch
from tests.browser import Tab

pytest_plugins = ("tests.browser_fixtures",)
pytestmark = [pytest.mark.browser, pytest.mark.slow]

WORDS = ["one", "two", "three"]
AROUND_AGENTS = [one for one in SWITCHES if one.group not in (CLOCK, FUNCTION) and one.id != "dialogflow_down"]


def switch(tab: Tab, name: str) -> None:
    """Press a switch, once it is there to be pressed."""
    if tab.find("#faults").is_hidden():
        tab.find("#faults-open").click()
    tab.find(f"[data-fault={name}]").click()


def let_a_minute_pass(tab: Tab) -> None:
    """The clock is moved on, so that what waits for its next try is tried."""
    switch(tab, "clock_1m")
    expect(tab.find("#faults-ahead")).to_contain_text("min")


def each_is_there_once(tab: Tab) -> None:
    """What both said under way is on the other side, once."""
    for word in WORDS:
        expect(tab.find("#lines .line.HUMAN .bubble", f"agent {word}")).to_have_count(1, timeout=30_000)
        expect(tab.find("#entries .entry.customer .body", f"user {word}")).to_have_count(1, timeout=30_000)


@pytest.mark.parametrize("fault", AROUND_AGENTS, ids=lambda one: one.id)
def test_whatever_is_switched_on_everything_arrives_once(tab: Tab, fault: Switch) -> None:
    tab.opens_phone("Fay")
    tab.asks_for_person()

    switch(tab, fault.id)
    if fault.kind != "action":
        expect(tab.find("#broken-words")).to_contain_text("Broken on purpose")
    for word in WORDS:
        tab.says(f"user {word}")
        expect(tab.bubbles(f"user {word}", "user")).to_be_visible()
        tab.replies(f"agent {word}")
        expect(tab.entries(f"agent {word}")).to_be_visible()
    if tab.find("#behave").is_visible():
        tab.find("#behave").click()
    expect(tab.find("#broken")).to_be_hidden()
    let_a_minute_pass(tab)

    each_is_there_once(tab)


def test_a_function_that_is_killed_comes_back_and_nothing_is_lost(tab: Tab) -> None:
    tab.opens_phone("Kit")
    tab.asks_for_person()

    for word, victim in zip(WORDS, ("kill", "kill_livechat_webhook", "kill_business_messages_webhook"), strict=True):
        switch(tab, victim)
        tab.says(f"user {word}")
        tab.replies(f"agent {word}")
        expect(tab.find(f"[data-fault={victim}].is-down")).to_have_count(0)
    let_a_minute_pass(tab)

    each_is_there_once(tab)


def test_a_bot_that_cannot_be_asked_gives_way_to_a_person(tab: Tab) -> None:
    tab.opens_phone("Dee")

    switch(tab, "dialogflow_down")
    tab.says("Hi, I have a problem")
    expect(tab.bubbles("Hi, I have a problem")).to_be_visible()
    tab.says("Is anybody there?")
    let_a_minute_pass(tab)

    tab.is_with_agent()
    tab.find("#behave").click()
    expect(tab.find("#broken")).to_be_hidden()


def test_what_is_broken_is_said_in_every_tab_until_it_behaves_again(tab: Tab, open_tab: Callable[..., Tab]) -> None:
    tab.opens_phone("Una")
    other = open_tab()

    switch(tab, "livechat_slow")
    for one in (tab, other):
        expect(one.find("#broken-words")).to_contain_text("LiveChat is slow")
    expect(tab.find("[data-fault=livechat_slow]")).to_have_attribute("aria-pressed", "true")
    other.find("#behave").click()

    for one in (tab, other):
        expect(one.find("#broken")).to_be_hidden()
    expect(tab.find("[data-fault=livechat_slow]")).to_have_attribute("aria-pressed", "false")


def test_each_switch_says_what_it_does_before_it_is_pressed(tab: Tab) -> None:
    tab.find("#faults-open").click()

    for one in SWITCHES:
        tab.find(f"[data-fault={one.id}]").focus()
        expect(tab.find("#fault-hint")).to_have_text(one.explanation)


# --- stories ---------------------------------------------------------------------------------------------------------


def test_a_story_plays_by_itself_can_be_paused_and_passes(tab: Tab) -> None:
    tab.opens_phone("Sol")

    tab.find("#stories-open").click()
    tab.find("[data-story=seed]").click()
    expect(tab.find("#story-words")).to_contain_text("step")
    tab.find("#story [data-do=pause]").click()
    expect(tab.find("#story-words")).to_contain_text("paused after step")
    tab.find("#story [data-do=resume]").click()

    expect(tab.find("#story-words")).to_contain_text("passed: all", timeout=30_000)
    expect(tab.bubbles("We are open Monday to Friday", "BOT")).to_have_count(1)
    expect(tab.find("#conversation option:checked")).to_contain_text("Michael")


def test_a_story_that_is_stopped_leaves_its_conversation_to_be_played_on(tab: Tab) -> None:
    tab.find("#stories-open").click()
    tab.find("[data-story=seed]").click()
    expect(tab.bubbles("Thanks for contacting us")).to_be_visible()

    tab.find("#story [data-do=stop]").click()
    expect(tab.find("#story-words")).to_contain_text("yours now")
    tab.says("What are your opening hours?")

    expect(tab.bubbles("What are your opening hours?", "user")).to_be_visible()
