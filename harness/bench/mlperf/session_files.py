"""The folder a submission wants of a session: log.txt, results.txt, results.json."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.bench.mlperf.energy import long_enough, session_energy, shortest_s
from harness.bench.mlperf.scoring import Score, throughputs
from harness.bench.mlperf.session import Answer
from harness.domain.energy import EnergySummary
from harness.domain.mlperf import SHORTEST_WINDOW_S, WINDOWS, Mode
from harness.domain.power import Invalid
from harness.errors import StoreError

RULE = "---------------------------------------------------------"


class SessionFiles:
    """`folder`/YYYYMMDD_HHMMSS with the log written as it comes, the results at the end.

    The names and lines are those of the runner in mlcommons/tiny (commit 1afd2c9), which its
    submission checker reads.

    Raises:
        StoreError: on opening and on every write that fails.
    """

    def __init__(self, folder: Path, started: datetime) -> None:
        self.path = folder / started.strftime("%Y%m%d_%H%M%S")
        try:
            self.path.mkdir(parents=True)
            self._log = (self.path / "log.txt").open("w", encoding="utf-8")
        except OSError as error:
            raise self._unwritable(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._log.close()

    def log(self, line: str) -> None:
        """Add a line to the log; it is on disk when this returns."""
        try:
            self._log.write(line + "\n")
            self._log.flush()
        except OSError as error:
            raise self._unwritable(error) from error

    def finish(self, answers: Sequence[Answer], mode: Mode, score: Score | None) -> None:
        """Write results.txt and results.json."""
        stamp = datetime.now().strftime("%m%d.%H%M%S")
        lines = [f"{stamp} ulp-mlperf: {text}" for text in _verdict(answers, mode, score)]
        for line in lines:
            self.log(line)
        entries = [_entry(answer, mode) for answer in answers]
        if mode is Mode.PERFORMANCE:
            entries += [{"error": error, "mode": "p"} for error in _errors(answers)]
        self._write("results.txt", "\n".join(lines) + "\n")
        self._write("results.json", json.dumps(entries, allow_nan=False))

    def _write(self, name: str, text: str) -> None:
        part = self.path / f".{name}"
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(self.path / name)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> StoreError:
        return StoreError(
            f"the session cannot be written: {error.strerror or error}",
            where=str(self.path),
            hint="Name a folder that can be written with --sessions.",
        )


def log_lines(answer: Answer, number: int) -> list[str]:
    """What the log says of one window."""
    stamp = datetime.now().strftime("%m%d.%H%M%S")
    seconds = answer.inference.elapsed_us / 1e6
    rate = f"{answer.inferences / seconds:>10.3f}" if seconds > 0 else "         -"
    said = [
        f"Performance results for window {number}:",
        f"  # Inferences : {answer.inferences:>13}",
        f"  Runtime      : {seconds:>10.3f} sec.",
        f"  Throughput   : {rate} inf./sec.",
        f"  m-results    : {list(answer.inference.results)}",
    ]
    return [f"{stamp} ulp-mlperf: {line}" for line in said]


def _verdict(answers: Sequence[Answer], mode: Mode, score: Score | None) -> list[str]:
    if mode is Mode.PERFORMANCE:
        errors = _errors(answers)
        if "error 1" in errors:
            return [f"ERROR 1 - loop_count was not exactly {WINDOWS}."]
        if "error 2" in errors:
            return [f"ERROR 2 - loop exited before {SHORTEST_WINDOW_S:.0f} seconds elapsed."]
        median = statistics.median(throughputs(answers))
        return [RULE, f"Median throughput is {median:>10.3f} inf./sec.", RULE]
    if mode is Mode.ENERGY:
        return _energy_verdict(answers)
    assert score is not None
    top1 = score.threshold if score.top1 is None else score.top1
    lines = [] if top1 is None else [f"Top 1% = {100 * top1:2.1f}"]
    return [*lines, *([] if score.auc is None else [f"AUC = {score.auc:.3f}"])]


def _energy_verdict(answers: Sequence[Answer]) -> list[str]:
    energy = session_energy(answers)
    if isinstance(energy, Invalid):
        return [f"ERROR - no energy: {energy.reason}: {energy.detail}"]
    if not long_enough(energy):
        lines = [f"ERROR 2 - a window of {shortest_s(energy):.3f} s is too short."]
    else:
        lines = []
    return [*lines, RULE, f"Median energy is {1e6 * energy.energy_j:>10.3f} uJ/inf.", RULE]


def _errors(answers: Sequence[Answer]) -> list[str]:
    """The runner's own: a count of windows other than five, and too short a loop.

    The runner takes the loop's length from the host's clock; here it is the sum of the windows by
    the device's own, which no slow host makes longer.
    """
    total_s = sum(answer.inference.elapsed_us for answer in answers) / 1e6
    return [
        *(["error 1"] if len(throughputs(answers)) != WINDOWS else []),
        *(["error 2"] if total_s < SHORTEST_WINDOW_S else []),
    ]


def _entry(answer: Answer, mode: Mode) -> dict[str, Any]:
    truth, found = answer.step.truth, answer.inference
    infer: dict[str, Any] = {
        "start_time": found.lap_start_us,
        "results": list(found.results),
        "end_time": found.lap_end_us,
        "elapsed_time": found.elapsed_us,
        "total_inferences": 1,
        "iterations": answer.inferences,
        "warmups": answer.warmup,
    }
    if mode is Mode.PERFORMANCE and found.elapsed_us > 0:
        infer["throughput"] = 1e6 * answer.inferences / found.elapsed_us
    if isinstance(answer.energy, EnergySummary):
        infer["energy_uj"] = 1e6 * answer.energy.energy_j
        infer["window_s"] = answer.energy.windows[0].time_s
    return {
        "file": truth.file,
        "classes": str(truth.classes),
        "class": str(truth.label),
        "bytes_to_send": None if truth.bytes_to_send is None else str(truth.bytes_to_send),
        "stride": None if truth.stride is None else str(truth.stride),
        "total_length": answer.step.segments if truth.stride else None,
        "infer": infer,
        "mode": mode.value[0],
    }
