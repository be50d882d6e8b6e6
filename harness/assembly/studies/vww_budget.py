"""Visual wake words within 250 KB: the memory view its authors made by hand, and narrow weights.

Source: A. Chowdhery, P. Warden, J. Shlens, A. Howard, R. Rhodes, "Visual Wake Words Dataset",
arXiv 1906.05721: models of at most 250 KB, 250 KB of memory at the peak, and 60 million
multiply-adds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.assembly.costing import model_cost
from harness.assembly.studies import StudyRow, Workbench
from harness.assembly.studies._figures import answer_figures, count_figure
from harness.assembly.studies._host import host_figure
from harness.domain.budget import WIDTHS, Budget, NetworkCost, node_overruns, overruns
from harness.domain.study import Figure, NeededFile, Published

TITLE = "Visual wake words within 250 KB of flash, 250 KB of RAM and 60 million MACs"

SIMULATED_INPUTS = 1
"""Inputs on a simulated target where `--limit` does not say."""

BUDGET = Budget(flash=250_000, ram=250_000, macs=60_000_000)

_TINY = "github.com/mlcommons/tiny @ 1afd2c98, benchmark/training"
_VWW = NeededFile("models/mlperf-tiny/vww_96_int8.tflite", f"{_TINY}/visual_wake_words")
_KWS = NeededFile("models/mlperf-tiny/kws_ref_model.tflite", f"{_TINY}/keyword_spotting")
_IC = NeededFile(
    "models/mlperf-tiny/pretrainedResnet_quant.tflite", f"{_TINY}/image_classification"
)
_KWS01 = NeededFile("sets/kws01", "github.com/eembc/energyrunner @ cf7c2f26, datasets/kws01")
_IC01 = NeededFile(
    "sets/ic01",
    "the 200 CIFAR-10 test images named in github.com/mlcommons/tiny, "
    "benchmark/evaluation/datasets/ic01/y_labels.csv, as raw bytes",
)
_PAPER = "arXiv 1906.05721"
_OPTION = {8: "", 4: ",int4-weights", 2: ",int2-weights"}
_OTHER_MODEL = "a limit, not a measurement; MLPerf Tiny's model is held against it"


def rows() -> Sequence[StudyRow]:
    """The budget, then what narrow weights take on each target, then what they cost in answers."""
    return [
        StudyRow("The budget", (_VWW,), _budget),
        StudyRow("Weights of 8, 4 and 2 bits, on each target", (_VWW,), _narrow_on_targets),
        StudyRow(
            "What narrow weights cost: keyword spotting, on the host", (_KWS, _KWS01), _keywords
        ),
        StudyRow(
            "What narrow weights cost: image classification, on the host", (_IC, _IC01), _images
        ),
    ]


def _budget(workbench: Workbench) -> Iterator[Figure]:
    cost = model_cost(str(workbench.path(_VWW)))
    limit = "harness models budget"
    yield Figure(
        "RAM at the peak",
        f"{cost.arena:,} B, {_verdict(cost, 'ram')}",
        f"{limit}: the planned arena; no plan undercuts {cost.peak:,} B",
        Published("250 KB at most", _PAPER, _OTHER_MODEL),
    )
    best = cost.best
    yield Figure(
        "RAM in the best order of branches",
        f"{best.peak:,} B",
        f"{limit}: " + ("all orders searched" if best.complete else "not searched to the end"),
    )
    for bits in WIDTHS:
        yield Figure(
            f"flash, weights of {bits} bits",
            f"{cost.image[bits]:,} B, {_verdict(cost, 'flash', bits)}",
            f"{limit}: the model image",
            Published("250 KB at most", _PAPER, _OTHER_MODEL) if bits == WIDTHS[0] else None,
        )
    yield Figure(
        "MACs",
        f"{cost.macs:,}, {_verdict(cost, 'macs')}",
        limit,
        Published("60 million at most", _PAPER, _OTHER_MODEL),
    )
    failing = sum(1 for above in node_overruns(cost, BUDGET) if above)
    yield Figure(
        "nodes that keep the budget",
        f"{len(cost.nodes) - failing} of {len(cost.nodes)}",
        f"{limit}, weights of 8 bits",
    )
    yield Figure(
        "accuracy",
        "",
        "there are no labelled photos of persons among the files",
        Published("85 to 90 %", _PAPER, "for models that its authors trained"),
    )


def _verdict(cost: NetworkCost, resource: str, bits: int = 8) -> str:
    above = {one.resource for one in overruns(cost, BUDGET, bits)}
    return "fail" if resource in above else "pass"


def _narrow_on_targets(workbench: Workbench) -> Iterator[Figure]:
    limit = workbench.limit_on_devices(SIMULATED_INPUTS) or SIMULATED_INPUTS
    for bits in WIDTHS:
        model = f"{workbench.path(_VWW)}{_OPTION[bits]}"
        for record in workbench.measure(model, f"random:{limit}", limit=limit):
            yield from _named(bits, count_figure(record))
            for figure in answer_figures(record):
                if figure.quantity != "accuracy":  # of random inputs
                    yield from _named(bits, figure)
            yield Figure(
                f"{bits} bits: RAM and flash of the model",
                f"{record.arena_bytes or 0:,} B and {record.image_bytes or 0:,} B",
                f"{record.target_id}, {record.kernel_set}: arena with scratch, image",
            )


def _named(bits: int, figure: Figure) -> Iterator[Figure]:
    yield Figure(f"{bits} bits: {figure.quantity}", figure.measured, figure.how, figure.published)


def _keywords(workbench: Workbench) -> Iterator[Figure]:
    yield from _answers(workbench, _KWS, f"mlperf:{workbench.path(_KWS01)}")


def _images(workbench: Workbench) -> Iterator[Figure]:
    yield from _answers(workbench, _IC, f"mlperf:{workbench.path(_IC01)}")


def _answers(workbench: Workbench, model: NeededFile, dataset: str) -> Iterator[Figure]:
    for bits in WIDTHS:
        spec = f"{workbench.path(model)}{_OPTION[bits]}"
        quantity = f"accuracy, weights of {bits} bits"
        yield host_figure(spec, dataset, quantity=f"{quantity}{', not trained' * (bits < 8)}")
