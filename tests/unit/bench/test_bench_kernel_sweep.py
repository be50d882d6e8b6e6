"""Kernel benchmarks: shapes to networks, networks to shapes, ideals, and a rig kept running."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from bench_desk import KERNELS, O2, TARGET, Desk, refuse_run

from harness.bench import sweeps
from harness.bench.case import run_case
from harness.bench.events import nobody
from harness.bench.kept_rig import kept_running
from harness.bench.kernel_sweep import by_firmware, tflite_of, with_ideal, write_networks
from harness.bench.kernel_sweep_ideal import ideal_per_mac
from harness.bench.kernel_sweep_shapes import first_of_each, shapes_of
from harness.domain.measurement import Measurement, Missing
from harness.domain.operator_shape import OperatorShape
from harness.domain.plan import Case, ModelSource
from harness.domain.target import Core, CounterMeaning
from harness.domain.units import Fidelity, Unit
from harness.errors import BuildError, HarnessError, SimulatorDied
from harness.model import HostReference, compile_image, read_tflite
from harness.model.tflite_writer import TfliteModel

SHAPES = sweeps.built_in()
CONV, SOFTMAX = sweeps.rules()["CONV_2D"], sweeps.rules()["SOFTMAX"]
ODD = OperatorShape(
    CONV, (9, 8, 3), 4, (3, 2), (2, 1), (2, 1), "VALID", "RELU", 2, per_channel=False
)


def written(tmp_path: Path, shape: OperatorShape) -> Path:
    (source,) = write_networks([shape], tmp_path)
    return source.path


@pytest.mark.parametrize("shape", [*SHAPES, ODD], ids=lambda shape: shape.label)
def test_a_shape_survives_its_network(tmp_path: Path, shape: OperatorShape) -> None:
    network = read_tflite(written(tmp_path, shape))
    assert shapes_of(network) == (shape,)
    image = compile_image(network)
    assert len(image.operators) == 1
    assert image.outputs[0].shape == (shape.batch, *shape.output_shape)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.label)
def test_outputs_use_the_range_of_int8_and_are_rarely_cut(
    tmp_path: Path, shape: OperatorShape
) -> None:
    path = written(tmp_path, shape)
    x = read_tflite(path).tensors[0]
    inputs = np.random.default_rng(1).integers(-128, 128, (4, *x.shape), np.int8)
    outputs = HostReference(path).outputs(inputs)
    if shape.operator in {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}:
        assert 20 < outputs.std() < 80
        assert np.mean((outputs == -128) | (outputs == 127)) < 0.2
    else:
        assert len(np.unique(outputs)) > 4


def test_macs_of_a_network_of_one_operator(tmp_path: Path) -> None:
    shape = OperatorShape(CONV, (32, 32, 16), 32, (3, 3), per_channel=True)
    assert compile_image(read_tflite(written(tmp_path, shape))).macs == 32 * 32 * 32 * 9 * 16


def test_the_bytes_of_a_network_never_change(tmp_path: Path) -> None:
    shape = SHAPES[0]
    assert tflite_of(shape) == tflite_of(shape)
    path = written(tmp_path, shape)
    before = path.stat().st_mtime_ns
    assert written(tmp_path, shape).stat().st_mtime_ns == before
    path.write_bytes(b"cut off")
    assert written(tmp_path, shape).read_bytes() == tflite_of(shape)


def test_networks_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BuildError) as caught:
        write_networks([SHAPES[0]], tmp_path / "file" / "operators")
    assert caught.value.what.startswith(f"the network of {SHAPES[0].label} cannot be written: ")
    assert caught.value.where == str(tmp_path / "file" / "operators")


def test_a_model_gives_each_of_its_shapes_once(tmp_path: Path) -> None:
    model = TfliteModel()
    tensors = [model.tensor((1, 4, 4, 2), "int8", 0.5) for _ in range(3)]
    weights = model.tensor((1, 3, 3, 2), "int8", 0.1, data=np.ones((1, 3, 3, 2)), axis=3)
    flat = model.tensor((1, 32), "int8", 0.5)
    window = {"stride_h": 1, "stride_w": 1}
    for x, y in pairwise(tensors):
        model.operator("DEPTHWISE_CONV_2D", [x, weights, -1], [y], depth_multiplier=1, **window)
    model.operator("RESHAPE", [tensors[2]], [flat], new_shape=[1, 32])
    (tmp_path / "m.tflite").write_bytes(model.build([tensors[0]], [flat]))
    (shape,) = shapes_of(read_tflite(tmp_path / "m.tflite"))
    assert shape == OperatorShape(sweeps.rules()["DEPTHWISE_CONV_2D"], (4, 4, 2), 2, (3, 3))


def test_the_first_shapes_of_each_operator() -> None:
    a, b, c = (OperatorShape(SOFTMAX, (size,)) for size in (1, 2, 3))
    other = OperatorShape(sweeps.rules()["ADD"], (1,))
    assert first_of_each([a, b, a, other, c], 2) == [a, b, other]
    assert first_of_each([a, a, b, other, c], None) == [a, b, other, c]


@pytest.mark.parametrize(
    ("core", "value", "method"),
    [
        ("Cortex-M3", 1.0, "1 int8 MACs per MLA"),
        ("Cortex-M4", 0.5, "2 int8 MACs per SMLAD"),
        ("Cortex-M4F", 0.5, "2 int8 MACs per SMLAD"),
        ("Cortex-M7", 0.5, "2 int8 MACs per SMLAD"),
        ("Cortex-M33", 0.5, "2 int8 MACs per SMLAD"),
        ("Cortex-M55", 0.0625, "16 int8 MACs per VMLADAVA.S8"),
    ],
)
def test_the_ideal_of_a_core(core: str, value: float, method: str) -> None:
    ideal = ideal_per_mac(replace(TARGET, core=Core(core, ())), 100)
    assert isinstance(ideal, Measurement)
    assert (ideal.quantity, ideal.value, ideal.unit) == ("ideal_per_mac", value, Unit.INSTRUCTIONS)
    assert (ideal.fidelity, ideal.instrument, ideal.method) == (Fidelity.MODEL, core, method)


def test_where_there_is_no_ideal_there_is_a_reason() -> None:
    board = replace(TARGET, counter=CounterMeaning("dwt-cyccnt", Unit.CYCLES, 1))
    unknown = replace(TARGET, core=Core("Cortex-M99", ()))
    assert [ideal_per_mac(*given) for given in ((TARGET, 0), (unknown, 1), (board, 1))] == [
        Missing("ideal_per_mac", "the model has no multiply-accumulates"),
        Missing("ideal_per_mac", "the widest MAC of Cortex-M99 is not known here"),
        Missing("ideal_per_mac", "the ideal is known in instructions, and a board counts cycles"),
    ]


def test_cases_of_one_firmware_are_in_a_row() -> None:
    other = replace(KERNELS, id="other")
    cases = [
        Case(TARGET, kernels, O2, ModelSource(name, Path(name)))
        for name in ("a", "b")
        for kernels in (other, KERNELS)
    ]
    ordered = [(case.kernel_set.id, case.model.name) for case in by_firmware(cases)]
    assert ordered == [("other", "a"), ("other", "b"), ("reference", "a"), ("reference", "b")]


def test_the_ideal_is_in_the_record_of_a_case_that_ends_well(desk: Desk) -> None:
    record, error = run_case(with_ideal(desk.prepared()), desk.rig, nobody)
    assert error is None
    ideal = record.reading("ideal_per_mac")
    assert isinstance(ideal, Measurement)
    assert ideal.value == 0.5
    refuse_run(desk.device, desk.device.requests, 7, operator=0, detail=-1)
    failed, _ = run_case(with_ideal(desk.prepared()), desk.rig, nobody)
    assert failed.readings == ()


def outcomes(desk: Desk, count: int, after: dict[int, object] | None = None) -> list[str]:
    """How each of `count` cases on one kept rig ended; `after` is called after a case's number."""
    ended = []
    with kept_running(desk.rig) as kept:
        for number in range(count):
            record, _ = run_case(desk.prepared(), kept, nobody)
            ended.append(record.error_class or "ok")
            if after and number in after:
                after[number]()  # type: ignore[operator]
    return ended


def test_a_kept_rig_starts_and_programs_once_and_verifies_always(desk: Desk) -> None:
    assert outcomes(desk, 3) == ["ok"] * 3
    assert (desk.builds, desk.starts) == (1, 1)
    assert desk.board.steps.count("program") == 1
    assert desk.board.steps.count("verify elf") == 3
    assert desk.board.steps.count("reset") == 3


def test_a_refused_case_keeps_the_machine(desk: Desk) -> None:
    refuse_run(desk.device, len(desk.inputs), 7, operator=0, detail=-2)

    def heal() -> None:
        desk.device.misbehave = lambda seen: None

    assert outcomes(desk, 3, {1: heal}) == ["ok", "KernelRefused", "ok"]
    assert desk.starts == 1


def test_a_machine_in_doubt_is_started_anew(desk: Desk) -> None:
    def die() -> None:
        raise SimulatorDied("ended", where="desk", hint="Start it.")

    def break_down() -> None:
        desk.check = die
        refuse_run(desk.device, len(desk.inputs), 7, operator=0, detail=-2)

    def heal() -> None:
        desk.check = lambda: None
        desk.device.misbehave = lambda seen: None

    ended = outcomes(desk, 3, {0: break_down, 1: heal})
    assert ended == ["ok", "SimulatorDied", "ok"]
    assert desk.starts == 2
    assert desk.board.steps.count("program") == 2


def test_another_firmware_gets_a_machine_of_its_own(desk: Desk) -> None:
    names = []
    with kept_running(desk.rig) as kept:
        for kernel_set in (KERNELS, replace(KERNELS, id="other"), KERNELS):
            desk.device.kernel_set = kernel_set.id
            record, error = run_case(desk.prepared(kernel_set=kernel_set), kept, nobody)
            assert not isinstance(error, HarnessError), error
            names.append(record.kernel_set)
    assert names == ["reference", "other", "reference"]
    assert desk.builds == 2  # remembered
