"""RCS for Business: the words a phone writes by itself when its owner subscribes or unsubscribes. Pure.

Source: RCS for Business, guide "receive events", as of 2026-04, for the words; Vonage's pages on RCS for those that
belong to a country.
"""

import unicodedata

_ANYWHERE = {"STOP": False, "BAJA": False, "PARAR": False, "START": True, "ALTA": True}  # word → whether it subscribes
_OF_COUNTRY = {  # prefix of the phone number → words beside those
    "+33": {"Démarrer": True},
    "+55": {"começar": True},
}
_MAX_CHARACTERS = 100


def find_subscription(text: str, phone: str) -> bool | None:
    """Whether the whole text, in any case, is a word by which one subscribes; None where it is no such word at all."""
    word = _folded(text)
    of_country = (words for prefix, words in _OF_COUNTRY.items() if phone.startswith(prefix))
    known = {_folded(one): wanted for words in (_ANYWHERE, *of_country) for one, wanted in words.items()}
    return known.get(word)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip()).casefold() if len(text) <= _MAX_CHARACTERS else ""
