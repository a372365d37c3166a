"""LiveChat's accounts service, as far as a login needs it: a code traded for tokens, and a grant taken back.

Source: LiveChat OAuth authorization: v2/token, `scope` is a comma list; revoking an access token revokes the refresh
token that came with it.
"""

from typing import NamedTuple

from functions.handoff.errors import ProviderUnavailable
from functions.handoff.interfaces import LIVECHAT
from functions.livechat.api import DeskAddress
from functions.livechat.errors import readable_type
from functions.runtime.http_client import HttpClient, Response
from infra.credentials.consent import Consent, NotGranted, words_for

_TIMEOUT_S = 20.0


class Granted(NamedTuple):
    """What LiveChat gave. The tokens are never shown."""

    access_token: str
    refresh_token: str
    scopes: tuple[str, ...]
    organization_id: str


class Unreachable(Exception):
    """LiveChat gave no usable answer. The message says what to do."""


class Accounts(NamedTuple):
    """The accounts service, called as our app."""

    http: HttpClient
    address: DeskAddress

    def exchange(self, consent: Consent, code: str, client_secret: str) -> Granted:
        """Trade a code for tokens.

        Raises:
            NotGranted: LiveChat refuses it.
            Unreachable: no usable answer; the code may be used up.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self.address.client_id,
            "client_secret": client_secret,
            "redirect_uri": consent.redirect_uri,
            "code_verifier": consent.verifier,
        }
        try:
            answer = self.http.request(LIVECHAT, "POST", self._url, timeout_s=_TIMEOUT_S, form=form)
        except ProviderUnavailable as e:
            raise Unreachable(
                f"LiveChat did not answer ({e.error_type}): look at the network and begin again"
            ) from None
        return _read(answer)

    def take_back(self, granted: Granted) -> None:
        """Revoke a grant that is not going to be used, as well as that can be done."""
        headers = {"Authorization": f"Bearer {granted.access_token}"}
        try:
            self.http.request(LIVECHAT, "DELETE", self._url, timeout_s=_TIMEOUT_S, headers=headers)
        except ProviderUnavailable:
            return  # LiveChat keeps 25 of them and drops the oldest

    @property
    def _url(self) -> str:
        return self.address.accounts("v2/token")


def _read(answer: Response) -> Granted:
    body = answer.body if isinstance(answer.body, dict) else {}
    refusal = readable_type(body.get("oauth_exception")) or readable_type(body.get("error"))
    if refusal:
        raise NotGranted(words_for(refusal))
    texts = [body.get(name) for name in ("access_token", "refresh_token", "scope", "organization_id")]
    access_token, refresh_token, scope, organization_id = (one if isinstance(one, str) else "" for one in texts)
    if answer.status // 100 != 2 or not access_token:
        raise Unreachable(f"LiveChat answered {answer.status} and nothing that makes sense: begin again")
    if not refresh_token:
        raise NotGranted("LiveChat gave no refresh token: the app must be a server-side app")
    return Granted(access_token, refresh_token, tuple(scope.replace(",", " ").split()), organization_id)
