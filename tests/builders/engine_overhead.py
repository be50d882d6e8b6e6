"""Counts one network twice on one board: through the engine, and as bare CMSIS-NN calls."""

import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from builders.bare_calls import BareKernel, bare_image
from builders.raw_run import DEADLINE_S, talking

from harness import assembly, catalog
from harness.domain.image import ModelImage
from harness.model import compile_image, read_tflite


@dataclass(frozen=True)
class Overhead:
    """Instructions of one inference, and whether both gave the same outputs."""

    engine: float
    bare: float
    operators: int
    outputs_equal: bool

    @property
    def share(self) -> float:
        """What the engine adds, as a fraction of the bare calls."""
        return (self.engine - self.bare) / self.bare


@cache
def engine_overhead(model: Path, target_id: str, kernel_set_id: str = "cmsis-nn") -> Overhead:
    """Measure `model` on a simulated target, once in a process."""
    target = catalog.target(target_id)
    kernel_set = catalog.kernel_set(kernel_set_id)
    variant = catalog.build_variant("O2")
    build = assembly.rig().build
    firmware = build(target, kernel_set, variant, print)
    network = read_tflite(model)
    image = compile_image(network)
    with talking(target, firmware, image.data) as (client, _):
        image = compile_image(network, scratch=client.describe(DEADLINE_S).scratch_needed)
    sample = bytes((37 * n + 11) % 256 for n in range(image.inputs[0].nbytes))
    ticks, outputs = _count(target_id, firmware, image.data, sample)
    with tempfile.TemporaryDirectory() as work_dir:
        folder = Path(work_dir, "bare")  # the name is part of what the cache finds it by
        folder.mkdir()
        (folder / "bare.c").write_text(BareKernel(image, target.memory).source())
        bare_set = replace(kernel_set, id="bare", directories=(folder, *kernel_set.directories))
        bare = build(target, bare_set, variant, print)
        bare_ticks, bare_outputs = _count(target_id, bare, bare_image(image), sample)
    per_tick = target.counter.per_tick
    return Overhead(
        ticks * per_tick, bare_ticks * per_tick, len(image.operators), outputs == bare_outputs
    )


def _count(
    target_id: str, firmware: object, image: bytes, sample: bytes
) -> tuple[int, tuple[bytes, ...]]:
    with talking(catalog.target(target_id), firmware, image) as (client, _):
        reply = client.infer(sample, warmup=1, repeats=3, deadline_s=DEADLINE_S)
    assert len(set(reply.ticks)) == 1, "the same work must take the same count"
    return reply.ticks[0], reply.outputs


@cache
def planned(model: Path, target_id: str, kernel_set_id: str) -> ModelImage:
    """The image of `model` with the scratch the kernels of a target ask for."""
    target = catalog.target(target_id)
    firmware = assembly.rig().build(
        target, catalog.kernel_set(kernel_set_id), catalog.build_variant("O2"), print
    )
    network = read_tflite(model)
    with talking(target, firmware, compile_image(network).data) as (client, _):
        return compile_image(network, scratch=client.describe(DEADLINE_S).scratch_needed)
