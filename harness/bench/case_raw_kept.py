"""Which raw data of a case is kept, by kind."""

from __future__ import annotations

from collections.abc import Sequence

from harness.bench.operator_pass import OperatorPass
from harness.bench.prepare import Prepared
from harness.bench.stream import Answers
from harness.domain.kernel_code import OperatorKernel
from harness.results.case_raw import ANSWERS, PROFILE, answers_arrays, profile_arrays
from harness.results.raw import Arrays


def raw_by_kind(
    prepared: Prepared,
    answers: Answers,
    element: str,
    after: OperatorPass,
    kernels: Sequence[OperatorKernel],
) -> dict[str, Arrays]:
    """The answers, whose outputs are of numpy's type `element`, and the profile if there is one."""
    per_tick, labels = prepared.case.target.counter.per_tick, prepared.dataset.labels
    kept = {ANSWERS: answers_arrays(answers.outputs, answers.ticks, per_tick, element, labels)}
    if after.profile:
        profile = after.profile
        kept[PROFILE] = profile_arrays(kernels, profile.ticks, profile.empty_window, per_tick)
    return kept
