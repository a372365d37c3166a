"""`python -m infra.deploy deploy` and `… destroy`.

PROJECT, REGION, SETTINGS, DRY_RUN, DATA and YES are read from the environment.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from functions.handoff.errors import ConfigError
from infra.deploy.deploy import deploy
from infra.deploy.destroy import agreement, destroy
from infra.deploy.gcloud import Cloud, CloudRefused
from infra.deploy.remedies import in_short
from infra.deploy.run import Progress, Stopped, say
from infra.deploy.settings_file import is_on, read_deployment
from infra.deploy.site import CloudSight, SightOfWhatIsOn, Site

_GO_ON = "Run make {} again after that: it goes on from there."


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Do what is asked; answers the exit code: 0, 1 = it did not go well, 2 = it could not be tried."""
    command = _parser().parse_args(arguments).command
    try:
        return _COMMANDS[command](environ)
    except ConfigError as e:
        print(e, file=sys.stderr)
        return 2
    except Stopped as e:
        print(f"\nmake {command} {e}\n{_GO_ON.format(command)}", file=sys.stderr)
        return 1
    except CloudRefused as e:  # by a look before the first step, or after the last one
        print(
            f"\nmake {command}: {in_short(e.said)}\n  command:    {e.command}\n{_GO_ON.format(command)}",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print(f"\nBroken off. {_GO_ON.format(command)}", file=sys.stderr)
        return 1


def _site(environ: Mapping[str, str]) -> Site:
    deployment = read_deployment(environ)
    cloud = Cloud(deployment.project, environ)
    return Site(cloud, CloudSight(cloud), deployment, is_shown_only=is_on("DRY_RUN", environ))


def _deploy(environ: Mapping[str, str]) -> int:
    deploy(_site(environ), Progress(say, time.sleep))
    return 0


def _destroy(environ: Mapping[str, str]) -> int:
    site = _site(environ)
    site = site._replace(sight=SightOfWhatIsOn(site.sight), with_data=is_on("DATA", environ))
    agreed = agreement(site.project, environ.get("YES", "").strip())
    if destroy(site, Progress(say, time.sleep, "nothing to remove"), agreed):
        return 0
    print("Nothing was removed: that was not the project's id.", file=sys.stderr)
    return 2


_COMMANDS: dict[str, Callable[[Mapping[str, str]], int]] = {"deploy": _deploy, "destroy": _destroy}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description="Deploy the bundle, or take it away.")
    parser.add_argument("command", choices=sorted(_COMMANDS), help="what to do; all else is read from the environment")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
