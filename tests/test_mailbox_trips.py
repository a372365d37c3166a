"""What a message costs: store round trips and calls to the outside, counted for each path."""

from collections.abc import Callable

from functions.handoff.mailbox import Accepted
from tests.core_world import Trips, World


def cost(trips: Trips) -> tuple[int, int]:
    return trips.store, len(trips.calls)


def test_a_users_message_to_the_agents_costs_3_trips_and_1_call() -> None:
    world = World().handed_over()

    with world.counted() as trips:
        world.say("my bill is wrong")

    assert (3, 1) == cost(trips)


def test_an_agents_message_to_the_user_costs_3_trips_and_1_call() -> None:
    world = World().handed_over()

    with world.counted() as trips:
        world.agent_writes("Let me see")

    assert (3, 1) == cost(trips)


def test_a_bot_turn_costs_4_trips_and_2_calls() -> None:
    world = World()
    world.say("hello")

    with world.counted() as trips:
        world.say("hello again")

    assert (4, 2) == cost(trips)


def test_the_first_turn_of_all_costs_no_more() -> None:
    world = World()

    with world.counted() as trips:
        world.say("hello")

    assert (4, 2) == cost(trips)


def test_a_duplicate_costs_1_trip_and_no_call() -> None:
    world = World().handed_over()
    world.say("my bill is wrong", "u-1")
    event = world.agent_writes("Let me see")
    answers: list[Accepted] = []

    repeats: list[Callable[[], Accepted]] = [
        lambda: world.say("my bill is wrong", "u-1"),
        lambda: world.accept(event, channel=False),
    ]
    for again in repeats:
        with world.counted() as trips:
            answers.append(again())
        assert (1, 0) == cost(trips)

    assert ["duplicate", "duplicate"] == [answer.outcome for answer in answers]


def test_an_agents_first_message_without_a_join_costs_5_trips_and_2_calls() -> None:
    world = World()
    world.say("a person please")

    with world.counted() as trips:
        world.agent_writes("Hello, how can I help?")

    assert (5, 2) == cost(trips)


def test_a_join_costs_4_trips_and_1_call() -> None:
    world = World()
    world.say("a person please")

    with world.counted() as trips:
        world.agent_joins()

    assert (4, 1) == cost(trips)


def after_accepting(trips: Trips) -> int:
    """Trips beside the look and the commit that accept an event."""
    return trips.store - 2


def test_a_first_hand_off_costs_5_trips_after_the_accepting_commit_and_4_calls_beside_words() -> None:
    world = World()
    world.say("hello")

    with world.counted() as trips:
        world.ask_for_person()

    assert 5 == after_accepting(trips)
    assert [
        "livechat.new_customer",
        "livechat.group_status",
        "livechat.start_chat",
        "livechat.update_details",
    ] == [call for call in trips.calls if call.startswith("livechat")]
    assert 1 == sum(call.startswith("channel") for call in trips.calls)


def test_a_later_hand_off_by_the_bot_costs_less() -> None:
    world = World().handed_over()
    world.agent_closes()

    with world.counted() as trips:
        world.say("a person please")

    assert 4 == after_accepting(trips)
    assert ["group_status", "resume_chat", "update_details"] == [
        call.partition(".")[2] for call in trips.calls if call.startswith("livechat")
    ]


def test_a_message_costs_the_same_however_long_the_conversation() -> None:
    world = World().handed_over()
    costs = set()

    for number in range(50):
        with world.counted() as trips:
            world.say(f"message {number}")
            world.agent_writes(f"answer {number}")
        costs.add(cost(trips))

    assert {(6, 2)} == costs


def test_the_record_stays_small_however_long_the_conversation() -> None:
    world = World().handed_over()
    sizes = []

    for number in range(120):
        world.say(f"message {number} " + "x" * 200)
        world.agent_writes(f"answer {number} " + "x" * 200)
        sizes.append(len(str(world.store.snapshot()["conversations/phone:c-1"].record.body)))

    assert max(sizes[60:]) < 1.05 * sizes[60]
