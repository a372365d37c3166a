"""A strict stand-in for LiveChat: its accounts, its three APIs (v3.6), its webhooks and the people at its desks.

One server plays both hosts, ``accounts.livechat.com`` and ``api.livechatinc.com``. It refuses what LiveChat refuses,
and where LiveChat's documentation leaves the answer open it varies its answer, so that nobody can lean on one.
"""

from infra.sandbox.livechat.options import AgentProfile, Options
from infra.sandbox.livechat.server import LiveChatStandIn

__all__ = ["AgentProfile", "LiveChatStandIn", "Options"]
