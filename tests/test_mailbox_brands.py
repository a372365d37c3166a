"""Several brands in one deployment: each conversation has the bot, names, words and rules of its own brand alone."""

import pytest

from functions.handoff.changes import conversation_path
from functions.handoff.conversation import BOT, WAITING, Conversation, from_record
from functions.handoff.dead_letters import dead_letter_id
from functions.handoff.errors import ConfigError
from functions.handoff.events import AgentJoined, HandoffAsked, HandoffSignal, UserMessage
from functions.handoff.mailbox import Accepted, Inbound
from functions.handoff.policy import Policy
from tests.core_world import JANE, World

ACME = Policy(
    bot_name="Acme's bot",
    groups={"default": 7},
    agent_name_policy="fixed",
    human_name="Acme's team",
    return_keyword="/acme",
    handoff_after_fallbacks=1,
    wait_reminder_s=30,
    texts={"en": {"connecting": "Acme is coming."}},
)
ZED = Policy(bot_name="Zed's bot", groups={"default": 9}, agent_name_policy="first", wait_reminder_s=0)
OWN = Policy(bot_name="Ours", return_keyword="/bot")


@pytest.fixture
def world() -> World:
    return World(OWN, brands={"acme": ACME, "zed": ZED})


def key_of(brand: str) -> str:
    return f"phone:{brand}:c-1"


def accept(world: World, brand: str, event: UserMessage | HandoffAsked) -> Accepted:
    inbound = Inbound(key=key_of(brand), event=event, channel="phone", brand=brand, address={"to": brand})
    return world.mailbox.accept(inbound, budget_s=25)


def say(world: World, brand: str, text: str) -> None:
    world.clock.sleep(0.001)
    accept(world, brand, UserMessage(id=f"u{world.clock.now()}", source_at=world.clock.now(), text=text))


def conversation(world: World, brand: str) -> Conversation:
    document = world.peek(conversation_path(key_of(brand)))
    assert document
    return from_record(document.record)


def agent_joins(world: World, brand: str) -> None:
    c = conversation(world, brand)
    where = {"source_at": world.clock.now(), "chat_id": c.chat_id, "thread_id": c.thread_id}
    joined = AgentJoined(id=f"j-{brand}", agent=JANE, **where)  # type: ignore[arg-type]
    world.mailbox.accept(Inbound(key=key_of(brand), event=joined), budget_s=9)


def test_each_brand_s_users_talk_to_its_own_bot(world: World) -> None:
    for brand in ("acme", "zed", ""):
        say(world, brand, f"hello {brand}")

    assert (["hello acme"], ["hello zed"]) == (world.bots["acme"].heard, world.bots["zed"].heard)
    assert ["hello "] == world.bot.heard
    assert ["Acme's bot", "Zed's bot", "Ours"] == [one.name for one in world.channel.shown]


def test_each_brand_s_own_words_group_and_names_are_used(world: World) -> None:
    for brand in ("acme", "zed"):
        accept(world, brand, HandoffAsked(id=f"h-{brand}", source_at=world.clock.now(), signal=HandoffSignal("user")))
        agent_joins(world, brand)

    assert [7, 9] == [conversation(world, brand).group_id for brand in ("acme", "zed")]
    assert ["Acme is coming.", "I'm connecting you with a person. Please wait a moment."] == world.channel.texts
    assert ["Acme's team", "Jane"] == [one.name for one in world.channel.shown if one.kind == "joined"]


def test_each_brand_s_rules_hold(world: World) -> None:
    for brand in ("acme", "zed"):
        say(world, brand, "what?")

    assert [WAITING, BOT] == [conversation(world, brand).state for brand in ("acme", "zed")]


def test_timers_are_each_brand_s_own_and_so_is_what_they_say(world: World) -> None:
    for brand in ("acme", "zed"):
        say(world, brand, "a person please")

    world.pass_time(60)

    reminders = [one for one in world.channel.shown if "still in the queue" in one.text]
    assert ["Acme's bot"] == [one.name for one in reminders]
    assert "/acme" in reminders[0].text


def test_a_brand_s_dead_letter_goes_to_its_own_bot_when_it_is_sent_again(world: World) -> None:
    say(world, "acme", "hello")
    world.faults.script["channel.send_message"] = ["refused"]
    say(world, "acme", "hello again")
    (letter,) = world.dead_letters()

    resent = world.mailbox.resend(dead_letter_id(key_of("acme"), letter["entry_id"]), budget_s=25)

    assert "handled" == resent.outcome
    assert ("Acme's bot", "bot: hello again") == (world.channel.shown[-1].name, world.channel.shown[-1].text)
    assert [] == world.bot.heard


def test_words_of_a_brand_that_is_gone_are_not_for_another_s_bot(world: World) -> None:
    say(world, "acme", "hello")
    bot = world.bots.pop("acme")

    with pytest.raises(ConfigError, match="BRANDS_FILE has no brand acme"):
        say(world, "acme", "are you there?")
    world.bots["acme"] = bot
    world.pass_time(120)

    assert [] == world.bot.heard + world.bots["zed"].heard
    assert ["hello", "are you there?"] == bot.heard
