"""Runs a Python module that ends with whoever started it, whatever became of them.

``python -m infra.sandbox.lifeline MODULE ARGUMENTS…`` with standard input a pipe that only the starter holds the other
end of: when that end is gone, even by SIGKILL, this process ends with its whole group. It must lead a group of its own.
"""

import os
import runpy
import signal
import sys
import threading
import time

_KINDLY_S = 3.0


def main() -> None:
    """Run the module named by the first argument, as ``python -m`` would."""
    threading.Thread(target=_end_with_starter, name="lifeline", daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_with_starter() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        continue
    os.killpg(0, signal.SIGTERM)
    time.sleep(_KINDLY_S)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
