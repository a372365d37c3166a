"""The specs of metrics, dashboard and alerts: valid for Google, and about lines that the functions really write."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.runtime.logs import OUTCOMES, RequestLog
from infra.deploy.parts import FUNCTIONS, QUEUE
from tests.discovery_schema import Discovery

SPECS = Path(__file__).parents[1] / "infra/deploy/monitoring"
METRICS = {path.stem: json.loads(path.read_text()) for path in (SPECS / "metrics").glob("*.json")}
ALERTS = {path.stem: json.loads(path.read_text()) for path in (SPECS / "alerts").glob("*.json")}
DASHBOARD = json.loads((SPECS / "dashboard.json").read_text())
OUR_METRIC = re.compile(r'metric\.type="logging\.googleapis\.com/user/(\w+)"')


def line() -> dict[str, Any]:
    """A line as a function writes it."""
    out = io.StringIO()
    RequestLog("redeliver", {}, out).write("handled", "sweep", fields={"due": 1, "oldest_due_s": 4, "lag_ms": 12})
    return dict(json.loads(out.getvalue()))


def everything_in(spec: Any) -> Iterator[tuple[str, Any]]:
    """Every field of a spec, however deep, with its name."""
    for name, value in spec.items() if isinstance(spec, dict) else ():
        yield name, value
        yield from everything_in(value)
    for one in spec if isinstance(spec, list) else ():
        yield from everything_in(one)


def filters(spec: Any) -> list[str]:
    return [value for name, value in everything_in(spec) if name == "filter"]


@pytest.mark.parametrize("name", METRICS)
def test_metrics_are_what_logging_takes(name: str) -> None:
    assert Discovery("logging.v2").problems("LogMetric", METRICS[name]) == []
    assert METRICS[name]["name"] == name


@pytest.mark.parametrize("name", ALERTS)
def test_alerts_are_what_monitoring_takes(name: str) -> None:
    assert Discovery("monitoring.v3").problems("AlertPolicy", ALERTS[name]) == []
    assert ALERTS[name]["userLabels"] == {"app": "livechat-handoff", "alert": name}
    assert "name" not in ALERTS[name]


def test_the_dashboard_is_what_monitoring_takes() -> None:
    assert Discovery("monitoring.v1").problems("Dashboard", DASHBOARD) == []


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_reads_fields_that_lines_have(name: str) -> None:
    written = line()
    spec = METRICS[name]

    read = {word for text in (spec["filter"], json.dumps(spec)) for word in re.findall(r"jsonPayload\.(\w+)", text)}

    assert read <= set(written)
    labels = {label["key"] for label in spec["metricDescriptor"]["labels"]}
    assert labels == set(spec["labelExtractors"])


def test_a_value_is_measured_only_where_it_is_a_number() -> None:
    measuring = {
        name: spec for name, spec in METRICS.items() if spec["metricDescriptor"]["valueType"] == "DISTRIBUTION"
    }

    assert set(METRICS) - set(measuring) == {"handoff_outcomes"}
    for spec in measuring.values():
        field = re.fullmatch(r"EXTRACT\(jsonPayload\.(\w+)\)", spec["valueExtractor"])
        assert field
        assert f"jsonPayload.{field[1]}>=0" in spec["filter"]
        assert isinstance(line()[field[1]], int)
        assert spec["bucketOptions"]


@pytest.mark.parametrize("name", METRICS)
def test_lines_of_all_functions_are_looked_at_and_of_no_other_service(name: str) -> None:
    services = re.search(r"resource\.labels\.service_name=\(([^)]*)\)", METRICS[name]["filter"])

    assert services
    assert set(re.findall(r'"([^"]+)"', services[1])) == {function.name for function in FUNCTIONS}


def test_alerts_and_charts_are_about_metrics_and_labels_that_there_are() -> None:
    for spec in (*ALERTS.values(), DASHBOARD):
        for text in filters(spec):
            for metric in OUR_METRIC.findall(text):
                assert metric in METRICS
                labels = {one["key"] for one in METRICS[metric]["metricDescriptor"]["labels"]}
                assert set(re.findall(r"metric\.label\.(\w+)", text)) <= labels


def test_alerts_are_about_outcomes_and_functions_that_there_are() -> None:
    texts = [text for spec in (*ALERTS.values(), DASHBOARD) for text in filters(spec)]

    outcomes = {one for text in texts for one in re.findall(r'outcome="(\w+)"', text)}
    functions = {one for text in texts for one in re.findall(r'label\.function="(\w+)"', text)}

    assert outcomes == {"dead_letter", "error", "rejected", "retry"}
    assert outcomes <= set(OUTCOMES)
    assert functions <= {function.entry_point for function in FUNCTIONS}


def test_monitoring_is_told_the_resource_it_needs() -> None:
    conditions = [one for spec in ALERTS.values() for name, one in everything_in(spec) if name.startswith("condition")]

    assert all('resource.type="cloud_run_revision"' in text for one in conditions for text in filters(one))


def test_no_alert_is_about_one_revision_only() -> None:
    """A deployment makes a new one, and the old one's series ends: that must not look like silence."""
    aggregations = [
        one for spec in ALERTS.values() for name, some in everything_in(spec) if name == "aggregations" for one in some
    ]

    assert aggregations
    assert all(one["crossSeriesReducer"] != "REDUCE_NONE" for one in aggregations)


def test_the_named_dangers_have_an_alert() -> None:
    assert set(ALERTS) == {"dead-letters", "errors", "overdue", "sweep-missing", "rejected", "retries", "latency"}


def test_the_dashboard_shows_our_queue() -> None:
    assert any(f'queue_id="{QUEUE}"' in text for text in filters(DASHBOARD))


def test_tiles_lie_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for tile in DASHBOARD["mosaicLayout"]["tiles"]:
        x, y = tile.get("xPos", 0), tile.get("yPos", 0)
        place = {(x + i, y + j) for i in range(tile["width"]) for j in range(tile["height"])}
        assert not place & taken
        assert x + tile["width"] <= DASHBOARD["mosaicLayout"]["columns"]
        taken |= place
