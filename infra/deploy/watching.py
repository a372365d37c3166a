"""Log-based metrics, the dashboard, and alert policies. Made where they are missing; what is there is left as it is.

Google names dashboards, channels and policies itself, so two operators at once can make them twice: of what is there
twice and unchanged, the next run keeps the one of the smallest name.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from functions.handoff.events import JsonObject
from infra.deploy.changes import Call, Change
from infra.deploy.parts import LABEL
from infra.deploy.site import Site

_SPECS = Path(__file__).parent / "monitoring"
_SPECS_FROM_ROOT = "infra/deploy/monitoring"  # as gcloud is told, from the folder of main.py
DASHBOARD = "dashboard.json"
_OURS = {LABEL[0]: LABEL[1]}
_ADDRESS_LABEL = "address"
_UNKNOWN_CHANNEL = "projects/PROJECT/notificationChannels/CHANNEL"
"""Stands for the channel where commands are only shown and it is not made yet."""


def _specs(kind: str) -> list[JsonObject]:
    return [json.loads(path.read_text("utf-8")) for path in sorted((_SPECS / kind).glob("*.json"))]


def look_at_metrics(site: Site) -> list[Change]:
    """Make those that are missing: each counts or measures the lines that the functions log."""
    command = ("logging", "metrics", "create")
    return [
        Change(f"made {name}", (*command, name, f"--config-from-file={_SPECS_FROM_ROOT}/metrics/{name}.json"))
        for name in _metric_names()
        if not _has_metric(site, name)
    ]


def _metric_names() -> list[str]:
    return [spec["name"] for spec in _specs("metrics")]


def _has_metric(site: Site, name: str) -> bool:
    return site.sight.find("logging", f"v2/projects/{site.project}/metrics/{name}") is not None


def look_at_dashboard(site: Site) -> list[Change]:
    """Make it if it is missing; take away its twins, but no copy that somebody changed."""
    there = _dashboards(site)
    if not there:
        command = ("monitoring", "dashboards", "create", f"--config-from-file={_SPECS_FROM_ROOT}/{DASHBOARD}")
        return [Change("made", command)]
    kept, *others = there
    twins = [one for one in others if all(one.get(name) == kept.get(name) for name in ("displayName", "mosaicLayout"))]
    return [Change("its twin removed", _deletion(one)) for one in twins]


def _dashboards(site: Site) -> list[JsonObject]:
    """Ours, told by the label that the specification gives them."""
    (label,) = json.loads((_SPECS / DASHBOARD).read_text("utf-8"))["labels"]
    listed = site.listed("monitoring", f"v1/projects/{site.project}/dashboards", "dashboards")
    return sorted((one for one in listed if label in one.get("labels", {})), key=_name)


def _deletion(dashboard: JsonObject) -> tuple[str, ...]:
    return ("monitoring", "dashboards", "delete", dashboard["name"])


def _name(thing: JsonObject) -> str:
    return str(thing["name"])


def look_at_channel(site: Site) -> list[Change]:
    """Make the channel that writes to ALERT_EMAIL, or have it write to another address than before."""
    address = site.deployment.alert_email
    if not address:
        return []
    labels = {"email_address": address}
    marks = {**_OURS, _ADDRESS_LABEL: _digest(address)}
    found = _find_channel(site)
    if found is None:
        body = {"type": "email", "displayName": "Handoff: ALERT_EMAIL", "labels": labels, "userLabels": marks}
        call = Call("POST", "monitoring", f"v3/projects/{site.project}/notificationChannels", body)
        return [Change("made for ALERT_EMAIL", calls=(call,))]
    if found.get("userLabels", {}).get(_ADDRESS_LABEL) == marks[_ADDRESS_LABEL]:
        return []
    path = f"v3/{found['name']}?updateMask=labels,userLabels"
    body = {"labels": labels, "userLabels": marks}
    return [Change("now writes to ALERT_EMAIL", calls=(Call("PATCH", "monitoring", path, body),))]


def _digest(address: str) -> str:
    """To tell one address from another: Google does not promise to show what it was given."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def _find_channel(site: Site) -> JsonObject | None:
    return next(iter(_own_channels(site)), None)


def _own_channels(site: Site) -> list[JsonObject]:
    return [one for one in _ours(site, "notificationChannels") if one.get("type") == "email"]


def _ours(site: Site, kind: str) -> list[JsonObject]:
    listed = site.listed("monitoring", f"v3/projects/{site.project}/{kind}", kind)
    return sorted((one for one in listed if one.get("userLabels", {}).get(LABEL[0]) == LABEL[1]), key=_name)


def look_at_alerts(site: Site) -> list[Change]:
    """Make those that are missing; give the channel to those of ours that tell nobody; take away twins."""
    there: dict[Any, list[JsonObject]] = {}
    for one in _ours(site, "alertPolicies"):
        there.setdefault(_key(one), []).append(one)
    changes = [change for spec in _specs("alerts") for change in _look_at_alert(site, spec, there.get(_key(spec), []))]
    return changes + [_removal("the channel's twin", one) for one in _own_channels(site)[1:]]


def _look_at_alert(site: Site, spec: JsonObject, there: list[JsonObject]) -> list[Change]:
    key, channels = _key(spec), _channels(site)
    if not there:
        path, body = f"v3/projects/{site.project}/alertPolicies", {**spec, "notificationChannels": channels}
        return [Change(f"made {key}", calls=(Call("POST", "monitoring", path, body),))]
    kept, *others = there
    twins = [one for one in others if one.get("displayName") == kept.get("displayName")]
    changes = [_removal(f"{key}'s twin", one) for one in twins]
    wanted = _told(site, kept.get("notificationChannels", []), channels)
    if wanted != kept.get("notificationChannels", []):
        patch = f"v3/{kept['name']}?updateMask=notificationChannels"
        call = Call("PATCH", "monitoring", patch, {"notificationChannels": wanted})
        changes.append(Change(f"{key} tells ALERT_EMAIL", calls=(call,)))
    return changes


def _told(site: Site, now: list[str], channels: list[str]) -> list[str]:
    """Whom a policy is to tell: as it is, but somebody, and our channel in place of a twin of it."""
    twins = {one["name"] for one in _own_channels(site)[1:]}
    if not channels or (now and not twins.intersection(now)):
        return now
    return list(dict.fromkeys([*(one for one in now if one not in twins), *channels]))


def _removal(what: str, thing: JsonObject) -> Change:
    return Change(f"{what} removed", calls=(Call("DELETE", "monitoring", f"v3/{thing['name']}"),))


def _key(policy: JsonObject) -> Any:
    return policy["userLabels"].get("alert")


def _channels(site: Site) -> list[str]:
    if not site.deployment.alert_email:
        return []
    found = _find_channel(site)
    return [found["name"] if found else _UNKNOWN_CHANNEL]


def look_at_watching_left(site: Site) -> list[Change]:
    """Delete ours: alerts, their channel, the dashboard, the metrics."""
    changes = [
        Change(
            f"{word} {one.get('displayName', one['name'])}", calls=(Call("DELETE", "monitoring", f"v3/{one['name']}"),)
        )
        for word, kind in (("alert policy", "alertPolicies"), ("notification channel", "notificationChannels"))
        for one in _ours(site, kind)
    ]
    changes += [Change(f"dashboard {one['displayName']}", _deletion(one)) for one in _dashboards(site)]
    return changes + [
        Change(f"metric {name}", ("logging", "metrics", "delete", name))
        for name in _metric_names()
        if _has_metric(site, name)
    ]
