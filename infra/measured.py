"""What every measurement says of itself: when, on which machine, and where its page goes."""

import argparse
import os
import platform
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add --date, --machine and --write."""
    parser.add_argument("--date", default="", help="day to put on the page")
    parser.add_argument("--machine", default=f"{os.cpu_count()} cores", help="machine to put on the page")
    parser.add_argument("--write", type=Path, help="page to write the result to")


def measured_on(options: argparse.Namespace) -> str:
    """When and where it was measured, as a sentence."""
    when = f"Measured {options.date}" if options.date else "Measured"
    return f"{when} on {options.machine}, {platform.python_implementation()} {platform.python_version()}."
