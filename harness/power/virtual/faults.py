"""What can be made to go wrong with a virtual instrument; sample numbers count from the start."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import UnknownName


@dataclass(frozen=True)
class Faults:
    """Faults of the instrument itself; those of the board are in its waveform.

    `drop` and `overrange` are (first sample, how many); `drop_bytes` is (sample, how many of its
    bytes). After `silent_after` samples nothing more comes, after `unplug_after` the port is gone.
    `clock_drift` is relative: with 0.01 its seconds are 1 % long. `stuck_gate` is what its logic
    input shows instead of the gate. `refuse` has the commands it answers with an error.
    """

    drop: tuple[tuple[int, int], ...] = ()
    drop_bytes: tuple[tuple[int, int], ...] = ()
    overrange: tuple[tuple[int, int], ...] = ()
    overcurrent_at: int | None = None
    silent_after: int | None = None
    unplug_after: int | None = None
    clock_drift: float = 0.0
    stuck_gate: bool | None = None
    refuse: frozenset[str] = frozenset()
    left_streaming: bool = False
    buffer_percent: int = 0
    metadata: tuple[tuple[str, str | None], ...] = ()
    identity: str | None = None


_BY_NUMBER = ("overcurrent_at", "silent_after", "unplug_after", "buffer_percent")


def faults_of(words: str, where: str) -> Faults:
    """The faults that an address asks for: `unplug_after=5000`, several with `&` in between.

    Raises:
        UnknownName: there is no such fault, or its number is none.
    """
    asked: dict[str, int] = {}
    for word in filter(None, words.split("&")):
        name, _, number = word.partition("=")
        if name not in _BY_NUMBER or not number.isdigit():
            raise UnknownName(
                f"there is no fault {word!r}",
                where=where,
                hint=f"Write one of {', '.join(_BY_NUMBER)}, = and a number.",
            )
        asked[name] = int(number)
    return Faults(**asked)  # type: ignore[arg-type]
