"""A Google Cloud project to practise on: prints what to put into a shell, and every call that comes.

`python -m infra.sandbox.google_cloud [PORT]`, then in another shell what it printed, then `make deploy …`.
"""

import contextlib
import shlex
import signal
import sys
import tempfile
import time
from pathlib import Path

from infra.sandbox.google_cloud.environment import gcloud_environment
from infra.sandbox.google_cloud.server import GoogleCloudStandIn


def main(arguments: list[str]) -> int:
    """Serve until interrupted, or told to end."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell starts what is in the background with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    standin = GoogleCloudStandIn()
    url = standin.serve(int(arguments[0]) if arguments else 0)
    with tempfile.TemporaryDirectory(prefix="google-cloud-") as folder:
        for name, value in gcloud_environment(url, Path(folder), standin.world.project).items():
            print(f"export {name}={shlex.quote(value)}")
        print(f"# project {standin.world.project}, regions {', '.join(standin.world.options.regions)}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            _print_calls(standin)
    return 0


def _print_calls(standin: GoogleCloudStandIn) -> None:
    shown = 0
    while True:
        for entry in standin.journal[shown:]:
            if entry.status == 0:
                break
            shown += 1
            print(f"# {entry.status} {entry.http} {entry.path}", flush=True)
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
