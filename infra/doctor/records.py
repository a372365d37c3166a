"""The store as the doctor sees it: the shared LiveChat token, and a sample of what users wrote."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Protocol

from google.api_core.retry import Retry, if_transient_error
from google.cloud import firestore
from google.oauth2.credentials import Credentials

from functions.handoff.changes import conversation_path
from functions.handoff.errors import ConfigError
from functions.handoff.events import JsonObject
from functions.handoff.interfaces import Store
from functions.runtime.config import Settings
from functions.storage.firestore import FirestoreStore
from functions.storage.records import text_to_body
from infra.deploy.site import Site
from infra.operate.documents import list_documents, open_store

_TIMEOUT_S = 20.0
_PATIENCE = Retry(predicate=if_transient_error, timeout=_TIMEOUT_S)  # the library's own goes on for five minutes
_SAMPLE = 300


class Records(Protocol):
    """Where documents are kept."""

    def open(self) -> Store:
        """The store, as the functions use it.

        Raises:
            ConfigError: it is not there.
        """
        ...

    def sample_entries(self) -> Iterator[JsonObject]:
        """Some of what was accepted lately, in no particular order; a bounded number.

        Raises:
            ConfigError: it is not there.
        """
        ...


class CloudRecords:
    """Firestore, as whom gcloud is signed in as: no other credentials are needed."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def open(self) -> Store:
        """As `Records`."""
        return FirestoreStore(self._client(), timeout_s=_TIMEOUT_S)

    def sample_entries(self) -> Iterator[JsonObject]:
        """As `Records`. One query, without a filter: none needs an index that is not there."""
        query = self._client().collection_group("mailbox").select(["body"]).limit(_SAMPLE)
        for found in query.stream(retry=_PATIENCE, timeout=_TIMEOUT_S):
            yield text_to_body(found.get("body"))

    def _client(self) -> Any:
        cloud, deployment = self._site.cloud, self._site.deployment
        credentials = Credentials(  # type: ignore[no-untyped-call]
            cloud.access_token(), quota_project_id=cloud.project
        )
        return firestore.Client(project=cloud.project, database=deployment.database, credentials=credentials)


class MachineRecords:
    """The store that STORE names on one machine."""

    def __init__(self, settings: Settings | None) -> None:
        self._settings = settings

    def open(self) -> Store:
        """As `Records`."""
        return open_store(self._sane)

    def sample_entries(self) -> Iterator[JsonObject]:
        """As `Records`."""
        for conversation in islice(list_documents(self._sane, "conversations"), _SAMPLE):
            key = conversation.path.rpartition("/")[2]
            for entry in islice(list_documents(self._sane, f"{conversation_path(key)}/mailbox"), _SAMPLE):
                yield entry.record.body

    @property
    def _sane(self) -> Settings:
        if self._settings is None:
            raise ConfigError("the settings are wrong: see settings")
        return self._settings
