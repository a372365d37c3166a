"""Uploads of source archives, and what becomes of one: a container that starts, or a build that fails.

Source: GoogleCloudPlatform/buildpacks (Python functions): main.py and requirements.txt at the root, every .py file must
compile. Not told: the texts. Nothing is installed and nothing runs.
"""

import ast
import io
import zipfile
from typing import Any

from infra.sandbox.google_cloud.policies import members
from infra.sandbox.google_cloud.refusals import Refusal, require
from infra.sandbox.google_cloud.world import ApiCall, World

JsonObject = dict[str, Any]
_BUILDER_ROLES = (
    {"cloudbuild.builds.builder"},
    {"run.builder"},
    {"logging.logWriter", "artifactregistry.writer", "storage.objectViewer"},
    {"logging.logWriter", "artifactregistry.writer", "storage.objectAdmin"},
    {"editor"},
)


def generate_upload_url(world: World, call: ApiCall) -> JsonObject:
    """A URL to PUT the source archive to, and the place it will then be at."""
    region = call.name.rpartition("/")[2]
    bucket, name = f"gcf-v2-uploads-{world.number}.{region}.cloudfunctions.appspot.com", f"{world.new_id(32)}.zip"
    url = f"{call.base_url}/storage/{bucket}/{name}?GoogleAccessId=stand-in&Expires=1800&Signature=unsigned"
    return {"uploadUrl": url, "storageSource": {"bucket": bucket, "object": name}}


def receive_upload(world: World, place: str, content_type: str, data: bytes) -> JsonObject:
    """Keep an uploaded archive; answers nothing.

    Raises:
        Refusal: it is no zip, or does not come as one.
    """
    require(content_type == "application/zip", "The signed URL is for content-type application/zip.")
    require(zipfile.is_zipfile(io.BytesIO(data)), "The source is no zip file.")
    world.uploads[place] = data
    return {}


def check_source(world: World, build: JsonObject) -> None:
    """Raises `Refusal` unless the archive that a function is to be built from has been uploaded."""
    source = build.get("source", {}).get("storageSource", {})
    place = f"{source.get('bucket', '')}/{source.get('object', '')}"
    if place not in world.uploads:
        raise Refusal("NOT_FOUND", f"Source {place} was not found: upload it before it is used.")


def build_failure(world: World, name: str, build: JsonObject) -> Refusal | None:
    """Why the build of a function, or its container's start, fails; None = it does not."""
    source = build["source"]["storageSource"]
    with zipfile.ZipFile(io.BytesIO(world.uploads[f"{source['bucket']}/{source['object']}"])) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
    function = name.rpartition("/")[2]
    cause = _cause(world, function, build, files)
    if cause:
        return Refusal(
            "INVALID_ARGUMENT",
            f"Build failed with status: FAILURE and message: {cause}. For more details see the logs at "
            f"https://console.cloud.google.com/cloud-build/builds?project={world.number}.",
        )
    if build.get("entryPoint", function) not in _top_level_names(files["main.py"]):
        return Refusal(
            "INVALID_ARGUMENT",
            f"Could not create or update Cloud Run service {function}, Container Healthcheck failed. The user-provided "
            "container failed to start and listen on the port defined provided by the PORT=8080 environment variable "
            "within the allocated timeout.",
        )
    return None


def _cause(world: World, function: str, build: JsonObject, files: dict[str, bytes]) -> str:
    if function in world.options.broken_builds:
        return "An unexpected error occurred. Refer to build logs"
    account = build.get("serviceAccount", "").rpartition("/")[2]
    if account and not _may_build(world, account):
        return f"build service account {account} lacks roles to write logs, read the source or push the image"
    missing = [name for name in ("main.py", "requirements.txt") if name not in files]
    if missing:
        return f"missing {' and '.join(missing)}"
    broken = [name for name, text in files.items() if name.endswith(".py") and not _compiles(text)]
    return f"compileall: {', '.join(broken)} does not compile" if broken else ""


def _may_build(world: World, account: str) -> bool:
    member = f"serviceAccount:{account}"
    bindings = world.policies.get(world.path, {}).get("bindings", [])
    roles = {one["role"].removeprefix("roles/") for one in bindings}
    held = {role for role in roles if member in members(world, world.path, f"roles/{role}")}
    return any(needed <= held for needed in _BUILDER_ROLES)


def _compiles(text: bytes) -> bool:
    try:
        compile(text, "uploaded", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _top_level_names(text: bytes) -> set[str]:
    names: set[str] = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names
