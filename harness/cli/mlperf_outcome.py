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
    elif outcome.mode is Mode.ENERGY:
        good = _energy(outcome, lines)
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


def _energy(outcome: MlperfResult, lines: dict[str, object]) -> bool:
    """Tell the energy; whether there is one, of windows as long as the rules want."""
    from harness.bench.mlperf.energy import long_enough, session_energy, shortest_s
    from harness.domain.power import Invalid
    from harness.report.energy import quantity

    energy = session_energy(outcome.answers)
    if isinstance(energy, Invalid):
        lines["energy"] = f"- ({energy.reason}: {energy.detail})"
        return False
    about = "" if energy.origin == "measured" else " (a virtual meter: no measurement)"
    lines["energy"] = (
        f"{1e6 * energy.energy_j:,.3f} uJ/inf. ±{quantity(energy.expanded_j, 'J', 2)} (k=2), "
        f"median of {len(energy.windows)} windows{about}"
    )
    lines["current"] = f"{1e3 * energy.mean_current_a:.4g} mA at {energy.voltage_v:.3g} V"
    lines["meter"] = f"{energy.meter.model}, windows by {energy.alignment}"
    lines["warning"] = "; ".join(energy.warnings) or None
    shortest = shortest_s(energy)
    lines["window"] = f"{shortest:.3f} s the shortest, at least {SHORTEST_WINDOW_S:g} s wanted"
    return long_enough(energy)
