"""Deploys the functions from one source, each with its own identity and limits; `redeliver` first."""

from collections.abc import Callable

from functions.handoff.events import JsonObject
from infra.deploy.changes import Change
from infra.deploy.function_config import (
    UNKNOWN_AUDIENCE,
    UNKNOWN_URL,
    arguments_of,
    differences,
    environment_file,
    environment_of,
    find_audience,
    find_url,
    identities,
    url_of,
)
from infra.deploy.parts import DIALOGFLOW_WEBHOOK, FUNCTIONS, LABEL, REDELIVER, Function
from infra.deploy.site import Refused, Site, Step

_TAKES = "deploying, which takes a few minutes"


def function_steps(digest: str) -> list[Step]:
    """Deploy what differs; `digest` is the source's.

    The first time, `redeliver` comes into being before its URL is known, so it is deployed once more with it: the same
    step again, which does nothing when the URL was known before. So does `dialogflow-webhook`, whose URL is what
    Dialogflow's identity tokens are made for.
    """
    others = [function for function in FUNCTIONS if function is not REDELIVER]
    return [
        Step(REDELIVER.name, _looking(REDELIVER, digest, find_url), _TAKES),
        Step(f"wake-ups of {REDELIVER.name}", lambda site: _look_again(site, digest), _TAKES),
        *(Step(function.name, _looking(function, digest, url_of), _TAKES) for function in others),
        Step(f"identities at {DIALOGFLOW_WEBHOOK.name}", lambda site: _look_at_identities(site, digest), _TAKES),
    ]


def _looking(function: Function, digest: str, get_url: Callable[[Site], str]) -> Callable[[Site], list[Change]]:
    return lambda site: look_at_function(function, site, digest, get_url(site))


def _look_again(site: Site, digest: str) -> list[Change]:
    """The same command a second time is not shown: run, the first one leaves nothing to do, if it knew the URL."""
    if site.is_shown_only and find_url(site):
        return []
    return look_at_function(REDELIVER, site, digest, url_of(site))


def _look_at_identities(site: Site, digest: str) -> list[Change]:
    """The same for `dialogflow-webhook`."""
    if not site.is_shown_only:
        return look_at_function(DIALOGFLOW_WEBHOOK, site, digest, url_of(site))
    own = {} if find_audience(site) else identities(site, UNKNOWN_AUDIENCE)
    if not own:
        return []
    environment = {**environment_of(DIALOGFLOW_WEBHOOK, site, url_of(site)), **own}
    arguments = arguments_of(DIALOGFLOW_WEBHOOK, site, digest)
    return [Change("deployed with its own URL", arguments, environment_file(environment))]


def look_at_function(function: Function, site: Site, digest: str, redeliver_url: str) -> list[Change]:
    """Deploy it if it is not there, or not as it should be.

    Raises:
        Refused: a function of that name is there that is not this bundle's.
    """
    found = site.find_function(function)
    environment = environment_of(function, site, redeliver_url)
    arguments = arguments_of(function, site, digest)
    if found is not None:
        check_is_ours(found, function, site)
        different = differences(found, function, site, environment, digest)
        done = f"deployed anew: {', '.join(different)}"
        return [Change(done, arguments, environment_file(environment))] if different else []
    if redeliver_url == UNKNOWN_URL and function is REDELIVER:  # shown only: the command before this one made it
        return [Change("deployed with its own URL", arguments, environment_file(environment))]
    # Said so that gcloud does not ask. For a function that is made it changes nothing: it is private anyway.
    new = (*arguments, "--no-allow-unauthenticated")
    return [Change("deployed", new, environment_file(environment))]


def check_is_ours(found: JsonObject, function: Function, site: Site) -> None:
    """Let pass only what this bundle may overwrite.

    Raises:
        Refused: it is another program, or of the first generation.
    """
    if found.get("environment") == "GEN_1":
        raise Refused(
            f"{function.name} is there as a function of the 1st generation, which can't be turned into one of the 2nd",
            f"delete it, or take another REGION: gcloud functions delete {function.name} --region={site.region}",
        )
    if not is_ours(found):
        raise Refused(
            f"a function {function.name} is there that make deploy did not make",
            f"take another REGION or project; if it is an earlier deployment of this bundle, say so: gcloud functions "
            f"deploy {function.name} --gen2 --region={site.region} --update-labels={LABEL[0]}={LABEL[1]}",
        )


def is_ours(found: JsonObject) -> bool:
    """Whether a function bears our label."""
    return bool(found.get("labels", {}).get(LABEL[0]) == LABEL[1])


def look_at_functions_left(site: Site) -> list[Change]:
    """Delete those that bear our label."""
    command = ("functions", "delete")
    return [
        Change(one.name, (*command, one.name, "--gen2", f"--region={site.region}"))
        for one in reversed(FUNCTIONS)
        if (found := site.find_function(one)) is not None and is_ours(found)
    ]
