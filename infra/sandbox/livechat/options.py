"""What a LiveChat stand-in can be told at its start."""

import msgspec


class AgentProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A person at a desk. `id` is the e-mail, as in LiveChat; `status` is the routing status at the start."""

    id: str
    name: str
    groups: tuple[int, ...]
    job_title: str = "Support agent"
    avatar: str = "cdn.livechatinc.com/avatars/1.png"
    max_chats: int = 6
    status: str = "accepting_chats"


_PEOPLE = (
    AgentProfile(id="jane@shop.example", name="Jane Doe", groups=(0, 7)),
    AgentProfile(id="sam@shop.example", name="Sam Lee", groups=(0, 8)),
    AgentProfile(id="ada@shop.example", name="Ada King", groups=(0, 7, 8), job_title="Team lead"),
)
_ALL_SCOPES = (
    "customers:own",
    "customers:ro",
    "customers:rw",
    "chats--all:ro",
    "chats--all:rw",
    "agents--all:ro",
    "agents--all:rw",
    "groups--all:ro",
    "webhooks.configuration:rw",
    "webhooks.state:rw",
)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one stand-in.

    `scopes` are the OAuth token's; `pat_scopes` the personal access token's (basic auth: `account_id`, `pat`). Both act
    as the agent `token_agent`. `retry_delays`: seconds before each repetition of a webhook not answered 200 in
    `answer_timeout_s`. `seed`: decides HTTP statuses, wording and event ids where LiveChat's are not documented.
    `uuid_event_share`: share of events whose id is a UUID instead of `<thread>_<n>`. `routing`: "auto", or "manual"
    (agents pick). `agent_joins`: "with_chat" (an assigned agent is already in `incoming_chat`) or "after_chat"
    (`user_added_to_chat` follows). `initial_event_webhooks`: initial events also make `incoming_event`. `bot_name`: a
    bot of LiveChat's own that takes chats whose thread does not say `routing.ignore_bots`. `bare_transfers`:
    `chat_transferred` comes without `additional_data`, as in the documentation's sample. `deletion_webhooks`: what
    tells of a deleted event ("event_deleted", "event_updated" with its shell, or both). `redirect_uris`: where codes
    may be sent. `asks_consent`: the app is not private, so the person is asked. `is_administrator`: whether that person
    is one. `code_lifetime_s`: of a code. `redirect_limit`: authorizations within 30 s (LiveChat's own limit).
    """

    client_id: str = "sandbox-client-id"
    client_secret: str = "sandbox-client-secret"
    refresh_token: str = "sandbox-refresh-token"
    organization_id: str = "390e44e6-f1e6-4368-a6dd-74c14508c2e0"
    license_id: int = 104130623
    account_id: str = "d24fa41e-bc16-41b8-a15b-9ca45ff7e0cf"
    token_agent: str = "ada@shop.example"
    pat: str = "sandbox-personal-access-token"
    scopes: tuple[str, ...] = _ALL_SCOPES
    pat_scopes: tuple[str, ...] = _ALL_SCOPES
    expires_in: int = 28800
    customer_expires_in: int = 28800
    redirect_uris: tuple[str, ...] = ("http://127.0.0.1:8765/callback",)
    asks_consent: bool = False
    is_administrator: bool = True
    code_lifetime_s: float = 180.0
    redirect_limit: int = 3
    rotate_refresh_tokens: bool = False
    token_limit: int = 25
    retry_delays: tuple[float, ...] = (5.0, 15.0, 30.0)
    answer_timeout_s: float = 10.0
    seed: int = 0
    uuid_event_share: float = 0.1
    routing: str = "auto"
    agent_joins: str = "with_chat"
    initial_event_webhooks: bool = False
    bare_transfers: bool = False
    deletion_webhooks: tuple[str, ...] = ("event_deleted",)
    public_agents_limit: int = 1
    welcome_message: str = ""
    bot_name: str = ""
    agents: tuple[AgentProfile, ...] = _PEOPLE
    groups: tuple[int, ...] = (0, 7, 8)
