"""Profiles on simulated boards: the parts add up to a run's count, and disturb none."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from builders.raw_run import DEADLINE_S, talking

from harness import assembly, catalog
from harness.bench.prepare import prepare
from harness.build.parts import REST, TEXT, read_parts
from harness.domain.profile import Profile
from harness.model import compile_image, operator_costs, read_tflite

KWS = "models/mlperf-tiny/kws_ref_model.tflite"
MODEL = "lenet-digits"
BARE_STRINGS = 2048  # the labels of all kernels, a third of it messages and the build id
TEXT_STRINGS = 720  # the words of MLPerf Tiny's protocol, 718 bytes with their ends and padding


@cache
def profiled(target: str, kernel_set: str, model: str = MODEL) -> Profile:
    cases = assembly.plan(targets=[target], kernel_sets=[kernel_set], models=[model], limit=1)
    (profile,) = assembly.profile(cases)
    assert isinstance(profile, Profile), profile
    return profile


def headline(target_id: str, kernel_set: str, model: str) -> int:
    """Ticks of a RUN of the same input on a device that is never asked for a profile."""
    cases = assembly.plan(targets=[target_id], kernel_sets=[kernel_set], models=[model], limit=1)
    (prepared,) = prepare(cases, assembly.rig().load_dataset)
    target, network = prepared.case.target, prepared.network
    firmware = assembly.rig().build(target, prepared.case.kernel_set, prepared.case.variant, print)
    with talking(target, firmware, compile_image(network).data) as (client, _):
        scratch = client.describe(DEADLINE_S).scratch_needed
    with talking(target, firmware, compile_image(network, scratch=scratch).data) as (client, _):
        sample = prepared.dataset.inputs[0].tobytes()
        return client.infer(sample, warmup=1, deadline_s=DEADLINE_S).ticks[0]


@pytest.mark.parametrize(
    ("target", "kernel_set"),
    [
        ("mps2-an386", "cmsis-nn"),
        ("mps2-an500", "reference"),
        ("mps2-an500", "cmsis-nn"),
        ("mps2-an505", "cmsis-nn"),
        ("mps3-an547", "cmsis-nn"),
    ],
)
def test_the_parts_add_up_to_the_whole(target: str, kernel_set: str) -> None:
    profile = profiled(target, kernel_set)
    tick = catalog.target(target).counter.per_tick
    assert abs(profile.total - profile.whole) <= profile.bound <= 8 * 2 * tick
    assert sum(operator.share for operator in profile.operators) == pytest.approx(1)
    assert profile.whole == tick * headline(target, kernel_set, MODEL)


def test_macs_and_weights_are_those_of_the_model() -> None:
    network = read_tflite(catalog.resolve_model(MODEL).path)
    profile = profiled("mps2-an500", "cmsis-nn")
    costs = operator_costs(network)
    assert [operator.macs for operator in profile.operators] == [cost.macs or 0 for cost in costs]
    assert profile.macs == compile_image(network).macs == 328_512
    assert [operator.name for operator in profile.operators] == [cost.name for cost in costs]


def test_kernels_are_known_by_what_they_call() -> None:
    operators = profiled("mps2-an500", "cmsis-nn").operators
    kernels = {op.name: (op.kernel.source, op.kernel.calls) for op in operators if op.kernel}
    assert kernels["CONV_2D"] == ("cmsis-nn/conv_2d.c", ("arm_convolve_wrapper_s8",))
    assert kernels["RESHAPE"] == ("reference/reshape.c", ())


def test_flash_and_ram_are_taken_apart_without_rest() -> None:
    profile = profiled("mps2-an500", "cmsis-nn")
    parts = {part.name: part for part in profile.parts}
    assert sum(part.flash_bytes for part in profile.parts) == profile.flash_bytes
    assert parts["cmsis-nn"].flash_bytes > profile.flash_bytes / 2
    assert parts["engine"].ram_bytes > 32_768, "the input buffer is the engine's"
    assert parts["port"].ram_bytes > 4096, "the receive buffer is the port's"
    rest = parts["strings, build id, padding"].flash_bytes
    assert 0 < rest < BARE_STRINGS + TEXT_STRINGS


def test_strings_without_the_text_protocol_keep_their_bar() -> None:
    def parts(variant: str) -> dict[str, int]:
        chosen = catalog.target("mps2-an500"), catalog.kernel_set("cmsis-nn")
        firmware = assembly.rig().build(*chosen, catalog.build_variant(variant), print)
        read = read_parts(firmware.elf, "cmsis-nn").parts
        return {part.name: part.flash_bytes for part in read}

    whole, bare = parts("O2"), parts("frames-only")
    assert TEXT not in bare
    assert 0 < bare[REST] < BARE_STRINGS
    assert 0 < whole[REST] - bare[REST] <= TEXT_STRINGS
    assert whole[TEXT] + whole[REST] - bare[REST] <= 3072


def test_the_stack_is_measured_and_within_what_is_reserved() -> None:
    used = []
    for kernel_set in ("reference", "cmsis-nn"):
        profile = profiled("mps2-an500", kernel_set)
        assert isinstance(profile.stack_used, int)
        assert 200 < profile.stack_used < profile.stack_reserved
        used.append(profile.stack_used)
    assert used[0] < used[1], "arm_convolve_s8 and what it calls keep more there than plain loops"


def test_tenants_of_the_arena_never_overlap_while_they_live() -> None:
    tenants = profiled("mps2-an500", "cmsis-nn").arena
    assert any(tenant.scratch for tenant in tenants)
    for number, one in enumerate(tenants):
        for other in tenants[:number]:
            together = one.first <= other.last and other.first <= one.last
            apart = (
                one.offset + one.nbytes <= other.offset or other.offset + other.nbytes <= one.offset
            )
            assert apart or not together, (one, other)


def test_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from harness.cli import main

    words = ["harness", "profile", "-t", "mps2-an500", "-m", MODEL, "-k", "reference"]
    words += ["-k", "cmsis-nn", "--json", "--quiet", "--folder", str(tmp_path)]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    out, err = capsys.readouterr()
    assert "operators x kernel sets" in err
    (kept,) = tmp_path.iterdir()
    printed = json.loads(out)
    assert json.loads(kept.read_text(encoding="utf-8")) == printed
    assert kept.stem == printed["run"]["id"]
    assert [profile["kernel_set"] for profile in printed["profiles"]] == ["reference", "cmsis-nn"]


def test_published_keyword_spotting(test_data: Path) -> None:
    profile = profiled("mps2-an500", "cmsis-nn", str(test_data / KWS))
    assert profile.macs == 2_656_768
    assert abs(profile.total - profile.whole) <= profile.bound
    assert profile.whole == 40 * headline("mps2-an500", "cmsis-nn", str(test_data / KWS))
