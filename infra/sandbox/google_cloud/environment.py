"""The environment in which gcloud, and what runs it, talks to the stand-in and to nobody else."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from infra.sandbox.google_cloud.server import APIS

_NOWHERE = "http://127.0.0.1:9"  # the port of `discard`: nothing is reached by accident
_TELLING = re.compile(r"(?!CLOUDSDK_PYTHON)(CLOUDSDK|GOOGLE|GCLOUD)_")
_ELSEWHERE = ("storage", "pubsub", "eventarc", "compute", "orgpolicy", "iamcredentials", "dialogflow", "appengine")


def gcloud_environment(url: str, folder: Path, project: str) -> dict[str, str]:
    """Variables for gcloud, to be put over those of the machine.

    Args:
        url: where the stand-in is.
        folder: of gcloud's own configuration and of the token; made if need be.
        project: id of the stand-in's project.
    """
    config = folder / "gcloud"
    config.mkdir(parents=True, exist_ok=True)
    token = folder / "token"
    token.write_text("token-of-the-stand-in")
    return {
        **{f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name.upper()}": f"{_NOWHERE}/{name}/" for name in _ELSEWHERE},
        **{f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name.upper()}": f"{url}/{name}/" for name in APIS},
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        "CLOUDSDK_CONFIG": str(config),
        "CLOUDSDK_CORE_ACCOUNT": "operator@example.com",
        "CLOUDSDK_CORE_PROJECT": project,
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_CORE_DISABLE_FILE_LOGGING": "1",
        "CLOUDSDK_CORE_SURVEY_DISABLE_PROMPTS": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
    }


def machine_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The machine's environment without what tells gcloud or Google's libraries about accounts and projects."""
    given = os.environ if environ is None else environ
    return {name: value for name, value in given.items() if not _TELLING.match(name)}
