"""The sweep: wakes every conversation that is due, a few at a time, for as long as there is time."""

import contextvars
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from functions.handoff.errors import ConversationBusy, StoreUnavailable
from functions.handoff.interfaces import Clock
from functions.handoff.mailbox import Mailbox

SWEEP_S = 45.0
"""So long one sweep takes at most; the next one follows within the minute."""

AT_ONCE = 8
PER_ROUND = 400
_BUDGET_S = 25.0


def sweep(mailbox: Mailbox, clock: Clock, note_broken: Callable[[str, Exception], None]) -> dict[str, int]:
    """Work what is due, in rounds, each conversation once; what time does not allow stays due for the next sweep.

    Args:
        mailbox: of this process.
        clock: says when the time is up.
        note_broken: told of a conversation that raised what nobody expected: it must not keep the others asleep.

    Returns:
        How many were due, `oldest_due_s` = for how many seconds the longest of them when the sweep began (the figure to
        watch: more than a minute or two means that sweeps are missing or too slow), and the counts by outcome; "left"
        are those there was no time for.

    Raises:
        StoreUnavailable: it can't be told what is due.
    """
    began_at = clock.now()
    until = began_at.timestamp() + SWEEP_S
    oldest_at = began_at
    tried: set[str] = set()
    outcomes: Counter[str] = Counter()

    def wake(key: str) -> str:
        if clock.now().timestamp() > until:
            return "left"
        try:
            return mailbox.redeliver(key, budget_s=_BUDGET_S).outcome
        except (StoreUnavailable, ConversationBusy):
            return "retry"
        except Exception as e:
            note_broken(key, e)
            return "error"

    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        while clock.now().timestamp() <= until:
            due = mailbox.due(PER_ROUND + len(tried))
            keys = [key for key in due if key not in tried]
            if not keys:
                break
            oldest_at = min(oldest_at, *due.values())
            tried.update(keys)
            waking = [pool.submit(contextvars.copy_context().run, wake, key) for key in keys]
            outcomes.update(one.result() for one in waking)
    oldest_due_s = round((began_at - oldest_at).total_seconds())
    return {"due": len(tried), "oldest_due_s": oldest_due_s, **dict(sorted(outcomes.items()))}
