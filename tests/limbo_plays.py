"""Ways for a conversation to hang: each brings one about, by what people and providers do, and lives through it."""

from collections.abc import Callable

from functions.handoff.content import Media
from functions.handoff.events import Subscription, SubscriptionWord
from tests.limbo import HOUR_S, MINUTE_S, Watch

# --- people who do not come, or fall silent --------------------------------------------------------------------------


def waiting(watch: Watch) -> None:
    watch.say("a person please")
    watch.begin()
    watch.seen.clear()


def with_jane(watch: Watch) -> None:
    watch.world.handed_over()
    watch.begin()


def nobody_comes(watch: Watch) -> None:
    waiting(watch)
    watch.live(1200)


def joins_and_is_silent(watch: Watch) -> None:
    waiting(watch)
    watch.do(watch.world.agent_joins)
    watch.live(1200)


def answers_no_more(watch: Watch) -> None:
    with_jane(watch)
    watch.live(1000)
    watch.begin()
    watch.say("my lamp is broken")
    watch.live(1200)


def leaves_it_open(watch: Watch) -> None:
    with_jane(watch)
    watch.do(watch.world.agent_leaves)
    watch.say("my lamp is broken")
    watch.live(1200)


def transferred_to_a_queue(watch: Watch) -> None:
    with_jane(watch)
    watch.do(watch.world.transfer, queued=True)
    watch.live(1200)


def nobody_online(watch: Watch) -> None:
    watch.world.desk.status = "offline"
    watch.say("a person please")
    watch.seen.pop(0)
    watch.live(1200)


# --- users who do not want to hear from us, or can't ----------------------------------------------------------------


def unsubscribe(watch: Watch) -> None:
    """And be silent for a moment."""
    now = watch.world.clock.now()
    watch.do(watch.world.accept, Subscription(id=f"s{now}", source_at=now, wanted=False))
    watch.world.clock.sleep(1)


def unsubscribes_with_jane(watch: Watch) -> None:
    with_jane(watch)
    unsubscribe(watch)
    watch.do(watch.world.agent_writes, "are you still there?")
    watch.live(1200)
    assert ["unsubscribed"] == [letter["reason"] for letter in watch.world.dead_letters()]


def unsubscribes_while_waiting(watch: Watch) -> None:
    waiting(watch)
    unsubscribe(watch)
    watch.live(1200)


def writes_a_keyword_alone(watch: Watch) -> None:
    watch.do(watch.world.accept, SubscriptionWord(id="w1", source_at=watch.world.clock.now(), text="STOP"))
    watch.live(200)


def phone_out_of_reach(watch: Watch) -> None:
    with_jane(watch)
    watch.world.faults.script["channel.send_message"] = ["unreachable"]
    watch.do(watch.world.agent_writes, "are you still there?")
    watch.live(300)
    assert ["unreachable"] == [letter["reason"] for letter in watch.world.dead_letters()]


# --- LiveChat --------------------------------------------------------------------------------------------------------


def start_refused(watch: Watch) -> None:
    watch.world.faults.script["livechat.start_chat"] = ["refused"]
    watch.do(watch.world.ask_for_person)
    watch.live(300)


def down_from_the_start(watch: Watch) -> None:
    watch.down("livechat")
    waiting(watch)
    watch.say("my lamp is broken")
    watch.live(1200)


def down_in_the_middle(watch: Watch) -> None:
    with_jane(watch)
    watch.down("livechat")
    watch.say("my lamp is broken")
    watch.live(HOUR_S)
    watch.say("and it was new")
    watch.well()
    assert ["my lamp is broken", "and it was new"] == watch.world.desk.user_texts()


def left_by_keyword_while_down(watch: Watch) -> None:
    with_jane(watch)
    watch.down("livechat")
    watch.do(watch.world.ask_for_bot)
    watch.say("are you open?")
    watch.live(HOUR_S)
    watch.well()
    assert not watch.world.desk.newest(watch.world.conversation.chat_id).active


def refresh_refused_at_the_start(watch: Watch) -> None:
    watch.down("livechat", how="refused")
    watch.do(watch.world.ask_for_person)
    watch.live(300)


def refresh_refused_in_the_middle(watch: Watch) -> None:
    with_jane(watch)
    watch.down("livechat", how="refused")
    watch.say("my lamp is broken")
    watch.live(HOUR_S)
    watch.well()


# --- the bot, and both -----------------------------------------------------------------------------------------------


def bot_down_with_agents(watch: Watch) -> None:
    watch.down("dialogflow")
    watch.say("hello")
    watch.live(2 * MINUTE_S)
    watch.do(watch.world.agent_joins)
    watch.live(300)
    assert ["hello"] == watch.world.desk.user_texts()


def bot_down_with_nobody(watch: Watch) -> None:
    watch.world.desk.status = "offline"
    watch.down("dialogflow")
    watch.say("hello")
    watch.live(HOUR_S)
    watch.well()


def both_down(watch: Watch) -> None:
    watch.down("dialogflow", "livechat")
    watch.say("hello")
    watch.live(HOUR_S)
    watch.well()


# --- webhooks that never come, and a channel that is away -----------------------------------------------------------


def close_lost_and_user_silent(watch: Watch) -> None:
    with_jane(watch)
    watch.do(watch.world.agent_closes, webhook=False)
    watch.live(1200)


def close_lost_and_user_writes(watch: Watch) -> None:
    with_jane(watch)
    watch.do(watch.world.agent_closes, webhook=False)
    watch.say("one more thing")
    watch.live(1200)


def close_lost_after_the_check(watch: Watch) -> None:
    """A quiet chat is read again and again, at longer and longer intervals."""
    with_jane(watch)
    watch.live(1000)
    watch.begin()
    watch.do(watch.world.agent_closes, webhook=False)
    watch.live(HOUR_S)


def close_lost_after_the_check_and_user_writes(watch: Watch) -> None:
    with_jane(watch)
    watch.live(1000)
    watch.do(watch.world.agent_closes, webhook=False)
    watch.begin()
    watch.say("one more thing")


def close_lost_while_waiting(watch: Watch) -> None:
    waiting(watch)
    watch.do(watch.world.agent_closes, webhook=False)
    watch.live(1200)


def join_lost(watch: Watch) -> None:
    waiting(watch)
    watch.do(watch.world.agent_writes, "good morning")
    watch.live(300)


def words_lost_at(seconds: float) -> Callable[[Watch], None]:
    """Her join and her words are lost, as when LiveChat's webhooks were refused for a minute."""

    def play(watch: Watch) -> None:
        waiting(watch)
        watch.live(seconds)
        watch.do(watch.world.agent_writes, "good morning", webhook=False)
        watch.live(1200 - seconds)

    return play


def new_chat_lost(watch: Watch) -> None:
    """Jane opens the chat again by herself, of which nothing is told but her words."""
    with_jane(watch)
    watch.world.agent_closes()
    watch.begin()
    watch.world.desk.open_thread(watch.world.conversation.chat_id)
    watch.do(watch.world.agent_writes, "one more thing")
    watch.live(300)


def channel_down_while_agent_writes(watch: Watch) -> None:
    with_jane(watch)
    watch.say("my lamp is broken")
    watch.down("channel")
    watch.do(watch.world.agent_writes, "I am sending you a new one")
    watch.live(HOUR_S)
    watch.begin()
    watch.well()


def file_server_down(watch: Watch) -> None:
    """Whoever keeps the user's picture does not answer."""
    with_jane(watch)
    picture = Media("https://files.example/lamp.png")
    watch.world.faults.script["channel.fetch"] = ["lost"] * 100
    watch.begin()
    watch.do(lambda: watch.world.say(picture.url, files=(picture,)))
    watch.say("did you get it?")
    watch.live(HOUR_S)


def channel_down_and_agent_late(watch: Watch) -> None:
    """Waiting ended meanwhile, and what was to be said of it is not so any more."""
    waiting(watch)
    watch.down("channel")
    watch.live(1000)
    watch.do(watch.world.agent_writes, "sorry for the wait")
    watch.live(HOUR_S)
    watch.begin()
    watch.well()
