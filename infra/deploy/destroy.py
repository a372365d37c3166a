"""`make destroy`: takes the bundle out of a project: what bears its names and nothing else, data only on demand."""

from collections.abc import Callable

from infra.deploy.credentials import secret_names
from infra.deploy.parts import COLLECTIONS
from infra.deploy.run import Progress, bring_about, in_columns, look_at, show
from infra.deploy.site import Site
from infra.deploy.steps import DESTROY_STEPS

Ask = Callable[[str], str]


def destroy(site: Site, progress: Progress, is_agreed: Callable[[], bool]) -> bool:
    """Say what would go and what stays, ask, and remove it. Answers False if it was not agreed to, and nothing done.

    Raises:
        Stopped: a step failed.
    """
    progress.say(f"project {site.project}, region {site.region}\n")
    if site.is_shown_only:
        count = show(DESTROY_STEPS, site, progress)
        progress.say(
            f"\n# {count} command{'s' * (count != 1)}, none of them run" if count else "\n# Nothing to remove."
        )
        return True
    going = {step.name: [change.done for change in look_at(step, site)] for step in DESTROY_STEPS}
    if not any(going.values()):
        progress.say(f"Nothing to remove.\n{_staying(site)}")
        return True
    progress.say("This will be removed:")
    for name, things in going.items():
        if things:
            progress.say(in_columns(f"  {name}", ", ".join(things)))
    progress.say(f"\n{_staying(site)}\n")
    if not is_agreed():
        return False
    count = bring_about(DESTROY_STEPS, site, progress)
    progress.say(f"\n{count} thing{'s' * (count != 1)} removed.")
    return True


def _staying(site: Site) -> str:
    if site.with_data:
        return "APIs stay enabled. Documents and secrets go for good: there is no way back."
    documents = f"Firestore database {site.deployment.database}: {', '.join(COLLECTIONS)}"
    lines = (
        "APIs stay enabled. Data stays:",
        in_columns("  documents", documents),
        in_columns("  secrets", ", ".join(secret_names(site))),
        "DATA=1 removes them, too.",
    )
    return "\n".join(lines)


def agreement(project: str, given: str, ask: Ask = input) -> Callable[[], bool]:
    """Whether the operator agrees: by the project's id, `given` before or typed now."""

    def is_agreed() -> bool:
        if given:
            return given == project
        try:
            return ask(f"Type the project's id ({project}) to go on: ").strip() == project
        except EOFError:
            return False

    return is_agreed
