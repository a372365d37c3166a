"""Google's own description of its APIs: which methods there are, and what a request and an answer may hold.

Source: the discovery documents carried by google-api-python-client.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

JsonObject = dict[str, Any]
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int, str),  # JSON of a protocol buffer: a number may come as text
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}
_FORMATS = {
    "int32": re.compile(r"-?\d{1,10}"),
    "int64": re.compile(r"-?\d+"),
    "google-datetime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)"),
    "google-duration": re.compile(r"-?\d+(\.\d{1,9})?s"),
    "byte": re.compile(r"[A-Za-z0-9+/_-]*={0,2}"),
}
_ALSO = {  # a method's further path, which no discovery document has: google-cloud-firestore's REST transport does
    "^projects/[^/]+/databases/[^/]+/documents/[^/]+/.*$": "^projects/[^/]+/databases/[^/]+/documents(/[^/]+/.*)?$"
}
_WRAPPED = ("enabled",)  # a message of its own in the protocol buffer: false is not the same as not set
_STANDARD = "$.xgafv access_token alt callback fields key oauth_token prettyPrint quotaUser uploadType upload_protocol"


class Problem(NamedTuple):
    """Something in a request that the API does not have: where ("function.serviceConfig"), and what is wrong."""

    at: str
    said: str


class Method(NamedTuple):
    """One method of an API.

    `id`: as "cloudtasks.projects.locations.queues.get". `path`: matches the whole path, its groups are the parameters.
    `request`, `answer`: names of schemas, "" = no body.
    """

    id: str
    http: str
    path: re.Pattern[str]
    parameters: JsonObject
    request: str
    answer: str


class Api:
    """One version of one API, as its discovery document has it. `methods`: the most particular paths first."""

    def __init__(self, document: JsonObject) -> None:
        self.name: str = document["name"]
        self.title: str = document["title"]
        self._schemas: JsonObject = document["schemas"]
        self.methods = sorted(_methods(document), key=_is_general)

    def find(self, http: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """The method that a request means, and the parameters in its path; None where there is none."""
        for method in self.methods:
            matched = method.path.fullmatch(path) if method.http == http else None
            if matched:
                return method, matched.groupdict()
        return None

    def query_problems(self, method: Method, query: dict[str, list[str]]) -> list[Problem]:
        """Query parameters that the method does not have, or with values it does not take."""
        known = {name: rule for name, rule in method.parameters.items() if rule["location"] == "query"}
        return [
            Problem(name, f'Unknown name "{name}": Cannot bind query parameter. Field could not be found in request.')
            if name not in known
            else Problem(name, f"Invalid value at '{name}': \"{value}\"")
            for name, values in query.items()
            for value in values
            if name not in _STANDARD.split() and (name not in known or not _is_query_value(known[name], value))
        ]

    def body_problems(self, schema: str, value: object) -> list[Problem]:
        """What contradicts the schema of that name: unknown fields, wrong types, enums and formats."""
        return list(self._walk({"$ref": schema}, value, ""))

    def has_path(self, schema: str, path: list[str]) -> bool:
        """Whether a field mask may name this path, already in camelCase."""
        rule = self._schemas[schema]
        for name in path:
            rule = self._schemas[rule["$ref"]] if "$ref" in rule else rule
            found = rule.get("properties", {}).get(name) or rule.get("additionalProperties")
            if found is None:
                return False
            rule = found
        return True

    def shown(self, schema: str, value: JsonObject) -> JsonObject:
        """An answer as Google writes it: a field that has its type's zero value is left out, a message in it is not."""
        return dict(self._shown({"$ref": schema}, value))

    def _shown(self, rule: JsonObject, value: Any) -> Any:
        rule = self._schemas[rule["$ref"]] if "$ref" in rule else rule
        if isinstance(value, list) and rule["type"] == "array":
            return [self._shown(rule["items"], one) for one in value]
        if not isinstance(value, dict) or "properties" not in rule:
            return value
        fields = rule["properties"]
        return {
            name: self._shown(fields[name], one)
            for name, one in value.items()
            if one or "$ref" in fields[name] or name in _WRAPPED
        }

    def _walk(self, rule: JsonObject, value: Any, at: str) -> Iterator[Problem]:
        rule = self._schemas[rule["$ref"]] if "$ref" in rule else rule
        kind = rule["type"]
        if kind == "any" or value is None:
            return
        if kind == "object" and isinstance(value, dict):
            yield from self._walk_object(rule, value, at)
        elif kind == "array" and isinstance(value, list):
            for number, item in enumerate(value):
                yield from self._walk(rule["items"], item, f"{at}[{number}]")
        elif not _is_scalar(rule, value):
            yield Problem(at, f"Invalid value at '{at}' ({_wanted(rule)}), {json.dumps(value)}")

    def _walk_object(self, rule: JsonObject, value: JsonObject, at: str) -> Iterator[Problem]:
        known, others = rule.get("properties", {}), rule.get("additionalProperties")
        for name, member in value.items():
            found = known.get(name, others)
            if found is None:
                yield Problem(at, f"Unknown name \"{name}\" at '{at}': Cannot find field.")
            else:
                yield from self._walk(found, member, f"{at}.{name}".lstrip("."))


@cache
def api(name: str, version: str) -> Api | None:
    """An API by name and version, like ("cloudtasks", "v2"); None where there is no such document."""
    file = files("googleapiclient") / "discovery_cache" / "documents" / f"{name}.{version}.json"
    return Api(json.loads(file.read_text())) if file.is_file() else None


def _methods(resource: JsonObject) -> Iterator[Method]:
    for described in resource.get("methods", {}).values():
        parameters = described.get("parameters", {})
        yield Method(
            described["id"],
            described["httpMethod"],
            _path_pattern(described["path"], parameters),
            parameters,
            described.get("request", {}).get("$ref", ""),
            described.get("response", {}).get("$ref", ""),
        )
    for inner in resource.get("resources", {}).values():
        yield from _methods(inner)


def _path_pattern(template: str, parameters: JsonObject) -> re.Pattern[str]:
    """A template like "v2/{+name}:setIamPolicy" as a regular expression."""
    parts = re.split(r"\{(\+?\w+)\}", template)
    named = [_named(part, parameters) if number % 2 else re.escape(part) for number, part in enumerate(parts)]
    return re.compile("".join(named))


def _named(name: str, parameters: JsonObject) -> str:
    plain = name.lstrip("+")
    pattern = _ALSO.get(parameters[plain].get("pattern", ""), "") or parameters[plain].get(
        "pattern", "^.+$" if name.startswith("+") else "^[^/]+$"
    )
    return f"(?P<{plain}>{pattern.removeprefix('^').removesuffix('$')})"


def _is_general(method: Method) -> bool:
    """Whether its path could swallow the ":verb" of another one; such are tried last."""
    return re.search(r":\w+$", method.path.pattern) is None


def _is_query_value(rule: JsonObject, value: str) -> bool:
    if rule["type"] == "boolean":
        return value.lower() in ("true", "false")
    if rule["type"] == "integer":
        return value.isdigit()
    return not rule.get("enum") or value in rule["enum"]


def _is_scalar(rule: JsonObject, value: Any) -> bool:
    kind, form = rule["type"], rule.get("format", "")
    if kind == "string" and form in ("int64", "uint64") and isinstance(value, int):
        return not isinstance(value, bool)
    if not isinstance(value, _TYPES[kind]) or (kind == "boolean") != isinstance(value, bool):
        return False
    if "enum" in rule and value not in rule["enum"]:
        return False
    return form not in _FORMATS or _FORMATS[form].fullmatch(str(value)) is not None


def _wanted(rule: JsonObject) -> str:
    return "one of " + ", ".join(rule["enum"]) if "enum" in rule else str(rule.get("format", rule["type"]))
