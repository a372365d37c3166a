"""`make deploy`: brings the bundle into a project, or up to date in it. Safe to run again at any time."""

from pathlib import Path

from functions.handoff.errors import ConfigError
from functions.runtime.config import read_settings, require
from infra.deploy.functions import is_ours
from infra.deploy.gcloud import Cloud
from infra.deploy.parts import FUNCTIONS
from infra.deploy.run import Progress, bring_about, show
from infra.deploy.settings_file import Deployment
from infra.deploy.site import SightOfWhatIsOn, Site
from infra.deploy.steps import deploy_steps
from infra.deploy.upload import check_place, check_setting_files, digest_of, files_for_upload

REQUIRED = ("DIALOGFLOW_AGENT", "LIVECHAT_ORGANIZATION_ID", "LIVECHAT_CLIENT_ID")
_NEXT = """Next, in this order; what is done already says so:
  make secrets     store the credentials
  make login       let the bundle into LiveChat
  make webhooks    register LiveChat's webhooks, and show what to enter at Dialogflow and the channel
  make doctor      check everything"""
"""What is left to do by hand after a deployment."""


def deploy(site: Site, progress: Progress) -> None:
    """Deploy, or show with which commands.

    Raises:
        ConfigError: settings are missing or wrong, or this is not the folder to deploy from; nothing was done.
        Stopped: a step failed.
    """
    steps = deploy_steps(check_source(site.cloud, site.deployment))
    progress.say(f"project {site.project}, region {site.region}, settings {site.deployment.path}\n")
    if site.is_shown_only:
        count = show(steps, site._replace(sight=SightOfWhatIsOn(site.sight)), progress)
        progress.say(
            f"\n# {count} command{'s' * (count != 1)}, none of them run" if count else "\n# Nothing to change."
        )
        return
    count = bring_about(steps, site, progress)
    progress.say(f"\n{count} change{'s' * (count != 1)}." if count else "\nNothing to change.")
    for line in urls(site):
        progress.say(line)
    progress.say(f"\n{_NEXT}")


def check_source(cloud: Cloud, deployment: Deployment, folder: Path = Path()) -> str:
    """The digest of what would be uploaded, after a look at what has to be right before anything is touched.

    Raises:
        ConfigError: it is not.
    """
    check_place(folder)
    if not (folder / deployment.path).is_file():
        raise ConfigError(
            f"there is no {deployment.path}: cp infra/settings.example.env {deployment.path}, and fill it in"
        )
    require(read_settings(deployment.environment), *REQUIRED)
    files = files_for_upload(cloud, folder)
    check_setting_files(deployment.environment, files)
    return digest_of(folder, files)


def urls(site: Site) -> list[str]:
    """A line for each function with its address."""
    found = [(function.name, site.find_function(function) or {}) for function in FUNCTIONS]
    return [f"{name:<28}{one.get('serviceConfig', {}).get('uri', '')}" for name, one in found if is_ours(one)]
