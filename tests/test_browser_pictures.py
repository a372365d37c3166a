"""The pictures of the sandbox's page for the README; they are kept where SCREENSHOTS says, if it says anything."""

import os
from pathlib import Path

import pytest

from tests.browser import Tab, talk

pytest_plugins = ("tests.browser_fixtures",)
pytestmark = [pytest.mark.browser, pytest.mark.slow]

MAX_BYTES = 250_000


def test_pictures_of_a_conversation_can_be_taken_in_light_and_dark(tab: Tab, tmp_path: Path) -> None:
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    talk(tab)

    tab.page.mouse.move(0, 0)
    for scheme in ("light", "dark"):
        tab.page.emulate_media(color_scheme=scheme)
        tab.settles()
        tab.page.screenshot(path=folder / f"sandbox-{scheme}.png")

    assert all(20_000 < path.stat().st_size < MAX_BYTES for path in folder.glob("sandbox-*.png"))
    assert len(list(folder.glob("sandbox-*.png"))) == 2
