"""Messages between the harness and the process that holds a probe: a length, then a pickle."""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import IO, Any

from harness.errors import HarnessError

_LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class Open:
    """Open a board; arguments as for `board_in_session`."""

    probe_uid: str
    pyocd_target: str
    deadline_s: float
    leave_running: bool


@dataclass(frozen=True)
class Call:
    """Call a method of the open board."""

    method: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Close:
    """Close the board. The end of the stream instead means: stop at once, leave it halted."""


@dataclass(frozen=True)
class Advanced:
    """The operation under way is so far."""

    phase: str
    fraction: float


@dataclass(frozen=True)
class Done:
    """The operation ended with a value, or an error."""

    value: Any = None
    error: HarnessError | None = None


def write_message(stream: IO[bytes], message: object) -> None:
    """Write one message, whole.

    Raises:
        OSError: the other end is gone.
    """
    data = pickle.dumps(message)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def read_message(stream: IO[bytes]) -> Any:
    """Read one message; both ends are ours, so a pickle of it is trusted.

    Raises:
        EOFError: the other end is gone, perhaps within a message.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    return pickle.loads(_exactly(stream, length))


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if data is None or len(data) < count:
        raise EOFError
    return data
