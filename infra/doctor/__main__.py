"""`python -m infra.doctor [--json]`: is this deployment well? Nothing is changed."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from functions.handoff.errors import ConfigError
from infra.deploy.settings_file import is_on
from infra.doctor.examine import examine
from infra.doctor.findings import as_json, lines_of_report
from infra.doctor.patient import open_patient


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Look; answers the exit code: 0 = nothing failed, 1 = something did, 2 = it could not be tried."""
    options = _parser().parse_args(arguments)
    try:
        is_json = options.json or is_on("JSON", environ)
        report = examine(open_patient(environ))
    except ConfigError as e:
        print(e, file=sys.stderr)
        return 2
    for line in [as_json(report)] if is_json else lines_of_report(report):
        print(line)
    return report.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.doctor", description="Check a deployment, changing nothing.")
    parser.add_argument("--json", action="store_true", help="for programs (also JSON=1)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
