"""The difference, as it is shown before anything is changed."""

from collections.abc import Iterator, Sequence

from infra.webhooks.plan import Registered, Share


def shown_plan(plan: Sequence[Share], *, enabled: bool) -> Iterator[str]:
    """One line for each webhook, then what is worth knowing."""
    for share in plan:
        yield from _lines(share)
    yield "= licence webhooks are on" if enabled else "+ licence webhooks, which are off"
    yield from _made_by_hand(plan)


def _lines(share: Share) -> Iterator[str]:
    if share.is_blocked:
        yield f"! {blocked_sentence(share)}"
        return
    if share.wanted:
        yield f"{'=' if share.in_place else '+'} {share.action}"
    for webhook in (*share.make_room, *share.outdated):
        yield f"- {share.action} {webhook.id} ({_why(share, webhook)})"
    for webhook in share.doubles:
        yield f"- {share.action} {webhook.id} (ours, a double)"


def blocked_sentence(share: Share) -> str:
    """Why an action's webhook can't be registered, and what to do."""
    ids = ", ".join(one.id for one in share.foreign)
    return (
        f"{share.action}: there is no room, three webhooks are the most, and these are not ours: {ids}. Remove one "
        "that nobody needs (Developer Console, Chat Webhooks, or unregister_webhook), then run this again."
    )


def _why(share: Share, webhook: Registered) -> str:
    if share.wanted is None:
        return "ours, and not needed any more"
    if webhook.url != share.wanted.url:
        return f"ours, for another address: {webhook.url}"
    return "ours, with another secret or other filters"


def _made_by_hand(plan: Sequence[Share]) -> Iterator[str]:
    """Webhooks without our mark that call the same address: harmless, but every event comes twice."""
    twice = [
        f"{share.action} {one.id}"
        for share in plan
        for one in share.foreign
        if share.wanted is not None and one.url == share.wanted.url
    ]
    if twice:
        yield f"Not ours and left alone, but calling the same address (made by hand?): {', '.join(twice)}"
