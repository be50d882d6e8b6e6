"""The outcome of an MLPerf Tiny session, in words."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from harness.domain.mlperf import SHORTEST_WINDOW_S, Mode
from harness.domain.units import Fidelity

if TYPE_CHECKING:
    from harness.assembly.mlperf import MlperfResult


def told(outcome: MlperfResult) -> tuple[dict[str, object], bool]:
    """The outcome for people, and whether it reaches what the benchmark asks for."""
    from harness.bench.mlperf.scoring import throughputs

    benchmark, peer = outcome.benchmark, outcome.peer
    lines: dict[str, object] = {
        "device": peer.names.name,
        "benchmark": f"{benchmark.id} ({benchmark.title})",
        "mode": outcome.mode.value,
    }
    if outcome.mode is Mode.PERFORMANCE:
        rates = throughputs(outcome.answers)
        shortest = min(answer.inference.elapsed_us for answer in outcome.answers) / 1e6
        good = shortest >= SHORTEST_WINDOW_S and len(rates) == len(outcome.answers)
        about = (
            " at the nominal clock of a simulator: no latency"
            if peer.fidelity is not Fidelity.SILICON
            else ""
        )
        lines["throughput"] = (
            f"{statistics.median(rates):,.3f} inf./s, median of {len(rates)} windows "
            f"({min(rates):,.3f} to {max(rates):,.3f}){about}"
            if rates
            else None
        )
        lines["window"] = f"{shortest:.3f} s the shortest, at least {SHORTEST_WINDOW_S:g} s wanted"
    else:
        score = outcome.score
        assert score is not None
        quality = score.quality(benchmark)
        good = quality is not None and quality >= benchmark.target
        lines["top-1"] = (
            None if score.top1 is None else f"{score.correct}/{score.files} = {score.top1:.1%}"
        )
        lines["AUC"] = None if score.auc is None else f"{score.auc:.4f}"
        lines |= {f"AUC {name}": f"{area:.4f}" for name, area in score.auc_by_machine.items()}
        lines["target"] = f"{benchmark.target:g} {benchmark.metric.value}: " + (
            "reached" if good else "missed"
        )
    lines["repeated"] = f"{outcome.repeated} steps" if outcome.repeated else None
    lines["kept in"] = f"{outcome.folder}, run {outcome.run_id[:8]}"
    return lines, good
