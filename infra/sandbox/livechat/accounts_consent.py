"""accounts.livechat.com in a browser: the page that asks a person for consent, and the one that says what is wrong.

Whoever opens it is signed in as the stand-in's one person. Without a fault, a private app's person is sent on at once.

Source: OAuth authorization (authorization code grant), troubleshooting. Where a refusal leads is not documented in
words; the list of error codes has `missing_grant`, "grants were rejected", among those of the error page.
"""

from urllib.parse import urlencode

from flask import Request, Response, url_for
from markupsafe import Markup, escape

from infra.sandbox.livechat.accounts_codes import Refused, Wanted, read_request
from infra.sandbox.livechat.licence import Licence

_PAGE = Markup("<!doctype html><title>LiveChat (stand-in)</title><h1>{title}</h1>{body}")
_FORM = Markup('<form method="post">{fields}<button name="decision" value="{value}">{label}</button></form>')


def authorize(licence: Licence, request: Request) -> Response:
    """Answer an authorization request, or the decision on it: sent back with a code, asked, or the error page."""
    asked = request.form if request.method == "POST" else request.args
    try:
        wanted = read_request(licence.options, asked)
        if request.method == "POST":
            return _decided(licence, wanted, asked.get("decision", ""))
        if licence.options.asks_consent or asked.get("prompt") == "consent":
            return _question(licence, request)
        return _send_back(licence, wanted)
    except Refused as e:
        return _to(url_for("ooops", oauth_exception=e.exception, exception_details=e.details or None))


def ooops(request: Request) -> Response:
    """LiveChat's error page."""
    said = ", ".join(request.args.values())
    return _page("Something went wrong", Markup("<p>{}</p>").format(said))


def _decided(licence: Licence, wanted: Wanted, decision: str) -> Response:
    if decision != "allow":
        raise Refused("missing_grant")
    return _send_back(licence, wanted)


def _send_back(licence: Licence, wanted: Wanted) -> Response:
    query = urlencode({"code": licence.codes.issue(wanted), "state": wanted.state})
    return _to(f"{wanted.redirect_uri}?{query}")


def _question(licence: Licence, request: Request) -> Response:
    hidden = Markup('<input type="hidden" name="{}" value="{}">')
    fields = Markup("").join(hidden.format(name, value) for name, value in request.args.items())
    scopes = Markup("").join(Markup("<li>{}</li>").format(scope) for scope in licence.options.scopes)
    allow = _FORM.format(fields=fields, value="allow", label="Allow")
    deny = _FORM.format(fields=fields, value="deny", label="Cancel")
    return _page("This app asks for access to", Markup("<ul>{}</ul>{}{}").format(scopes, allow, deny))


def _page(title: str, body: Markup) -> Response:
    return Response(_PAGE.format(title=escape(title), body=body), content_type="text/html; charset=utf-8")


def _to(url: str) -> Response:
    return Response(status=302, headers={"Location": url})
