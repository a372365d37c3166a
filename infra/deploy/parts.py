"""What a deployment is made of, by name: the functions, what each may do, the secrets, the queue, the collections.

The one table that deploying, destroying, checking and the documentation go by. Names are fixed: a second run finds what
the first one made by them.
"""

from typing import NamedTuple

RUNTIME = "python313"
QUEUE = "handoff"
SWEEP_JOB = "handoff-sweep"
WAKE_UPS_ACCOUNT = "handoff-wake-ups"
BUILD_ACCOUNT = "handoff-build"
BUILD_ROLES = (  # the least that Cloud Build needs: fetch the source, push the image, write its log
    "roles/storage.objectViewer",
    "roles/artifactregistry.writer",
    "roles/logging.logWriter",
)
LABEL = ("app", "livechat-handoff")  # on every function: how what is ours is told from what is not


class Secret(NamedTuple):
    """A credential. `optional`: the bundle works without it; a channel is on when its own has a value."""

    name: str
    meaning: str
    optional: bool = False


SECRETS = (
    Secret("livechat-oauth", "LiveChat OAuth: client secret and refresh token, written by make login"),
    Secret("livechat-webhook-secret", "what LiveChat's webhooks prove themselves with"),
    Secret("business-messages-partner-key", "what Business Messages webhooks are signed with", optional=True),
    Secret("rcs-client-token", "what RCS for Business webhooks are signed with", optional=True),
    Secret("dialogflow-webhook-token", "what Dialogflow's fulfilment webhook sends", optional=True),
    Secret("messaging-service-account", "JSON key for the messaging APIs, if not redeliver's identity", optional=True),
)
CHANNEL_SECRETS = {"business-messages-partner-key": "Business Messages", "rcs-client-token": "RCS for Business"}
WRITTEN_SECRET = "livechat-oauth"  # the one that functions add versions to

_DRAINING = ("livechat-oauth", "messaging-service-account")


class Function(NamedTuple):
    """One Cloud Function, its identity and its limits.

    `name` is also its service account's. `drains`: it works mailboxes, so it calls all providers.
    `secrets` are those it may read; `memory_mib`, `timeout_s`, `concurrency` and instances go to gcloud as they are,
    `concurrency` also to THREADS.
    """

    name: str
    entry_point: str
    public: bool
    drains: bool
    secrets: tuple[str, ...]
    timeout_s: int
    min_instances: int = 0
    max_instances: int = 20
    concurrency: int = 8
    memory_mib: int = 512
    cpu: int = 1

    @property
    def service_account(self) -> str:
        """The part before the @ of its own service account."""
        return self.name

    @property
    def roles(self) -> tuple[str, ...]:
        """What it may do in the whole project; all else is granted on single things."""
        return ("roles/datastore.user", "roles/dialogflow.client") if self.drains else ("roles/datastore.user",)


REDELIVER = Function("redeliver", "redeliver", public=False, drains=True, secrets=_DRAINING, timeout_s=120)
DIALOGFLOW_WEBHOOK = Function(
    "dialogflow-webhook",
    "dialogflow_webhook",
    public=True,
    drains=False,
    secrets=("dialogflow-webhook-token",),
    timeout_s=15,  # Dialogflow waits 5
    min_instances=1,  # a cold start does not fit into them
)

FUNCTIONS = (
    REDELIVER,  # first: the others are told its URL
    Function(
        "livechat-webhook",
        "livechat_webhook",
        public=True,
        drains=True,
        secrets=("livechat-webhook-secret", *_DRAINING),
        timeout_s=30,  # LiveChat waits 10
    ),
    Function(
        "business-messages-webhook",
        "business_messages_webhook",
        public=True,
        drains=True,
        secrets=("business-messages-partner-key", *_DRAINING),
        timeout_s=60,
    ),
    Function(
        "rcs-webhook",
        "rcs_webhook",
        public=True,
        drains=True,
        secrets=("rcs-client-token", *_DRAINING),
        timeout_s=60,
    ),
    DIALOGFLOW_WEBHOOK,
)

COLLECTIONS = ("conversations", "mailbox", "chats", "sessions", "dead_letters", "tokens")
EXPIRING_COLLECTIONS = COLLECTIONS[:-1]  # the token has no time to live
EXPIRY_FIELD = "expire_at"
PAYLOAD_FIELD = "body"  # one JSON string, never queried

APIS = (
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudfunctions.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "cloudtasks.googleapis.com",
    "dialogflow.googleapis.com",
    "firebaserules.googleapis.com",
    "firestore.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
)


def email_of(account: str, project: str) -> str:
    """A service account's full name. In a project of an old kind, "example.com:shop", the domain comes last."""
    domain, _, name = project.rpartition(":")
    return f"{account}@{name}{'.' * bool(domain)}{domain}.iam.gserviceaccount.com"


def queue_path(project: str, region: str) -> str:
    """The queue's full name, as TASKS_QUEUE wants it."""
    return f"projects/{project}/locations/{region}/queues/{QUEUE}"
