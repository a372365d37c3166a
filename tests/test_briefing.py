"""What agents are told: why, about what, and what was said, newest kept."""

from functions.handoff.briefing import brief
from functions.handoff.conversation import Line, PastHandoff, UserProfile
from functions.handoff.events import HandoffSignal
from functions.handoff.policy import Policy
from tests.core_records import a_conversation
from tests.fakes import START

SIGNAL = HandoffSignal("bot", {"department": "billing", "order": 17})


def test_a_briefing_holds_reason_topic_locale_context_parameters_past_and_transcript() -> None:
    c = a_conversation(
        user=UserProfile("Michael", "en-GB", {"entry_point": "maps"}),
        handoffs=(PastHandoff(START, "keyword", "agent_closed"), PastHandoff(START, "bot")),
    )
    c.say(Line("user", "my bill", START, "Michael"))
    c.say(Line("bot", "I see", START))

    note = brief(c, SIGNAL, Policy())

    assert "Handed over by the bot" == note.title
    assert (
        ("Reason", "the bot asked for a person"),
        ("Topic", "billing"),
        ("Language", "en-GB"),
        ("entry_point", "maps"),
        ("Parameters", '{"department": "billing", "order": 17}'),
        ("Earlier hand-offs", "2026-01-02 03:04Z keyword → agent_closed"),
        ("Conversation so far", "User (Michael): my bill\nBot: I see"),
    ) == note.fields


def test_what_is_empty_is_left_out() -> None:
    note = brief(a_conversation(), HandoffSignal("user"), Policy())

    assert (("Reason", "the user asked for a person"),) == note.fields


def test_of_a_long_transcript_the_newest_is_kept_and_the_rest_is_counted() -> None:
    c = a_conversation(lines_omitted=2)
    for number in range(20):
        c.say(Line("user", f"{number:02} " + "x" * 500, START))

    transcript = dict(brief(c, SIGNAL, Policy()).fields)["Conversation so far"]

    first, *lines = transcript.split("\n")
    assert f"[{22 - len(lines)} earlier messages omitted]" == first
    assert lines[-1].startswith("User: 19 ")
    assert 14 <= len(lines) <= 16


def test_long_fields_are_cut() -> None:
    c = a_conversation(user=UserProfile(context={"note": "word " * 1000}))

    note = brief(c, SIGNAL, Policy())

    assert all(len(value) <= 1000 for label, value in note.fields if label != "Conversation so far")


def test_a_briefing_is_in_the_deployments_language_not_the_users() -> None:
    policy = Policy(language="de", texts={"de": {"reason": "Grund"}, "fr": {"reason": "Raison"}})

    note = brief(a_conversation(user=UserProfile(locale="fr")), SIGNAL, policy)

    assert "Grund" == note.fields[0][0]


def test_parameters_that_are_no_json_do_not_stop_the_hand_off() -> None:
    note = brief(a_conversation(), HandoffSignal("bot", {"at": START}), Policy())

    assert f'{{"at": "{START}"}}' == dict(note.fields)["Parameters"]
