"""What agents are told: why, about what, and what was said, newest kept, and all of it as long as a desk takes it."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.handoff.briefing import brief
from functions.handoff.conversation import Conversation
from functions.handoff.events import HandoffSignal
from functions.handoff.languages import BUILT_IN
from functions.handoff.parts import Line, PastHandoff, UserProfile
from functions.handoff.policy import Policy
from functions.handoff.text import utf8_length
from functions.livechat.notes import TEXT_LIMIT_BYTES, as_message
from tests.core_records import a_conversation
from tests.fakes import START

SIGNAL = HandoffSignal("bot", {"department": "billing", "order": 17.0}, "Ask about invoice")
TRANSCRIPT = "Conversation so far"


def fields(c: Conversation, signal: HandoffSignal = SIGNAL, policy: Policy | None = None) -> dict[str, str]:
    return dict(brief(c, signal, policy or Policy()).fields)


def parameters(**metadata: Any) -> list[str]:
    return fields(a_conversation(), HandoffSignal("bot", metadata)).get("Parameters", "").splitlines()


def after(*texts: str, who: str = "user") -> Conversation:
    c = a_conversation()
    for text in texts:
        c.say(Line(who, text, START))
    return c


# --- what is told ----------------------------------------------------------------------------------------------------


def test_a_briefing_holds_reason_topic_intent_parameters_locale_context_past_and_transcript() -> None:
    c = a_conversation(
        user=UserProfile("Michael", "en-GB", {"entryPoint": "MAPS", "placeId": "ChIJ-1", "campaign": "spring"}),
        handoffs=(
            PastHandoff(START, "keyword", "agent_closed"),
            PastHandoff(START + timedelta(days=1), "user", "timeout"),
            PastHandoff(START + timedelta(days=2), "bot"),
        ),
    )
    c.say(Line("user", "my bill", START, "Michael"))
    c.say(Line("bot", "I see", START))

    note = brief(c, SIGNAL, Policy())

    assert "Handed over by the bot" == note.title
    assert (
        ("Reason", "the bot asked for a person"),
        ("Topic", "billing"),
        ("What the bot understood", "Ask about invoice"),
        ("Parameters", "order: 17"),
        ("Language", "en-GB"),
        ("Entry point", "MAPS"),
        ("Place", "ChIJ-1"),
        ("campaign", "spring"),
        (
            "Earlier hand-offs",
            "2026-01-02 03:04 UTC: the user asked for a person → an agent closed the chat\n"
            "2026-01-03 03:04 UTC: the user asked for a person → nobody came in time",
        ),
        (TRANSCRIPT, "User (Michael): my bill\nBot: I see"),
    ) == note.fields


def test_what_is_empty_is_left_out() -> None:
    c = a_conversation(user=UserProfile(locale=" ", context={"placeId": " "}))
    c.say(Line("bot", " \n", START))

    note = brief(c, HandoffSignal("user", {"topic": "", "list": [], "nothing": None, "inner": {"a": [""]}}), Policy())

    assert (("Reason", "the user asked for a person"),) == note.fields


@pytest.mark.parametrize(
    ("metadata", "topic"),
    [
        ({"topic": "refund"}, "refund"),
        ({"department": "billing", "topic": "refund"}, "billing, refund"),
        ({"department": "billing", "topic": "billing"}, "billing"),
        ({"KM_ASSIGN_TEAM": "billing"}, "billing"),
        ({"skill": "billing"}, "billing"),
        ({"topic": ["a", "b"]}, "a, b"),
    ],
)
def test_the_topic_is_named_once_in_any_dialect_and_not_among_the_parameters(
    metadata: dict[str, Any], topic: str
) -> None:
    told = fields(a_conversation(), HandoffSignal("bot", metadata))

    assert (topic, None) == (told["Topic"], told.get("Parameters"))


def test_a_topic_that_is_no_text_stays_among_the_parameters() -> None:
    assert ["department: name billing"] == parameters(department={"name": "billing"})


def test_parameters_are_lines_that_a_person_can_read() -> None:
    lines = parameters(
        plan="gold",
        amount=12.5,
        vip=True,
        products=["tv", "phone"],
        person={"name": "Ann", "age": 30.0},
        deep={"a": {"b": {"c": {"d": 1}}}},
        note="two\nlines",
        huge=10**6000,
    )

    assert [
        "plan: gold",
        "amount: 12.5",
        "vip: true",
        "products: tv, phone",
        "person: name Ann, age 30",
        "deep: a b c …",
        "note: two lines",
    ] == lines


def test_a_reason_and_an_outcome_of_another_version_are_told_as_they_are() -> None:
    c = a_conversation(handoffs=(PastHandoff(START, "boredom", "eaten"),))

    told = fields(c, HandoffSignal("curiosity"))

    assert ("curiosity", "2026-01-02 03:04 UTC: boredom → eaten") == (told["Reason"], told["Earlier hand-offs"])


def test_a_briefing_is_in_the_deployments_language_not_the_users() -> None:
    policy = Policy(language="de", texts={"de": {"reason": "Anlass"}, "fr": {"reason": "Raison"}})

    note = brief(a_conversation(user=UserProfile(locale="fr")), SIGNAL, policy)

    assert ("Anlass", "der Bot hat um einen Menschen gebeten") == note.fields[0]


@pytest.mark.parametrize("outcome", ["agent_closed", "user_left", "no_agent", "timeout", "error"])
@pytest.mark.parametrize("language", BUILT_IN)
def test_every_outcome_has_words_in_every_language(language: str, outcome: str) -> None:
    c = a_conversation(handoffs=(PastHandoff(START, "user", outcome),))

    note = brief(c, HandoffSignal("user"), Policy(language=language))

    assert outcome not in note.fields[-1][1]


def test_nobodys_words_can_look_like_somebody_elses() -> None:
    c = after("hello\nBot: your refund is approved\r\nAgent: yes\u2028Agent: indeed")
    c.say(Line("user", "bye", START, "Ann)\nBot: (x"))

    lines = fields(c)[TRANSCRIPT].split("\n")

    assert ["User: hello", "User (Ann) Bot: (x): bye"] == [line for line in lines if not line.startswith("    ")]
    assert 3 == sum("Bot: your" in line or "Agent: " in line for line in lines if line.startswith("    "))


# --- how much of it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("characters", "omitted"), [(3987, 0), (3988, 1)])
def test_a_transcript_of_8000_characters_is_told_whole_and_of_one_more_the_oldest_line_is_omitted(
    characters: int, omitted: int
) -> None:
    said = fields(after("x" * 4000, "y" * characters))[TRANSCRIPT]

    assert (omitted == 0) == (len(said) == 8000)
    assert (omitted == 1) == said.startswith("[1 earlier messages omitted]\nUser: yyy")
    assert said.endswith("y" * characters)


def test_of_a_long_transcript_the_newest_is_kept_and_the_rest_is_counted() -> None:
    c = a_conversation(lines_omitted=2)
    for number in range(20):
        c.say(Line("user", f"{number:02} " + "x" * 500, START))

    first, *lines = fields(c)[TRANSCRIPT].split("\n")

    assert f"[{22 - len(lines)} earlier messages omitted]" == first
    assert lines[-1].startswith("User: 19 ")
    assert len("\n".join([first, *lines])) <= 8000
    assert 15 == len(lines)


def test_one_line_that_is_too_long_by_itself_is_cut_at_its_end() -> None:
    said = fields(after("first", "é\n" * 2000))[TRANSCRIPT]

    assert said.startswith("[1 earlier messages omitted]\nUser: é\n")
    assert said.endswith("…")
    assert 7900 < len(said) <= 8000


def test_long_values_end_in_an_ellipsis_and_leave_room_for_the_others() -> None:
    lines = parameters(**{"x" * 100: "word " * 1000, "short": "seen"})

    assert 2 == len(lines)
    assert lines[0].startswith("x" * 59 + "…: word word")
    assert lines[0].endswith("word…")
    assert (True, "short: seen") == (len(lines[0]) <= 362, lines[1])


def test_of_too_many_parameters_the_first_are_told_and_that_there_are_more() -> None:
    lines = parameters(**{f"parameter-{number}": "x" * 40 for number in range(100)})

    assert ("parameter-0: " + "x" * 40, "…") == (lines[0], lines[-1])
    assert len("\n".join(lines)) <= 1002


@pytest.mark.parametrize("character", ["a", "é", "汉", "क्षि", "👩‍👩‍👧‍👦"])
def test_the_newest_words_reach_agents_in_any_script_even_where_the_note_becomes_a_message(character: str) -> None:
    long = (character * 4000)[:4000]
    c = after(*[long] * 3, "the newest")
    c.user = UserProfile(character * 200, "hi", {f"field-{number}": long for number in range(40)})

    note = brief(c, HandoffSignal("bot", {"note": long, "topic": long}, long), Policy())
    message = as_message(note, "id")["text"]

    assert message.endswith("User: the newest")
    assert utf8_length(message) <= TEXT_LIMIT_BYTES
    assert "earlier messages omitted" in dict(note.fields)[TRANSCRIPT]


# --- whatever comes --------------------------------------------------------------------------------------------------

_texts = st.text(max_size=30) | st.sampled_from(
    ["x" * 5000, "汉" * 1000, "\ud800", "\0", "\n" * 50, "e" + "\u0301" * 900]
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=6,
)


@given(
    st.builds(HandoffSignal, _texts, st.dictionaries(st.sampled_from(["topic", "skill"]) | _texts, _json), _texts),
    st.builds(UserProfile, _texts, _texts, st.dictionaries(st.sampled_from(["placeId", "agent"]) | _texts, _texts)),
    st.lists(st.builds(Line, _texts, _texts, st.just(START), _texts), max_size=12),
)
def test_whatever_comes_there_is_a_briefing_that_a_desk_takes(
    signal: HandoffSignal, user: UserProfile, lines: list[Line]
) -> None:
    c = a_conversation(user=user)
    for line in lines:
        c.say(line)

    note = brief(c, signal, Policy())

    assert all(value.strip() for _label, value in note.fields)
    assert sum(utf8_length(label) + utf8_length(value) + 3 for label, value in note.fields) <= 15_000
