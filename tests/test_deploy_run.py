"""Steps are brought about one by one; what fails is named with cause and remedy, and a new run goes on from there."""

import pytest

from infra.deploy.changes import Change
from infra.deploy.run import Progress, Stopped, bring_about, show
from infra.deploy.site import Refused, Site, Step
from infra.deploy.steps import deploy_steps
from tests.deploy_project import DIGEST, FakeGcloud, Told, site, whole_project


class Shelf:
    """What has been put on it by `gcloud put NAME`; a step for each name looks whether it is there."""

    def __init__(self, *names: str) -> None:
        self.there: list[str] = []
        self.gcloud = FakeGcloud()
        self.gcloud.on_run = self._put
        self.steps = [Step(name, self._looking(name)) for name in names]
        self.site = site(gcloud=self.gcloud)

    def _looking(self, name: str):  # type: ignore[no-untyped-def]
        return lambda _site: [] if name in self.there else [Change(f"put {name}", ("put", name))]

    def _put(self, line: list[str]) -> None:
        said = next((said for words, said in self.gcloud.refusals.items() if set(words) <= set(line)), None)
        if line[1] == "put" and not (said and said[0]):
            self.there.append(line[2])


def test_each_step_gets_a_line_and_its_changes_are_counted() -> None:
    shelf, told = Shelf("cup", "jug"), Told()
    shelf.there.append("cup")

    count = bring_about(shelf.steps, shelf.site, told.progress)

    assert count == 1
    assert told.said == [f"{'cup':<28}as it should be", f"{'jug':<28}put jug"]


def test_a_second_run_changes_nothing() -> None:
    shelf = Shelf("cup", "jug")
    bring_about(shelf.steps, shelf.site, Told().progress)
    shelf.gcloud.lines.clear()

    count = bring_about(shelf.steps, shelf.site, Told().progress)

    assert count == 0
    assert shelf.gcloud.lines == []


def test_a_failure_names_step_cause_remedy_and_command() -> None:
    shelf = Shelf("cup", "jug", "pot")
    shelf.gcloud.refusals["put", "jug"] = ["Doing it...failed.\nERROR: (gcloud.put) PERMISSION_DENIED: not you"]

    with pytest.raises(Stopped) as stopped:
        bring_about(shelf.steps, shelf.site, Told().progress)

    assert str(stopped.value).splitlines() == [
        "stopped at: jug",
        "  why:        ERROR: (gcloud.put) PERMISSION_DENIED: not you",
        "  what to do: your account (gcloud auth list) lacks a permission: have an owner of shop-prod give you the "
        "role; roles/owner has all",
        "  command:    gcloud put jug --project=shop-prod --quiet",
    ]


@pytest.mark.parametrize("at", ["cup", "jug", "pot"])
def test_a_new_run_goes_on_where_one_stopped(at: str) -> None:
    shelf = Shelf("cup", "jug", "pot")
    shelf.gcloud.refusals["put", at] = ["ERROR: FAILED_PRECONDITION: not today", ""]
    with pytest.raises(Stopped):
        bring_about(shelf.steps, shelf.site, Told().progress)
    done_before = list(shelf.there)
    shelf.gcloud.lines.clear()

    bring_about(shelf.steps, shelf.site, Told().progress)

    assert shelf.there == ["cup", "jug", "pot"]
    assert not any(line[2] in done_before for line in shelf.gcloud.lines)


def test_what_passes_by_itself_is_waited_for_and_said() -> None:
    shelf, told = Shelf("cup"), Told()
    shelf.gcloud.refusals["put", "cup"] = ["ERROR: 409 ABORTED: busy", "ERROR: 409 ABORTED: busy", ""]

    bring_about(shelf.steps, shelf.site, told.progress)

    assert told.slept == [5, 5]
    assert "waiting 5 s: somebody else is changing the same thing" in told.said[0]
    assert told.said[-1] == f"{'cup':<28}put cup"


def test_patience_grows_and_ends() -> None:
    shelf, told = Shelf("cup"), Told()
    shelf.gcloud.refusals["put", "cup"] = ["ERROR: 409 ABORTED: busy"] * 50

    with pytest.raises(Stopped, match="stopped at: cup"):
        bring_about(shelf.steps, shelf.site, told.progress)

    assert told.slept == [5, 5, 10, 20, 40, 60, 60, 60, 40]
    assert sum(told.slept) == 300


def test_what_somebody_else_did_meanwhile_is_not_done_again() -> None:
    shelf = Shelf("cup")
    shelf.gcloud.refusals["put", "cup"] = ["ERROR: ALREADY_EXISTS: cup"] * 2

    def somebody_puts_it(_seconds: float) -> None:
        shelf.there.append("cup")

    count = bring_about(shelf.steps, shelf.site, Progress(lambda _line: None, somebody_puts_it))

    assert count == 0
    assert len(shelf.gcloud.lines) == 1


def test_what_cannot_be_used_stops_before_any_change() -> None:
    def refuse(_site: Site) -> list[Change]:
        raise Refused("it is of glass", "take one of tin")

    shelf = Shelf("cup")

    with pytest.raises(Stopped, match=r"stopped at: pot\n  why:        it is of glass\n  what to do: take one of tin"):
        bring_about([Step("pot", refuse), *shelf.steps], shelf.site, Told().progress)
    assert shelf.gcloud.lines == []


def test_long_changes_are_announced() -> None:
    shelf, told = Shelf("cup"), Told()
    step = shelf.steps[0]._replace(takes="putting it, which takes long")

    bring_about([step], shelf.site, told.progress)

    assert told.said[0].endswith("putting it, which takes long …")


def test_a_long_line_goes_on_below_itself_and_breaks_no_name() -> None:
    names = ["a-name-of-some-length"] * 12
    step = Step("many", lambda _site: [Change(name, ("put", name)) for name in names])
    told = Told()

    bring_about([step], site(), told.progress)

    lines = told.said[0].splitlines()
    assert len(lines) > 1
    assert all(len(line) <= 118 for line in lines)
    assert all(line.startswith(" " * 28) for line in lines[1:])
    assert " ".join(told.said[0].split()) == "many " + ", ".join(names)


# --- only shown ---


def test_shown_commands_are_none_of_them_run() -> None:
    gcloud, told = FakeGcloud(), Told()
    here = whole_project()
    del here["secretmanager", "v1/projects/shop-prod/secrets/livechat-oauth"]

    count = show(deploy_steps(DIGEST), site(here, gcloud, is_shown_only=True), told.progress)

    assert count == 1
    assert gcloud.lines == []
    assert (
        "gcloud secrets create livechat-oauth --replication-policy=automatic --labels=app=livechat-handoff "
        "--project=shop-prod --quiet"
    ) in told.said
    assert "# queue: as it should be" in told.said


def test_what_can_t_be_looked_at_is_taken_for_absent_and_said() -> None:
    told = Told()
    refusals = {("cloudtasks", "v2/projects/shop-prod/locations/europe-west1/queues/handoff"): ["HTTP 403: no"]}

    count = show(deploy_steps(DIGEST), site(is_shown_only=True, refusals=refusals), told.progress)

    assert count == 1
    assert "# queue can't be looked at, so it is taken for absent: HTTP 403: no" in told.said
    assert any(line.startswith("gcloud tasks queues create handoff") for line in told.said)


def test_without_the_project_everything_is_taken_for_absent_after_one_look() -> None:
    told = Told()
    here = site(
        is_shown_only=True, refusals={("cloudresourcemanager", "v1/projects/shop-prod"): ["ConnectionError"] * 9}
    )

    count = show(deploy_steps(DIGEST), here, told.progress)

    assert told.said[0] == "# project can't be looked at, so everything is taken for absent: ConnectionError"
    assert count > 70
    assert len(here.sight.looks) == 1  # type: ignore[attr-defined]
    assert "# project: as it should be" not in told.said


def test_shown_lines_can_be_put_into_a_shell() -> None:
    told = Told()
    here = whole_project()
    del here["cloudscheduler", "v1/projects/shop-prod/locations/europe-west1/jobs/handoff-sweep"]
    here["cloudfunctions", "v2/projects/shop-prod/locations/europe-west1/functions/redeliver"]["labels"]["source"] = "x"

    show(deploy_steps(DIGEST), site(here, is_shown_only=True), told.progress)

    at = told.said.index("cat > environment.json <<'END'")
    assert told.said[told.said.index("END", at) + 1].startswith("gcloud functions deploy redeliver --gen2 ")
    assert "--env-vars-file=environment.json" in told.said[told.said.index("END", at) + 1]
    assert any("'--schedule=* * * * *'" in line and "'--message-body={}'" in line for line in told.said)
