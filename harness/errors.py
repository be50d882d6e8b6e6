"""Every error a user can meet says what happened, where, and what to do next.

The tree follows whose turn it is to act, and each branch has one exit code::

    HarnessError
    |-- ConfigError       exit 2   the user's own words and files
    |-- BuildError        exit 3   firmware or model image cannot be made
    |-- RigError          exit 4   probe, simulator, port or meter
    |-- LinkError         exit 5   bytes between host and device
    |-- DeviceError       exit 6   the device answered, and the answer is a refusal
    |-- MeasurementError  exit 7   the run finished, but a number cannot be trusted
    `-- StoreError        exit 8   results cannot be kept
"""

from __future__ import annotations

from typing import ClassVar


class HarnessError(Exception):
    """Root of all errors raised on purpose.

    Args:
        what: what happened, with values and units.
        where: the file, operator, option, port or address concerned.
        hint: one imperative sentence: what to do next.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n  -> {self.hint}" if self.hint else text

    def __reduce__(self) -> tuple[object, ...]:
        """Keep `where` and `hint` when the error crosses a process border (pytest-xdist)."""
        return (_rebuild, (type(self), self.what, self.where, self.hint, self.__dict__))


def _rebuild(
    cls: type[HarnessError], what: str, where: str, hint: str, state: dict[str, object]
) -> HarnessError:
    error = cls.__new__(cls)
    HarnessError.__init__(error, what, where=where, hint=hint)
    error.__dict__.update(state)
    return error


class ConfigError(HarnessError):
    """The command line or a file of the user's is wrong."""

    exit_code = 2


class UnknownName(ConfigError):
    """A name that no definition carries; the hint offers the nearest one."""


class UnknownRun(ConfigError):
    """A name that means no kept run, or that could mean several where one is wanted."""


class NotComparable(ConfigError):
    """Cases that were measured under different conditions; what differs is listed."""


class BadDefinition(ConfigError):
    """A definition file with faults; all of them are listed at once."""


class DuplicateName(ConfigError):
    """Two definition files that claim the same name."""


class BadModel(ConfigError):
    """A model file that is not what it should be: truncated, not a flatbuffer, inconsistent."""


class BadDataset(ConfigError):
    """Inputs or labels that are missing, of the wrong size, or do not fit the model."""


class BuildError(HarnessError):
    """The firmware or the model image cannot be made."""

    exit_code = 3


class ToolMissing(BuildError):
    """A program the build needs is not installed."""


class LibraryUnavailable(BuildError):
    """The sources of a kernel library cannot be had, or are not what was pinned."""


class CompileFailed(BuildError):
    """CMake or the compiler returned an error; `log` holds all it printed."""

    def __init__(self, what: str, *, where: str = "", hint: str = "", log: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.log = log


class ImageTooLarge(BuildError):
    """A region is too small: `need` and `have` in bytes."""

    def __init__(
        self, region: str, *, need: int, have: int, where: str = "", hint: str = ""
    ) -> None:
        super().__init__(f"{region} needs {need:,} bytes and has {have:,}", where=where, hint=hint)
        self.region = region
        self.need = need
        self.have = have


class UnsupportedOperator(BuildError):
    """An operator, or a use of one, that the image compiler does not know."""


class UnsupportedOperators(UnsupportedOperator):
    """Several of them in one model; `each` is told in full."""

    def __init__(self, each: tuple[UnsupportedOperator, ...], *, where: str) -> None:
        said = "\n".join(f"  {error}".replace("\n  ->", "\n    ->") for error in each)
        super().__init__(f"{len(each)} operators cannot run:\n{said}", where=where)
        self.each = each


class RigError(HarnessError):
    """Something on the desk is missing, busy or broken."""

    exit_code = 4


class BoardNotFound(RigError):
    """A target needs a board, and this desk has none, or not all that reaches it."""


class ProbeNotFound(RigError):
    """No debug probe with that unique id."""


class ProbeBusy(RigError):
    """The debug probe is in use by another process."""


class BoardBroken(RigError):
    """A board failed too often in this run; its further cases are skipped."""


class CaseTimeout(RigError):
    """A case took longer than its plan allows."""


class FlashFailed(RigError):
    """Programming did not succeed."""


class VerifyFailed(RigError):
    """What was read back differs from what was programmed."""


class PortNotFound(RigError):
    """No serial port with that USB serial number."""


class PortBusy(RigError):
    """The serial port cannot be opened."""


class SimulatorDied(RigError):
    """The simulator process ended while it was needed."""


class MeterNotFound(RigError):
    """No power meter at that address."""


class MeterDriverMissing(RigError):
    """The package that a kind of meter is driven by is not installed."""


class WrongDevice(RigError):
    """Something answered at the meter's address, and it is not that meter."""


class AmbiguousMeter(RigError):
    """Several meters are connected and none was chosen."""


class MeterBusy(RigError):
    """The meter is in use by another process."""


class MeterCommandError(RigError):
    """The meter refused a command: `command` as sent, `detail` as answered."""

    def __init__(self, command: str, *, detail: str, where: str = "", hint: str = "") -> None:
        super().__init__(f"the meter refused {command!r}: {detail}", where=where, hint=hint)
        self.command = command
        self.detail = detail


class VoltageRefused(RigError):
    """A supply voltage outside what the meter can give or the board may get; nothing was sent."""


class MeterDisconnected(RigError):
    """The meter went away while it was needed."""


class EnergyMissing(RigError):
    """An energy was required of a case, and there is none."""


class MeterTimeout(RigError):
    """The meter was silent for `deadline_s` seconds."""

    def __init__(self, what: str, *, deadline_s: float, where: str = "", hint: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.deadline_s = deadline_s


class LinkError(HarnessError):
    """Host and device could not exchange bytes."""

    exit_code = 5


class LinkClosed(LinkError):
    """The other end closed the link."""


class LinkTimeout(LinkError):
    """No complete answer before the deadline: `deadline_s` seconds, `got` bytes so far."""

    def __init__(
        self, what: str, *, deadline_s: float, got: int, where: str = "", hint: str = ""
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.deadline_s = deadline_s
        self.got = got


class BadFrame(LinkError):
    """Bytes that are not a frame, or a frame whose check value or layout is wrong."""


class VersionMismatch(LinkError):
    """Host and firmware speak different versions of the link protocol."""


class DeviceError(HarnessError):
    """The device answered with a refusal."""

    exit_code = 6


class WrongImage(DeviceError):
    """The running firmware is not the one that was just flashed."""


class WrongModel(DeviceError):
    """The loaded model image is not the one that was just written."""


class WrongInput(DeviceError):
    """The pool of inputs in the device's memory does not hold what was written there."""


class KernelRefused(DeviceError):
    """A kernel returned a status other than success for one operator."""

    def __init__(
        self, what: str, *, operator: int, status: int, where: str = "", hint: str = ""
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.operator = operator
        self.status = status


class DeviceReset(DeviceError):
    """The device reset itself at work, and does so each time it is tried again."""


class DeviceFault(DeviceError):
    """The processor took a fault; `registers` holds what it stacked."""

    def __init__(
        self,
        what: str,
        *,
        registers: dict[str, int] | None = None,
        where: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.registers = registers or {}


class MeasurementError(HarnessError):
    """The run ended, but a number of it cannot be trusted."""

    exit_code = 7


class Saturated(MeasurementError):
    """A counter or meter left its range."""


class WindowMissed(MeasurementError):
    """The measured window was disturbed (for example by link interrupts)."""


class BadTrace(MeasurementError):
    """A file of samples that does not decode, or lacks what an analysis needs."""


class EnergyInvalid(MeasurementError):
    """An energy was demanded and there is none; the reason is in the message."""


class CounterStuck(MeasurementError):
    """The counter did not move while code ran."""


class StoreError(HarnessError):
    """Results cannot be read or kept."""

    exit_code = 8


class SchemaTooNew(StoreError):
    """The results database was written by a newer harness."""


class CorruptRecord(StoreError):
    """A stored record does not decode."""
