"""Whatever users, agents and failing providers do in whatever order: exactly once, framed, never stuck."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from functions.handoff.entries import Entry
from functions.handoff.errors import ProviderRefused
from tests.core_world import BOB, JANE, KEY, Died, World
from tests.delivery_rules import doubled, framing_faults, leaked, lost, never_left, out_of_order, stuck, unresolved
from tests.examples import examples

_PEOPLE = st.sampled_from([JANE, BOB])
_CALLS = st.sampled_from(
    [
        "livechat.send_message",
        "livechat.start_chat",
        "livechat.resume_chat",
        "livechat.close_chat",
        "livechat.read_thread",
        "channel.send_message",
        "channel.send_framing",
        "dialogflow.hear",
        "dialogflow.hear_event",
    ]
)


class Conversations(RuleBasedStateMachine):
    """One user, two agents, a bot; calls fail or kill their caller when a rule says so."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.said: list[str] = []
        self.agent_words: list[str] = []
        self.private: list[str] = []
        self.untold: list[Entry] = []
        self.inbox: list[Callable[[], Any]] = []
        self.count = 0

    # --- help ---

    def name(self, what: str) -> str:
        self.count += 1
        return " ".join(f"{word}#{self.count}" for word in what.split())

    def mortal(self, act: Callable[[], Any]) -> None:
        """Whoever dies was one process of many."""
        try:
            act()
        except Died:
            self.world.faults.pause = lambda _name: None

    def active_chat(self) -> str:
        chat_id = self.world.conversation.chat_id if self.known() else ""
        return chat_id if chat_id and self.world.desk.newest(chat_id).active else ""

    def known(self) -> bool:
        return f"conversations/{KEY}" in self.world.store.snapshot()

    # --- what people do ---

    @rule(words=st.sampled_from(["hello", "what?", "a person please"]))
    def user_writes(self, words: str) -> None:
        text, event_id = self.name(words), self.name("u")
        self.said.append(text)
        self.inbox.append(lambda: self.world.say(text, event_id))
        self.mortal(self.inbox[-1])

    @rule()
    def user_asks_for_a_person(self) -> None:
        self.mortal(self.world.ask_for_person)

    @precondition(lambda self: self.known())
    @rule()
    def user_asks_for_the_bot(self) -> None:
        while self.untold:
            self.deliver(self.untold.pop())
        self.mortal(self.world.ask_for_bot)

    @precondition(lambda self: self.active_chat())
    @rule(agent=_PEOPLE, told=st.booleans())
    def agent_writes(self, agent: Any, told: bool) -> None:
        text = self.name("agent")
        self.agent_words.append(text)
        event = self.world.agent_writes(text, agent, webhook=False)
        c = self.world.conversation
        if told or c.pending or c.thread_id != self.world.desk.newest(c.chat_id).id:
            self.deliver(event)
        else:
            self.untold.append(
                event
            )  # its webhook never comes, unless the user goes back to the bot: nothing is read then

    @precondition(lambda self: self.active_chat())
    @rule(agent=_PEOPLE)
    def agent_notes(self, agent: Any) -> None:
        self.private.append(self.name("private"))
        self.world.desk.append(self.active_chat(), agent.id, self.private[-1], visible=False)

    @precondition(lambda self: self.active_chat())
    @rule(agent=_PEOPLE)
    def agent_joins(self, agent: Any) -> None:
        self.mortal(lambda: self.world.agent_joins(agent, self.world.desk.newest(self.active_chat()).id))

    @precondition(lambda self: self.active_chat())
    @rule(agent=_PEOPLE)
    def agent_leaves(self, agent: Any) -> None:
        self.mortal(lambda: self.world.agent_leaves(agent))

    @precondition(lambda self: self.active_chat())
    @rule()
    def agent_passes_on(self) -> None:
        self.mortal(lambda: self.world.transfer(queued=True))

    @precondition(lambda self: self.active_chat())
    @rule(by=st.sampled_from(["agent", "system"]))
    def agent_closes(self, by: str) -> None:
        self.mortal(lambda: self.world.agent_closes(by))

    @precondition(lambda self: self.known() and self.world.conversation.chat_id and not self.active_chat())
    @rule(agent=_PEOPLE)
    def agent_opens(self, agent: Any) -> None:
        self.mortal(lambda: self.world.agent_starts(agent))

    def deliver(self, event: Entry) -> None:
        self.inbox.append(lambda: self.world.desk_says(event))
        self.mortal(self.inbox[-1])

    # --- what the world does ---

    @precondition(lambda self: self.inbox)
    @rule(data=st.data())
    def a_webhook_comes_again(self, data: st.DataObject) -> None:
        self.mortal(data.draw(st.sampled_from(self.inbox), label="which"))

    @rule(call=_CALLS, fates=st.lists(st.sampled_from(["away", "lost", "done", "late"]), min_size=1, max_size=3))
    def calls_fail(self, call: str, fates: list[str]) -> None:
        self.world.faults.script[call] = fates

    @rule(call=_CALLS)
    def a_process_dies(self, call: str) -> None:
        def pause(name: str) -> None:
            if name == call:
                raise Died(name)

        self.world.faults.pause = pause

    @rule(seconds=st.sampled_from([1, 5, 31, 130, 1000]))
    def time_passes(self, seconds: int) -> None:
        """With a sweep every few seconds; a call without an answer has its effect within 15 seconds, or never."""
        for _ in range(0, seconds, 7):
            late, self.world.faults.late = self.world.faults.late, []
            self.mortal(lambda: self.world.pass_time(min(seconds, 7)))
            for effect in late:
                with suppress(ProviderRefused):
                    effect()

    # --- what must hold ---

    @invariant()
    def nothing_is_doubled_or_leaked(self) -> None:
        faults = doubled(self.world, self.said, self.agent_words) + leaked(self.world, self.private)
        assert [] == faults + framing_faults(self.world.channel.shown)

    @invariant()
    def nothing_is_stuck(self) -> None:
        if self.known():
            assert [] == stuck(self.world.conversation)

    def teardown(self) -> None:
        """No more faults: everything comes to rest by itself, and nothing is lost."""
        if not self.known():
            return
        world = self.world
        world.faults.script.clear()
        world.faults.pause = lambda _name: None
        self.time_passes(2000)
        if self.active_chat():
            world.agent_closes()
        self.time_passes(2000)
        faults = (
            lost(world, self.said, self.agent_words) + unresolved(world.conversation) + never_left(world.channel.shown)
        )
        assert [] == faults + out_of_order(world.desk.user_texts(), self.said)
        self.nothing_is_doubled_or_leaked()


TestConversations = Conversations.TestCase
TestConversations.settings = settings(
    max_examples=examples(25), stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
