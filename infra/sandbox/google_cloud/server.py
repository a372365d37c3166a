"""The stand-in's HTTP side: who may call, is it a request of that API, the method's answer, and a journal of it all.

Each API has a path prefix of its own: `http://127.0.0.1:PORT/cloudtasks/v2/…`. Not told by Google's documents: in which
order a request is checked; the texts for a project or a location that is not there.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec
from flask import Response, jsonify, request

from infra.sandbox.google_cloud.builds import receive_upload
from infra.sandbox.google_cloud.discovery import Api, Method, api
from infra.sandbox.google_cloud.firestore import FIRESTORE
from infra.sandbox.google_cloud.functions import FUNCTIONS
from infra.sandbox.google_cloud.projects import PROJECTS
from infra.sandbox.google_cloud.queues import QUEUES
from infra.sandbox.google_cloud.refusals import (
    Refusal,
    bad_request,
    permission_denied,
    require,
    service_disabled,
    unauthenticated,
)
from infra.sandbox.google_cloud.secrets import SECRETS
from infra.sandbox.google_cloud.watching import WATCHING
from infra.sandbox.google_cloud.world import Answer, ApiCall, World, WorldOptions
from infra.sandbox.standin import StandIn

JsonObject = dict[str, Any]
ANSWERS: dict[str, Answer] = PROJECTS | FUNCTIONS | SECRETS | FIRESTORE | QUEUES | WATCHING
APIS = tuple(dict.fromkeys(method.partition(".")[0] for method in ANSWERS))
_CALLED_FOR_NO_PROJECT = ("cloudbilling", "cloudresourcemanager", "serviceusage")  # unless the caller names one to bill
_READING = re.compile(r"\.(getIamPolicy|testIamPermissions|listCollectionIds|batchGet\w*)$")
_PLACED = re.compile(r"projects/[^/]+/locations/([^/:]+)")
_UPLOAD = "storage.upload"
_VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class Entry(msgspec.Struct):
    """One request. `method`: its id, "" where no API has it. `by`: gcloud's command, or "" for anybody else."""

    http: str
    path: str
    by: str
    body: Any = None
    query: dict[str, str] = {}
    method: str = ""
    status: int = 0

    @property
    def mutates(self) -> bool:
        """Whether it was meant to change something; asking for a place to upload to counts."""
        return self.http != "GET" and not _READING.search(self.method)


class Trouble(msgspec.Struct):
    """The `at`-th mutating call from now on (1 = the next) is refused; with `after` only once it has taken effect."""

    at: int
    status: str = "FAILED_PRECONDITION"
    message: str = "told to fail"
    after: bool = False


class GoogleCloudStandIn(StandIn):
    """One Google Cloud project on loopback.

    `world`: what is in it. `journal`: every request so far. `trouble`: a call that is to fail. `watchers`: called with
    every mutating entry once it has been answered (inside the request).
    """

    def __init__(
        self, project: str = "handoff-test", number: str = "345678901234", options: WorldOptions | None = None
    ):
        super().__init__("google-cloud")
        self.world = World(project, number, options or WorldOptions(), self.clock)
        self.journal: list[Entry] = []
        self.trouble: Trouble | None = None
        self.watchers: list[Callable[[Entry], None]] = []
        self.app.url_map.merge_slashes = False
        self.app.add_url_rule("/storage/<path:place>", view_func=self._upload, methods=["PUT"])
        self.app.add_url_rule("/<name>/<version>/<path:rest>", view_func=self._answer, methods=_VERBS)

    def change(self, **options: Any) -> None:
        """Change the project's options from here on."""
        self.world.options = msgspec.structs.replace(self.world.options, **options)

    def mutations(self, since: int = 0) -> list[Entry]:
        """The requests from the `since`-th on that were meant to change something."""
        return [entry for entry in self.journal[since:] if entry.mutates]

    def state(self) -> JsonObject:
        """What the project holds."""
        with self.lock:
            return self.world.snapshot()

    def reset(self) -> None:
        """A new, empty project."""
        self.world.clear()
        self.journal.clear()
        self.trouble = None

    def _upload(self, place: str) -> Response:
        kind, data = request.headers.get("Content-Type", ""), request.get_data()
        return self._responded(self._noted(_UPLOAD), lambda: receive_upload(self.world, place, kind, data))

    def _answer(self, name: str, version: str, rest: str) -> Response:
        path = f"{version}/{rest}".replace(f"projects/{self.world.number}", self.world.path, 1)
        found = _find(name, path)
        entry = self._noted(found[1].id if found else "")
        entry.body = request.get_json(silent=True)
        if found is None:
            return self._responded(entry, _unknown)
        return self._responded(entry, lambda: self._work(path, *found))

    def _noted(self, method: str) -> Entry:
        command = re.search(r"command/(\S+)", request.headers.get("User-Agent", ""))
        entry = Entry(
            request.method, request.path, command[1] if command else "", query=dict(request.args), method=method
        )
        self.journal.append(entry)
        return entry

    def _responded(self, entry: Entry, work: Callable[[], JsonObject]) -> Response:
        with self.lock:
            try:
                trouble = self._trouble_of(entry)
                answer = work() if trouble is None or trouble.after else {}
                if trouble:
                    raise Refusal(trouble.status, trouble.message)
                response = jsonify(answer)
            except Refusal as refusal:
                response = refusal.as_response()
        entry.status = response.status_code
        for watcher in self.watchers if entry.mutates else []:
            watcher(entry)
        return response

    def _trouble_of(self, entry: Entry) -> Trouble | None:
        if self.trouble is None or not entry.mutates:
            return None
        self.trouble.at -= 1
        return self.trouble if self.trouble.at == 0 else None

    def _work(self, path: str, described: Api, method: Method, in_path: dict[str, str]) -> JsonObject:
        self._check_caller(described, method, path)
        query = request.args.to_dict(flat=False)
        problems = described.query_problems(method, query)
        body = _read_body() if method.request else {}
        problems += described.body_problems(method.request, body) if method.request else []
        if problems:
            raise bad_request(problems)
        if method.id not in ANSWERS:
            raise Refusal("UNIMPLEMENTED", f"The stand-in does not answer {method.id}.")
        params = {name: values[-1] for name, values in query.items()} | in_path
        call = ApiCall(described, method, params, _without_nulls(body), request.host_url.rstrip("/"))
        answer = ANSWERS[method.id](self.world, call)
        wrong = described.body_problems(method.answer, answer)
        assert not wrong, f"the stand-in answers {method.id} as Google never would: {wrong}"
        return described.shown(method.answer, answer)

    def _check_caller(self, described: Api, method: Method, path: str) -> None:
        if not re.fullmatch(r"Bearer \S+", request.headers.get("Authorization", "")):
            raise unauthenticated()
        project = re.search(r"projects/([^/:]+)", path)
        if project and project[1] not in (self.world.project, "-"):
            raise permission_denied(f"{described.name}.{method.id.split('.')[-1]}", project[0])
        for denied in self.world.options.denied:
            if method.id.endswith(denied):
                raise permission_denied(_permission(method.id), f"//{described.name}.googleapis.com/{path}")
        self._check_enabled(described)
        place = _PLACED.search(path)
        if place and place[1] not in (*self.world.options.regions, "-", "global"):
            raise Refusal("PERMISSION_DENIED", f"Permission denied on 'locations/{place[1]}' (or it may not exist).")

    def _check_enabled(self, described: Api) -> None:
        service, world = f"{described.name}.googleapis.com", self.world
        if described.name in _CALLED_FOR_NO_PROJECT and "X-Goog-User-Project" not in request.headers:
            return
        if service not in world.services or not world.is_known_yet(f"service {service}"):
            raise service_disabled(service, described.title, world.project)


def _find(name: str, path: str) -> tuple[Api, Method, dict[str, str]] | None:
    version = path.partition("/")[0]
    described = api(name, "v1" if version == "apis" else version) if re.fullmatch(r"\w+", version) else None
    found = described.find(request.method, path) if described else None
    return (described, *found) if described and found else None


def _unknown() -> JsonObject:
    raise Refusal("NOT_FOUND", f"The requested URL {request.path} was not found on this server.")


def _read_body() -> JsonObject:
    try:
        body = msgspec.json.decode(request.get_data() or b"{}")
    except msgspec.DecodeError as e:
        raise Refusal("INVALID_ARGUMENT", f"Invalid JSON payload received. {e}") from e
    require(isinstance(body, dict), "Invalid JSON payload received. Unexpected token.")
    return dict(body)


def _without_nulls(value: Any) -> Any:
    """JSON of a protocol buffer: null is the same as not there."""
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def _permission(method: str) -> str:
    """The permission that a method needs, as Google names them: "cloudtasks.queues.create"."""
    parts = [part for part in method.split(".") if part not in ("projects", "locations")]
    return ".".join([*parts[:-1], {"patch": "update"}.get(parts[-1], parts[-1])])
