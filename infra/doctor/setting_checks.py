"""Checks of the settings: complete, right in themselves, and sane together."""

from collections.abc import Iterator

from functions.handoff.errors import ConfigError
from functions.handoff.routing import find_shadowed
from functions.handoff.texts import find_gaps
from functions.runtime.config import Settings, require
from infra.deploy.upload import check_place, check_setting_files
from infra.doctor.checks import Check, site_of
from infra.doctor.findings import Finding, failed, ok, warning
from infra.doctor.patient import Patient

_NEEDED = ("DIALOGFLOW_AGENT", "LIVECHAT_ORGANIZATION_ID", "LIVECHAT_CLIENT_ID")
_RULES_TOLD = 5
_IN_FILE = "correct it in the settings file, then make deploy"


def look_at_settings(patient: Patient) -> Iterator[Finding]:
    """Whether the functions can be run with them at all."""
    complaint = patient.complaint or (_missing(patient.settings) if patient.settings else "")
    if complaint:
        yield failed("settings", complaint, _IN_FILE)
    else:
        yield ok("settings", "are complete, and each is of the right form")


def _missing(settings: Settings) -> str:
    try:
        require(settings, *_NEEDED)
    except ConfigError as e:
        return str(e)
    return ""


def look_at_waiting(patient: Patient) -> Iterator[Finding]:
    """Whether what a waiting user is told comes in an order that makes sense."""
    settings = patient.sane_settings
    reminder, limit = settings.wait_reminder_s, settings.wait_limit_s
    if not limit:
        said = "WAIT_LIMIT_S is 0: a user whom nobody takes stays without the bot until LiveChat closes the chat"
        yield warning("settings.waiting", said, "set it, unless agents really answer whenever they can")
    elif reminder >= limit:
        said = f"WAIT_REMINDER_S ({reminder}) is not before WAIT_LIMIT_S ({limit}): the reminder never comes"
        yield warning("settings.waiting", said, "let the reminder come first, or switch it off with 0")
    elif settings.delay_notice_s >= limit:
        said = f"DELAY_NOTICE_S ({settings.delay_notice_s}) is not before WAIT_LIMIT_S ({limit})"
        yield warning("settings.waiting", said, "tell users of a delay sooner")
    else:
        yield ok("settings.waiting", "waiting users hear what they should in order")


def look_at_ways(patient: Patient) -> Iterator[Finding]:
    """Whether users can get to a person and back."""
    settings = patient.sane_settings
    if not settings.return_keywords:
        said = "RETURN_KEYWORDS is empty: a user can't ask for the bot again while a person is asked for or there"
        yield warning("settings.ways", said, "name a word, as /bot")
    else:
        yield ok("settings.ways", "users can ask for the bot again")


def look_at_files(patient: Patient) -> Iterator[Finding]:
    """Whether the files that settings name are among those that are uploaded."""
    site = site_of(patient)
    try:
        check_place(patient.folder)
        check_setting_files(site.deployment.environment, patient.uploaded())
    except ConfigError as e:
        yield failed("settings.files", str(e), "then make deploy")
        return
    yield ok("settings.files", "every file that a setting names is uploaded")


def look_at_texts(patient: Patient) -> Iterator[Finding]:
    """Whether an operator's own texts leave out what they likely meant to say."""
    gaps = [f"{of}{gap}" for of, one in _each(patient.sane_settings, "texts") for gap in find_gaps(one.texts)]
    if gaps:
        yield warning("settings.texts", f"MESSAGES_FILE: {'; '.join(gaps)}", "complete them, unless it is meant so")
    else:
        yield ok("settings.texts", "every language has its texts")


def look_at_routing(patient: Patient) -> Iterator[Finding]:
    """Whether every routing rule can win."""
    each = _each(patient.sane_settings, "routing")
    rules = [rule for _, one in each for rule in one.routing.rules]
    shadowed = [
        f"{of}rule {number} never wins: rule {by} fits whenever it does"
        for of, one in each
        for number, by in find_shadowed(one.routing.rules)
    ]
    if shadowed:
        remedy = "put the narrower rule first; make route SAMPLE=… shows which one wins"
        yield warning("settings.routing", f"ROUTING_FILE: {'; '.join(shadowed[:_RULES_TOLD])}", remedy)
    elif rules:
        yield ok("settings.routing", "every rule of ROUTING_FILE can win")
    else:
        yield ok("settings.routing", "no rules: departments go by LIVECHAT_GROUPS")


def _each(settings: Settings, field: str) -> list[tuple[str, Settings]]:
    """The settings, and those of each brand whose `field` is its own, each with what is said before a finding."""
    brands = [(f"brand {name}: ", brand.settings) for name, brand in settings.brands.items()]
    return [("", settings), *((of, one) for of, one in brands if getattr(one, field) != getattr(settings, field))]


SETTING_CHECKS = (
    Check(("settings",), look_at_settings, in_cloud=False),
    Check(("settings.waiting",), look_at_waiting, in_cloud=False),
    Check(("settings.ways",), look_at_ways, in_cloud=False),
    Check(("settings.texts",), look_at_texts, in_cloud=False),
    Check(("settings.routing",), look_at_routing, in_cloud=False),
    Check(("settings.files",), look_at_files),
)
