"""All checks, made side by side: none waits for another, none hides another."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from infra.doctor.bot_checks import BOT_CHECKS
from infra.doctor.channel_checks import CHANNEL_CHECKS
from infra.doctor.checks import Check, make
from infra.doctor.findings import OK, Finding, Report, skipped
from infra.doctor.function_checks import FUNCTION_CHECKS
from infra.doctor.livechat_checks import LIVECHAT_CHECKS
from infra.doctor.patient import Patient
from infra.doctor.project_checks import GATE, PROJECT_CHECKS
from infra.doctor.secret_checks import SECRET_CHECKS
from infra.doctor.setting_checks import SETTING_CHECKS
from infra.doctor.wake_up_checks import WAKE_UP_CHECKS

CHECKS: tuple[Check, ...] = (
    *SETTING_CHECKS,
    *PROJECT_CHECKS,
    *SECRET_CHECKS,
    *CHANNEL_CHECKS,
    *FUNCTION_CHECKS,
    *WAKE_UP_CHECKS,
    *LIVECHAT_CHECKS,
    *BOT_CHECKS,
)
_AT_ONCE = 8
_NO_PROJECT = "could not be looked at: see project"
_WITHOUT_PROJECT = {"settings", "settings.waiting", "settings.ways"}


def examine(patient: Patient) -> Report:
    """Make every check."""
    if patient.site is None:
        return Report("machine", "", "", tuple(_all_made((GATE, *CHECKS), patient)))
    gate = make(GATE, patient)
    site, is_open = patient.site, all(one.state == OK for one in gate)
    rest = _all_made(CHECKS, patient) if is_open else _without_project(patient)
    return Report("cloud", site.project, site.region, (*gate, *rest), is_tried=is_open)


def _all_made(checks: Iterable[Check], patient: Patient) -> list[Finding]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [finding for found in pool.map(lambda check: make(check, patient), checks) for finding in found]


def _without_project(patient: Patient) -> list[Finding]:
    """What can be told without looking at the project; in the cloud all else is found through it."""
    return [
        finding
        for check in CHECKS
        for finding in (
            make(check, patient)
            if set(check.names) <= _WITHOUT_PROJECT
            else [skipped(name, _NO_PROJECT) for name in check.names]
        )
    ]
