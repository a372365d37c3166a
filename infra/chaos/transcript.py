"""What became of one conversation, as the user's phone, the agents' desk and the bot saw it. Pure data.

Times are seconds since the epoch; `NEVER` stands for what did not happen.
"""

import msgspec

NEVER = float("inf")
MESSAGE, JOINED, LEFT = "message", "joined", "left"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A text that somebody said and the other side must get.

    Attributes:
        number: its number, see `numbers`.
        said_at: by the sender's clock, which orders what is pending.
        told_from: the first try of its webhook began.
        accepted_by: its webhook was first answered 200.
        by: the agent's name; "" = the user.
        thread: the agents' thread it is in.
        event_id: under which it is logged.
        asks: a person is asked for in it.
    """

    number: str
    said_at: float
    told_from: float = NEVER
    accepted_by: float = NEVER
    by: str = ""
    thread: str = ""
    event_id: str = ""
    asks: bool = False


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One line on the phone that the user did not write.

    Attributes:
        at: it appeared.
        called_at: the call that brought it arrived.
        kind: `MESSAGE`, `JOINED` or `LEFT`.
        voice: BOT or HUMAN.
        name: of the representative.
        text: as read.
        bridge: the bridge's own words, not the bot's.
    """

    at: float
    called_at: float
    kind: str = MESSAGE
    voice: str = "BOT"
    name: str = ""
    text: str = ""
    bridge: bool = False


class Wish(msgspec.Struct, frozen=True):
    """A request by menu for a person, or the word for going back to the bot: taken at some time between the two."""

    told_from: float
    accepted_by: float = NEVER


class Got(msgspec.Struct, frozen=True):
    """A user's text where it arrived; `called_at`: the first call that brought it began."""

    number: str
    called_at: float


class Read(msgspec.Struct, frozen=True):
    """A reading of an agents' thread by the bridge; `thread`: "" = the newest, to look for the bridge's own texts."""

    thread: str
    began_at: float
    ended_at: float
    worked: bool


class Stay(msgspec.Struct, frozen=True):
    """An agent's time in a thread, visible to all."""

    name: str
    thread: str
    came_at: float
    left_at: float = NEVER


class Thread(msgspec.Struct, frozen=True):
    """One run of the chat. `end_told`: the notice of its end was answered 200."""

    id: str
    opened_at: float
    closed_at: float = NEVER
    end_told: bool = False


class Transcript(msgspec.Struct, kw_only=True):
    """One conversation from all sides.

    Attributes:
        conversation: its number.
        key: its id at the channel.
        user_said, agents_said: in the order they were said.
        shown: on the phone, in order of appearance.
        desk: the user's texts in the agents' threads, in their order there.
        tried_at_desk: number → when the first call that was to bring it to the agents arrived, whatever came of it.
        bot: the user's texts that the bot heard, in the order of the first hearing, repeats included.
        bot_was_sent: all that went to the bot, as text.
        desk_texts: all that agents saw of the bridge, as text.
        asked: requests by menu.
        called_back: when the user went back to the bot.
        dead_letters: numbers of texts that were given up → whether the writer was told.
        chats: how many chats the desk has for this user.
        answered_roll_call: whether the bot answered at the end; None = not asked.
    """

    conversation: int
    key: str = ""
    user_said: list[Said] = []
    agents_said: list[Said] = []
    shown: list[Shown] = []
    desk: list[Got] = []
    tried_at_desk: dict[str, float] = {}
    bot: list[Got] = []
    bot_was_sent: list[str] = []
    desk_texts: list[str] = []
    reads: list[Read] = []
    stays: list[Stay] = []
    threads: list[Thread] = []
    asked: list[Wish] = []
    called_back: list[Wish] = []
    dead_letters: dict[str, bool] = {}
    chats: int = 1
    answered_roll_call: bool | None = None


class Finding(msgspec.Struct, frozen=True):
    """Something to count. `column`: one of `compare.COLUMNS`; `number`: of the text it is about, where it is one."""

    column: str
    side: str
    conversation: int
    number: str
    detail: str
