"""The bridge's own words, to users and to agents, in the closest language there is.

Operators override and translate them with `MESSAGES_FILE`.
"""

import re
from collections.abc import Iterator, Mapping

from functions.handoff.languages import BUILT_IN

_LAST_RESORT = "en"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def find_text(
    text_id: str, locale: str, own: Mapping[str, Mapping[str, str]], default: str = _LAST_RESORT, **parameters: object
) -> str:
    """The text in the closest language: the locale, its language, the deployment's `default`, English.

    In each of them the operator's `own` goes before the built-in one. Placeholders without a parameter, and unknown
    texts, stay visible as they are rather than fail a delivery.

    Args:
        text_id: as in the catalogue.
        locale: BCP 47 or with an underscore, any case; "" = unknown.
        own: locale in the form of `normal_locale` → text id → text.
        default: the deployment's language.
        parameters: placeholder → value.
    """
    for name in _chain(locale, default):
        for table in (own, BUILT_IN):
            text = table.get(name, {}).get(text_id)
            if text is not None:
                return fill(text, parameters)
    return text_id


def reason_text(reason: str, own: Mapping[str, Mapping[str, str]], language: str) -> str:
    """Why something was not delivered, in words where there are any; else a provider's own name of the error."""
    text_id = f"why_{reason}"
    text = find_text(text_id, language, own)
    return reason if text == text_id else text


def _chain(locale: str, default: str) -> Iterator[str]:
    for one in (locale, default, _LAST_RESORT):
        parts = normal_locale(one).split("-")
        for count in range(len(parts), 0, -1):  # zh-hant-tw, zh-hant, zh
            yield "-".join(parts[:count])


def normal_locale(locale: str) -> str:
    """A locale as texts are looked up by: `de_AT` and `de-at` are the same."""
    return locale.strip().replace("_", "-").lower()


def find_faults(own: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What can't be meant in an operator's texts, in words: a text or a placeholder that does not exist."""
    import difflib  # noqa: PLC0415 - only where an operator has texts: not at every cold start

    known = BUILT_IN[_LAST_RESORT]
    faults = []
    for locale, texts in own.items():
        for text_id, text in texts.items():
            if text_id not in known:
                near = difflib.get_close_matches(text_id, known, 1)
                faults.append(f"{locale}: {text_id} is no text" + (f" (did you mean {near[0]}?)" if near else ""))
            elif unknown := sorted(placeholders(text) - placeholders(known[text_id])):
                faults.append(f"{locale}: {text_id} knows no {{{unknown[0]}}}")
    return faults


def find_gaps(own: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What is likely forgotten in an operator's texts, in words: placeholders, texts of a language not built in."""
    known = BUILT_IN[_LAST_RESORT]
    gaps = []
    for locale, texts in own.items():
        language = normal_locale(locale).split("-")[0]
        missing = sorted(set(known) - set(texts) - set(own.get(language, {})))
        if language not in BUILT_IN and missing:
            gaps.append(f"{locale}: {len(missing)} texts are not translated, beginning with {missing[0]}")
        for text_id in sorted(set(texts) & set(known)):
            if without := sorted(placeholders(known[text_id]) - placeholders(texts[text_id])):
                gaps.append(f"{locale}: {text_id} does not say {{{without[0]}}}")
    return gaps


def placeholders(text: str) -> set[str]:
    """The names in braces."""
    return set(_PLACEHOLDER.findall(text))


def fill(text: str, parameters: Mapping[str, object]) -> str:
    """Replace each `{name}` that has a parameter; braces are otherwise ordinary characters."""
    for name, value in parameters.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def excerpt(text: str, length: int = 80) -> str:
    """The beginning of somebody's words, to say which message is meant."""
    return text if len(text) <= length else text[: length - 1] + "…"
