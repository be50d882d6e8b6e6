"""Kernel sets by path of CMSIS-NN: what is in the build, what runs, and what is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from devices.mps2_firmware import needs_qemu

from harness import assembly, catalog
from harness.build import linked_kernels
from harness.domain.firmware import Firmware, KernelSet
from harness.domain.kernel_code import CodePath, LinkedKernel

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]
COMMAND = [sys.executable, "-c", "from harness.cli import main; main()"]
COMPUTING = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD"}
# Those of MLPerf Tiny; what paths all others take is compared in test_kernels_on_cores.py.
EIGHT = COMPUTING | {"AVERAGE_POOL_2D", "MAX_POOL_2D", "RESHAPE", "SOFTMAX"}


def harness(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], cwd=folder, capture_output=True, text=True, timeout=300
    )


def built(target: str, kernel_set: KernelSet | str, variant: str = "O2") -> Firmware:
    kernels = kernel_set if isinstance(kernel_set, KernelSet) else catalog.kernel_set(kernel_set)
    return assembly.rig().build(
        catalog.target(target), kernels, catalog.build_variant(variant), lambda text: None
    )


def kernels_of(target: str, kernel_set: str) -> dict[str, LinkedKernel]:
    return {one.operator: one for one in linked_kernels(built(target, kernel_set))}


def paths(target: str, kernel_set: str) -> dict[str, tuple[CodePath, ...]]:
    return {name: one.paths for name, one in kernels_of(target, kernel_set).items()}


@pytest.mark.parametrize(
    ("target", "kernel_set"),
    [
        ("mps2-an386", "cmsis-nn"),
        ("mps2-an500", "cmsis-nn-dsp"),
        ("mps2-an505", "cmsis-nn"),
        ("mps3-an547", "cmsis-nn-dsp"),
    ],
)
def test_dsp_code_where_the_core_has_dsp(target: str, kernel_set: str) -> None:
    found = paths(target, kernel_set)
    assert {name for name in EIGHT if CodePath.DSP in found[name]} == COMPUTING
    assert not [name for name, used in found.items() if CodePath.MVE in used]


def test_helium_code_where_the_core_has_helium() -> None:
    kernels = kernels_of("mps3-an547", "cmsis-nn")
    vectors = {name for name in EIGHT if CodePath.MVE in kernels[name].paths}
    # CMSIS-NN leaves Helium out of its SOFTMAX for GCC 12.1 and 12.2 (ARM_GCC_12_2_ICE).
    assert vectors - {"SOFTMAX"} == COMPUTING | {"AVERAGE_POOL_2D", "MAX_POOL_2D"}
    reached = {one.name: one.path for one in kernels["CONV_2D"].functions}
    assert reached["arm_convolve_s8"] is CodePath.MVE
    assert reached["arm_nn_mat_mult_nt_t_s8"] is CodePath.MVE
    assert reached["arm_convolve_wrapper_s8"] is CodePath.SCALAR
    assert "arm_nn_mat_mult_kernel_s8_s16" not in reached, "that is for the DSP extension"


@pytest.mark.parametrize(
    ("target", "kernel_set"),
    [
        ("mps2-an385", "cmsis-nn"),
        ("mps2-an500", "cmsis-nn-scalar"),
        ("mps2-an505", "cmsis-nn-scalar"),
        ("mps3-an547", "cmsis-nn-scalar"),
    ],
)
def test_plain_code_where_it_has_not_or_shall_not(target: str, kernel_set: str) -> None:
    found = paths(target, kernel_set)
    assert {path for used in found.values() for path in used} == {CodePath.SCALAR}
    code = subprocess.run(
        ["arm-none-eabi-objdump", "-d", built(target, kernel_set).elf],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    assert "arm_convolve_s8>:" in code
    assert "smlad" not in code
    assert "sxtb16" not in code


def test_what_an_operator_calls_and_can_reach() -> None:
    conv = kernels_of("mps2-an500", "cmsis-nn")["CONV_2D"]
    assert [one.name for one in conv.functions if one.direct] == ["arm_convolve_wrapper_s8"]
    reached = {one.name: one.path for one in conv.functions}
    assert reached["arm_nn_mat_mult_kernel_s8_s16"] is CodePath.DSP
    assert reached["arm_convolve_wrapper_s8"] is CodePath.SCALAR
    assert "arm_depthwise_conv_s8" not in reached
    connected = kernels_of("mps2-an500", "cmsis-nn")["FULLY_CONNECTED"]
    assert {one.name for one in connected.functions if one.direct} == {
        "arm_fully_connected_s8",
        "arm_nn_vec_mat_mult_t_s8",
    }


def test_where_the_code_of_each_operator_came_from() -> None:
    firmware = built("mps2-an500", "cmsis-nn-scalar")
    assert {name for name in EIGHT if firmware.kernels[name] == "cmsis-nn"} == EIGHT - {"RESHAPE"}
    assert firmware.kernels["RESHAPE"] == "reference"
    assert firmware.kernels["TANH"] == "reference"
    assert not EIGHT & set(firmware.fallbacks)
    assert {"TANH", "MEAN", "CONV_2D_Q7"} <= set(firmware.fallbacks)
    assert set(built("mps2-an500", "reference").kernels.values()) == {"reference"}


def test_an_operator_that_the_library_s_set_lacks_is_a_fallback(tmp_path: Path) -> None:
    shipped = catalog.kernel_set("cmsis-nn")
    thin = tmp_path / "thin"
    shutil.copytree(shipped.directories[0], thin)
    (thin / "softmax.c").unlink()
    firmware = built(
        "mps2-an500",
        replace(shipped, id="thin", directories=(thin, *shipped.directories[1:]), undefines=()),
    )
    lacking = set(built("mps2-an500", "cmsis-nn").fallbacks)
    assert set(firmware.fallbacks) - lacking == {"SOFTMAX"}
    (softmax,) = [one for one in linked_kernels(firmware) if one.operator == "SOFTMAX"]
    assert (softmax.origin, softmax.functions, softmax.paths) == ("reference", (), ())


@pytest.mark.parametrize(
    ("target", "fastest_first", "aliases"),
    [
        ("mps2-an500", ["cmsis-nn", "cmsis-nn-scalar", "reference"], "cmsis-nn-dsp"),
        ("mps2-an505", ["cmsis-nn", "cmsis-nn-scalar", "reference"], "cmsis-nn-dsp"),
        (
            "mps3-an547",
            ["cmsis-nn", "cmsis-nn-dsp", "cmsis-nn-scalar", "reference"],
            "cmsis-nn-mve",
        ),
    ],
)
def test_every_path_gives_the_same_vectors_with_other_counts(
    tmp_path: Path, target: str, fastest_first: list[str], aliases: str
) -> None:
    words = ["-m", "lenet-digits", "-m", "mlp-digits", "-k", "all", "--limit", "3", "--json"]
    done = harness(tmp_path, "run", "-t", target, *words)
    assert done.returncode == 0, done.stderr
    cases = json.loads(done.stdout)["cases"]
    assert len(cases) == 2 * len(fastest_first)
    assert f"+ lenet-digits · {target} · cmsis-nn (= {aliases}): " in done.stderr
    core = catalog.target(target).core.name
    left_out = (
        f"left out: {core} of {target} lacks Helium (MVE) (__ARM_FEATURE_MVE), "
        "which kernel set cmsis-nn-mve requires\n"
    )
    assert (left_out in done.stderr) == (aliases != "cmsis-nn-mve")
    for model in ("lenet-digits", "mlp-digits"):
        readings = {
            case["kernel_set"]: case["readings"] for case in cases if case["model"] == model
        }
        for name in fastest_first:
            assert readings[name]["largest_difference"]["value"] <= (name != "reference")
        counts = [readings[name]["instructions"]["value"] for name in fastest_first]
        assert counts == sorted(set(counts))


def test_a_set_that_the_core_cannot_run(tmp_path: Path) -> None:
    done = harness(tmp_path, "run", "-t", "mps2-an385", "-k", "cmsis-nn-dsp", "-m", "mlp-digits")
    assert done.returncode == 2
    assert done.stderr == (
        "ConfigError: --kernels: Cortex-M3 of mps2-an385 lacks the DSP extension "
        "(__ARM_FEATURE_DSP), which kernel set cmsis-nn-dsp requires\n"
        "  -> Choose another kernel set or target (`harness kernels --target ID`).\n"
    )
    assert not list(tmp_path.iterdir())


def test_two_names_of_one_build_run_once(tmp_path: Path) -> None:
    words = ["-k", "cmsis-nn-scalar", "-k", "cmsis-nn", "-m", "mlp-digits", "--limit", "1"]
    done = harness(tmp_path, "run", "-t", "mps2-an385", *words, "--json")
    assert done.returncode == 0, done.stderr
    (case,) = json.loads(done.stdout)["cases"]
    assert (case["kernel_set"], case["aliases"]) == ("cmsis-nn-scalar", "cmsis-nn")
    assert "(= cmsis-nn)" in done.stderr.partition("equal to")[2]  # the table
    assert "· cmsis-nn-scalar (= cmsis-nn): " in done.stderr


NO_HELIUM = (
    "no: {core} lacks Helium (MVE) (__ARM_FEATURE_MVE), which kernel set cmsis-nn-mve requires"
)
SAME = "same build as cmsis-nn"


@pytest.mark.parametrize(
    ("target", "dsp", "mve"),
    [
        ("mps2-an386", SAME, NO_HELIUM.format(core="Cortex-M4F")),
        ("mps2-an505", SAME, NO_HELIUM.format(core="Cortex-M33")),
        ("mps3-an547", "runs", SAME),
    ],
)
def test_kernel_sets_of_a_target(tmp_path: Path, target: str, dsp: str, mve: str) -> None:
    done = harness(tmp_path, "kernels", "--target", target, "--json")
    rows = {row["id"]: row[f"on {target}"] for row in json.loads(done.stdout)}
    assert rows == {
        "reference": "runs",
        "cmsis-nn": "runs",
        "cmsis-nn-dsp": dsp,
        "cmsis-nn-scalar": "runs",
        "cmsis-nn-mve": mve,
    }


def test_calls_as_a_table(tmp_path: Path) -> None:
    words = ["--target", "mps2-an500", "--kernels", "cmsis-nn-scalar"]
    done = harness(tmp_path, "kernels", "calls", *words, "--json")
    rows = {row["operator"]: row for row in json.loads(done.stdout)}
    assert rows["MAX_POOL_2D"] == {
        "operator": "MAX_POOL_2D",
        "from": "cmsis-nn",
        "calls": ["arm_max_pool_s8 (scalar)"],
        "reaches": [],
    }
    assert rows["RESHAPE"]["from"] == "reference"
    told = harness(tmp_path, "kernels", "calls", *words).stdout
    assert "RESHAPE is no fallback: it computes nothing" in told
