"""Settings: environment variables, read once into one frozen `Settings`. Credentials are secrets, not settings.

`VARIABLES` is the one list of what can be set; reading, `require` and the documentation go by it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from functions.handoff.errors import ConfigError
from functions.handoff.routing import Routing
from functions.runtime import config_values as value
from functions.runtime.brands_file import BrandRow, read_brands
from functions.runtime.json_file import first_of
from functions.runtime.routing_file import departments_missing
from functions.runtime.variables import VARIABLES, Variable

__all__ = ["VARIABLES", "Brand", "Settings", "Variable", "read_settings", "require"]

_WHERE = "set it in the settings file or with gcloud functions deploy --set-env-vars"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator can decide; each field is the variable of the same name in capitals (see `VARIABLES`)."""

    google_cloud_project: str
    store: str
    firestore_emulator_host: str
    secrets: str
    dialogflow_agent: str
    dialogflow_language: str
    dialogflow_return_event: str
    handoff_actions: tuple[str, ...]
    handoff_tags: tuple[str, ...]
    handoff_contexts: tuple[str, ...]
    handoff_after_fallbacks: int
    handoff_keywords: tuple[str, ...]
    return_keywords: tuple[str, ...]
    livechat_organization_id: str
    livechat_client_id: str
    livechat_groups: dict[str, int]
    offline_policy: str
    wait_reminder_s: int
    wait_limit_s: int
    agent_silent_s: int
    chat_check_s: int
    delay_notice_s: int
    agent_name_policy: str
    human_name: str
    human_avatar_url: str
    bot_name: str
    bot_avatar_url: str
    routing: Routing  # what ROUTING_FILE holds
    brands: "dict[str, Brand]"  # what BRANDS_FILE holds
    attachment_hosts: tuple[str, ...]
    attachment_max_mb: int
    survey: bool
    receipts_to_livechat: str
    rcs_name_prefix: bool
    rcs_traffic_type: str
    rcs_ttl_s: int
    rcs_hash_phones: bool
    dialogflow_identity_audiences: tuple[str, ...]
    dialogflow_identity_emails: tuple[str, ...]
    texts: dict[str, dict[str, str]]  # what MESSAGES_FILE holds: locale → {text id: text}
    rcs_agent_id: str
    redeliver_url: str
    tasks_queue: str
    tasks_service_account: str
    retention_days: int
    livechat_api_url: str
    livechat_accounts_url: str
    business_messages_api_url: str
    rcs_api_url: str
    dialogflow_api_url: str
    tasks_api_url: str
    google_certs_url: str
    sandbox_clock: str

    @property
    def dialogflow_is_cx(self) -> bool:
        """Whether the bot is a Dialogflow CX agent; otherwise it is an ES one."""
        return value.is_cx(self.dialogflow_agent)


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """Who a conversation is held for: a row of BRANDS_FILE, or, with the name "", the deployment itself.

    Attributes:
        name: the row's.
        settings: the deployment's, with the row's over them.
        business_messages_agent: `brands/B/agents/A`, "" = none (or, of the deployment, any that no row names).
        rcs_agent: the same of RCS.
        secrets: the bundle's name of a secret → the brand's.
        files: paths that the row names, by the setting's name.
    """

    name: str = ""
    settings: Settings
    business_messages_agent: str = ""
    rcs_agent: str = ""
    secrets: dict[str, str] = {}
    files: dict[str, str] = {}

    def secret(self, name: str) -> str:
        """Under which name the brand's own secret is kept: by which its senders prove themselves."""
        return self.secrets.get(name, name)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read every variable, or its default where unset, and the brands.

    Raises:
        ConfigError: one or more are wrong; names all of them, and no value.
    """
    found: dict[str, Any] = {}
    wrong: list[str] = []
    for variable in VARIABLES:
        try:
            found[variable.field] = variable.value_of(environ.get(variable.name))
        except ValueError as e:
            wrong.append(f"{variable.name} {e}")
    rows, faults = read_brands(found.get("brands", ""))
    wrong += [*_at_odds(found), *_brands_at_odds(found, rows), *([_of_brands(faults)] if faults else [])]
    if wrong:
        raise ConfigError(f"{'; '.join(wrong)}: {_WHERE}")
    settings = msgspec.convert(found | {"brands": {}}, Settings, strict=True)
    return msgspec.structs.replace(settings, brands={row.name: _brand(settings, row) for row in rows})


def _of_brands(faults: list[str]) -> str:
    return f"BRANDS_FILE {first_of(faults)}"


def _at_odds(found: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with settings together; nothing where one of them is wrong already."""
    if "routing" in found and "livechat_groups" in found:
        yield from (
            f"ROUTING_FILE {words}" for words in departments_missing(found["routing"], found["livechat_groups"])
        )
    if bool(found.get("dialogflow_identity_audiences")) != bool(found.get("dialogflow_identity_emails")):
        yield "DIALOGFLOW_IDENTITY_AUDIENCES and DIALOGFLOW_IDENTITY_EMAILS go together: set both, or none"


def _brands_at_odds(found: Mapping[str, Any], rows: list[BrandRow]) -> Iterator[str]:
    for row in rows:
        yield from (f"BRANDS_FILE brand {row.name}: {words}" for words in _at_odds({**found, **row.settings}))
        if row.rcs_agent and row.rcs_agent == found.get("rcs_agent_id"):
            yield f"BRANDS_FILE brand {row.name}: rcs_agent is the deployment's own (RCS_AGENT_ID)"


def _brand(settings: Settings, row: BrandRow) -> Brand:
    return Brand(
        name=row.name,
        settings=msgspec.structs.replace(settings, **{"rcs_agent_id": row.rcs_agent, **row.settings}),
        business_messages_agent=row.business_messages_agent,
        rcs_agent=row.rcs_agent,
        secrets=row.secrets,
        files=row.files,
    )


def require(settings: Settings, *names: str) -> None:
    """Let pass only if each of these variables (by its name in `VARIABLES`) has a value.

    Raises:
        ConfigError: some have none; names them all, with their meaning.
    """
    missing = [f"{v.name} ({v.meaning})" for v in _named(names) if getattr(settings, v.field) in ("", ())]
    if missing:
        raise ConfigError(f"missing: {', '.join(missing)}: {_WHERE}")


def _named(names: tuple[str, ...]) -> Iterator[Variable]:
    by_name = {variable.name: variable for variable in VARIABLES}
    return (by_name[name] for name in names)
