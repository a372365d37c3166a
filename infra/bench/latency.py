"""How long a message takes with a store 5 ms and APIs 80 ms away, beside the sum of those and beside a bare relay."""

import statistics
import threading
import time
from collections.abc import Callable

import msgspec

from infra.bench.bare import running_bare_relay
from infra.bench.courier import Webhook
from infra.bench.figures import median_ratio, percentile
from infra.bench.paths import agreement
from infra.bench.report import Row, ratio
from infra.bench.rig import Chat, Delivered, Rig, new_http_session, post
from infra.bench.slow_store import STORE_DELAY_S

API_DELAY_S = 0.080
MAX_RATIO = 1.25
_WARM_UP, _WARM_UP_FAST = 3, 20
_AT_ONCE, _EACH = 16, 12


_Writer = Callable[[str], Webhook]
"""Text → the webhook of somebody's writing it, not delivered yet."""


class Compared(msgspec.Struct, frozen=True):
    """The same kind of message, alternately through the functions and through the bare relay."""

    name: str
    ours: list[Delivered]
    bare: list[Delivered]


class Crowd(msgspec.Struct, frozen=True):
    """Many conversations at once, each one's messages in order."""

    conversations: int
    messages: int
    seconds: float


def measure(rig: Rig, samples: int) -> list[Compared]:
    """Relay both ways and a bot turn, `samples` of each; the rig's store must be slow already."""
    ours, bare = rig.join(rig.open_conversation()), rig.join(rig.open_conversation())
    bot, bare_bot = rig.open_conversation(), rig.open_conversation()
    ways: dict[str, tuple[_Writer, _Writer]] = {
        "relay user → agent": (lambda t: rig.say(ours.conversation, t), lambda t: rig.say(bare.conversation, t)),
        "relay agent → user": (lambda t: rig.reply(ours.chat_id, t), lambda t: rig.reply(bare.chat_id, t)),
        "bot turn": (lambda t: rig.say(bot, t), lambda t: rig.say(bare_bot, t)),
    }
    with running_bare_relay(rig, bare) as url:
        for name, way in ways.items():  # an emulator needs some calls before it answers at its own speed
            _compare(rig, url, name, way, _WARM_UP_FAST)
        rig.set_api_delay(API_DELAY_S)
        compared = [_compare(rig, url, name, way, samples) for name, way in ways.items()]
        rig.set_api_delay(0)
    return compared


def _compare(rig: Rig, url: str, name: str, way: tuple[_Writer, _Writer], samples: int) -> Compared:
    compared = Compared(name, [], [])
    for number in range(-_WARM_UP, samples):
        ours, bare = (write(f"what are your opening hours, message {number}?") for write in way)
        one, other = rig.deliver(ours), rig.deliver(bare, url)
        if number >= 0:
            compared.ours.append(one)
            compared.bare.append(other)
    return compared


def sum_s(delivered: Delivered, trip_s: float = STORE_DELAY_S) -> float:
    """The latencies a delivery could not do without: those of the trips and calls it made."""
    return delivered.trips * trip_s + delivered.all_calls * API_DELAY_S


def rows(section: str, compared: list[Compared], trip_s: float = STORE_DELAY_S) -> list[Row]:
    """Ratios first, the milliseconds in the remark.

    Args:
        section: heading.
        compared: what `measure` found.
        trip_s: what a store trip takes by itself, where the store adds work of its own to what was injected.
    """
    table = [row for one in compared for row in _rows(section, one, trip_s)]
    return [*table, *agreement(section, [delivered for one in compared for delivered in one.ours])]


def _rows(section: str, one: Compared, trip_s: float) -> list[Row]:
    ours, bare = [d.seconds for d in one.ours], [d.seconds for d in one.bare]
    ratios = [delivered.seconds / sum_s(delivered, trip_s) for delivered in one.ours]
    least_s = statistics.median(sum_s(delivered, trip_s) for delivered in one.ours)
    bare_s = one.bare[0].all_calls * API_DELAY_S
    injected = statistics.median(delivered.seconds / sum_s(delivered) for delivered in one.ours)
    usual = f"{_ms(ours, 0.5)} ms; the sum is {least_s * 1000:.1f} ms; {injected:.2f} × of what was injected"
    slow = f"{_ms(ours, 0.95)} ms; the bare relay's: {percentile(bare, 0.95) / bare_s:.2f} ×"
    beside = f"bare {_ms(bare, 0.5)} ms; the sums alone: {least_s / bare_s:.2f} ×; {len(bare)} pairs"
    return [
        ratio(section, f"{one.name}, to the sum of latencies, p50", percentile(ratios, 0.5), MAX_RATIO, usual),
        ratio(section, f"{one.name}, to the sum of latencies, p95", percentile(ratios, 0.95), MAX_RATIO, slow),
        ratio(section, f"{one.name}, to the bare relay", median_ratio(ours, bare), None, beside),
    ]


def trip_row(section: str, trip_s: float) -> Row:
    """What a store trip takes with nothing of ours around it."""
    remark = f"{STORE_DELAY_S * 1000:.0f} ms of them injected, the rest is the emulator's and its client library's"
    measured = f"{trip_s * 1000:.1f} ms"
    return Row(section=section, measure="one store trip by itself", measured=measured, remark=remark)


def _ms(seconds: list[float], share: float) -> str:
    return f"{percentile(seconds, share) * 1000:.1f}"


# --- many at once ----------------------------------------------------------------------------------------------------


def crowd(rig: Rig, conversations: int = _AT_ONCE, messages: int = _EACH) -> Crowd:
    """Many users write to their agents at once; the webhooks are made before the clock starts."""
    chats = [rig.join(rig.open_conversation()) for _ in range(conversations)]
    mail = [[rig.say(chat.conversation, f"it is broken ({n})") for n in range(messages)] for chat in chats]
    url = rig.sandbox.url_of(mail[0][0].function)
    rig.set_api_delay(API_DELAY_S)
    seconds = _all_at_once([_sender(webhooks, url) for webhooks in mail])
    rig.set_api_delay(0)
    _check_arrived(rig, chats, messages)
    return Crowd(conversations, messages, seconds)


def crowd_rows(section: str, found: Crowd) -> list[Row]:
    """One conversation's messages take their own time; the ratio says what the company of others adds."""
    alone_s = found.messages * (3 * STORE_DELAY_S + API_DELAY_S)
    measure = f"{found.conversations} conversations at once, to one alone without any cost of its own"
    rate = found.conversations * found.messages / found.seconds
    remark = f"{rate:.0f} messages a second, senders and stand-ins on the same machine"
    return [ratio(section, measure, found.seconds / alone_s, None, remark)]


def _sender(webhooks: list[Webhook], url: str) -> Callable[[], None]:
    def send() -> None:
        with new_http_session() as http:
            for webhook in webhooks:
                post(http, webhook, url)

    return send


def _all_at_once(work: list[Callable[[], None]]) -> float:
    threads = [threading.Thread(target=one) for one in work]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - started


def _check_arrived(rig: Rig, chats: list[Chat], messages: int) -> None:
    """A fast function that loses messages is not fast.

    Raises:
        RuntimeError: an agent did not get them all.
    """
    by_id = {chat["id"]: chat for chat in rig.sandbox.livechat.state()["chats"]}
    for chat in chats:
        events = by_id[chat.chat_id]["threads"][-1]["events"]
        texts = [event["text"] for event in events if event.get("text", "").startswith("it is broken")]
        if texts != [f"it is broken ({n})" for n in range(messages)]:
            raise RuntimeError(f"{len(texts)} of {messages} messages arrived, or not in order")
