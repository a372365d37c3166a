"""The sandbox's page in a real browser: Debian's Chromium, driven by Playwright, without a window."""

import shutil
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Locator, Page, expect, sync_playwright

NO_BROWSER = "no Chromium here: apt-get install chromium"
MAX_FILE_BYTES = 10 * 1024 * 1024
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_WAIT_MS = 15_000
_CALM_MS = 800  # what was read is marked after this
_IS_STILL = """() => document.getAnimations().every(
  (one) => one.playState !== "running" || one.effect.getTiming().iterations === Infinity
)"""
_OVERFLOWING = """() => {
  const inside = document.querySelectorAll("#screen, #thread, #rows, #chats, .device, .top, #faults, .strip");
  const sticksOut = (one) => one.scrollWidth > one.clientWidth + 1;
  return [document.documentElement, ...inside].filter(sticksOut).map((one) => one.id || one.className || "page");
}"""


def find_chromium() -> str | None:
    """Where the browser is, or None."""
    return shutil.which("chromium")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A browser for as long as the block runs; nothing is downloaded for it."""
    expect.set_options(timeout=_WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(_FLAGS))
        yield browser
        browser.close()


def make_png(width: int = 320, height: int = 200, *, at_least_bytes: int = 0) -> bytes:
    """A picture in soft colours; padded behind its end, which no reader minds, to a size."""
    lines = (
        b"\0" + b"".join(bytes((90 + x * 120 // width, 120 + y * 90 // height, 190)) for x in range(width))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(b"".join(lines))), _chunk(b"IEND", b""))
    return (b"\x89PNG\r\n\x1a\n" + b"".join(parts)).ljust(at_least_bytes, b"\0")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def a_file(name: str, mime_type: str, content: bytes) -> Any:
    """What a file chooser is given."""
    return {"name": name, "mimeType": mime_type, "buffer": content}


class Tab:
    """One tab with the sandbox's page. `complaints`: what the browser's console got, and dialogs that opened."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("dialog", self._dismiss)
        page.goto(url)
        self.is_live()

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _dismiss(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def forgive(self, *words: str) -> None:
        """Forget the complaints that hold one of these: what the browser says itself of a request that failed."""
        self.complaints = [one for one in self.complaints if not any(word in one for word in words)]

    def find(self, selector: str, text: str | None = None) -> Locator:
        """What is on the page, with that text in it if one is given."""
        return self.page.locator(selector, has_text=text) if text is not None else self.page.locator(selector)

    def is_live(self) -> None:
        """Wait until the page is told what happens."""
        expect(self.find("#live")).to_have_text("Live")

    # --- the phone ---------------------------------------------------------------------------------------------------

    def opens_phone(self, name: str) -> str:
        """A new user gets a phone; answers the conversation."""
        before = self.find("#conversation").input_value()
        self.find("#new-user").click()
        self.find("#user-name").fill(name)
        self.find("#new-user-form button").click()
        expect(self.find("#conversation option:checked")).to_contain_text(name)
        expect(self.find("#conversation")).not_to_have_value(before or "none")
        expect(self.find("#lines > *")).to_have_count(0)
        return self.find("#conversation").input_value()

    def says(self, text: str) -> None:
        """The user writes."""
        self.find("#say-text").fill(text)
        self.find("#say-text").press("Enter")

    def asks_for_person(self) -> str:
        """The user asks by the phone's menu; answers the name of who came, whose inbox is open now."""
        self.find("#phone-menu-open").click()
        self.find("[data-do=person]").click()
        return self.is_with_agent()

    def is_with_agent(self) -> str:
        """Wait until somebody has the chat and can write; answers the name."""
        expect(self.find("#lines .centred.HUMAN").last).to_contain_text("joined")
        expect(self.find("#reply-text")).to_be_visible()
        return self.find("#me-name").inner_text().partition(" · ")[0]

    def bubbles(self, text: str, of: str = "") -> Locator:
        """The bubbles on the phone that hold that text; `of`: "user", "BOT" or "HUMAN"."""
        return self.find(f"#lines .line{'.' + of if of else ''} .bubble", text)

    # --- the inbox ---------------------------------------------------------------------------------------------------

    def replies(self, text: str) -> None:
        """The agent writes."""
        self.find("#reply-text").fill(text)
        self.find("#reply-text").press("Enter")

    def entries(self, text: str) -> Locator:
        """What agents see of the chat that holds that text."""
        return self.find("#entries .entry", text)

    def sends_sample(self, name: str) -> None:
        """The agent sends quick replies, a card… by name."""
        self.find("#samples-open").click()
        self.find(f"[data-sample={name}]").click()

    def plays(self, agent: str, status: str = "") -> None:
        """Another agent's inbox; the agent may change their status."""
        self.find("#agents [role=tab]", agent.partition(" ")[0]).click()
        expect(self.find("#me-name")).to_contain_text(agent)
        if status:
            self.find("#status").select_option(status)
            expect(self.find("#agents [aria-selected=true] .dot")).to_have_class(f"dot {status}")

    # --- looks -------------------------------------------------------------------------------------------------------

    def overflowing(self) -> list[str]:
        """The parts of the page in which something sticks out at the side."""
        found: list[str] = self.page.evaluate(_OVERFLOWING)
        return found

    def settles(self) -> None:
        """Wait until nothing is under way, moves or fades any more."""
        expect(self.find("#rows .running")).to_have_count(0)
        self.page.wait_for_timeout(_CALM_MS)
        self.page.wait_for_function(_IS_STILL)

    def focused(self) -> str:
        """The id (or what else tells) of what has the focus."""
        found: str = self.page.evaluate(
            "() => { const e = document.activeElement; return e.id || e.dataset.do || e.textContent.trim(); }"
        )
        return found


def talk(tab: Tab) -> None:
    """A little of everything: a user and a person in the middle of a conversation."""
    tab.opens_phone("Michael")
    tab.says("Hi, I have a problem")
    expect(tab.bubbles("Thanks for contacting us")).to_be_visible()
    tab.find("#chips button", "Talk to a person").click()
    tab.is_with_agent()
    tab.replies("Hello Michael, I am sorry to hear that. What happened?")
    expect(tab.bubbles("I am sorry to hear that")).to_be_visible()
    tab.says("My parcel arrived, and the lamp in it is broken 😕")
    expect(tab.entries("the lamp in it is broken")).to_be_visible()
    tab.find("[data-mode=agents]").click()
    tab.replies("Order 4711, bought last week: warranty")
    expect(tab.find("#entries .private", "warranty")).to_be_visible()
    tab.find("[data-mode=all]").click()
    tab.sends_sample("quick_replies")
    expect(tab.find("#chips button", "Yes, please")).to_be_visible()
