"""Stores one credential: tidied, compared with what is there, the value before under it where that is wanted."""

import hmac
import secrets
from typing import NamedTuple

from infra.credentials.forms import Form, Malformed, lines_of, tidy
from infra.credentials.keepers import Keeper, Refused, State

_STRENGTH_BYTES = 32
NO_PLACE = "there is no place for it yet: make deploy makes it"


class Present(NamedTuple):
    """What is there. `value` is "" where there is none, or where it can't be read, for the reason in `trouble`."""

    state: State
    value: str = ""
    trouble: str = ""


class Stored(NamedTuple):
    """What was done. `has_changed` is False where it was there already; `remarks` are for the operator."""

    has_changed: bool
    remarks: tuple[str, ...] = ()


def generate() -> str:
    """A word that nobody guesses."""
    return secrets.token_urlsafe(_STRENGTH_BYTES)


def look(keeper: Keeper, name: str) -> Present:
    """What is there under a name.

    Raises:
        Refused: not even that much can be told.
    """
    state = keeper.state(name)
    if not state.is_readable:
        return Present(state)
    try:
        return Present(state, keeper.read(name).replace("\r\n", "\n").strip())
    except Refused as e:
        return Present(state, trouble=str(e))


def described(present: Present) -> str:
    """What there is, in words that can be shown."""
    if not present.state.can_be_stored:
        return NO_PLACE
    return (present.state.newest or "no value yet") + (f" ({present.trouble})" if present.trouble else "")


def store(keeper: Keeper, form: Form, text: str, *, keep_present: bool = False) -> Stored:
    """Make `text` the newest value, unless it is that.

    Args:
        keeper: where.
        form: of what.
        text: as it was entered.
        keep_present: whether the value that is there stays good, as the second line.

    Raises:
        Malformed: it can't be that credential, or there is nothing to keep.
        Refused: it could not be stored, or there is no telling.
    """
    value, remarks = tidy(form, text)
    present = look(keeper, form.name)
    if not present.state.can_be_stored:
        raise Refused(NO_PLACE)
    if keep_present:
        value = _with_present(form, value, present)
    if _is_same(value, present.value):
        return Stored(has_changed=False, remarks=remarks)
    keeper.add(form.name, value)
    if present.trouble:
        remarks += ("what was there before could not be read, so the two were not compared",)
    return Stored(has_changed=True, remarks=remarks)


def finish(keeper: Keeper, form: Form) -> Stored:
    """Stop accepting the value before the present one.

    Raises:
        Malformed: there is none.
        Refused: it could not be read or stored.
    """
    known = _known(form, look(keeper, form.name))
    if len(known) < 2:
        return Stored(has_changed=False)
    keeper.add(form.name, known[0])
    return Stored(has_changed=True)


def _with_present(form: Form, value: str, present: Present) -> str:
    known = _known(form, present)
    if len(lines_of(value)) > 1:
        raise Malformed("it has two lines already: leave ROTATE out")
    return present.value if known[0] == value else f"{value}\n{known[0]}"


def _known(form: Form, present: Present) -> list[str]:
    """The lines that are there.

    Raises:
        Malformed: there are none, or never can be.
        Refused: they can't be read.
    """
    if not form.proves_sender:
        raise Malformed("it never holds a value before: leave ROTATE and FINISH out")
    if present.trouble:
        raise Refused(present.trouble)
    if not present.value:
        raise Malformed("there is no present value: leave ROTATE and FINISH out")
    return lines_of(present.value)


def _is_same(value: str, present: str) -> bool:
    return hmac.compare_digest(value.encode(), present.encode("utf-8", "surrogatepass"))
