"""Checks of the bot: it answers, and it does not answer by itself."""

import uuid
from collections.abc import Iterator

from functions.dialogflow.es import EsBot
from functions.dialogflow.signals import SignalRules
from functions.handoff.errors import ProviderRefused, ProviderUnavailable
from functions.runtime.config import Settings
from functions.runtime.http_client import HttpClient, is_loopback
from infra.deploy.site import Site
from infra.doctor.checks import Check
from infra.doctor.findings import Finding, failed, ok, skipped, warning
from infra.doctor.patient import Patient

_TIMEOUT_S = 20.0
_SAID = "hello"
_REMEDIES = {
    "NOT_FOUND": "is DIALOGFLOW_AGENT right? The console shows project and location under the agent's settings",
    "PERMISSION_DENIED": "is DIALOGFLOW_AGENT right, and is Dialogflow's API on there? You need "
    "roles/dialogflow.client in its project to ask; whether the functions have it: see roles",
    "FAILED_PRECONDITION": "is the agent trained, and in the location that DIALOGFLOW_AGENT names?",
    "INVALID_ARGUMENT": "is the agent's environment and DIALOGFLOW_LANGUAGE right?",
}


def look_at_bot(patient: Patient) -> Iterator[Finding]:
    """Whether it answers a word, in a session that is used for nothing else."""
    settings = patient.sane_settings
    try:
        answer = _bot(settings, patient.site).hear(
            str(uuid.uuid4()), _SAID, language="", payload={}, contexts=None, timeout_s=_TIMEOUT_S
        )
    except ProviderRefused as e:
        remedy = _REMEDIES.get(e.error_type, "look at the agent in Dialogflow's console")
        yield failed("dialogflow", f"the bot refuses ({e.error_type})", remedy)
    except ProviderUnavailable as e:
        yield failed("dialogflow", f"the bot did not answer ({e.error_type})", "is Dialogflow up? Try again")
    else:
        said = "a fallback" if answer.is_fallback else f"intent {answer.intent}" if answer.intent else "no intent"
        yield ok("dialogflow", f'the bot answers "{_SAID}" ({said})')


def _bot(settings: Settings, site: Site | None) -> EsBot:
    def authorize(base_url: str) -> dict[str, str]:
        if is_loopback(base_url) or site is None:
            return {}
        return {"Authorization": f"Bearer {site.cloud.access_token()}", **site.cloud.quota_header("dialogflow")}

    return EsBot(
        HttpClient(),
        settings.dialogflow_agent,
        settings.dialogflow_api_url,
        authorize,
        language=settings.dialogflow_language,
        rules=SignalRules(settings.handoff_actions, settings.handoff_tags, settings.handoff_contexts),
    )


_BY_HAND = (
    "by hand: in the Business Communications console, agent, Integrations, Dialogflow: auto-response must be off, or "
    "the bot goes on talking while a person does"
)


def look_at_auto_response(patient: Patient) -> Iterator[Finding]:
    """Whether Google answers users by itself: no API tells, but what it answered is among what was accepted."""
    seen, answered = 0, 0
    for entry in patient.records.sample_entries():
        seen += entry.get("kind") == "user_message"
        answered += entry.get("answered") is True
    if answered:
        said = f"Google answered {answered} of {seen} users' messages that were looked at by itself"
        yield warning("auto-response", said, _BY_HAND.removeprefix("by hand: "))
    else:
        yield skipped("auto-response", f"can't be asked; none of {seen} users' messages here shows it", _BY_HAND)


BOT_CHECKS = (
    Check(("dialogflow",), look_at_bot, in_cloud=False),
    Check(("auto-response",), look_at_auto_response, in_cloud=False),
)
