"""Stand-in of Google as the signer of identity tokens: mints them, and serves the certificates to check them with.

Beside right tokens it mints hostile and broken ones (`Flaw`). An outage is a fault on `CERTS_PATH`, as in any stand-in.

Source: OpenID Connect core 1.0 (claims), RFC 7515 (JWS), https://www.googleapis.com/oauth2/v1/certs (a JSON object
key id → PEM certificate, with Cache-Control: max-age), as of 2026-11.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from flask import Response

from infra.sandbox.clock import Clock
from infra.sandbox.standin import StandIn

JsonObject = dict[str, Any]
CERTS_PATH = "/oauth2/v1/certs"
SERVICE_AGENT = "service-1111@gcp-sa-dialogflow.iam.gserviceaccount.com"
Flaw = Literal[
    "",
    "wrong key",
    "unknown key id",
    "no key id",
    "changed claims",
    "alg none",
    "HS256 with the certificate",
    "expired",
    "issued in the future",
    "no expiry",
    "other issuer",
    "e-mail not verified",
]
"""What is wrong with a token; "" = nothing."""

_LIFE_S = 3600
_CERTIFICATE_DAYS = 3650
_PUBLISHED = 2
_CLAIMS: dict[str, Callable[[JsonObject], JsonObject]] = {
    "expired": lambda claims: {**claims, "iat": claims["iat"] - 2 * _LIFE_S, "exp": claims["exp"] - 2 * _LIFE_S},
    "issued in the future": lambda claims: {**claims, "iat": claims["iat"] + _LIFE_S, "exp": claims["exp"] + _LIFE_S},
    "no expiry": lambda claims: {name: value for name, value in claims.items() if name != "exp"},
    "other issuer": lambda claims: {**claims, "iss": "https://accounts.goggle.example"},
    "e-mail not verified": lambda claims: {**claims, "email_verified": False},
}


class Key(msgspec.Struct, frozen=True):
    """A signing key with its public certificate."""

    id: str
    private: rsa.RSAPrivateKey
    certificate: str


class GoogleIdentityStandIn(StandIn):
    """Signs with the newest key; the certificates of the two newest are served.

    `flaw`: of all tokens that are minted without one of their own. `max_age_s`: how long the certificates may be kept.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__("google-identity", clock)
        self.flaw: Flaw = ""
        self.max_age_s = 20_000
        self.keys: list[Key] = []
        self.app.add_url_rule(CERTS_PATH, view_func=self._certs)

    @property
    def certs_url(self) -> str:
        """Where the certificates are."""
        return self.base_url + CERTS_PATH

    def state(self) -> JsonObject:
        """The ids of the keys whose certificates are served, newest first, and the flaw."""
        with self.lock:
            return {"keys": [key.id for key in self._served()], "flaw": self.flaw}

    def reset(self) -> None:
        """Forget the keys and the flaw."""
        self.keys.clear()
        self.flaw = ""

    def rotate(self) -> str:
        """Sign with a new key from here on; answers its id. Of those before it only the newest stays served."""
        with self.lock:
            self.keys.insert(0, self._new_key())
            return self.keys[0].id

    def mint(self, audience: str, *, email: str = SERVICE_AGENT, flaw: Flaw | None = None, **claims: Any) -> str:
        """An identity token for that audience, with the flaw that is set for all where none is given.

        `claims` go over the usual ones; None takes one away.
        """
        flaw = self.flaw if flaw is None else flaw
        now = int(self.clock.time())
        usual = {
            "aud": audience,
            "azp": "111111111111111111111",
            "email": email,
            "email_verified": True,
            "exp": now + _LIFE_S,
            "iat": now,
            "iss": "https://accounts.google.com",
            "sub": "111111111111111111111",
        }
        given = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        with self.lock:
            return self._signed(_CLAIMS[flaw](given) if flaw in _CLAIMS else given, flaw)

    # --- keys and signatures -----------------------------------------------------------------------------------------

    def _signed(self, claims: JsonObject, flaw: Flaw) -> str:
        key = self._served()[0]
        header: JsonObject = {"alg": "RS256", "kid": key.id, "typ": "JWT"}
        if flaw == "alg none":
            return f"{_encoded(header | {'alg': 'none'})}.{_encoded(claims)}."
        if flaw == "HS256 with the certificate":
            text = f"{_encoded(header | {'alg': 'HS256'})}.{_encoded(claims)}"
            return f"{text}.{_base64url(hmac.digest(key.certificate.encode(), text.encode(), 'sha256'))}"
        if flaw == "unknown key id":
            header["kid"] = "0" * 40
        if flaw == "no key id":
            del header["kid"]
        signer = self._new_key() if flaw == "wrong key" else key
        text = f"{_encoded(header)}.{_encoded(claims)}"
        signature = signer.private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        if flaw == "changed claims":
            text = f"{_encoded(header)}.{_encoded(claims | {'email': 'somebody.else@example.com'})}"
        return f"{text}.{_base64url(signature)}"

    def _served(self) -> list[Key]:
        if not self.keys:
            self.keys.append(self._new_key())  # not before somebody needs one: it takes a moment
        return self.keys[:_PUBLISHED]

    def _new_key(self) -> Key:
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "federated-signon.system.gserviceaccount.com")])
        now = self.clock.now()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=_CERTIFICATE_DAYS))
            .sign(private, hashes.SHA256())
        )
        pem = certificate.public_bytes(Encoding.PEM).decode()
        return Key(hashlib.sha1(pem.encode(), usedforsecurity=False).hexdigest(), private, pem)

    def _certs(self) -> Response:
        with self.lock:
            body = json.dumps({key.id: key.certificate for key in self._served()}, indent=2)
        caching = f"public, max-age={self.max_age_s}, must-revalidate, no-transform"
        return Response(body, mimetype="application/json", headers={"Cache-Control": caching})


def _encoded(value: JsonObject) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
