"""Identity tokens that must not be taken: hostile, damaged, or meant for somebody else."""

import base64
import json
from typing import Any, get_args

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from infra.sandbox.google_identity import SERVICE_AGENT, Flaw, GoogleIdentityStandIn

AUDIENCE = "https://europe-west1-shop-dev.cloudfunctions.net/dialogflow-webhook"


def encoded(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def flipped(text: str, at: int) -> str:
    """The token with one character replaced by another one of the alphabet, whatever bits of it count."""
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


def spelt_otherwise(token: str) -> str:
    """The same bytes: of the last character only the upper bits count."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) ^ 1]


def with_header(token: str, **changes: Any) -> str:
    head, _, rest = token.partition(".")
    return f"{encoded({**decoded(head), **changes})}.{rest}"


def claims_that_are_wrong(now: int) -> dict[str, dict[str, Any]]:
    """Rightly signed by Google, and all the same not for us."""
    times: list[Any] = ["soon", True, None, [], {}, "9999999999"]
    texts: list[Any] = ["", 1, True, None, []]
    return {
        "another audience": {"aud": "https://elsewhere.example"},
        "a longer audience": {"aud": AUDIENCE + "/"},
        "audiences": {"aud": [AUDIENCE]},
        "another sender": {"email": "somebody@shop.example"},
        "a sender in capitals": {"email": SERVICE_AGENT.upper()},
        "no sender": {"email": None},
        "not verified in words": {"email_verified": "true"},
        "not verified": {"email_verified": None},
        "verified by number": {"email_verified": 1},
        "over a minute ago": {"exp": now - 60},
        "from a minute ahead": {"iat": now + 60},
        "not before a minute ahead": {"nbf": now + 60},
        "expiry that is no number": {"exp": float("nan")},
        **{f"expiry {one!r}": {"exp": one} for one in times},
        **{f"begin {one!r}": {"iat": one} for one in times},
        **{f"not before {one!r}": {"nbf": one} for one in times if one is not None},
        **{f"e-mail {one!r}": {"email": one} for one in texts},
        **{f"audience {one!r}": {"aud": one} for one in texts},
        **{f"issuer {one!r}": {"iss": one} for one in [*texts[:4], "https://accounts.google.com.example", "google"]},
    }


def damaged(token: str) -> dict[str, str]:
    """One token, damaged or dressed up."""
    head, body, signature = token.split(".")
    no_object = encoded([decoded(body)])
    return {
        **{f"character {at}": flipped(token, at) for at in range(3, len(token), 23) if token[at] != "."},
        "last character": flipped(token, len(token) - 1),
        "another spelling": spelt_otherwise(token),
        "no signature": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "four parts": f"{token}.{signature}",
        "signature twice": f"{head}.{body}.{signature}{signature}",
        "padded": f"{token}==",
        "white space": f"{head}.{body}.{signature[:8]}\n{signature[8:]}",
        "a stop in the signature": f"{head}.{body}.!{signature}",
        "header in capitals": with_header(token, alg="rs256"),
        "no algorithm": with_header(token, alg=None),
        "algorithms": with_header(token, alg=["RS256"]),
        "another hash": with_header(token, alg="RS512"),
        "elliptic": with_header(token, alg="ES256"),
        "critical": with_header(token, crit=["exp"]),
        "key id a number": with_header(token, kid=1),
        "key id empty": with_header(token, kid=""),
        "key of its own": with_header(token, jwk={"kty": "RSA"}),
        "body a list": f"{head}.{no_object}.{signature}",
        "header a list": f"{encoded([decoded(head)])}.{body}.{signature}",
        "no JSON": f"{encoded(b'no json')}.{body}.{signature}",
        "deep": f"{encoded(b'[' * 3000)}.{body}.{signature}",
        "no UTF-8": f"{encoded(bytes([255, 254]))}.{body}.{signature}",
        "long": f"{head}.{body}.{signature * 100}",
        "empty": "",
        "stops": "..",
        "not ASCII": f"{head}.{body}.é",
    }


def signed(google: GoogleIdentityStandIn, **header: Any) -> str:
    """With another header, signed by Google's own key all the same."""
    text = with_header(google.mint(AUDIENCE), **header).rpartition(".")[0]
    signature = google.keys[0].private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{encoded(signature)}"


def forged(google: GoogleIdentityStandIn) -> dict[str, str]:
    """Every one is wrong in its own way."""
    wrong = claims_that_are_wrong(int(google.clock.time()))
    by_flaw = {flaw: google.mint(AUDIENCE, flaw=flaw) for flaw in get_args(Flaw) if flaw}
    return {
        **by_flaw,
        **{name: google.mint(AUDIENCE, **claims) for name, claims in wrong.items()},
        **damaged(google.mint(AUDIENCE)),
        **{
            f"signed as {alg!r}": signed(google, alg=alg)
            for alg in ("RS512", "rs256", "none", "HS256", None, ["RS256"])
        },
        "signed with something critical": signed(google, crit=["exp"], exp=1),
        "signed without a key's name": signed(google, kid=None),
    }
