"""Checks of the bot: it answers, and it does not answer by itself."""

import uuid
from collections.abc import Iterator

from functions.dialogflow.signals import SignalRules
from functions.handoff.errors import ProviderRefused, ProviderUnavailable
from functions.handoff.interfaces import Bot
from functions.runtime.config import Settings
from functions.runtime.http_client import HttpClient, is_loopback
from functions.runtime.wiring import make_bot
from infra.deploy.site import Site
from infra.doctor.channel_checks import is_on
from infra.doctor.checks import Check
from infra.doctor.findings import OK, Finding, failed, ok, skipped, warning
from infra.doctor.patient import Patient

_TIMEOUT_S = 20.0
_SAID = "hello"
_REMEDIES = {
    "NOT_FOUND": "is DIALOGFLOW_AGENT right? The console shows project and location under the agent's settings",
    "PERMISSION_DENIED": "is DIALOGFLOW_AGENT right, and is Dialogflow's API on there? You need "
    "roles/dialogflow.client in its project to ask; whether the functions have it: see roles",
    "FAILED_PRECONDITION": "is the agent trained (ES), and in the location that DIALOGFLOW_AGENT names?",
    "INVALID_ARGUMENT": "is the agent's environment and DIALOGFLOW_LANGUAGE right?",
}


def look_at_bot(patient: Patient) -> Iterator[Finding]:
    """Whether it answers a word, in a session that is used for nothing else."""
    yield _heard("dialogflow", "the bot", patient.sane_settings, patient.site)


def look_at_brands_bots(patient: Patient) -> Iterator[Finding]:
    """The same of the bots that brands have for themselves: all that is wrong, or that none is."""
    own = patient.sane_settings
    others = {
        name: one.settings for name, one in own.brands.items() if one.settings.dialogflow_agent != own.dialogflow_agent
    }
    found = [_heard("dialogflow.brands", f"the bot of {name}", one, patient.site) for name, one in others.items()]
    wrong = [one for one in found if one.state != OK]
    if not others:
        yield ok("dialogflow.brands", "no brand has a bot of its own")
    elif wrong:
        yield wrong[0]._replace(sentence="; ".join(one.sentence for one in wrong))
    else:
        yield ok("dialogflow.brands", f"the bots of {', '.join(others)} answer")


def _heard(name: str, who: str, settings: Settings, site: Site | None) -> Finding:
    try:
        answer = _bot(settings, site).hear(
            str(uuid.uuid4()), _SAID, language="", payload={}, contexts=None, timeout_s=_TIMEOUT_S
        )
    except ProviderRefused as e:
        remedy = _REMEDIES.get(e.error_type, "look at the agent in Dialogflow's console")
        return failed(name, f"{who} refuses ({e.error_type})", remedy)
    except ProviderUnavailable as e:
        return failed(name, f"{who} did not answer ({e.error_type})", "is Dialogflow up? Try again")
    said = "a fallback" if answer.is_fallback else f"intent {answer.intent}" if answer.intent else "no intent"
    return ok(name, f'{who} answers "{_SAID}" ({said})')


def _bot(settings: Settings, site: Site | None) -> Bot:
    def authorize(base_url: str) -> dict[str, str]:
        if is_loopback(base_url) or site is None:
            return {}
        return {"Authorization": f"Bearer {site.cloud.access_token()}", **site.cloud.quota_header("dialogflow")}

    rules = SignalRules(settings.handoff_actions, settings.handoff_tags, settings.handoff_contexts)
    return make_bot(settings, HttpClient(), authorize, rules)


_BUSINESS_MESSAGES = "business-messages-partner-key"
_BY_HAND = (
    "by hand: in the Business Communications console, agent, Integrations, Dialogflow: auto-response must be off, or "
    "the bot goes on talking while a person does"
)


def look_at_auto_response(patient: Patient) -> Iterator[Finding]:
    """Whether Google answers users by itself: no API tells, but what it answered is among what was accepted."""
    if not is_on(_BUSINESS_MESSAGES, patient):
        yield ok("auto-response", "Business Messages, whose it is, is off")
        return
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
    Check(("dialogflow.brands",), look_at_brands_bots, in_cloud=False),
    Check(("auto-response",), look_at_auto_response, in_cloud=False),
)
