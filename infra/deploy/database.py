"""The Firestore database: native mode, TTL policies, no index on payloads, and rules that let no client in."""

from collections.abc import Iterable

from functions.handoff.events import JsonObject
from infra.deploy.changes import ANSWERED, Call, Change
from infra.deploy.gcloud import CloudRefused
from infra.deploy.parts import COLLECTIONS, EXPIRING_COLLECTIONS, EXPIRY_FIELD, PAYLOAD_FIELD
from infra.deploy.site import PAGE_SIZE, Refused, Site

DEFAULT_DATABASE = "(default)"
_NATIVE = "FIRESTORE_NATIVE"
_IN_FORCE = {"ACTIVE", "CREATING"}
_OWN_DATABASE = "give the bundle a database of its own: STORE=firestore:handoff in the settings file"

RULES = """rules_version = '2';
service cloud.firestore {
  match /databases/{database}/documents {
    match /{document=**} {
      allow read, write: if false;
    }
  }
}
"""
"""No client gets in. The functions are no clients in this sense: their service accounts go by IAM."""


def look_at_database(site: Site) -> list[Change]:
    """Make it where there is none.

    Raises:
        Refused: one of that name is there and can't be used: another mode, edition or location. None can be changed.
    """
    wanted = site.deployment
    found = find_database(site)
    if found is not None:
        _check(found, site)
        return []
    flags = (f"--database={wanted.database}", f"--location={wanted.firestore_location}", "--type=firestore-native")
    return [Change(f"made {wanted.database}", ("firestore", "databases", "create", *flags))]


def find_database(site: Site) -> JsonObject | None:
    """The database as it is, or None."""
    return site.sight.find("firestore", f"v1/{path_of(site)}")


def path_of(site: Site) -> str:
    """The database's full name."""
    return f"projects/{site.project}/databases/{site.deployment.database}"


def _check(found: JsonObject, site: Site) -> None:
    name, location = site.deployment.database, found.get("locationId", "")
    if found.get("type", _NATIVE) != _NATIVE:
        raise Refused(f"the Firestore database {name} is in Datastore mode, which can't be used", _OWN_DATABASE)
    if found.get("databaseEdition") == "ENTERPRISE":
        raise Refused(
            f"the Firestore database {name} is of the Enterprise edition: no automatic indexes", _OWN_DATABASE
        )
    asked_for = site.deployment.firestore_location
    if asked_for not in {location, site.region} and location:
        raise Refused(
            f"the Firestore database {name} is in {location}, but FIRESTORE_LOCATION asks for {asked_for}",
            f"set FIRESTORE_LOCATION={location}, or {_OWN_DATABASE}",
        )


def look_at_expiry(site: Site) -> list[Change]:
    """Let Firestore delete what has expired; a policy that could not be put in force is asked for again.

    Raises:
        CloudRefused: the database is still being made; gcloud does not wait for that.
    """
    if not site.is_shown_only and find_database(site) is None:
        raise CloudRefused(f"GET {path_of(site)}", "the Firestore database is still being made")
    states = {
        field["name"]: field.get("ttlConfig", {}).get("state", "ACTIVE") for field in _fields(site, "ttlConfig:*")
    }
    missing = [one for one in EXPIRING_COLLECTIONS if states.get(_field(site, one, EXPIRY_FIELD)) not in _IN_FORCE]
    command = ("firestore", "fields", "ttls", "update", EXPIRY_FIELD)
    return [Change(f"{one} expire", (*command, *_at(site, one), "--enable-ttl", "--async")) for one in missing]


def look_at_exemptions(site: Site) -> list[Change]:
    """Take payloads out of the indexes; all other fields stay: the sweep asks by `due_at`, operators ask by `state`."""
    exempt = {
        field["name"]
        for field in _fields(site, "indexConfig.usesAncestorConfig:false")
        if not field.get("indexConfig", {}).get("indexes")
    }
    missing = [one for one in COLLECTIONS if _field(site, one, PAYLOAD_FIELD) not in exempt]
    command = ("firestore", "indexes", "fields", "update", PAYLOAD_FIELD)
    return [Change(f"{one} exempt", (*command, *_at(site, one), "--disable-indexes", "--async")) for one in missing]


def _fields(site: Site, which: str) -> Iterable[JsonObject]:
    return site.listed("firestore", f"v1/{path_of(site)}/collectionGroups/-/fields", "fields", filter=which)


def _field(site: Site, collection: str, field: str) -> str:
    return f"{path_of(site)}/collectionGroups/{collection}/fields/{field}"


def _at(site: Site, collection: str) -> tuple[str, str]:
    return f"--collection-group={collection}", f"--database={site.deployment.database}"


def look_at_rules(site: Site) -> list[Change]:
    """Put the rules in force. Those that were there stay among the project's rulesets, and are named.

    Source: Firebase Rules API v1; the release of the default database is `cloud.firestore`, of another one
    `cloud.firestore/DATABASE`.
    """
    release = f"projects/{site.project}/releases/{_release_id(site.deployment.database)}"
    found = site.sight.find("firebaserules", f"v1/{release}")
    if found is not None and _content(site, found.get("rulesetName", "")) == _essence(RULES):
        return []
    ruleset = {"source": {"files": [{"name": "firestore.rules", "content": RULES}]}}
    making = Call("POST", "firebaserules", f"v1/projects/{site.project}/rulesets", ruleset)
    body: JsonObject = {"name": release, "rulesetName": ANSWERED}
    if found is None:
        done = "clients shut out"
        releasing = Call("POST", "firebaserules", f"v1/projects/{site.project}/releases", body)
    else:
        done = f"clients shut out (in force before, and kept: {found.get('rulesetName')})"
        releasing = Call("PATCH", "firebaserules", f"v1/{release}", {"release": body})
    return [Change(done, calls=(making, releasing))]


def _release_id(database: str) -> str:
    return "cloud.firestore" if database == DEFAULT_DATABASE else f"cloud.firestore/{database}"


def _content(site: Site, ruleset: str) -> str:
    found = site.sight.find("firebaserules", f"v1/{ruleset}") if ruleset else None
    files = (found or {}).get("source", {}).get("files", [])
    return _essence(files[0].get("content", "")) if len(files) == 1 else ""


def _essence(rules: str) -> str:
    return "".join(rules.split())


def look_at_documents_left(site: Site) -> list[Change]:
    """Delete the database if nothing but our collections is in it, else those; and only if data is to go, too.

    Raises:
        Refused: what is in the database can't be told.
    """
    if not site.with_data or (find_database(site) or {}).get("type") != _NATIVE:
        return []
    database = f"--database={site.deployment.database}"
    collections = set(_collections(site))
    ours = sorted(collections.intersection(COLLECTIONS))
    if collections <= set(COLLECTIONS):
        deleting = ("firestore", "databases", "delete", database)
        return [Change(f"Firestore database {site.deployment.database} with every document in it", deleting)]
    if not ours:
        return []
    # `mailbox` lies below conversations, so it is on no list of collections at the top.
    deleting = ("firestore", "bulk-delete", f"--collection-ids={','.join(COLLECTIONS)}", database)
    return [
        Change(f"every document of the collections {', '.join(COLLECTIONS)} (others are in that database)", deleting)
    ]


def _collections(site: Site) -> Iterable[str]:
    path, token = f"v1/{path_of(site)}/documents:listCollectionIds", ""
    while True:
        page = site.sight.ask("firestore", path, {"pageSize": PAGE_SIZE, **({"pageToken": token} if token else {})})
        if page is None:
            raise Refused(f"what is in the Firestore database {site.deployment.database} can't be told", "try again")
        yield from page.get("collectionIds", [])
        token = page.get("nextPageToken", "")
        if not token:
            return
