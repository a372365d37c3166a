"""What each step of deploying and destroying is given: the project to look at, and what was decided about it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol
from urllib.parse import quote

from functions.handoff.events import JsonObject
from infra.deploy.changes import Change
from infra.deploy.gcloud import Cloud, CloudRefused
from infra.deploy.parts import Function
from infra.deploy.settings_file import Deployment

PAGE_SIZE = 200


class Refused(Exception):
    """What is there can't be used, and deploying does not mend it. The text says what is wrong, `remedy` what to do."""

    def __init__(self, cause: str, remedy: str) -> None:
        super().__init__(cause)
        self.remedy = remedy


class Sight(Protocol):
    """Looks, and changes nothing."""

    def find(self, api: str, path: str) -> JsonObject | None:
        """One thing by its path, or None where it is not there.

        Raises:
            CloudRefused: it can't be told.
        """

    def ask(self, api: str, path: str, body: JsonObject) -> JsonObject | None:
        """What a question by POST answers, or None where the thing asked about is not there.

        Raises:
            CloudRefused: it can't be told.
        """


class CloudSight:
    """Sees what is in the project."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def find(self, api: str, path: str) -> JsonObject | None:
        """As `Sight`."""
        return self._cloud.find_called(api, path)

    def ask(self, api: str, path: str, body: JsonObject) -> JsonObject | None:
        """As `Sight`."""
        try:
            return self._cloud.call("POST", api, path, body)
        except CloudRefused as e:
            if e.is_absent:
                return None
            raise


class SightOfWhatIsOn:
    """Like the sight it wraps, but sees nothing where an API is not enabled: there can't be anything."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight

    def find(self, api: str, path: str) -> JsonObject | None:
        """As `Sight`."""
        return _if_on(lambda: self._sight.find(api, path))

    def ask(self, api: str, path: str, body: JsonObject) -> JsonObject | None:
        """As `Sight`."""
        return _if_on(lambda: self._sight.ask(api, path, body))


def _if_on(look: Callable[[], JsonObject | None]) -> JsonObject | None:
    try:
        return look()
    except CloudRefused as e:
        if e.is_about_a_disabled_api:
            return None
        raise


class NoSight:
    """Takes everything for absent."""

    def find(self, api: str, path: str) -> JsonObject | None:  # noqa: ARG002
        """As `Sight`."""
        return None

    def ask(self, api: str, path: str, body: JsonObject) -> JsonObject | None:  # noqa: ARG002
        """As `Sight`."""
        return None


class Site(NamedTuple):
    """A project in the eyes of one run.

    `is_shown_only`: nothing will be changed, so what a step needs from one before it may be missing.
    `with_data`: destroying takes documents and secrets, too.
    """

    cloud: Cloud
    sight: Sight
    deployment: Deployment
    is_shown_only: bool = False
    with_data: bool = False

    @property
    def project(self) -> str:
        """The project's id."""
        return self.deployment.project

    @property
    def region(self) -> str:
        """Where functions, queue and job are."""
        return self.deployment.region

    def in_region(self, kind: str, name: str) -> str:
        """The path of a thing in the region, like ("functions", "redeliver"), without an API's version."""
        return f"projects/{self.project}/locations/{self.region}/{kind}/{name}"

    def find_function(self, function: Function) -> JsonObject | None:
        """A function as it is deployed, or None."""
        return self.sight.find("cloudfunctions", f"v2/{self.in_region('functions', function.name)}")

    def listed(self, api: str, path: str, field: str, **query: str) -> Iterator[JsonObject]:
        """Everything that a list answers, over all its pages."""
        token = ""
        while True:
            asked = {**query, "pageSize": str(PAGE_SIZE), **({"pageToken": token} if token else {})}
            words = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked.items())
            page = self.sight.find(api, f"{path}?{words}") or {}
            yield from page.get(field, [])
            token = page.get("nextPageToken", "")
            if not token:
                return


class Step(NamedTuple):
    """One step: `look` answers the changes that are missing, in order; none = it is as it should be.

    `takes`: said before a change that takes long. `is_first`: without it nothing else can be looked at either.
    """

    name: str
    look: Callable[[Site], list[Change]]
    takes: str = ""
    is_first: bool = False
