"""Run a program to its end or its deadline; neither it nor its children outlive the call."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.errors import BuildError


@dataclass(frozen=True)
class Finished:
    """Exit status of a program, and all it printed."""

    status: int
    output: str


def run(
    command: Sequence[str | Path],
    *,
    deadline_s: float,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Run `command`, with standard error joined to standard output.

    Raises:
        BuildError: it did not end within `deadline_s` seconds, or could not be started.
    """
    name = Path(command[0]).name
    try:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env=None if environment is None else dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise BuildError(
            f"cannot be started: {error.strerror}",
            where=str(command[0]),
            hint="Check that it is installed and may be executed.",
        ) from error
    try:
        output, _ = process.communicate(timeout=deadline_s)
    except subprocess.TimeoutExpired as error:
        raise BuildError(
            f"did not end within {deadline_s:g} s",
            where=name,
            hint="Run again when the machine is less busy.",
        ) from error
    finally:
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
    return Finished(process.returncode, output.decode("utf-8", errors="replace"))
