"""What users take a line for where nobody is shown but the brand."""

from typing import Any

import pytest

from functions.handoff.languages import BUILT_IN
from infra.sandbox.taken_for import as_taken

JOINED, LEFT = "REPRESENTATIVE_JOINED", "REPRESENTATIVE_LEFT"


def brand(text: str = "", **more: Any) -> dict[str, Any]:
    return {"from": "brand", "kind": "message", "text": text, **more}


def taken(*lines: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Who each line is of, and what it says or is."""
    return [
        (line["representative"], line["name"], line.get("event") or line["text"])
        for line in as_taken(lines, bot="Bot")
        if line["from"] == "brand"
    ]


def test_who_joined_speaks_under_their_name_until_they_left() -> None:
    lines = [brand("Jane Doe joined the chat."), brand("Jane Doe: Hello"), brand("Jane Doe left the chat.")]

    assert [("HUMAN", "Jane Doe", JOINED), ("HUMAN", "Jane Doe", "Hello"), ("HUMAN", "Jane Doe", LEFT)] == taken(*lines)


@pytest.mark.parametrize("language", BUILT_IN)
def test_joined_and_left_are_known_in_every_language(language: str) -> None:
    words = BUILT_IN[language]

    told = taken(*(brand(words[text].format(name="Ada")) for text in ("agent_joined", "agent_left")))

    assert [("HUMAN", "Ada", JOINED), ("HUMAN", "Ada", LEFT)] == told


def test_everything_else_is_the_bot_s_a_name_that_never_joined_included() -> None:
    lines = [brand("Jane Doe: Hello"), brand("Ada joined the chat."), brand("Note: we are closed")]

    assert [("BOT", "Bot", "Jane Doe: Hello"), ("HUMAN", "Ada", JOINED), ("BOT", "Bot", "Note: we are closed")] == (
        taken(*lines)
    )


def test_a_picture_is_of_who_is_there_and_the_bot_s_afterwards() -> None:
    picture = brand(image={"contentInfo": {"fileUrl": "https://shop.example/lamp.png"}})

    told = taken(brand("Ada joined the chat."), picture, brand("Ada left the chat."), picture)

    assert ["HUMAN", "HUMAN", "HUMAN", "BOT"] == [who for who, _, _ in told]


def test_lines_that_say_who_speaks_and_those_of_the_user_stay_as_they_are() -> None:
    lines = [brand("x joined the chat.", representative="BOT", name="x"), {"from": "user", "kind": "message"}]

    assert lines == list(as_taken(lines, bot="Bot"))


def test_a_tap_on_the_chip_for_a_person_asks_for_one() -> None:
    tap = {"from": "user", "kind": "tap", "text": BUILT_IN["de"]["person_chip"]}

    assert [{"from": "user", "kind": "live_agent_request"}] == list(as_taken([tap], bot="Bot"))
