"""Fixtures of the browser tier: one browser and, for each module of tests, one sandbox with its page."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from infra.sandbox import run_options
from infra.sandbox.page import PageServer
from infra.sandbox.sandbox import Sandbox
from tests.browser import NO_BROWSER, Tab, find_chromium, running_browser


class Shown:
    """A running sandbox and its page, which can go away and come back on its port."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(run_options.SETTINGS, livechat_options=run_options.LIVECHAT_OPTIONS)
        self._page = PageServer(self.sandbox)

    def start(self) -> None:
        """Everything, the page on a free port."""
        self.sandbox.start()
        self._page.serve(0)

    @property
    def url(self) -> str:
        """Where the page is."""
        return self._page.url

    def lose_page(self) -> None:
        """The page's server ends; the sandbox goes on."""
        self._page.stop()

    def bring_page_back(self) -> None:
        """Another one on the same port, which knows nothing of the one before."""
        port = int(self.url.rpartition(":")[2])
        self._page = PageServer(self.sandbox)
        self._page.serve(port)

    def stop(self) -> None:
        """Everything."""
        self._page.stop()
        self.sandbox.stop()

    def tidy(self) -> None:
        """Every chat ends and every agent is at their desk again."""
        livechat = self.sandbox.livechat
        for chat in list(livechat.licence.chats.values()):
            if chat.active_thread:
                livechat.play("timeout", chat_id=chat.id)
        for agent in livechat.options.agents:
            if livechat.licence.agents[agent.id].status != agent.status:
                livechat.play("status", agent=agent.id, status=agent.status)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, or the test is skipped. Ends with the module: its event loop is in the way of those of later tests."""
    if find_chromium() is None:
        pytest.skip(NO_BROWSER)
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def shown(browser: Browser) -> Iterator[Shown]:
    """A sandbox with its page, for all tests of the module."""
    running = Shown()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def open_tab(browser: Browser, shown: Shown) -> Iterator[Callable[..., Tab]]:
    """Opens the page as another person, or `beside` a tab; afterwards no tab may have had anything to complain of."""
    contexts: list[BrowserContext] = []
    tabs: list[Tab] = []

    def open_page(*, beside: Tab | None = None, **options: Any) -> Tab:
        options = {"viewport": {"width": 1280, "height": 800}, **options}
        context = beside.page.context if beside else browser.new_context(**options)
        contexts.append(context)
        tabs.append(Tab(context.new_page(), shown.url))
        return tabs[-1]

    yield open_page
    for context in dict.fromkeys(contexts):
        context.close()
    shown.tidy()
    assert [] == [complaint for tab in tabs for complaint in tab.complaints]


@pytest.fixture
def tab(open_tab: Callable[..., Tab]) -> Tab:
    """One, 1280 wide, in light colours."""
    return open_tab(color_scheme="light")
