"""What a project holds, whichever API asks: resources by kind and full name, policies, operations, uploads.

Resource names carry the project's id; the server translates its number. Not told by Google's documents: how long an
operation takes (here `build_s` for a function, else nothing), that a page holds at most `page_size`.
"""

import copy
import pickle
from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from infra.sandbox.clock import Clock
from infra.sandbox.google_api import rfc3339
from infra.sandbox.google_cloud.discovery import Api, Method
from infra.sandbox.google_cloud.refusals import Refusal, not_found

JsonObject = dict[str, Any]
ENABLED_AT_FIRST = ("cloudapis", "logging", "monitoring", "serviceusage", "storage")
REGIONS = ("europe-north1", "europe-west1", "europe-west3", "us-central1", "us-east1")


class WorldOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What kind of project it is, and how it misbehaves.

    `billing`: has a billing account. `public`: the organisation lets `allUsers` in. `regions`: where anything may be.
    `denied`: methods the caller may not use, by the end of their id, like "functions.create". `broken_builds`:
    functions whose build fails. `build_s`: how long deploying a function takes. `database_s`: how long making a
    database takes, which is not there before. `page_size`: most that a list answers at once. `queue_tombstones`: a
    deleted queue's name can't be used again. How often something just made is not known yet to others: `service_lag`
    (calls of an API just enabled), `account_lag` (policies naming an account just made), `metric_lag` (alerts on a
    metric just made).
    """

    billing: bool = True
    public: bool = True
    regions: tuple[str, ...] = REGIONS
    denied: tuple[str, ...] = ()
    broken_builds: tuple[str, ...] = ()
    build_s: float = 0.0
    database_s: float = 0.0
    page_size: int = 100
    service_lag: int = 0
    account_lag: int = 0
    metric_lag: int = 0
    queue_tombstones: bool = False


class ApiCall(NamedTuple):
    """One request, already held against the API's description. `params`: of path and query; the latter as text."""

    api: Api
    method: Method
    params: dict[str, str]
    body: JsonObject
    base_url: str

    @property
    def name(self) -> str:
        """The resource, or the parent, that the path names."""
        return next(self.params[key] for key in ("name", "parent", "resource", "metricName") if key in self.params)


_NOT_KEPT = ("project", "number", "options", "clock")
Answer = Callable[["World", ApiCall], JsonObject]
"""What a method does: answers, or raises `Refusal`."""


class World:
    """One Google Cloud project.

    `things`: kind → full name → resource, as the API shows it. `policies`: resource's full name → IAM policy.
    `uploads`: "bucket/object" → bytes. `lags`: how many more times something is not known yet.
    """

    def __init__(self, project: str, number: str, options: WorldOptions, clock: Clock) -> None:
        self.project = project
        self.number = number
        self.options = options
        self.clock = clock
        self.clear()

    def clear(self) -> None:
        """A new project: nothing in it but the APIs that every one has."""
        self.things: dict[str, dict[str, JsonObject]] = defaultdict(dict)
        self.policies: dict[str, JsonObject] = {}
        self.operations: dict[str, JsonObject] = {}
        self.uploads: dict[str, bytes] = {}
        self.services: dict[str, None] = dict.fromkeys(f"{name}.googleapis.com" for name in ENABLED_AT_FIRST)
        self.lags: dict[str, int] = {}
        self.graves: set[str] = set()
        self._last_id = 0

    @property
    def path(self) -> str:
        """ "projects/ID"."""
        return f"projects/{self.project}"

    def now(self) -> str:
        return rfc3339(self.clock.now())

    def new_id(self, digits: int = 12) -> str:
        """A number never used before."""
        self._last_id += 1
        return f"{self._last_id:0{digits}d}"

    def get(self, kind: str, name: str) -> JsonObject:
        """A resource.

        Raises:
            Refusal: NOT_FOUND.
        """
        if name not in self.things[kind]:
            raise not_found(name)
        return self.things[kind][name]

    def refuse_taken(self, kind: str, name: str) -> None:
        """Raises `Refusal` ALREADY_EXISTS where there is one of that name."""
        if name in self.things[kind]:
            raise Refusal("ALREADY_EXISTS", f"Resource '{name}' already exists")

    def page(self, kind: str, call: ApiCall, field: str, show: Callable[[JsonObject], JsonObject] = dict) -> JsonObject:
        """One page of the resources below the call's parent ("-" stands for any location)."""
        wanted = call.name.removesuffix("/-").removesuffix("/locations")
        below = [one for name, one in sorted(self.things[kind].items()) if name.startswith(wanted + "/")]
        return self.page_of(below, call, field, show)

    def page_of(
        self, found: list[JsonObject], call: ApiCall, field: str, show: Callable[[JsonObject], JsonObject] = dict
    ) -> JsonObject:
        """One page of what was found, as the query's pageSize and pageToken want it."""
        start = int(call.params.get("pageToken") or 0)
        size = min(int(call.params.get("pageSize") or 0) or self.options.page_size, self.options.page_size)
        shown = found[start : start + size]
        answer: JsonObject = {field: [show(one) for one in shown]} if shown else {}
        if start + size < len(found):
            answer["nextPageToken"] = str(start + size)
        return answer

    def start(
        self,
        name: str,
        *,
        target: str = "",
        response: JsonObject | None = None,
        metadata: JsonObject | None = None,
        error: Refusal | None = None,
        takes_s: float = 0.0,
    ) -> JsonObject:
        """A long-running operation, under way; what it answers at its end is set already."""
        operation: JsonObject = {"name": name, "metadata": metadata or {}, "done": True}
        operation |= {"error": error.as_status()} if error else {"response": response or {}}
        self.operations[name] = {"done_at": self.clock.time() + takes_s, "target": target, "operation": operation}
        return self._under_way(operation)

    def operation(self, name: str) -> JsonObject:
        """An operation as it stands now.

        Raises:
            Refusal: NOT_FOUND.
        """
        if name not in self.operations:
            raise not_found(name)
        held = self.operations[name]
        finished: JsonObject = held["operation"]
        return finished if self.clock.time() >= held["done_at"] else self._under_way(finished)

    def is_busy(self, target: str) -> bool:
        """Whether an operation on that resource is under way."""
        now = self.clock.time()
        return any(held["target"] == target and held["done_at"] > now for held in self.operations.values())

    def is_known_yet(self, what: str) -> bool:
        """Whether something made lately has got around; each question brings it nearer."""
        left = self.lags.get(what, 0)
        self.lags[what] = max(left - 1, 0)
        return left == 0

    def snapshot(self) -> JsonObject:
        """Everything, as JSON; what was uploaded only by name and size."""
        return copy.deepcopy(
            {
                "services": sorted(self.services),
                "things": {kind: dict(sorted(held.items())) for kind, held in sorted(self.things.items()) if held},
                "policies": dict(sorted(self.policies.items())),
                "uploads": {name: len(data) for name, data in self.uploads.items()},
            }
        )

    def memory(self) -> bytes:
        """Everything it holds, to be put back with `remember`."""
        kept = {name: held for name, held in vars(self).items() if name not in _NOT_KEPT}
        return pickle.dumps(kept)

    def remember(self, memory: bytes) -> None:
        """Be again as it was when `memory` was taken."""
        vars(self).update(pickle.loads(memory))

    @staticmethod
    def _under_way(operation: JsonObject) -> JsonObject:
        return {"name": operation["name"], "metadata": operation["metadata"], "done": False}


def get_operation(world: World, call: ApiCall) -> JsonObject:
    """The answer of every API's `operations.get`."""
    return world.operation(call.name)
