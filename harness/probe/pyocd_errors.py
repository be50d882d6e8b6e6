"""pyOCD's exceptions as errors of the harness, in one place."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import FlashFailed, HarnessError, ProbeBusy, ProbeNotFound, UnknownName
from harness.probe.faults import NothingListens, ServerBusy

# What the drivers of hardware probes say; they share no exception types for it.
_BUSY = ("busy", "access denied", "in use", "claim interface")
_ABSENT = ("no such device", "not found")


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
    except (exceptions.Error, OSError, AssertionError) as error:
        # Drivers raise OSError, and pyOCD's part descriptions assert that they fit the part.
        raise translate(error, action, probe_uid) from error


def translate(error: BaseException, action: str, probe_uid: str) -> HarnessError:
    """Return the error of the harness for one of pyOCD's."""
    from pyocd.core import exceptions

    chain = list(_chain(error))
    text = "; ".join(dict.fromkeys(str(link) or type(link).__name__ for link in chain))
    where = f"probe {probe_uid}"
    of_probe = text.lower() if isinstance(error, exceptions.ProbeError | OSError) else ""
    if any(isinstance(link, exceptions.ProbeDisconnected) for link in chain):
        return ProbeNotFound(
            f"the debug probe was lost while {action}: {text}",
            where=where,
            hint="Check its cable, or the simulator behind it, and run again.",
        )
    if any(isinstance(link, ServerBusy) for link in chain) or _says(of_probe, _BUSY):
        return ProbeBusy(
            f"the debug probe is in use: {text}",
            where=where,
            hint="Close the other debugger or harness that has it.",
        )
    if any(isinstance(link, NothingListens) for link in chain) or _says(of_probe, _ABSENT):
        return not_found(probe_uid, text)
    if isinstance(error, AssertionError):
        return FlashFailed(
            f"the board is not what its pyocd_target says: {text}",
            where=where,
            hint="Check that this probe is wired to this board; then correct pyocd_target.",
        )
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


def unknown_target(name: str, known: list[str]) -> UnknownName:
    """Return the error for a target type that pyOCD does not have."""
    near = difflib.get_close_matches(name.lower(), known, n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    return UnknownName(
        f"pyOCD has no target type {name!r}",
        where="pyocd_target",
        hint=f"{meant}Run `pyocd list --targets` for those it has, `pyocd pack find` for more.",
    )


def _says(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, and pyOCD's and our faults behind it, but not what the system said to those.

    What somebody else raised stands alone.
    """
    from pyocd.core import exceptions

    if isinstance(error, OSError | AssertionError):
        yield error
    while isinstance(error, exceptions.Error | NothingListens | ServerBusy):
        yield error
        error = error.__cause__
