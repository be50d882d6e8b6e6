"""A simulator's process: started away from the terminal, watched, and gone when we are."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness.errors import SimulatorDied

_LAST_LINES = 8
_PATIENCE_S = 2.0


class Simulator:
    """A running simulator.

    It has a process group of its own, so Ctrl-C reaches us first, and reads and writes only files
    of `work_dir`: `<name>.command`, `<name>.out`, `<name>.err`. The kernel kills it when the thread
    that started it ends, where `setpriv` can arrange that (Linux); elsewhere a simulator survives
    a harness that is killed, but not one that exits.
    """

    def __init__(
        self, name: str, command: Sequence[str], *, work_dir: Path, inherit: Sequence[int] = ()
    ) -> None:
        work_dir.mkdir(parents=True, exist_ok=True)
        self.name = name
        self._errors = work_dir / f"{name}.err"
        (work_dir / f"{name}.command").write_text(" ".join(command) + "\n")
        with (work_dir / f"{name}.out").open("wb") as out, self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [*_dies_with_us(), *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                pass_fds=inherit,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def has_ended(self, wait_s: float = 0.0) -> bool:
        """Tell whether the process has ended, or does so within `wait_s` seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(wait_s)
        return self._process.returncode is not None

    def check(self) -> None:
        """Raise SimulatorDied if the process has ended."""
        if self.has_ended():
            raise self.obituary()

    def obituary(self) -> SimulatorDied:
        """Return the error that says how the process ended and what it said last."""
        said = _telling(self._errors) or _telling(self._errors.with_suffix(".out"))
        what = f"{self.name} {_ending(self._process.returncode)}"
        what += "; it said:\n" + "\n".join(f"  {line}" for line in said) if said else ""
        if any("Lockup" in line for line in said):
            hint = "Look up the registers above: the firmware faulted with no handler to go to."
        else:
            hint = f"Run the command in {self._errors.with_suffix('.command')} to see it fail."
        return SimulatorDied(what, where=str(self._errors), hint=hint)

    def stop(self) -> None:
        """End the process, at first politely."""
        if not self.has_ended():
            self._process.terminate()
        if not self.has_ended(_PATIENCE_S):
            self._process.kill()
            self._process.wait(_PATIENCE_S)


def _telling(log: Path) -> list[str]:
    """Return the lines that say why: from the fatal one on, else the last.

    That a network card is not connected is said at every start, and is meant so.
    """
    lines = log.read_text(errors="replace").splitlines()
    lines = [line for line in lines if " has no peer" not in line]
    for number, line in enumerate(lines):
        if "fatal:" in line:
            return lines[number:][:_LAST_LINES]
    return lines[-_LAST_LINES:]


def _ending(status: int | None) -> str:
    if status is None:
        return "still runs"
    if status >= 0:
        return f"ended with exit status {status}"
    with contextlib.suppress(ValueError):
        return f"was ended by signal {-status} ({signal.Signals(-status).name})"
    return f"was ended by signal {-status}"


@functools.cache
def _dies_with_us() -> tuple[str, ...]:
    """Return the command prefix that ties a child to its parent (PR_SET_PDEATHSIG), if any.

    A program of its own does it, because Python code between fork and exec may deadlock when
    other threads hold locks.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None or os.name != "posix":
        return ()
    usage = subprocess.run([setpriv, "--help"], capture_output=True, timeout=5, check=False)
    return (setpriv, "--pdeathsig", "KILL", "--") if b"--pdeathsig" in usage.stdout else ()
