"""Updates by field mask: what is named changes, what is named and not given is cleared, all else stays.

Source: google.protobuf.FieldMask; both spellings of a path are taken, as Google's servers do.
"""

import copy
import re
from typing import Any

from infra.sandbox.google_cloud.discovery import Api
from infra.sandbox.google_cloud.refusals import Refusal

JsonObject = dict[str, Any]


def masked(old: JsonObject, new: JsonObject, mask: str, api: Api, schema: str) -> JsonObject:
    """`old` with the fields of `new` that the mask names.

    Args:
        old: the resource as it is.
        new: what was sent.
        mask: comma list of paths; "" = every field that `new` has.
        api: whose resource it is.
        schema: the resource's, in that API.

    Raises:
        Refusal: INVALID_ARGUMENT, a path is none of the resource's.
    """
    result = copy.deepcopy(old)
    paths = [_camel(path.strip()) for path in mask.split(",")] if mask else list(new)
    for path in paths:
        steps = path.split(".")
        if not api.has_path(schema, steps):
            raise Refusal("INVALID_ARGUMENT", f"Invalid field mask: {path} is not a field of {schema}.")
        _copy(result, new, steps)
    return result


def _copy(target: JsonObject, source: JsonObject, steps: list[str]) -> None:
    *parents, last = steps
    for step in parents:
        source = source.get(step) or {}
        target = target.setdefault(step, {})
    if source.get(last) is None:
        target.pop(last, None)
    else:
        target[last] = copy.deepcopy(source[last])


def _camel(path: str) -> str:
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), path)
