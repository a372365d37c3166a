"""Function processes of other sources than main.py."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from infra.sandbox.processes import ROOT, FunctionProcess, refuse_if_taken

FOLDER = Path(__file__).resolve().parent


class SourceProcess(FunctionProcess):
    """A function of any source file, run as those of main.py are.

    Args:
        source: the file that holds `name`; its imports are found from the root of the repository.
    """

    def __init__(self, name: str, port: int, environ: Mapping[str, str], log: IO[bytes], source: Path) -> None:
        super().__init__(name, port, {"PYTHONPATH": str(ROOT), **environ}, log)
        self._source = source

    def start(self) -> None:
        """Start the process; `wait_ready` says when it answers.

        Raises:
            PortInUse: its port is taken.
        """
        refuse_if_taken(self.port)
        command = [sys.executable, "-m", "infra.sandbox.lifeline", "functions_framework", f"--source={self._source}"]
        command += [f"--target={self.name}", "--host=127.0.0.1", f"--port={self.port}"]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
