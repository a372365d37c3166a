"""`make login`: a LiveChat administrator's consent, traded for the refresh token that the functions live on."""

import json
import sys
from collections.abc import Mapping

from functions.livechat.api import DeskAddress
from functions.runtime.config import Settings, require
from functions.runtime.http_client import HttpClient
from infra.credentials import asking
from infra.credentials.accounts import Accounts, Granted, Unreachable
from infra.credentials.consent import Consent, NotAnAnswer, NotGranted, new_consent
from infra.credentials.forms import Malformed, word
from infra.credentials.keepers import Keeper, Refused
from infra.credentials.listener import NoAnswer
from infra.credentials.scopes import NEEDED, missing_scopes
from infra.credentials.storing import NO_PLACE, Present, look
from infra.credentials.ways import Way, opened
from infra.deploy.parts import WRITTEN_SECRET

_check_client_secret = word(8)


def log_in(keeper: Keeper, settings: Settings, way: Way, environ: Mapping[str, str]) -> bool:
    """Get consent, store the refresh token, say how it went; answers whether it went well.

    Raises:
        ConfigError: a setting is missing, or the port can't be had.
        Refused: the keeper did not do it.
        NothingEntered: the input ended too soon.
    """
    require(settings, "LIVECHAT_CLIENT_ID")
    present = look(keeper, WRITTEN_SECRET)
    if not present.state.can_be_stored:
        raise Refused(f"{WRITTEN_SECRET}: {NO_PLACE}")
    consent = new_consent(settings.livechat_accounts_url, settings.livechat_client_id, way.port)
    _say_what_is_needed(consent.redirect_uri)
    try:
        with opened(way, consent, environ) as get_code:
            client_secret = _ask_client_secret(present)
            granted = _granted(settings, consent, get_code(), client_secret)
    except (Malformed, NotGranted, NotAnAnswer, NoAnswer, Unreachable) as e:
        print(f"Nothing was stored: {e}", file=sys.stderr)
        return False
    keeper.add(WRITTEN_SECRET, json.dumps({"client_secret": client_secret, "refresh_token": granted.refresh_token}))
    _say_what_is_stored(keeper, settings, granted)
    return True


def _granted(settings: Settings, consent: Consent, code: str, client_secret: str) -> Granted:
    """What LiveChat gives for the code, if it will do.

    Raises:
        NotGranted: it gives nothing, or nothing that will do; that is given back.
        Unreachable: no usable answer.
    """
    accounts = _accounts(settings)
    granted = accounts.exchange(consent, code, client_secret)
    print(f"Organization id: {granted.organization_id}")
    complaints = _complaints(granted, settings)
    if complaints:
        accounts.take_back(granted)
        raise NotGranted("".join(f"\n  {one}" for one in complaints))
    return granted


def _accounts(settings: Settings) -> Accounts:
    address = DeskAddress(
        organization_id=settings.livechat_organization_id,
        client_id=settings.livechat_client_id,
        accounts_url=settings.livechat_accounts_url,
    )
    return Accounts(HttpClient(), address)


def _say_what_is_needed(redirect_uri: str) -> None:
    print("The app in LiveChat's Developer Console (platform.text.com/console), App Authorization, server-side, needs")
    print(f"  redirect address  {redirect_uri}")
    for scope, why in NEEDED.items():
        print(f"  scope             {scope:<26} {why}")


def _ask_client_secret(present: Present) -> str:
    """The app's client secret: as entered, or as stored.

    Raises:
        Malformed: it can't be one.
    """
    stored = _stored_client_secret(present)
    hint = " (empty = the one that is stored)" if stored else ""
    entered = asking.ask_hidden(f"The app's client secret, not shown{hint}: ").strip()
    if not (entered or stored):
        raise Malformed("the client secret is needed: the Developer Console shows it, or makes a new one")
    if entered:
        _check_client_secret(entered)
    return entered or stored


def _stored_client_secret(present: Present) -> str:
    try:
        found = json.loads(present.value or "{}")
    except (ValueError, RecursionError):
        return ""
    secret = found.get("client_secret") if isinstance(found, dict) else None
    return secret if isinstance(secret, str) else ""


def _say_what_is_stored(keeper: Keeper, settings: Settings, granted: Granted) -> None:
    print(f"All scopes are there. {WRITTEN_SECRET} is stored in {keeper.where}.")
    print("Functions that were refused take it up at once, others when they renew their access token (within 7 hours).")
    if not settings.livechat_organization_id:
        print(f"Put it into the settings file: LIVECHAT_ORGANIZATION_ID={granted.organization_id}")


def _complaints(granted: Granted, settings: Settings) -> list[str]:
    """Why this grant won't do, each with what helps."""
    found = [
        f"scope {scope} is missing ({NEEDED[scope]}): add it to the app, and make login again"
        for scope in missing_scopes(granted.scopes)
    ]
    wanted = settings.livechat_organization_id
    if wanted and wanted != granted.organization_id:
        found.append(f"LIVECHAT_ORGANIZATION_ID is another one, {wanted}: sign in with that licence, or correct it")
    return found
