"""Resource names of Dialogflow agents, and which agent a session or page belongs to. Pure.

Source: Dialogflow v2 and v3 REST references; `locations/global` in the console's calls as observed.
"""

import re

_ES = re.compile(r"(projects/[^/]+)(?:/locations/(?!global/)([^/]+)|/locations/global)?/agent(?:/.*)?")
_CX = re.compile(r"(projects/[^/]+/locations/[^/]+/agents/[^/]+)(?:/.*)?")


def agent_of(path: str) -> str:
    """The agent's resource name that a path begins with, "" without one.

    Its environment is not part of it; nor is ES's location "global", which may be left out.
    """
    if cx := _CX.fullmatch(path):
        return cx[1]
    es = _ES.fullmatch(path)
    if es is None:
        return ""
    return f"{es[1]}/locations/{es[2]}/agent" if es[2] else f"{es[1]}/agent"


def is_same_agent(one: str, other: str) -> bool:
    """Tell whether two paths name the same agent, whatever its environment."""
    return agent_of(one) == agent_of(other) != ""
