"""A session of pyOCD in this process: opened by unique id, closed whatever happened."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.probe.board import Board, Progress
from harness.probe.parts import part_named
from harness.probe.pyocd_errors import mapped, not_found, translate, unknown_target

_ANSWER_S = 10.0
# pyOCD's own, for one call of a flash algorithm.
_INIT_S = 5.0
_ERASE_OR_PROGRAM_S = 10.0


@contextmanager
def board_in_session(
    probe_uid: str,
    pyocd_target: str,
    *,
    deadline_s: float,
    on_progress: Progress | None,
    leave_running: bool,
) -> Iterator[Board]:
    """Open the board behind a debug probe and halt its core; arguments as for `open_board`.

    Raises:
        ProbeNotFound, ProbeBusy, UnknownName, FlashFailed: as `open_board`.
    """
    from pyocd.core import exceptions  # type: ignore[import-untyped]
    from pyocd.core.session import Session  # type: ignore[import-untyped]
    from pyocd.target import TARGET  # type: ignore[import-untyped]

    _silence_pyocd()
    probe = _probe_with_id(probe_uid)
    try:
        session = Session(probe, options=_options(probe_uid, pyocd_target, deadline_s))
    except exceptions.TargetSupportError as error:
        raise unknown_target(pyocd_target, sorted(TARGET)) from error
    session.options["resume_on_disconnect"] = False
    try:
        with mapped("connecting", probe_uid):
            session.open()
        _complete_memory_map(session, pyocd_target)
        yield Board(session, probe_uid, deadline_s=deadline_s, on_progress=on_progress)
        session.options["resume_on_disconnect"] = leave_running
    finally:
        _close(session)


def _probe_with_id(probe_uid: str) -> Any:
    """Return the one probe that has this id; part of an id, or none, is no id."""
    from pyocd.core import exceptions
    from pyocd.probe.aggregator import DebugProbeAggregator  # type: ignore[import-untyped]

    if not probe_uid.strip():
        raise not_found(probe_uid, "the id is empty")
    try:
        probe = DebugProbeAggregator.get_probe_with_id(probe_uid)
    except (exceptions.ProbeError, OSError) as error:
        raise translate(error, "looking for the probe", probe_uid) from error
    except exceptions.Error as error:
        raise not_found(probe_uid, str(error)) from error
    if probe is None:
        raise not_found(probe_uid, "pyOCD does not see it")
    return probe


def _complete_memory_map(session: Any, pyocd_target: str) -> None:
    """Add the memories that the part has and pyOCD's description of it lacks."""
    from pyocd.core.memory_map import RamRegion  # type: ignore[import-untyped]

    memory_map = session.target.memory_map
    part = part_named(pyocd_target)
    for region in part.RAM if part else ():
        if memory_map.get_region_for_address(region.origin) is None:
            memory_map.add_region(RamRegion(start=region.origin, length=region.length))


def _options(probe_uid: str, pyocd_target: str, deadline_s: float) -> dict[str, Any]:
    options: dict[str, Any] = {
        "target_override": pyocd_target,
        "connect_mode": "halt",
        "no_config": True,
        "hide_programming_progress": True,
        "rtos.enable": False,
        "warning.cortex_m_default": False,
        "cpu.step.instruction.timeout": deadline_s,
        "flash.timeout.init": min(deadline_s, _INIT_S),
        "flash.timeout.erase_sector": min(deadline_s, _ERASE_OR_PROGRAM_S),
        "flash.timeout.program": min(deadline_s, _ERASE_OR_PROGRAM_S),
    }
    if probe_uid.startswith("gdb:"):
        # No oscillator has to settle after a simulator's reset.
        options |= {"reset.post_delay": 0.0, "gdb.timeout": min(deadline_s, _ANSWER_S)}
    return options


def _close(session: Any) -> None:
    """Close a session, whatever is left of what it talked to; halt first unless told to resume."""
    from pyocd.core import exceptions

    if not session.options["resume_on_disconnect"]:
        with contextlib.suppress(exceptions.Error, OSError):
            if session.is_open:
                session.target.halt()
    with contextlib.suppress(exceptions.Error, OSError):
        session.close()
    with contextlib.suppress(exceptions.Error, OSError):
        if session.probe.is_open:
            session.probe.close()


def _silence_pyocd() -> None:
    """Keep pyOCD's log off a terminal nobody configured logging for; handlers still get it."""
    logger = logging.getLogger("pyocd")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
