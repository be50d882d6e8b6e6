"""What is asked of the analysis of a recording, where it is asked by hand."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

NO_BASELINE = ("", 0.0, 0.0)


@dataclass(frozen=True)
class Analysis:
    """Windows of inferences and what they are held to; None, or no alignment: it was not said.

    After `discard` windows that warm up, `windows` count, of `inferences` each. They last `board_s`
    seconds by the board's own counter, and at least `least_window_s`. `floor_a` is the mean
    current, in amperes, below which a board has no power. `alignment` is one of
    `domain.energy.Alignment`, `gate_bit` the digital input that is the gate. `baseline` is the name
    of a state of the board, and when it was in it, in seconds of the recording; `NO_BASELINE` takes
    nothing off, also where something was taken off before.
    """

    windows: int | None = None
    discard: int | None = None
    inferences: int | None = None
    board_s: float | None = None
    least_window_s: float | None = None
    floor_a: float | None = None
    alignment: str = ""
    gate_bit: int | None = None
    baseline: tuple[str, float, float] | None = None

    @property
    def span(self) -> tuple[str, float, float] | None:
        """The baseline, where one is to be taken off."""
        return None if self.baseline == NO_BASELINE else self.baseline

    def over(self, before: Analysis) -> Analysis:
        """What is not said here is as it was `before`."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(before, **{name: it for name, it in given.items() if it not in (None, "")})
