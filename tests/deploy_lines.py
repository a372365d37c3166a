"""Every kind of gcloud line of deploying and destroying: from nothing, from something bent, and back to nothing."""

import shlex
from collections.abc import Iterator
from typing import Any

from infra.deploy.site import NoSight, Site, Step
from infra.deploy.steps import DESTROY_STEPS, deploy_steps
from tests.deploy_project import DIGEST, HERE, PROJECT, Things, email, site, whole_project

VERBS = {"create", "update", "delete", "resume", "enable", "add-iam-policy-binding", "remove-iam-policy-binding"}
DEPLOY_STEPS = deploy_steps(DIGEST)


def every_line() -> list[str]:
    blind = site(is_shown_only=True)._replace(sight=NoSight())
    crowded = whole_project()
    crowded["firestore", f"v1/projects/{PROJECT}/databases/(default)/documents:listCollectionIds"] = {
        "collectionIds": ["chats", "orders"]
    }
    lines = [
        *_lines(DEPLOY_STEPS, blind),
        *_lines(DEPLOY_STEPS, site(_bent())),
        *_lines(DESTROY_STEPS, site()),
        *_lines(DESTROY_STEPS, site(with_data=True)),
        *_lines(DESTROY_STEPS, site(crowded, with_data=True)),
    ]
    return sorted({_shape(line): line for line in sorted(set(lines))}.values())


def _shape(line: str) -> tuple[str, ...]:
    """What gcloud's parser goes by: verb and flags. Of lines that differ in names only one is enough."""
    words = shlex.split(line)
    flags = sorted({word.partition("=")[0] for word in words if word.startswith("--")})
    return (*words[1:3], *(word for word in words[3:] if word in VERBS), *flags)


def _lines(steps: Any, here: Site) -> Iterator[str]:
    for step in steps:
        yield from _step_lines(step, here)


def _step_lines(step: Step, here: Site) -> Iterator[str]:
    for change in step.look(here):
        file = (f"{change.file.flag}={change.file.name}",) if change.file else ()
        if change.arguments:
            yield shlex.join(here.cloud.line((*change.arguments, *file)))


def _bent() -> Things:
    """A project where all that can be put right is to be put right."""
    here = whole_project()
    here["cloudtasks", f"v2/{HERE}/queues/handoff"] |= {"state": "PAUSED", "retryConfig": {}}
    here["cloudscheduler", f"v1/{HERE}/jobs/handoff-sweep"] |= {"state": "PAUSED", "schedule": "1 * * * *"}
    here["iam", f"v1/projects/{PROJECT}/serviceAccounts/{email('redeliver')}"]["disabled"] = True
    for (api, _), thing in here.items():
        if api == "cloudfunctions" and "labels" in thing:
            thing["labels"]["source"] = "old"
        if api == "run":
            thing["bindings"][0]["members"] = ["allUsers"]
    return here
