"""A LiveChat agent token for the doctor's questions, and what LiveChat says of it.

The functions share one token in `tokens/livechat`. While it is good it is only read and used, which changes nothing.
Where there is none, or LiveChat does not take it, it is renewed by the very code that the functions renew it by, as the
next webhook would: claimed in the store, so that no function renews it at the same time; a refresh token that LiveChat
changes is stored before the access token is used; and the new token is shared. So nothing is lost by it, provided that
whoever runs this may store the refresh token: that is made sure of before LiveChat is asked.

Source: LiveChat OAuth authorization (v2/info: scope is a comma list).
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

import msgspec

from functions.handoff.errors import ConfigError, ProviderRefused, ProviderUnavailable
from functions.handoff.interfaces import LIVECHAT, Store
from functions.livechat.errors import readable_type
from functions.livechat.oauth import AgentToken
from functions.livechat.token_record import TokenRecord
from functions.livechat.tokens import AgentTokens
from functions.runtime.http_client import HttpClient
from functions.runtime.secrets import SecretsUnavailable
from infra.deploy.gcloud import CloudRefused
from infra.doctor.patient import Patient
from infra.webhooks.secret_store import OAUTH, CloudSecrets

_R = TypeVar("_R")
_TIMEOUT_S = 20.0
_USABLE_FOR = timedelta(seconds=10)
_SAVING_TRIES, _PAUSE_S = 3, 1.0


class MayNotRenew(Exception):
    """There is no good token, and renewing it might lose the refresh token. The message says why."""


class RefreshTokenLost(SecretsUnavailable):
    """LiveChat changed the refresh token, and it could not be stored."""


class Info(msgspec.Struct, frozen=True):
    """What LiveChat says of a token; what it leaves out is ""."""

    client_id: str = ""
    organization_id: str = ""
    scope: str = ""

    @property
    def scopes(self) -> list[str]:
        """What it allows."""
        return [scope.strip() for scope in self.scope.split(",") if scope.strip()]


class Given(NamedTuple):
    """A token that LiveChat takes. `until`: when the shared one ends; None: it was renewed for this."""

    token: str
    info: Info
    until: datetime | None = None


def get_token(http: HttpClient, patient: Patient) -> Given:
    """The shared token, renewed if it is not good.

    Raises:
        MayNotRenew: there is none, and it was left so.
        ProviderRefused: LiveChat refuses the refresh token or the app.
        ProviderUnavailable: LiveChat, or a secret, does not answer; caused by `RefreshTokenLost`, it did.
        StoreUnavailable: the store does not answer.
        ConfigError: a secret or a setting is missing or malformed.
        CloudRefused: Google does not tell what must be known.
    """
    store = patient.records.open()
    shared = TokenRecord(store).read().token
    if shared and _is_usable(shared, patient.clock.now()):
        info = _ask(http, patient, shared.value)
        if info is not None:
            return Given(shared.value, info, shared.expires_at)
    renewed = _renew(http, patient, store, shared.value if shared else "")
    info = _ask(http, patient, renewed)
    if info is None:
        raise ProviderUnavailable(LIVECHAT, "new_token_not_taken", status=401)
    return Given(renewed, info)


def _is_usable(token: AgentToken, now: datetime) -> bool:
    return now < token.expires_at - _USABLE_FOR


def _ask(http: HttpClient, patient: Patient, token: str) -> Info | None:
    """What LiveChat says of a token; None: it does not take it."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = http.request(LIVECHAT, "GET", patient.address.accounts("v2/info"), timeout_s=_TIMEOUT_S, headers=headers)
    if answer.status // 100 == 2:
        try:
            return msgspec.convert(answer.body, Info)
        except msgspec.ValidationError:
            raise ProviderUnavailable(LIVECHAT, "unreadable_answer", status=answer.status) from None
    body = answer.body if isinstance(answer.body, dict) else {}
    kind = readable_type(body.get("oauth_exception"))
    if answer.status in {400, 401, 403} and kind not in {"server_error", "temporarily_unavailable"}:
        return None
    raise ProviderUnavailable(LIVECHAT, kind or f"http_{answer.status}", status=answer.status)


def _renew(http: HttpClient, patient: Patient, store: Store, refused: str) -> str:
    _check_may_renew(patient)
    keeper = patient.keeper
    tokens = AgentTokens(
        http,
        store,
        patient.clock,
        patient.address,
        read_secret=lambda: _reached(lambda: keeper.get(OAUTH)),
        write_secret=_saving(lambda value: keeper.put(OAUTH, value)),
    )
    if refused:
        tokens.refused(refused)
    return tokens.get(_TIMEOUT_S)


def _check_may_renew(patient: Patient) -> None:
    if not isinstance(patient.keeper, CloudSecrets):
        return
    try:
        patient.keeper.check_writable(OAUTH)
    except ConfigError as e:
        raise MayNotRenew(str(e)) from e


def _reached(call: Callable[[], _R]) -> _R:
    """What the secret store answers; away, it is something that a later try may overcome."""
    try:
        return call()
    except CloudRefused as e:
        raise SecretsUnavailable(f"secret {OAUTH}: {e.said}") from e


def _saving(put: Callable[[str], None]) -> Callable[[str], None]:
    """Storing a refresh token, tried again: the old one may be worth nothing any more."""

    def save(value: str) -> None:
        for left in reversed(range(_SAVING_TRIES)):
            try:
                return _reached(lambda: put(value))
            except SecretsUnavailable as e:
                if not left:
                    raise RefreshTokenLost(str(e)) from e
                time.sleep(_PAUSE_S)

    return save


WORDS_FOR_REFUSAL = {
    "invalid_grant": f"LiveChat refuses the refresh token in {OAUTH}: it was revoked or has expired",
    "invalid_client": f"LiveChat does not know the app: LIVECHAT_CLIENT_ID, or the client secret in {OAUTH}, is wrong",
    "unauthorized_client": "LiveChat does not let the app do this: LIVECHAT_CLIENT_ID or its client secret is wrong",
}


def words_for(refusal: ProviderRefused) -> str:
    """What LiveChat's refusal of the refresh token means."""
    return WORDS_FOR_REFUSAL.get(refusal.error_type, f"LiveChat gives no access token ({refusal.error_type})")
