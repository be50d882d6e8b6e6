"""Every activation of a network on the device, read through the probe, against LiteRT's."""

from pathlib import Path

import numpy as np
import pytest
from builders.engine_overhead import planned
from builders.raw_run import DEADLINE_S, talking

from harness import assembly, catalog
from harness.bench.prepare import prepare
from harness.model import HostReference, compile_image

INPUTS = 3
FULLY_CONNECTED_LSB = 1  # CMSIS-NN rounds it twice, LiteRT once
TARGET = "mps2-an500"
KWS = ("models/mlperf-tiny/kws_ref_model.tflite", "sets/kws01")
RESNET = ("models/mlperf-tiny/pretrainedResnet_quant.tflite", "sets/ic01")


@pytest.mark.parametrize("published", [KWS, RESNET], ids=["kws", "ic"])
@pytest.mark.parametrize("kernels", ["reference", "cmsis-nn"])
def test_tensors_before_the_first_fully_connected_are_equal(
    test_data: Path, published: tuple[str, str], kernels: str
) -> None:
    model, folder = published
    (case,) = assembly.plan(
        targets=[TARGET],
        kernel_sets=[kernels],
        models=[str(test_data / model)],
        dataset=f"mlperf:{test_data / folder}",
        limit=INPUTS,
    )
    rig = assembly.rig()
    (prepared,) = prepare([case], rig.load_dataset)
    scratch = planned(case.model.path, TARGET, kernels).scratch
    image = compile_image(prepared.network, scratch=scratch, preserve_all_tensors=True)
    names = [operator.name for operator in prepared.network.operators]
    first_fc = names.index("FULLY_CONNECTED")
    before = {
        index for operator in prepared.network.operators[:first_fc] for index in operator.outputs
    }
    behind = {
        index for operator in prepared.network.operators[first_fc:] for index in operator.outputs
    }
    fully_connected = set(prepared.network.operators[first_fc].outputs)
    firmware = rig.build(case.target, case.kernel_set, case.variant, print)
    reference = HostReference(case.model.path)
    arena = catalog.target(TARGET).memory.arena.origin
    compared = set()
    with talking(case.target, firmware, image.data) as (client, board):
        for sample in prepared.dataset.inputs:
            client.infer(sample.tobytes(), deadline_s=DEADLINE_S)
            expected = reference.tensors(sample)
            for place in image.placements:
                want = expected[place.index].astype(np.int32).ravel()
                raw = board.read(arena + place.offset, place.nbytes)
                difference = np.abs(np.frombuffer(raw, np.int8).astype(np.int32) - want).max()
                if place.index in before or kernels == "reference":
                    assert difference == 0, place
                elif place.index in fully_connected:
                    assert difference <= FULLY_CONNECTED_LSB, place
                compared.add(place.index)
    assert before | behind <= compared
