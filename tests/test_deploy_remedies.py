"""Every way Google is known to refuse gets words a person can act on; what passes by itself is waited for."""

import pytest

from infra.deploy.remedies import REMEDIES, UNKNOWN, in_short, remedy_for
from tests.deploy_project import site

PASSING = [
    '404 NOT_FOUND: Cannot find metric(s) that match type = "logging.googleapis.com/user/handoff_outcomes". If a '
    "metric was created recently, it could take up to 10 minutes to become available. Please try again soon.",
    "ERROR: (gcloud.functions.deploy) OperationError: code=3, message=Build failed with status: FAILURE and message: "
    "failed to Fetch: failed to download archive gs://gcf-v2-sources-1-r/x.zip: Access to bucket gcf-v2-sources-1-r "
    "denied. You must grant Storage Object Viewer permission to handoff-build@p.iam.gserviceaccount.com.",
    "ERROR: (gcloud.projects.add-iam-policy-binding) INVALID_ARGUMENT: Service account "
    "redeliver@p.iam.gserviceaccount.com does not exist.",
    "PERMISSION_DENIED: Cloud Tasks API has not been used in project 1 before or it is disabled. [SERVICE_DISABLED]",
    "ERROR: (gcloud.functions.deploy) ResponseError: status=[409], code=[Ok], message=[unable to queue the operation]",
    "ABORTED: There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.",
    "ERROR: (gcloud.firestore.databases.create) FAILED_PRECONDITION: Database ID '(default)' is not available in "
    "project 'p'. Please retry in 287 seconds.",
    "ERROR: (gcloud.secrets.create) ALREADY_EXISTS: Secret [projects/1/secrets/livechat-oauth] already exists.",
    "UNAVAILABLE: The service is currently unavailable.",
    "ERROR: (gcloud.firestore.databases.create) INTERNAL: An internal error occurred.",
    "ERROR: (gcloud.scheduler.jobs.delete) NOT_FOUND: Job not found.",
    'Build failed: denied: Permission "artifactregistry.repositories.uploadArtifacts" denied on resource "projects/p"',
    "the Firestore database is still being made",
    "Queue does not exist",
    "Permission 'iam.serviceaccounts.actAs' denied on service account redeliver@p.iam.gserviceaccount.com (or it may "
    "not exist).",
]
LASTING = [
    ("ERROR: (gcloud.functions.deploy) unrecognized arguments: --build-service-account=x", "gcloud components update"),
    (
        "ERROR: (gcloud.auth.print-access-token) You do not currently have an active account selected.",
        "gcloud auth login",
    ),
    (
        "FAILED_PRECONDITION: Billing account for project '1' is not found. Billing must be enabled for activation of "
        "service(s) 'run.googleapis.com' to proceed. [UREQ_PROJECT_BILLING_NOT_FOUND]",
        "linkedaccount?project=shop-prod",
    ),
    ("PERMISSION_DENIED: This API method requires billing to be enabled. [BILLING_DISABLED]", "linkedaccount?project="),
    (
        "ERROR: (gcloud.run.services.add-iam-policy-binding) FAILED_PRECONDITION: One or more users named in the "
        "policy do not belong to a permitted customer,  perhaps due to an organization policy.",
        "iam.allowedPolicyMemberDomains",
    ),
    ("FAILED_PRECONDITION: Constraint constraints/run.allowedIngress violated: ALLOW_ALL", "run.allowedIngress"),
    ('Operation denied by org policy: ["constraints/gcp.resourceLocations": …]', "take a REGION"),
    ("Service account creation is not allowed: constraints/iam.disableServiceAccountCreation", "allow them"),
    (
        "Operation denied by org policy: constraints/run.managed.requireSomething violated",
        "run.managed.requireSomething",
    ),
    (
        "ERROR: (gcloud.secrets.create) PERMISSION_DENIED: Permission 'secretmanager.secrets.create' denied for "
        "resource 'projects/p'",
        "lack the permission secretmanager.secrets.create",
    ),
    ("PERMISSION_DENIED: The caller does not have permission", "owner of shop-prod"),
    (
        "ERROR: (gcloud.projects.add-iam-policy-binding) [op@example.com] does not have permission to access projects "
        "instance [p:setIamPolicy] (or it may not exist): Policy update access denied.",
        "roles/owner",
    ),
    (
        "PERMISSION_DENIED: Caller does not have required permission to use project p. Grant the caller the "
        "roles/serviceusage.serviceUsageConsumer role",
        "roles/serviceusage.serviceUsageConsumer in shop-prod",
    ),
    ("FAILED_PRECONDITION: The queue cannot be created because a queue with this name existed too recently.", "3 days"),
    ("RESOURCE_EXHAUSTED: Quota exceeded for quota metric 'Write requests'", "quotas?project=shop-prod"),
    ("Max instances must be set to 5 or fewer in order to set the requested total CPU, exceeds quota", "MAX_INSTANCES"),
    (
        "Revision 'x' is not ready: Container Healthcheck failed. The user-provided container failed to start",
        "function's log",
    ),
    ("OperationError: code=3, message=Build failed: error in requirements.txt. Build logs: https://…", "build's log"),
    ("INVALID_ARGUMENT: Location 'europe-west99' is not a valid location.", "FIRESTORE_LOCATION"),
    ("ConnectionError", "connected"),
    ("FAILED_PRECONDITION: Database has delete protection enabled", "--no-delete-protection"),
]


@pytest.mark.parametrize("said", PASSING, ids=lambda said: said[:60])
def test_what_passes_by_itself_is_given_time(said: str) -> None:
    remedy = remedy_for(said, site())

    assert remedy.patience_s >= 60
    assert remedy.words != UNKNOWN.words


@pytest.mark.parametrize(("said", "words"), LASTING, ids=lambda one: one[:60])
def test_what_does_not_pass_is_not_waited_for_and_has_its_remedy(said: str, words: str) -> None:
    remedy = remedy_for(said, site())

    assert words in remedy.words
    assert remedy.patience_s == 0


def test_every_row_of_the_table_is_reached_by_a_known_refusal() -> None:
    known = [*PASSING, *(said for said, _ in LASTING)]

    reached = {remedy_for(said, site()).pattern for said in known}

    assert {remedy.pattern for remedy in REMEDIES} == reached


def test_of_what_nobody_knows_google_s_own_words_are_the_remedy() -> None:
    assert remedy_for("ERROR: the moon is in the way", site()) == UNKNOWN


def test_progress_is_left_out_of_what_google_said() -> None:
    said = "Preparing function...done.\n[Build] failed\nERROR: (gcloud.functions.deploy) Build failed:\n  see the log\n"

    assert in_short(said) == "ERROR: (gcloud.functions.deploy) Build failed: see the log"


def test_whom_gcloud_says_to_be_does_not_count_as_the_complaint() -> None:
    complaint = (
        "ERROR: (gcloud.firestore.databases.delete) FAILED_PRECONDITION: Database has delete protection enabled."
    )
    who = (
        " This command is authenticated as op@example.com which is the active account specified by the [core/account] "
        "property."
    )

    assert in_short(complaint + who) == complaint
    assert remedy_for(complaint + who, site()) == remedy_for(complaint, site())
    assert "--no-delete-protection" in remedy_for(complaint + who, site()).words


def test_a_long_complaint_is_cut() -> None:
    assert len(in_short("x" * 5000)) < 700
