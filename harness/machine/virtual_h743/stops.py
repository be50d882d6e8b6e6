"""Why a run of the engine ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

# Exceptions of the engine, as its hook numbers them.
_SVC, _PREFETCH_ABORT, _BKPT, _EXCEPTION_EXIT = 2, 3, 7, 8
_NO_COPROCESSOR, _BAD_STATE = 17, 18
_EXC_RETURN = 0xFFFF_FF00


class Stop(Enum):
    """Why a run ended."""

    ASKED = auto()
    WAIT = auto()
    SVC = auto()
    BKPT = auto()
    EXCEPTION_RETURN = auto()
    UNDEFINED = auto()
    NO_COPROCESSOR = auto()
    BAD_STATE = auto()
    BAD_FETCH = auto()
    BAD_DATA = auto()
    BREAKPOINT = auto()
    WATCHPOINT = auto()


@dataclass(frozen=True)
class Ended:
    """How a run ended; `address` is that of the access where one was to blame."""

    why: Stop
    address: int = 0


def of_exception(number: int, pc: int) -> Stop:
    """The reason for the engine's exception `number`.

    A return from a handler is at times told as a fetch from where nothing can be executed.
    """
    returns = pc & _EXC_RETURN == _EXC_RETURN
    return {
        _SVC: Stop.SVC,
        _BKPT: Stop.BKPT,
        _EXCEPTION_EXIT: Stop.EXCEPTION_RETURN,
        _PREFETCH_ABORT: Stop.EXCEPTION_RETURN if returns else Stop.BAD_FETCH,
        _NO_COPROCESSOR: Stop.NO_COPROCESSOR,
        _BAD_STATE: Stop.BAD_STATE,
    }.get(number, Stop.UNDEFINED)
