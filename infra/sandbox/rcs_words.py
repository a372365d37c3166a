"""The word that a phone writes by itself, beside the event, when its user (un)subscribes. Pure.

Source: RCS for Business, "Receive events" (that there is one, in the user's language); Vonage's table of them by
country.
"""

_ELSEWHERE = ("START", "STOP")
_BY_COUNTRY = {
    "+33": ("Démarrer", "STOP"),
    "+34": ("ALTA", "BAJA"),
    "+52": ("ALTA", "BAJA"),
    "+55": ("começar", "parar"),
}


def keyword(number: str, *, wanted: bool) -> str:
    """What it writes, by the country of its number."""
    start, stop = _BY_COUNTRY.get(number[:3], _ELSEWHERE)
    return start if wanted else stop
