"""Checks JSON against Google's own discovery documents, which come with google-api-python-client."""

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}
_FORMATS = {
    "google-datetime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)"),
    "google-duration": re.compile(r"-?\d+(\.\d{1,9})?s"),
    "byte": re.compile(r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"),
    "int64": re.compile(r"-?\d+"),
}


class Discovery:
    """One discovery document, "dialogflow.v2" for example."""

    def __init__(self, name: str) -> None:
        package = importlib.util.find_spec("googleapiclient")
        assert package
        assert package.origin
        file = Path(package.origin).parent / "discovery_cache" / "documents" / f"{name}.json"
        self.schemas: dict[str, Any] = json.loads(file.read_text())["schemas"]

    def problems(self, schema: str, value: object) -> list[str]:
        """What in `value` contradicts the schema of that name: unknown fields, wrong types, enums and formats."""
        return list(self._walk({"$ref": schema}, value, "$"))

    def _walk(self, schema: dict[str, Any], value: Any, at: str) -> Iterator[str]:
        schema = self.schemas[schema["$ref"]] if "$ref" in schema else schema
        kind = schema["type"]
        if kind == "any":
            return
        if not _is_a(kind, value):
            yield f"{at}: {type(value).__name__} is no {kind}"
        elif kind == "object":
            yield from self._walk_object(schema, value, at)
        elif kind == "array":
            for number, item in enumerate(value):
                yield from self._walk(schema["items"], item, f"{at}[{number}]")
        elif "enum" in schema and value not in schema["enum"]:
            yield f"{at}: {value!r} is none of {schema['enum']}"
        elif not _is_formatted(schema.get("format", ""), value):
            yield f"{at}: {value!r} is no {schema['format']}"

    def _walk_object(self, schema: dict[str, Any], value: dict[str, Any], at: str) -> Iterator[str]:
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, member in value.items():
            member_schema = known.get(name, others)
            if member_schema is None:
                yield f"{at}: unknown field {name}"
            else:
                yield from self._walk(member_schema, member, f"{at}.{name}")


def _is_a(kind: str, value: object) -> bool:
    return isinstance(value, _JSON_TYPES[kind]) and (kind == "boolean") == isinstance(value, bool)


def _is_formatted(name: str, value: object) -> bool:
    if name == "int32":
        return isinstance(value, int) and -(2**31) <= value < 2**31
    return name not in _FORMATS or _FORMATS[name].fullmatch(str(value)) is not None
