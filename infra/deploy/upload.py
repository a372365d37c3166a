"""What gcloud would upload as the functions' source, and a digest of it: the same digest, the same program."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from functions.handoff.errors import ConfigError
from infra.deploy.brands import brands_in
from infra.deploy.gcloud import Cloud

ROOT_FILES = ("main.py", "requirements.txt", ".gcloudignore")
_DIGEST_DIGITS = 40  # a label's value may have 63 characters
FILE_SETTINGS = ("MESSAGES_FILE", "ROUTING_FILE", "BRANDS_FILE")


def check_place(folder: Path) -> None:
    """Let pass only where gcloud would upload this bundle.

    Raises:
        ConfigError: the folder is another one.
    """
    missing = [name for name in ROOT_FILES if not (folder / name).is_file()]
    if missing:
        raise ConfigError(f"deploy from the folder that holds main.py: there is no {', '.join(missing)} in {folder}")


def files_for_upload(cloud: Cloud, folder: Path) -> list[str]:
    """The files that .gcloudignore lets through, as paths below the folder, in order.

    Raises:
        CloudRefused: gcloud can't tell.
    """
    return sorted(filter(None, cloud.run("meta", "list-files-for-upload", str(folder)).splitlines()))


def digest_of(folder: Path, files: list[str]) -> str:
    """Hex digits that change with any name or byte of these files, and with nothing else."""
    digest = hashlib.sha256()
    for name in sorted(files):
        content = (folder / name).read_bytes()
        digest.update(f"{name}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:_DIGEST_DIGITS]


def check_setting_files(environment: Mapping[str, str], files: list[str]) -> None:
    """Let pass only if each file that a setting, or a brand, names is uploaded: the functions read it there.

    Raises:
        ConfigError: some are not; names them all.
    """
    named = [(name, environment.get(name, "").strip()) for name in FILE_SETTINGS]
    named += [
        (f"{name} of {brand.name}", path) for brand in brands_in(environment) for name, path in brand.files.items()
    ]
    wrong = [f"{name} names {path}, which is not uploaded" for name, path in named if path and path not in files]
    if wrong:
        remedy = "put it under functions/, say in functions/settings/, and name it from here: functions/settings/…"
        raise ConfigError(f"{'; '.join(wrong)}: {remedy}")
