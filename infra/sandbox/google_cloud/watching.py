"""Cloud Logging's metrics and Cloud Monitoring's dashboards, alert policies and notification channels.

Source: logging.v2, monitoring.v1, monitoring.v3. As operators report: an alert on a log-based metric that Monitoring
does not know yet is NOT_FOUND; a metric threshold needs a resource type in its filter. A dashboard's name may be given
(Config Connector gives one). Not told: the other texts.
"""

import re
from typing import Any

from infra.sandbox.google_cloud.masks import masked
from infra.sandbox.google_cloud.refusals import Refusal, require
from infra.sandbox.google_cloud.world import Answer, ApiCall, World

JsonObject = dict[str, Any]
_METRIC_ID = re.compile(r"[A-Za-z0-9_\-.,+!*',()%/]{1,100}")
_LOG_METRIC = re.compile(r'logging\.googleapis\.com/user/([^"\s]+)')
_CONDITIONS = (
    "conditionThreshold",
    "conditionAbsent",
    "conditionMatchedLog",
    "conditionMonitoringQueryLanguage",
    "conditionPrometheusQueryLanguage",
    "conditionSql",
)
_WITH_FILTER = ("conditionThreshold", "conditionAbsent", "conditionMatchedLog")


def _create_metric(world: World, call: ApiCall) -> JsonObject:
    name = f"{call.name}/metrics/{call.body.get('name', '')}"
    world.refuse_taken("metrics", name)
    metric = _metric(world, call.body)
    world.things["metrics"][name] = metric
    world.lags[f"metric {metric['name']}"] = world.options.metric_lag
    return metric


def _update_metric(world: World, call: ApiCall) -> JsonObject:
    require(call.body.get("name") == call.name.rpartition("/metrics/")[2], "LogMetric.name must be that of the path.")
    world.things["metrics"][call.name] = _metric(world, call.body)
    return world.things["metrics"][call.name]


def _metric(world: World, given: JsonObject) -> JsonObject:
    require(_METRIC_ID.fullmatch(given.get("name", "")), "LogMetric.name is required.")
    require(given.get("filter"), "LogMetric.filter is required.")
    described = {"metricKind": "DELTA", "valueType": "INT64", **(given.get("metricDescriptor") or {})}
    is_distribution = described["valueType"] == "DISTRIBUTION"
    require(
        is_distribution == bool(given.get("valueExtractor")), "A value_extractor goes with DISTRIBUTION, and only so."
    )
    labels = {one["key"] for one in described.get("labels", [])}
    require(
        labels == set(given.get("labelExtractors") or {}),
        "Every label needs an extractor, and every extractor a label.",
    )
    described["type"] = f"logging.googleapis.com/user/{given['name']}"
    described["name"] = f"{world.path}/metricDescriptors/{described['type']}"
    return {**given, "metricDescriptor": described, "createTime": world.now(), "updateTime": world.now()}


def _delete_metric(world: World, call: ApiCall) -> JsonObject:
    world.get("metrics", call.name)
    del world.things["metrics"][call.name]
    return {}


def _create_dashboard(world: World, call: ApiCall) -> JsonObject:
    require(call.body.get("displayName"), "Dashboard.display_name is required.")
    layouts = [name for name in call.body if name.endswith("Layout")]
    require(len(layouts) == 1, "A dashboard has exactly one layout.")
    dashboard_id = call.body.get("name", "").rpartition("/dashboards/")[2] or world.new_id()
    name = f"{world.path}/dashboards/{dashboard_id}"
    world.refuse_taken("dashboards", name)
    shown = f"projects/{world.number}/dashboards/{dashboard_id}"
    world.things["dashboards"][name] = {**call.body, "name": shown, "etag": "1"}
    return world.things["dashboards"][name]


def _patch_dashboard(world: World, call: ApiCall) -> JsonObject:
    old = world.get("dashboards", call.name)
    if call.body.get("etag", old["etag"]) != old["etag"]:
        raise Refusal("ABORTED", "The dashboard was changed meanwhile: its etag is another one.")
    world.things["dashboards"][call.name] = {**call.body, "name": old["name"], "etag": str(int(old["etag"]) + 1)}
    return world.things["dashboards"][call.name]


def _create_channel(world: World, call: ApiCall) -> JsonObject:
    require(call.body.get("type"), "NotificationChannel.type is required.")
    labels = call.body.get("labels") or {}
    if call.body["type"] == "email":
        require(re.fullmatch(r"[^@\s]+@[^@\s]+", labels.get("email_address", "")), "labels.email_address is required.")
    return _kept(world, "notificationChannels", {"enabled": True, **call.body})


def _patch_channel(world: World, call: ApiCall) -> JsonObject:
    old = world.get("notificationChannels", call.name)
    mask = call.params.get("updateMask", "")
    changed = masked(old, call.body, mask, call.api, "NotificationChannel") | {"name": call.name}
    world.things["notificationChannels"][call.name] = changed
    return changed


def _create_alert(world: World, call: ApiCall) -> JsonObject:
    _check_alert(world, call.body)
    return _kept(world, "alertPolicies", {"enabled": True, **call.body})


def _patch_alert(world: World, call: ApiCall) -> JsonObject:
    old = world.get("alertPolicies", call.name)
    changed = masked(old, call.body, call.params.get("updateMask", ""), call.api, "AlertPolicy") | {"name": call.name}
    _check_alert(world, changed)
    world.things["alertPolicies"][call.name] = changed
    return changed


def _check_alert(world: World, policy: JsonObject) -> None:
    require(policy.get("displayName"), "AlertPolicy.display_name is required.")
    require(policy.get("combiner"), "AlertPolicy.combiner is required.")
    conditions = policy.get("conditions") or []
    require(1 <= len(conditions) <= 6, "An alert policy has 1 to 6 conditions.")
    for condition in conditions:
        _check_condition(world, condition)
    is_of_logs = any("conditionMatchedLog" in condition for condition in conditions)
    is_limited = "notificationRateLimit" in (policy.get("alertStrategy") or {})
    require(is_of_logs == is_limited, "A notification rate limit goes with conditions on logs, and only so.")
    for channel in policy.get("notificationChannels") or []:
        world.get("notificationChannels", channel)


def _check_condition(world: World, condition: JsonObject) -> None:
    kinds = [kind for kind in _CONDITIONS if condition.get(kind)]
    require(
        len(kinds) == 1, "Condition subtype (e.g. condition_absent, condition_threshold, etc.) is absent or unknown."
    )
    if kinds[0] not in _WITH_FILTER:
        return
    wanted = condition[kinds[0]].get("filter", "")
    require(wanted, "The condition's filter is required.")
    if kinds[0] == "conditionMatchedLog":
        return
    require("resource.type" in wanted, 'must specify a restriction on "resource.type" in the filter')
    for metric in _LOG_METRIC.findall(wanted):
        is_there = f"{world.path}/metrics/{metric}" in world.things["metrics"]
        if not is_there or not world.is_known_yet(f"metric {metric}"):
            raise Refusal(
                "NOT_FOUND",
                f'Cannot find metric(s) that match type = "logging.googleapis.com/user/{metric}". If a metric was '
                "created recently, it could take up to 10 minutes to become available. Please try again soon.",
            )


def _kept(world: World, kind: str, thing: JsonObject) -> JsonObject:
    name = f"{world.path}/{kind}/{world.new_id(19)}"
    world.things[kind][name] = {**thing, "name": name}
    return world.things[kind][name]


def _delete(kind: str) -> Answer:
    def answer(world: World, call: ApiCall) -> JsonObject:
        world.get(kind, call.name)
        del world.things[kind][call.name]
        return {}

    return answer


def _delete_channel(world: World, call: ApiCall) -> JsonObject:
    world.get("notificationChannels", call.name)
    users = [one for one in world.things["alertPolicies"].values() if call.name in one.get("notificationChannels", [])]
    if users and call.params.get("force", "").lower() != "true":
        raise Refusal("FAILED_PRECONDITION", f"Channel {call.name} is used by {len(users)} alert policies.")
    for one in users:
        one["notificationChannels"].remove(call.name)
    del world.things["notificationChannels"][call.name]
    return {}


_ALERTS, _CHANNELS = "monitoring.projects.alertPolicies", "monitoring.projects.notificationChannels"
_DASHBOARDS, _METRICS = "monitoring.projects.dashboards", "logging.projects.metrics"
WATCHING: dict[str, Answer] = {
    f"{_METRICS}.create": _create_metric,
    f"{_METRICS}.get": lambda world, call: world.get("metrics", call.name),
    f"{_METRICS}.list": lambda world, call: world.page("metrics", call, "metrics"),
    f"{_METRICS}.update": _update_metric,
    f"{_METRICS}.delete": _delete_metric,
    f"{_DASHBOARDS}.create": _create_dashboard,
    f"{_DASHBOARDS}.get": lambda world, call: world.get("dashboards", call.name),
    f"{_DASHBOARDS}.list": lambda world, call: world.page("dashboards", call, "dashboards"),
    f"{_DASHBOARDS}.patch": _patch_dashboard,
    f"{_DASHBOARDS}.delete": _delete("dashboards"),
    f"{_ALERTS}.create": _create_alert,
    f"{_ALERTS}.get": lambda world, call: world.get("alertPolicies", call.name),
    f"{_ALERTS}.list": lambda world, call: world.page("alertPolicies", call, "alertPolicies"),
    f"{_ALERTS}.patch": _patch_alert,
    f"{_ALERTS}.delete": _delete("alertPolicies"),
    f"{_CHANNELS}.create": _create_channel,
    f"{_CHANNELS}.get": lambda world, call: world.get("notificationChannels", call.name),
    f"{_CHANNELS}.list": lambda world, call: world.page("notificationChannels", call, "notificationChannels"),
    f"{_CHANNELS}.patch": _patch_channel,
    f"{_CHANNELS}.delete": _delete_channel,
}
