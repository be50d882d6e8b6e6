"""pyOCD's exceptions become the harness's errors: whose turn it is, and what to do."""

import pytest
from pyocd.core import exceptions

from harness.errors import FlashFailed, HarnessError, ProbeBusy, ProbeNotFound
from harness.probe.faults import NothingListens, ServerBusy
from harness.probe.pyocd_errors import mapped, translate, unknown_target


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("raised", "becomes", "what"),
    [
        (
            exceptions.ProbeDisconnected("server closed"),
            ProbeNotFound,
            "the debug probe was lost while programming a.elf: server closed",
        ),
        (
            caused(exceptions.Error("no target"), exceptions.ProbeDisconnected("gone")),
            ProbeNotFound,
            "the debug probe was lost while programming a.elf: no target; gone",
        ),
        (
            exceptions.ProbeError("Unable to claim interface: Resource busy"),
            ProbeBusy,
            "the debug probe is in use: Unable to claim interface: Resource busy",
        ),
        (
            caused(exceptions.ProbeError("silent"), ServerBusy("silent")),
            ProbeBusy,
            "the debug probe is in use: silent",
        ),
        (
            caused(exceptions.ProbeError("refused"), NothingListens("refused")),
            ProbeNotFound,
            "there is no debug probe with this id (refused)",
        ),
        (
            exceptions.FlashProgramFailure("failed", address=0x0800_0000, result_code=2),
            FlashFailed,
            "pyOCD failed while programming a.elf: failed (address 0x08000000; result code 0x2)",
        ),
        (
            exceptions.TransferFaultError("bus", fault_address=0x10, length=4),
            FlashFailed,
            "pyOCD failed while programming a.elf: "
            "Memory transfer fault (bus) @ 0x00000010-0x00000013",
        ),
        (
            AssertionError("IDC.DEV_ID 0x451 did not match expected. 0x450"),
            FlashFailed,
            "the board is not what its pyocd_target says: "
            "IDC.DEV_ID 0x451 did not match expected. 0x450",
        ),
        (
            OSError(16, "Resource busy"),
            ProbeBusy,
            "the debug probe is in use: [Errno 16] Resource busy",
        ),
        (
            OSError(19, "No such device (it may have been disconnected)"),
            ProbeNotFound,
            "there is no debug probe with this id "
            "([Errno 19] No such device (it may have been disconnected))",
        ),
        (
            OSError(110, "Operation timed out"),
            FlashFailed,
            "pyOCD failed while programming a.elf: [Errno 110] Operation timed out",
        ),
        (
            exceptions.TargetSupportError("flash algorithm not found"),
            FlashFailed,
            "pyOCD failed while programming a.elf: flash algorithm not found",
        ),
    ],
)
def test_translation(raised: Exception, becomes: type[HarnessError], what: str) -> None:
    error = translate(raised, "programming a.elf", "0670FF")
    assert type(error) is becomes
    assert error.what == what
    assert error.where == "probe 0670FF"
    assert error.hint.endswith(".")


def test_only_pyocds_exceptions_are_mapped() -> None:
    with pytest.raises(ZeroDivisionError), mapped("testing", "x"):
        raise ZeroDivisionError
    failed = pytest.raises(FlashFailed, match="pyOCD failed while testing: what")
    with failed as caught, mapped("testing", "x"):
        raise exceptions.DebugError("what")
    assert isinstance(caught.value.__cause__, exceptions.DebugError)


def test_unknown_target_without_a_near_name() -> None:
    error = unknown_target("zzz", ["cortex_m", "stm32h743xx"])
    assert error.what == "pyOCD has no target type 'zzz'"
    assert error.where == "pyocd_target"
    assert error.hint.startswith("Run `pyocd list --targets`")
    near = unknown_target("STM32H743", ["cortex_m", "stm32h743xx"])
    assert near.hint.startswith("Did you mean stm32h743xx? ")
