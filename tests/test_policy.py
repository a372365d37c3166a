"""What an operator chose, as the core asks for it."""

import pytest

from functions.handoff.events import HandoffSignal
from functions.handoff.parts import UserProfile
from functions.handoff.policy import AgentNames, Policy, keyword
from functions.handoff.routing import Condition, GroupNames, Route, Routing, Rule

ROUTING = Routing(
    (Rule((Condition("locale", ("de",)),), 3), Rule((Condition("place", ("p-1",)),), 4)),
    {3: GroupNames("fixed", "Team Wien"), 4: GroupNames(human_name="", human_avatar_url="https://shop.example/4.png")},
)
POLICY = Policy(
    groups={"default": 1, "billing": 7},
    routing=ROUTING,
    agent_name_policy="first",
    human_name="Agent",
    human_avatar_url="https://shop.example/all.png",
)


@pytest.mark.parametrize(
    ("user", "route"),
    [
        (UserProfile(), Route(7, "billing")),
        (UserProfile(locale="de-AT"), Route(3, rule=1)),
        (UserProfile(context={"placeId": "P-1"}), Route(4, rule=2)),
        (UserProfile(locale="de", context={"placeId": "p-1"}), Route(3, rule=1)),
    ],
)
def test_a_hand_off_goes_where_its_signal_and_user_lead(user: UserProfile, route: Route) -> None:
    assert route == POLICY.route(HandoffSignal("bot", {"department": "billing"}), user)


def test_a_user_without_a_locale_has_the_bot_s_language() -> None:
    policy = Policy(routing=ROUTING, language="de")

    assert [3, 0] == [policy.route(HandoffSignal("user"), UserProfile(locale=locale)).group_id for locale in ("", "fr")]


@pytest.mark.parametrize(
    ("group_id", "names"),
    [
        (None, AgentNames("first", "Agent", "https://shop.example/all.png")),
        (7, AgentNames("first", "Agent", "https://shop.example/all.png")),
        (3, AgentNames("fixed", "Team Wien", "https://shop.example/all.png")),
        (4, AgentNames("first", "", "https://shop.example/4.png")),
    ],
)
def test_a_group_s_own_names_go_before_the_deployment_s(group_id: int | None, names: AgentNames) -> None:
    assert names == POLICY.names_in(group_id)


@pytest.mark.parametrize("text", ["/bot", " /BOT ", "/Bot\n"])
def test_a_keyword_is_known_whatever_its_case_and_the_space_around_it(text: str) -> None:
    assert "/bot" == keyword(text)


def test_without_settings_times_and_groups_are_those_promised() -> None:
    policy = Policy()

    assert (120, 900, 600, 900, 30) == (
        policy.wait_reminder_s,
        policy.wait_limit_s,
        policy.agent_silent_s,
        policy.chat_check_s,
        policy.delay_notice_s,
    )
    assert ("queue", 2, 30, {"default": 0}) == (
        policy.offline_policy,
        policy.handoff_after_fallbacks,
        policy.retention_days,
        policy.groups,
    )
