"""Log-based metrics, the dashboard, and alert policies. Made where they are missing; what is there is left as it is."""

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
    """Make it if it is missing."""
    if _dashboards(site):
        return []
    command = ("monitoring", "dashboards", "create", f"--config-from-file={_SPECS_FROM_ROOT}/{DASHBOARD}")
    return [Change("made", command)]


def _dashboards(site: Site) -> list[JsonObject]:
    """Ours, told by the title: a dashboard bears no other mark that gcloud sets."""
    title = json.loads((_SPECS / DASHBOARD).read_text("utf-8"))["displayName"]
    listed = site.listed("monitoring", f"v1/projects/{site.project}/dashboards", "dashboards")
    return [one for one in listed if one.get("displayName") == title]


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
    return next((one for one in _ours(site, "notificationChannels") if one.get("type") == "email"), None)


def _ours(site: Site, kind: str) -> list[JsonObject]:
    listed = site.listed("monitoring", f"v3/projects/{site.project}/{kind}", kind)
    return [one for one in listed if one.get("userLabels", {}).get(LABEL[0]) == LABEL[1]]


def look_at_alerts(site: Site) -> list[Change]:
    """Make those that are missing; give the channel to those of ours that tell nobody."""
    there = {_key(one): one for one in _ours(site, "alertPolicies")}
    channels = _channels(site)
    path = f"v3/projects/{site.project}/alertPolicies"
    changes = []
    for spec in _specs("alerts"):
        found = there.get(_key(spec))
        if found is None:
            body = {**spec, "notificationChannels": channels}
            changes.append(Change(f"made {_key(spec)}", calls=(Call("POST", "monitoring", path, body),)))
        elif channels and not found.get("notificationChannels"):
            patch = f"v3/{found['name']}?updateMask=notificationChannels"
            call = Call("PATCH", "monitoring", patch, {"notificationChannels": channels})
            changes.append(Change(f"{_key(spec)} tells ALERT_EMAIL", calls=(call,)))
    return changes


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
    changes += [
        Change(f"dashboard {one['displayName']}", ("monitoring", "dashboards", "delete", one["name"]))
        for one in _dashboards(site)
    ]
    return changes + [
        Change(f"metric {name}", ("logging", "metrics", "delete", name))
        for name in _metric_names()
        if _has_metric(site, name)
    ]
