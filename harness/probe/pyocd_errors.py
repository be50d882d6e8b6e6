"""pyOCD's exceptions as errors of the harness, in one place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import FlashFailed, ProbeBusy, ProbeNotFound, RigError

_BUSY = ("busy", "access denied", "in use", "claim interface", "accepted the connection")
_ABSENT = ("refused", "no such device", "not found", "unreachable", "not known", "timed out")


@contextmanager
def mapped(action: str, probe_uid: str) -> Iterator[None]:
    """Run a block in which pyOCD may fail while it does `action` through `probe_uid`.

    Raises:
        ProbeNotFound: the probe is not there, or not any more.
        ProbeBusy: another program has it.
        FlashFailed: everything else.
    """
    from pyocd.core import exceptions  # type: ignore[import-untyped]

    try:
        yield
    except exceptions.Error as error:
        raise translate(error, action, probe_uid) from error


def translate(error: Exception, action: str, probe_uid: str) -> RigError:
    """Return the error of the harness for one of pyOCD's."""
    from pyocd.core import exceptions

    text = "; ".join(_messages(error))
    lowered = text.lower()
    where = f"probe {probe_uid}"
    if isinstance(error, exceptions.ProbeDisconnected):
        return ProbeNotFound(
            f"the debug probe was lost while {action}: {text}",
            where=where,
            hint="Check its cable, or the simulator behind it, and run again.",
        )
    if isinstance(error, exceptions.ProbeError) and any(word in lowered for word in _BUSY):
        return ProbeBusy(
            f"the debug probe is in use: {text}",
            where=where,
            hint="Close the other debugger or harness that has it.",
        )
    if isinstance(error, exceptions.ProbeError) and any(word in lowered for word in _ABSENT):
        return not_found(probe_uid, text)
    return FlashFailed(
        f"pyOCD failed while {action}: {text}",
        where=where,
        hint="Check the board's power and its pyocd_target; then run again.",
    )


def not_found(probe_uid: str, reason: str) -> ProbeNotFound:
    """Return the error for a probe that does not answer to its id."""
    return ProbeNotFound(
        f"there is no debug probe with this id ({reason})",
        where=f"probe {probe_uid}",
        hint="Run `pyocd list` and use an id it prints, or start the simulator.",
    )


def _messages(error: BaseException | None) -> list[str]:
    """Return the messages of an exception and its causes, without repetition."""
    found: list[str] = []
    while error is not None:
        text = str(error) or type(error).__name__
        if not any(text in other for other in found):
            found.append(text)
        error = error.__cause__
    return found
