"""Plays the scripts: every user on the phone and every chat's agents, each at their own pace, in one event loop.

Nobody waits for what a person would not wait for, and whatever does not come, people go on after a while.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Literal

from infra.chaos.desk import Desk
from infra.chaos.numbers import AGENT, PRIVATE, USER, Number
from infra.chaos.script import BURST_PAUSE_S, UNEXPECTED, Deed, Handoff, Script
from infra.chaos.transcript import JOINED, LEFT
from infra.chaos.users import Users
from infra.sandbox.livechat.model import Chat

RETURN_KEYWORD = "/bot"
ROLL_CALL = 9999
_LOOK_EVERY_S = 0.2
_PATIENCE_S = {"answer": 20.0, "agent": 30.0, "left": 20.0, "desk": 120.0, "user": 60.0}
_TIMES_ASKED = 3
_EVENTS = {JOINED: "REPRESENTATIVE_JOINED", LEFT: "REPRESENTATIVE_LEFT"}


class Person:
    """One user and the agents they get.

    Args:
        number: of the conversation, from 0.
        pace_s: a pause for thought, on average.
        seed: of its length.
    """

    def __init__(self, number: int, script: Script, users: Users, desk: Desk, *, pace_s: float, seed: int) -> None:
        self.number = number
        self.key = users.open(number, f"Guest {Number(USER, number, 0)}")
        self.asking: set[str] = set()
        self._script = script
        self._users = users
        self._desk = desk
        self._pace_s = pace_s
        self._patience = 1.0
        self._dice = random.Random(seed)
        self._counts = {USER: 0, AGENT: 0, PRIVATE: 0}
        self._planned: list[Handoff] = []
        self._open = 0  # hand-offs whose agents have not finished

    # --- the user ----------------------------------------------------------------------------------------------------

    async def talk(self) -> None:
        """The user's side of the script, to its end."""
        await self._think()
        for turns, handoff in zip(self._script.bot_turns, self._script.handoffs, strict=False):
            await self._talk_to_bot(turns)
            await self._meet_agent(handoff)
        await self._talk_to_bot(self._script.bot_turns[-1])

    async def _talk_to_bot(self, turns: int) -> None:
        for _ in range(turns):
            number = self._say("Where is order {}?")
            await self._until(lambda number=number: self._is_answered(number), "answer")  # type: ignore[misc]
            await self._think()

    async def _meet_agent(self, handoff: Handoff) -> None:
        self._planned.append(handoff)
        self._open += 1
        for _ in range(_TIMES_ASKED):
            self._ask(handoff)
            if handoff.hurried or await self._until(lambda: bool(self._chat_with_agent()), "agent"):
                break
        for burst in handoff.bursts:
            for _ in range(burst):
                self._say("It is about order {}, I say.")
                await asyncio.sleep(self._dice.uniform(*BURST_PAUSE_S))
            await self._think()
        if handoff.end == "user":
            await self._until(lambda: not self._planned, "desk")
            await self._think()
            self._users.say(self.key, RETURN_KEYWORD)
        elif handoff.patient:
            await self._until(lambda: not self._open, "desk")
            await self._until(lambda: self._shown(LEFT) >= self._shown(JOINED), "left")
            await self._think()

    def _ask(self, handoff: Handoff) -> None:
        if handoff.by_words or not self._users.ask(self.key):
            self.asking.add(self._say("Can I talk to a person about order {}?"))

    def _say(self, words: str, count: int | None = None) -> str:
        number = self._next(USER) if count is None else str(Number(USER, self.number, count))
        self._users.say(self.key, words.format(number))
        return number

    # --- the agents --------------------------------------------------------------------------------------------------

    async def attend(self) -> None:
        """The agents' side, until cancelled: whatever chat this user opens is worked and ended."""
        while True:
            chat = self._chat_with_agent()
            if chat is None:
                await asyncio.sleep(_LOOK_EVERY_S)
                continue
            handoff = self._planned.pop(0) if self._planned else UNEXPECTED
            await self._serve(chat, chat.newest.id, handoff)
            self._open = max(0, self._open - 1)

    async def _serve(self, chat: Chat, thread_id: str, handoff: Handoff) -> None:
        def is_over() -> bool:
            return not chat.active_thread or chat.newest.id != thread_id

        for deed in handoff.deeds:
            await self._think()
            await self._until(lambda: is_over() or bool(self._desk.who_has(chat)), "agent")
            if is_over():
                return
            await self._do(deed, chat)
        await self._think()
        if handoff.end == "user":
            await self._until(is_over, "user")
        while not is_over():
            self._desk.do("timeout" if handoff.end == "timeout" else "close", chat)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _do(self, deed: Deed, chat: Chat) -> None:
        if deed.kind == "transfer":
            self._desk.do("transfer", chat, to_agent=self._desk.colleague(chat))
        elif deed.kind == "requeue":
            self._desk.do("transfer", chat, to_group=0)
        elif deed.kind == "note":
            self._write("note", chat, PRIVATE, "Between us, {} is a difficult one.")
        else:
            for _ in range(deed.texts):
                self._write("reply", chat, AGENT, "My answer {} to that.")
                await asyncio.sleep(self._dice.uniform(*BURST_PAUSE_S))

    def _write(self, deed: Literal["note", "reply"], chat: Chat, kind: int, words: str) -> None:
        self._desk.do(deed, chat, text=words.format(self._next(kind)))

    # --- at the end --------------------------------------------------------------------------------------------------

    def hurry(self) -> None:
        """No more pauses and no more waiting: what is open is brought to its end."""
        self._pace_s = self._patience = 0.0

    def is_attended(self) -> bool:
        """Whether an agent has still something to do here."""
        return self._desk.active(self.number) is not None

    async def answer_roll_call(self, patience_s: float) -> bool:
        """Ask the bot once more; answers whether it answered."""
        number = self._say("And where is order {}?", ROLL_CALL)
        return await self._wait(lambda: self._is_answered(number), patience_s)

    # --- looking -----------------------------------------------------------------------------------------------------

    def _chat_with_agent(self) -> Chat | None:
        chat = self._desk.active(self.number)
        return chat if chat and self._desk.who_has(chat) else None

    def _is_answered(self, number: str) -> bool:
        answer = f"Order {number} "
        lines = self._users.lines(self.key)
        return any(line["from"] == "brand" and answer in line.get("text", "") for line in reversed(lines))

    def _shown(self, kind: str) -> int:
        return sum(line.get("event") == _EVENTS[kind] for line in self._users.lines(self.key))

    # --- time --------------------------------------------------------------------------------------------------------

    async def _think(self) -> None:
        await asyncio.sleep(self._dice.uniform(0.2, 1.8) * self._pace_s)

    async def _until(self, look: Callable[[], bool], patience: str) -> bool:
        return await self._wait(look, _PATIENCE_S[patience] * self._patience)

    async def _wait(self, look: Callable[[], bool], patience_s: float) -> bool:
        deadline = asyncio.get_running_loop().time() + patience_s
        while not look():
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(_LOOK_EVERY_S)
        return True

    def _next(self, kind: int) -> str:
        self._counts[kind] += 1
        return str(Number(kind, self.number, self._counts[kind]))
