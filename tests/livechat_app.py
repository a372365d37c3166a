"""One LiveChat app with its secret, its shared token and a scripted accounts service, for tests of the agent token."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.handoff.interfaces import Create, Record, Replace, Store, Write
from functions.livechat.api import DeskAddress
from functions.livechat.tokens import AgentTokens
from functions.runtime.http_client import HttpClient
from tests.fakes import FakeClock
from tests.scripted_server import Answer, Asked, ScriptedServer

PATH = "tokens/livechat"
LIFE_S = 28800


class SecretVersions:
    """The secret's versions, oldest first; `fails_with` is raised by the next write."""

    def __init__(self, refresh_token: str = "refresh-1") -> None:
        content = {"client_secret": "shh", "refresh_token": refresh_token, "note": "kept"}
        self.versions = [json.dumps(content)]
        self.fails_with: Exception | None = None

    def read(self) -> str:
        return self.versions[-1]

    def write(self, value: str) -> None:
        if self.fails_with:
            error, self.fails_with = self.fails_with, None
            raise error
        self.versions.append(value)

    @property
    def refresh_token(self) -> str:
        return str(json.loads(self.versions[-1])["refresh_token"])


class Notes:
    def __init__(self) -> None:
        self.happenings: list[tuple[str, dict[str, object]]] = []

    def note(self, happening: str, **fields: object) -> None:
        self.happenings.append((happening, fields))


class RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.02))


class App:
    """The app, with as many instances as a test makes."""

    def __init__(self, server: ScriptedServer, store: Store) -> None:
        self.server = server
        self.store = store
        self.clock: Any = FakeClock()
        self.secret = SecretVersions()
        self.journal = Notes()
        self.http = HttpClient()
        self.address = DeskAddress(organization_id="org-1", client_id="client-1", accounts_url=server.url)
        server.on("/v2/token", self.grants())

    def instance(self) -> AgentTokens:
        return AgentTokens(
            self.http,
            self.store,
            self.clock,
            self.address,
            read_secret=self.secret.read,
            write_secret=self.secret.write,
            journal=self.journal,
        )

    def grants(self, refresh_token: str = "", life_s: int = LIFE_S) -> Any:
        """A new access token for every call, with the refresh token that was used or a changed one."""

        def grant(asked: Asked) -> Answer:
            number = len(self.server.calls("/v2/token"))
            returned = refresh_token or asked.body["refresh_token"]
            return Answer(200, {"access_token": f"access-{number}", "expires_in": life_s, "refresh_token": returned})

        return grant

    @property
    def refreshes(self) -> list[Asked]:
        return self.server.calls("/v2/token")

    def body(self) -> dict[str, Any]:
        return self.store.get(PATH)[PATH].record.body

    def pass_time(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    def someone_claims(self, for_s: float) -> None:
        document = self.store.get(PATH).get(PATH)
        before = dict(document.record.body) if document else {}
        claim = {"owner": "another", "until": (self.clock.now() + timedelta(seconds=for_s)).isoformat()}
        record = Record(body={**before, "claim": claim})
        write: Write = Replace(PATH, record, document.version) if document else Create(PATH, record)
        self.store.commit(write)
