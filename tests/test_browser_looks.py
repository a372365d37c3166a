"""How the sandbox's page looks, and is used without a mouse: axe-core's rules, widths, colours, the keyboard."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser import Tab, talk
from tests.browser_fixtures import Shown

pytest_plugins = ("tests.browser_fixtures",)
pytestmark = [pytest.mark.browser, pytest.mark.slow]

IS_ON_PAGE = "() => document.activeElement !== document.body"  # behind the last stop comes the browser itself
SCHEMES = ["light", "dark"]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LIGHTNESS = """() => {
  const parts = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number);
  return (parts[0] + parts[1] + parts[2]) / 7.65;
}"""
MANY = 80
FOCUS = """() => {
  const e = document.activeElement, ring = getComputedStyle(e);
  const place = getComputedStyle(e.closest("form, .device, label") ?? e);
  const isShown = ring.outlineStyle !== "none" || ring.boxShadow !== "none" || place.boxShadow !== "none";
  return [e.id || e.getAttribute("aria-label") || e.textContent.trim() || e.tagName, isShown];
}"""


# --- accessibility ---------------------------------------------------------------------------------------------------


def violations(tab: Tab) -> list[tuple[str, list[Any]]]:
    """What axe-core finds, with where."""
    found = Axe().run(tab.page, options=RULES).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_core_finds_nothing_whatever_is_open(open_tab: Callable[..., Tab], scheme: str) -> None:
    tab = open_tab(color_scheme=scheme, reduced_motion="reduce")
    tab.settles()
    assert [] == violations(tab)

    talk(tab)
    tab.settles()
    for opener in ("#phone-menu-open", "#samples-open", "#transfer-open", "#new-user", "#stories-open", "#faults-open"):
        tab.find(opener).click()
        assert [] == violations(tab), opener
        tab.find(opener).click()
    tab.find("[data-mode=agents]").click()
    tab.find("[data-scope=all]").click()
    tab.find("#show-quiet").click()
    tab.settles()
    assert [] == violations(tab)
    tab.find("#rows .row > button:visible").last.click()
    expect(tab.find("#drawer pre").first).to_be_visible()
    tab.settles()
    assert [] == violations(tab)


# --- widths and colours ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [768, 1280, 1920])
def test_nothing_sticks_out_at_the_side(open_tab: Callable[..., Tab], width: int) -> None:
    tab = open_tab(viewport={"width": width, "height": 1024 if width < 1000 else 800})
    talk(tab)
    tab.says("show me " + "W" * 300 + " https://shop.example/" + "path/" * 40)
    tab.find("#faults-open").click()
    tab.find("[data-scope=all]").click()

    assert [] == tab.overflowing()
    for place in ("#say-text", "#rows", "#agents", "#theme"):
        box = tab.find(place).bounding_box()
        assert box is not None
        assert 0 <= box["x"] < box["x"] + box["width"] <= width, place


def test_colours_are_the_system_s_until_others_are_chosen_and_the_choice_is_kept(open_tab: Callable[..., Tab]) -> None:
    tab = open_tab(color_scheme="dark")
    assert tab.page.evaluate(LIGHTNESS) < 20

    tab.find("#theme").click()
    assert tab.page.evaluate(LIGHTNESS) > 80
    tab.page.reload()
    tab.is_live()
    assert tab.page.evaluate(LIGHTNESS) > 80
    tab.find("#theme").click()
    tab.page.emulate_media(color_scheme="light")

    assert tab.page.evaluate(LIGHTNESS) < 20


# --- the keyboard ----------------------------------------------------------------------------------------------------


def test_a_conversation_needs_no_mouse(tab: Tab) -> None:
    tab.opens_phone("Kim")
    tab.page.reload()
    tab.is_live()
    keyboard = tab.page.keyboard

    keyboard.press("Tab")
    assert tab.focused() == "To the phone"
    keyboard.press("Enter")
    assert tab.focused() == "say-text"
    keyboard.type("I would like to talk to a person")
    keyboard.press("Enter")
    tab.is_with_agent()
    tab.find(".skips a", "To the inbox").focus()
    keyboard.press("Enter")
    assert tab.focused() == "reply-text"
    keyboard.type("first line")
    keyboard.press("Shift+Enter")
    keyboard.type("second line")
    keyboard.press("Enter")

    expect(tab.find("#lines .line.HUMAN .bubble")).to_have_text("first line\nsecond line", use_inner_text=True)
    expect(tab.find("#reply-text")).to_have_value("")


def test_tab_comes_to_everything_shows_where_it_is_and_is_caught_nowhere(tab: Tab) -> None:
    tab.opens_phone("Tim")
    tab.asks_for_person()
    tab.page.reload()
    tab.is_live()
    tab.is_with_agent()
    tab.page.keyboard.press("Tab")

    stops: list[str] = []
    while len(stops) < MANY and tab.page.evaluate(IS_ON_PAGE):
        name, is_shown = tab.page.evaluate(FOCUS)
        stops.append(name)
        assert is_shown, f"one can't see that {name} has the focus"
        tab.page.keyboard.press("Tab")

    wanted = {
        "stories-open",
        "faults-open",
        "theme",
        "conversation",
        "new-user",
        "phone-menu-open",
        "screen",
        "say-text",
    }
    wanted |= {"say-send", "show-quiet", "rows", "status", "transfer-open", "close-chat", "thread", "reply-text"}
    assert wanted | {"samples-open", "attach", "picture", "reply-send"} <= set(stops)
    assert len(stops) < MANY


@pytest.mark.parametrize(
    "opener", ["#phone-menu-open", "#samples-open", "#transfer-open", "#new-user", "#stories-open"]
)
def test_escape_closes_what_enter_opened_and_gives_the_focus_back(tab: Tab, opener: str) -> None:
    tab.opens_phone("Eve")
    tab.asks_for_person()
    box = tab.find(f"#{tab.find(opener).get_attribute('aria-controls')}")
    tab.find(opener).focus()

    tab.page.keyboard.press("Enter")
    expect(box).to_be_visible()
    assert box.evaluate("e => e.contains(document.activeElement)")
    tab.page.keyboard.press("Escape")

    expect(box).to_be_hidden()
    assert tab.focused() == opener.removeprefix("#")


def test_arrows_walk_through_menus_tabs_and_the_trace(tab: Tab) -> None:
    tab.opens_phone("Ari")
    tab.says("Hi, I have a problem")
    expect(tab.bubbles("Thanks for contacting us")).to_be_visible()
    keyboard = tab.page.keyboard

    tab.find("#phone-menu-open").focus()
    for key in ("Enter", "ArrowDown", "ArrowDown", "ArrowUp"):
        keyboard.press(key)
    assert tab.focused() == "picture"
    keyboard.press("Escape")
    tab.find("#agents [aria-selected=true]").focus()
    before = tab.find("#me-name").inner_text()
    keyboard.press("ArrowRight")
    assert tab.find("#me-name").inner_text() != before
    tab.find("#rows").focus()
    for key in ("ArrowUp", "ArrowUp", "Enter"):
        keyboard.press(key)
    expect(tab.find("#drawer")).to_be_visible()
    keyboard.press("Escape")

    expect(tab.find("#drawer")).to_be_hidden()
    assert tab.page.evaluate("document.querySelector('#rows').contains(document.activeElement)")


def test_the_drawer_shows_what_was_sent_with_its_secrets_masked(tab: Tab, shown: Shown) -> None:
    tab.opens_phone("Dora")
    tab.asks_for_person()
    tab.settles()
    secrets = (shown.sandbox.partner_key, shown.sandbox.webhook_secret, shown.sandbox.livechat.options.client_secret)

    tab.find("[data-scope=all]").click()
    tab.find("#rows .row.out > button:visible", "start_chat").last.click()
    expect(tab.find("#drawer pre", '"active"').first).to_be_visible()
    told = tab.find("#drawer").inner_text()

    assert "Authorization" in told
    assert "Bearer" not in told or "•" in told or "…" in told
    assert not any(secret in tab.page.content() for secret in secrets)
