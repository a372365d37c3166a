"""What makes a deployment, in order, and what takes it away."""

from collections.abc import Sequence

from infra.deploy import credentials, database, functions, identities, invokers, project, wake_ups, watching
from infra.deploy.site import Step

FIRST = (
    Step("project", project.look_at_project, is_first=True),
    Step("APIs", project.look_at_apis, "enabling them, which takes a minute"),
    Step("region", project.look_at_region),
    Step("log-based metrics", watching.look_at_metrics),  # early: alerts can be made only once Google knows them
    Step("service accounts", identities.look_at_accounts),
    Step("roles", identities.look_at_grants),
    Step("acting as", identities.look_at_act_as),
    Step("Firestore database", database.look_at_database),
    Step("Firestore expiry", database.look_at_expiry),
    Step("Firestore indexes", database.look_at_exemptions),
    Step("Firestore rules", database.look_at_rules),
    Step("secrets", credentials.look_at_secrets),
    Step("secret access", credentials.look_at_access),
    Step("queue", wake_ups.look_at_queue),
    Step("queue access", wake_ups.look_at_enqueuers),
)
LAST = (
    Step("invokers", invokers.look_at_invokers),
    Step("scheduler job", wake_ups.look_at_sweep),
    Step("dashboard", watching.look_at_dashboard),
    Step("notification channel", watching.look_at_channel),
    Step("alert policies", watching.look_at_alerts),
)


def deploy_steps(digest: str) -> Sequence[Step]:
    """All of them; `digest` is the source's."""
    return (*FIRST, *functions.function_steps(digest), *LAST)


DESTROY_STEPS = (  # callers before what they call, roles before who has them
    Step("scheduler job", wake_ups.look_at_sweep_left),
    Step("functions", functions.look_at_functions_left, "deleting them, which takes a few minutes"),
    Step("queue", wake_ups.look_at_queue_left),
    Step("secret access", credentials.look_at_access_left),
    Step("roles", identities.look_at_grants_left),
    Step("service accounts", identities.look_at_accounts_left),
    Step("alerts, dashboard, metrics", watching.look_at_watching_left),
    Step("documents", database.look_at_documents_left, "deleting them, which takes a few minutes"),
    Step("secrets", credentials.look_at_secrets_left),
)
