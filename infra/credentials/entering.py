"""`make secrets`: one credential from a prompt, a file or a pipe, or all of them one after the other."""

import difflib
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from functions.handoff.errors import ConfigError
from infra.credentials import asking
from infra.credentials.forms import FORMS, Form, Malformed, brand_form, lines_of, tidy
from infra.credentials.keepers import Keeper, Refused
from infra.credentials.storing import Present, Stored, described, finish, generate, look, store
from infra.deploy.brands import BrandSecret, by_name
from infra.deploy.parts import CHANNEL_SECRETS, SECRETS, WRITTEN_SECRET, Secret

_TRIES = 3
_GENERATE = "g"
_SHOW_LATER = "gcloud secrets versions access latest --secret={} shows it on demand"


class Wish(NamedTuple):
    """What the command line says. `file`: "" = prompt or pipe, "-" = pipe."""

    name: str = ""
    file: str = ""
    generate: bool = False
    rotate: bool = False
    finish: bool = False


def enter(keeper: Keeper, wish: Wish, of_brands: Sequence[BrandSecret] = ()) -> bool:
    """Do what is wished for and say how it went; answers whether all went well.

    Args:
        keeper: where credentials are kept.
        wish: what is wished for.
        of_brands: secrets that brands have beside the deployment's.

    Raises:
        ConfigError: it can't be done that way.
        Refused: the keeper did not do it.
        NothingEntered: the input ended too soon; what had been entered before is stored.
    """
    if wish.name:
        form = _form_of(wish.name, of_brands)
        _check(form, wish)
        return _enter_one(keeper, form, wish)
    if wish != Wish():
        raise ConfigError("which secret? NAME=…")
    if not asking.is_terminal():
        raise ConfigError("which secret comes in through the pipe? NAME=…")
    return _enter_all(keeper, of_brands)


def _form_of(name: str, of_brands: Sequence[BrandSecret]) -> Form:
    forms = {**{one.name: brand_form(one) for one in of_brands}, **FORMS}
    if name in forms:
        return forms[name]
    if name == WRITTEN_SECRET:
        raise ConfigError(f"{name} is nothing to enter: make login gets it from LiveChat and stores it")
    near = difflib.get_close_matches(name, forms, 1)
    raise ConfigError(f"{name} is no secret: " + (f"did you mean {near[0]}?" if near else f"NAME={' | '.join(forms)}"))


def _check(form: Form, wish: Wish) -> None:
    if sum((bool(wish.file), wish.generate, wish.finish)) > 1 or (wish.finish and wish.rotate):
        raise ConfigError("FILE, GENERATE and FINISH exclude each other, and FINISH excludes ROTATE")
    if wish.generate and not form.is_ours:
        raise ConfigError(f"{form.name} can't be generated: it comes {form.whence}")
    if form.by_file and not wish.finish and asking.is_terminal() and wish.file in ("", "-"):
        raise ConfigError(f"{form.name} is more than one can type: FILE=…")


def _enter_one(keeper: Keeper, form: Form, wish: Wish) -> bool:
    print(f"{form.name}, into {keeper.where}")
    if wish.finish:
        return _try(partial(finish, keeper, form))
    if wish.generate:
        return _store_generated(keeper, form, keep_present=wish.rotate)
    if wish.file or not asking.is_terminal():
        return _store_read(keeper, form, wish.file or "-", keep_present=wish.rotate)
    present = look(keeper, form.name)
    print(f"  {described(present)}")
    return present.state.can_be_stored and _ask_for(keeper, form, present, rotate=wish.rotate) is True


def _store_read(keeper: Keeper, form: Form, source: str, *, keep_present: bool) -> bool:
    went_well = _try(lambda: store(keeper, form, asking.read_whole(source), keep_present=keep_present), form.afterwards)
    if went_well and source != "-":
        print(f"  {source} is still there: remove it, if nothing else needs it")
    return went_well


def _enter_all(keeper: Keeper, of_brands: Sequence[BrandSecret]) -> bool:
    print(f"Into {keeper.where}. Nothing that you enter is shown; an empty entry leaves things as they are.")
    went_well = True
    for secret in SECRETS:
        present = look(keeper, secret.name)
        print(f"\n{secret.name}{_needed_for(secret)}: {described(present)}")
        if secret.name == WRITTEN_SECRET:
            print("  make login gets it from LiveChat and stores it")
        elif FORMS[secret.name].by_file:
            print(f"  make secrets NAME={secret.name} FILE=… stores {FORMS[secret.name].whence}")
        elif present.state.can_be_stored:
            went_well &= _ask_for(keeper, FORMS[secret.name], present) is not False
        went_well &= present.state.can_be_stored
    return went_well & _enter_all_of_brands(keeper, of_brands)


def _needed_for(secret: Secret) -> str:
    channel = CHANNEL_SECRETS.get(secret.name)
    return f" (switches {channel} on)" if channel else " (optional)" if secret.optional else ""


def _enter_all_of_brands(keeper: Keeper, of_brands: Sequence[BrandSecret]) -> bool:
    went_well = True
    for name, sharing in by_name(of_brands).items():
        present = look(keeper, name)
        print(f"\n{name} (of {', '.join(one.brand for one in sharing)}): {described(present)}")
        if present.state.can_be_stored:
            went_well &= _ask_for(keeper, brand_form(sharing[0]), present) is not False
        went_well &= present.state.can_be_stored
    return went_well


def _ask_for(keeper: Keeper, form: Form, present: Present, *, rotate: bool = False) -> bool | None:
    """Ask, and store what is entered; None where that is nothing. Answers whether it went well."""
    print(f"  {form.whence}")
    text = _ask_value(form)
    if text is None:
        return False
    if not text:
        return _ask_to_finish(keeper, form, present)
    keep_present = rotate or _ask_to_keep(form, present)
    if _is_to_generate(form, text):
        return _store_generated(keeper, form, keep_present=keep_present)
    return _try(partial(store, keeper, form, text, keep_present=keep_present), form.afterwards)


def _ask_value(form: Form) -> str | None:
    """A value that fits, "" for none, or None where none of several did."""
    choice = f"empty = leave it, {_GENERATE} = generate one" if form.is_ours else "empty = leave it"
    for _ in range(_TRIES):
        try:
            text = asking.ask_hidden(f"  value ({choice}): ").strip()
            if text and not _is_to_generate(form, text):
                tidy(form, text)
            return text
        except Malformed as e:
            print(f"  not stored: {e}")
    return None


def _is_to_generate(form: Form, text: str) -> bool:
    return form.is_ours and text == _GENERATE


def _ask_to_keep(form: Form, present: Present) -> bool:
    has_value = bool(present.value) and form.proves_sender
    return has_value and asking.agrees("  accept the present value, too, until all senders have changed?")


def _ask_to_finish(keeper: Keeper, form: Form, present: Present) -> bool | None:
    if form.proves_sender and len(lines_of(present.value)) > 1 and asking.agrees("  stop accepting the value before?"):
        return _try(partial(finish, keeper, form))
    print("  left as it is")
    return None


def _store_generated(keeper: Keeper, form: Form, *, keep_present: bool) -> bool:
    value = generate()
    if not _try(partial(store, keeper, form, value, keep_present=keep_present), form.afterwards):
        return False
    if form.is_to_be_copied:
        _offer_to_show(form, value)
    return True


def _offer_to_show(form: Form, value: str) -> None:
    if asking.agrees("  show it for a moment, to copy it to the other side?"):
        asking.show_for_a_moment(value)
    else:
        print(f"  {_SHOW_LATER.format(form.name)}")


def _try(work: Callable[[], Stored], afterwards: str = "") -> bool:
    """Do it and say how it went; answers whether it went well."""
    try:
        stored = work()
    except (Malformed, Refused) as e:
        print(f"  not stored: {e}")
        return False
    for remark in stored.remarks:
        print(f"  {remark}")
    print(f"  stored. {afterwards}".rstrip() if stored.has_changed else "  unchanged: that is what is there")
    return True
