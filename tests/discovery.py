"""Holds JSON against Google's own description of its APIs, as shipped with google-api-python-client."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

_TYPES: dict[str, Any] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}


@cache
def document(name: str) -> dict[str, Any]:
    """The discovery document of an API, as "dialogflow.v2"."""
    folder = files("googleapiclient") / "discovery_cache" / "documents"
    content: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
    return content


def faults(api: str, schema: str, value: Any, at: str = "$") -> list[str]:
    """What in `value` the schema does not have: unknown fields and wrong types, by their path."""
    return _faults(document(api)["schemas"], {"$ref": schema}, value, at)


def _faults(schemas: dict[str, Any], rule: dict[str, Any], value: Any, at: str) -> list[str]:
    rule = schemas[rule["$ref"]] if "$ref" in rule else rule
    if rule["type"] == "any":
        return []
    if not isinstance(value, _TYPES[rule["type"]]):
        return [f"{at}: {type(value).__name__} for {rule['type']}"]
    if rule["type"] == "array":
        return [f for i, one in enumerate(value) for f in _faults(schemas, rule["items"], one, f"{at}[{i}]")]
    if rule["type"] != "object":
        return [] if value in rule.get("enum", [value]) else [f"{at}: {value!r} is not in the enum"]
    return [f for name, one in value.items() for f in _field_faults(schemas, rule, name, one, f"{at}.{name}")]


def _field_faults(schemas: dict[str, Any], rule: dict[str, Any], name: str, value: Any, at: str) -> list[str]:
    known = rule.get("properties", {}).get(name) or rule.get("additionalProperties")
    return _faults(schemas, known, value, at) if known else [f"{at}: unknown"]


def method_paths(api: str, method: str) -> list[str]:
    """Patterns of the resource names that a method's calls may go to."""
    found: list[str] = []
    waiting = [document(api)]
    while waiting:
        resource = waiting.pop()
        waiting.extend(resource.get("resources", {}).values())
        for name, described in resource.get("methods", {}).items():
            if name == method:
                found.extend(one["pattern"] for one in described["parameters"].values() if "pattern" in one)
    return found
