"""What the stand-ins are told to do wrong, and how often. Pure.

Each kind strikes a share of the calls; now and then a provider is down for everybody for some seconds.
"""

from infra.sandbox.standin import Fault, JsonObject

SHARE = 0.008
"""Of the calls, for each of the eight kinds."""

LIVECHAT, DIALOGFLOW, TASKS = "livechat", "dialogflow", "cloud-tasks"
BUSINESS_MESSAGES, RCS = "business-messages", "rcs"
_PATHS = {
    LIVECHAT: "^/v[0-9.]+/(customer|agent)/action/|^/v2/",
    BUSINESS_MESSAGES: "^/v1/conversations/",
    RCS: "^/v1/phones/",
    DIALOGFLOW: "^/v[23]/",
    TASKS: "^/v2/",
}
_HANG_S = {LIVECHAT: 11.0, BUSINESS_MESSAGES: 7.0, RCS: 7.0, DIALOGFLOW: 9.0, TASKS: 3.0}
"""Longer than we wait: LiveChat 8 s (it works on for up to 15), the channel 5, Dialogflow 7, Cloud Tasks 2."""


def faults_of(standin: str) -> list[Fault]:
    """The rules of one stand-in."""
    path, hang_s = _PATHS[standin], _HANG_S[standin]

    def fault(name: str, **how: object) -> Fault:
        return Fault(path=path, name=name, share=SHARE, **how)  # type: ignore[arg-type]

    return [
        fault("429", status=429, body=_body(standin, 429)),
        fault("429, Retry-After", status=429, body=_body(standin, 429), headers={"Retry-After": "3"}),
        fault("500", status=500, body=_body(standin, 500)),
        fault("503", status=503, body=_body(standin, 503)),
        fault("hangs, then does it", delay_s=hang_s),
        fault("hangs, does nothing", delay_s=hang_s, status=503, body=_body(standin, 503)),
        fault("cut before", cut=True),
        fault("cut after the effect", cut=True, after=True),
    ]


def outage_of(standin: str) -> list[Fault]:
    """The provider is down: every call fails, one way or the other."""
    path = _PATHS[standin]
    return [
        Fault(path=path, name="down", share=0.3, cut=True),
        Fault(path=path, name="down", status=503, body=_body(standin, 503)),
    ]


_LIVECHAT_TYPES = {429: "too_many_requests", 500: "internal", 503: "service_unavailable"}
_GOOGLE_STATUSES = {429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}


def _body(standin: str, status: int) -> JsonObject:
    if standin == LIVECHAT:
        return {"error": {"type": _LIVECHAT_TYPES[status], "message": "not now"}}
    return {"error": {"code": status, "message": "not now", "status": _GOOGLE_STATUSES[status]}}


WEBHOOKS = {"duplicate": 0.2, "reorder": 0.1, "reorder_delay_s": 2.5, "drop": 0.05}
"""LiveChat's webhooks: twice, late (so others overtake them), lost for good."""

SENDING = {"twice": 0.2, "reorder": 0.1, "hold_s": 2.0, "delay": 0.1, "delay_s": 2.5, "drop": 0.05}
"""The channel's webhooks: twice, held back behind others, late, lost on the first try."""

CALM = dict.fromkeys(("twice", "reorder", "delay", "drop"), 0.0)
