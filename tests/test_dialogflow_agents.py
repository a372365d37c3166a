"""Which agent a path belongs to."""

import pytest

from functions.dialogflow.agents import agent_of, is_same_agent

CX = "projects/p/locations/eu/agents/a"


@pytest.mark.parametrize(
    ("path", "agent"),
    [
        ("projects/p/agent/sessions/s", "projects/p/agent"),
        ("projects/p/agent", "projects/p/agent"),
        ("projects/p/agent/environments/live/users/-/sessions/s", "projects/p/agent"),
        ("projects/p/locations/global/agent/sessions/s", "projects/p/agent"),
        ("projects/p/locations/eu/agent/environments/live/users/u/sessions/s", "projects/p/locations/eu/agent"),
        (f"{CX}/sessions/s", CX),
        (f"{CX}/environments/live/sessions/s", CX),
        (f"{CX}/flows/f/pages/x", CX),
        ("projects/p/locations/global/agents/a/sessions/s", "projects/p/locations/global/agents/a"),
        ("projects/p/agents/a/sessions/s", ""),
        ("projects/p/locations/eu/agents/", ""),
        ("projects//agent/sessions/s", ""),
        ("x/projects/p/agent", ""),
        ("projects/p/agentx/sessions/s", ""),
        ("s", ""),
        ("", ""),
    ],
)
def test_a_path_begins_with_its_agent(path: str, agent: str) -> None:
    assert agent_of(path) == agent


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (f"{CX}/environments/live", f"{CX}/sessions/s", True),
        ("projects/p/agent", "projects/p/locations/global/agent/sessions/s", True),
        (CX, f"{CX}b/sessions/s", False),
        (CX, "projects/p/agent", False),
        (CX, CX.replace("projects/p", "projects/q"), False),
        ("", "", False),
        ("s", "s", False),
    ],
)
def test_agents_are_compared_without_their_environments(one: str, other: str, same: bool) -> None:
    assert is_same_agent(one, other) == same
