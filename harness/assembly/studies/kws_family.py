"""Keyword spotting on microcontrollers: accuracy against operations and memory, by architecture.

Sources: Y. Zhang, N. Suda, L. Lai, V. Chandra, "Hello Edge: Keyword Spotting on Microcontrollers",
arXiv 1711.07128; L. Lai, N. Suda, V. Chandra, "CMSIS-NN: Efficient Neural Network Kernels for Arm
Cortex-M CPUs", arXiv 1801.06601; ARM-software/ML-zoo and ML-examples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from harness.assembly.costing import model_cost
from harness.assembly.studies import StudyRow, Workbench
from harness.assembly.studies._figures import (
    answer_figures,
    count_figure,
    counted,
    is_silicon,
    share,
)
from harness.assembly.studies._host import host_answers
from harness.assembly.studies._kws_inputs import FILE, FRAMES, write_inputs
from harness.domain.bubble import Bubble
from harness.domain.budget import NetworkCost
from harness.domain.record import CaseRecord
from harness.domain.study import Figure, NeededFile, Published
from harness.errors import ConfigError

TITLE = "Keyword spotting: accuracy against operations and memory, baseline against CMSIS-NN"
OPTIONS = {"memory-class": "80KB, 200KB or 500KB: only models whose weights and arena fit"}

SIMULATED_INPUTS = 3
"""Inputs on a simulated target where `--limit` does not say."""
CLASSES = {"80KB": 80 * 1024, "200KB": 200 * 1024, "500KB": 500 * 1024}
BASELINE = "reference"

_EXAMPLES = "github.com/ARM-software/ML-examples, tflu-kws-cortex-m/Pretrained_models"
_ZOO = "github.com/ARM-software/ML-zoo, models/keyword_spotting"
_TINY = "github.com/mlcommons/tiny @ 1afd2c98, benchmark/training/keyword_spotting"
_KWS01 = NeededFile("sets/kws01", "github.com/eembc/energyrunner @ cf7c2f26, datasets/kws01")
_REFERENCE = NeededFile("models/mlperf-tiny/kws_ref_model.tflite", _TINY)
_LABELS = NeededFile("models/arm-kws/labels.txt", f"{_ZOO} (the list of labels)")
_SET = (_KWS01, _REFERENCE, _LABELS)

_FLOAT = "file name of the float checkpoint in ML-examples"
_INT8 = "README of ML-zoo @ 079cf321"
_OTHER_FEATURES = (
    "on Google's test set with the authors' own features; kws01 has 1000 clips with features of "
    "MLPerf Tiny"
)
_CLAIM = Published(
    "4.6x in time, 4.9x in energy",
    "arXiv 1801.06601",
    "time and energy of a CIFAR-10 network on a Cortex-M7 beside another baseline; here "
    "instructions of keyword networks",
)


@dataclass(frozen=True)
class _Model:
    """A member of the family: its file, frames of an input, and what was published of it."""

    title: str
    needed: NeededFile
    frames: int
    float_accuracy: str
    accuracy: str = ""


_FAMILY = (
    _Model(
        "DNN small, 8 bits",
        NeededFile("models/arm-kws/dnn_s_quantized.tflite", f"{_EXAMPLES}/DNN/DNN_S"),
        25,
        "84 %",
        "82.7 %",
    ),
    _Model(
        "CNN small, 8 bits",
        NeededFile("models/arm-kws/cnn_s_quantized.tflite", f"{_EXAMPLES}/CNN/CNN_S"),
        49,
        "92 %",
        "91.4 %",
    ),
    _Model(
        "Basic LSTM small, unrolled, 8 bits",
        NeededFile(
            "models/arm-kws/basic_lstm_quantized_small.tflite",
            f"{_EXAMPLES}/BASIC_LSTM/Basic_LSTM_S",
        ),
        49,
        "93.0 %",
    ),
    _Model(
        "DS-CNN small, 8 bits",
        NeededFile("models/arm-kws/ds_cnn_s_quantized.tflite", f"{_EXAMPLES}/DS_CNN/DS_CNN_S"),
        49,
        "94 %",
        "93.4 %",
    ),
    _Model(
        "DS-CNN small, 8 bits with int8 at its edges",
        NeededFile(
            "models/arm-kws/ds_cnn_s_int8io.tflite", f"{_ZOO}/ds_cnn_small/model_package_tf"
        ),
        49,
        "94 %",
        "93.4 %",
    ),
    _Model(
        "DS-CNN small, activations of 16 bits",
        NeededFile("models/arm-kws/ds_cnn_s_int16.tflite", f"{_ZOO}/ds_cnn_small/model_package_tf"),
        49,
        "94 %",
    ),
)


def rows() -> Sequence[StudyRow]:
    """The members of the family that there are models of, and those that there are none of."""
    return [
        *(StudyRow(one.title, (one.needed, *_SET), _measured(one)) for one in _FAMILY),
        StudyRow("Not measured", (_LABELS,), _absent),
    ]


def _measured(model: _Model) -> Callable[[Workbench], Iterator[Figure | Bubble]]:
    def measure(workbench: Workbench) -> Iterator[Figure | Bubble]:
        path = workbench.path(model.needed)
        cost = model_cost(str(path))
        yield from _size(cost)
        if _left_out(cost, workbench):
            chosen = workbench.options["memory-class"]
            yield Figure("accuracy", "", f"left out: more than the memory class {chosen}")
            return
        dataset = _dataset(model, workbench)
        answers = host_answers(str(path), dataset)
        how = f"{answers.reference}, {answers.of:,} inputs"
        published = Published(model.accuracy, _INT8, _OTHER_FEATURES) if model.accuracy else None
        if model.frames != FRAMES:
            how += f"; every second of {FRAMES} frames"
        yield Figure("accuracy", share(answers.right, answers.of), how, published)
        yield Bubble(
            model.title,
            cost.macs,
            answers.right / answers.of,
            answers.of,
            cost.constants,
            answers.reference,
        )
        yield Figure(
            "accuracy in float",
            "",
            "there is no float model among the files",
            Published(model.float_accuracy, _FLOAT, _OTHER_FEATURES),
        )
        yield from _on_targets(str(path), dataset, workbench)

    return measure


def _size(cost: NetworkCost) -> Iterator[Figure]:
    yield Figure("operations", f"{2 * cost.macs / 1e6:.2f} MOp", f"2 x {cost.macs:,} MACs")
    yield Figure("parameters", f"{cost.constants:,} B", "weights and biases")
    within = next((name for name, limit in CLASSES.items() if _memory(cost) <= limit), "none")
    yield Figure(
        "memory",
        f"{_memory(cost):,} B, class {within}",
        "weights, biases and the planned arena without scratch; a KB has 1024 bytes here",
    )


def _memory(cost: NetworkCost) -> int:
    return cost.constants + cost.arena


def _left_out(cost: NetworkCost, workbench: Workbench) -> bool:
    chosen = workbench.options.get("memory-class")
    if chosen is None:
        return False
    if chosen not in CLASSES:
        raise ConfigError(
            f"there is no memory class {chosen}",
            where="--option memory-class",
            hint=f"Choose one of {', '.join(CLASSES)}.",
        )
    return _memory(cost) > CLASSES[chosen]


def _dataset(model: _Model, workbench: Workbench) -> str:
    folder = workbench.work_dir("kws-family")
    write_inputs(
        workbench.path(_KWS01), workbench.path(_REFERENCE), workbench.path(_LABELS), folder
    )
    return f"npz:{folder / FILE.format(frames=model.frames)}"


def _on_targets(model: str, dataset: str, workbench: Workbench) -> Iterator[Figure]:
    limit = workbench.limit_on_devices(SIMULATED_INPUTS)
    sets = list(dict.fromkeys([BASELINE, *workbench.kernel_sets]))
    records = workbench.measure(model, dataset, limit=limit, kernel_sets=sets)
    slow = {one.target_id: one for one in records if one.kernel_set == BASELINE}
    for record in records:
        yield count_figure(record)
        yield from (one for one in answer_figures(record) if one.quantity != "accuracy")
        if record.kernel_set != BASELINE and record.target_id in slow:
            yield _ratio(slow[record.target_id], record)


def _ratio(baseline: CaseRecord, record: CaseRecord) -> Figure:
    before, after = counted(baseline), counted(record)
    unit = "cycles" if is_silicon(record) else "instructions"
    ratio = "" if before is None or after is None else f"{before.value / after.value:.1f}x"
    how = f"{record.target_id} ({record.core}): {unit} of {BASELINE} by those of "
    return Figure(f"{BASELINE} to CMSIS-NN", ratio, how + record.kernel_set, _CLAIM)


def _absent(workbench: Workbench) -> Iterator[Figure]:
    for name in ("LSTM, GRU, CRNN", "medium and large sizes"):
        yield Figure(name, "", "there is no model of these among the files")
    yield Figure("energy", "", "a simulator draws no current; with a meter `harness run` has it")
