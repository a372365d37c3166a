"""What an operator chose, as the core asks for it."""

import pytest

from functions.handoff.policy import Policy, keyword


@pytest.mark.parametrize(("department", "group"), [("billing", 7), ("unknown", 1), ("", 1)])
def test_a_department_without_a_group_goes_to_the_default_one(department: str, group: int) -> None:
    assert group == Policy(groups={"default": 1, "billing": 7}).group_for(department)


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
