"""LiveChat as the agents' inbox: identities for customers, their view of the desk, and threads read for the core.

Source: LiveChat Customer Accounts API v2, Customer and Agent Chat API 3.6.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from functions.handoff.errors import ProviderError, ProviderUnavailable
from functions.handoff.events import JsonObject
from functions.handoff.interfaces import LIVECHAT, Clock, Customer, ThreadView
from functions.livechat import notes
from functions.livechat.api import Deadline, DeskAddress, post
from functions.livechat.customer import LiveChatCustomer
from functions.livechat.errors import AUTHENTICATION
from functions.livechat.oauth import make_customer_token, refuses_agent_token
from functions.livechat.threads import read_thread_view
from functions.runtime.http_client import HttpClient

_R = TypeVar("_R")


class AgentTokenSource(Protocol):
    """Where the shared agent access token comes from (`tokens.AgentTokens`)."""

    def get(self, timeout_s: float) -> str:
        """A token to use now."""
        ...

    def refused(self, token: str) -> None:
        """LiveChat refused this token."""
        ...


class LiveChatDesk:
    """`interfaces.AgentDesk` over LiveChat's Web APIs. Safe for use by many threads."""

    text_limit_bytes = notes.TEXT_LIMIT_BYTES

    def __init__(self, http: HttpClient, tokens: AgentTokenSource, clock: Clock, address: DeskAddress) -> None:
        self._http = http
        self._tokens = tokens
        self._clock = clock
        self._address = address

    def new_customer(self, *, timeout_s: float) -> Customer:
        """Make a new customer identity; one that is never used leaves no trace for agents."""
        return self._customer_token("", Deadline(self._clock, timeout_s))

    def as_customer(self, customer: Customer) -> LiveChatCustomer:
        """The desk seen by that customer. No call is made."""
        return LiveChatCustomer(
            customer, http=self._http, address=self._address, clock=self._clock, renew=self._customer_token
        )

    def read_thread(self, chat_id: str, thread_id: str, *, timeout_s: float) -> ThreadView:
        """Read one thread; `thread_id` "" means the newest."""
        deadline = Deadline(self._clock, timeout_s)
        body = {"chat_id": chat_id, **({"thread_id": thread_id} if thread_id else {})}

        def read(token: str) -> JsonObject:
            url = self._address.agent_action("get_chat")
            return post(self._http, url, body, token=token, timeout_s=deadline.left_s())

        answer = self._as_agent(read, deadline)
        return read_thread_view(answer, chat_id=chat_id, thread_id=thread_id, now=self._clock.now())

    def _customer_token(self, customer_id: str, deadline: Deadline) -> Customer:
        def make(token: str) -> Customer:
            return make_customer_token(
                self._http,
                self._address,
                self._clock,
                agent_token=token,
                customer_id=customer_id,
                timeout_s=deadline.left_s(),
            )

        return self._as_agent(make, deadline)

    def _as_agent(self, call: Callable[[str], _R], deadline: Deadline) -> _R:
        """Make a call with the agent token, once more with a new one if LiveChat refuses that."""
        token = self._tokens.get(deadline.left_s())
        try:
            return call(token)
        except ProviderError as e:
            if not refuses_agent_token(e):
                raise
        self._tokens.refused(token)
        second = self._tokens.get(deadline.left_s())
        try:
            return call(second)
        except ProviderError as e:
            if not refuses_agent_token(e):
                raise
            self._tokens.refused(second)
            raise ProviderUnavailable(LIVECHAT, AUTHENTICATION, status=e.status) from e  # the next try has a new token
