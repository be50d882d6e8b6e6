"""The same random operators on simulated cores, where CMSIS-NN takes other paths than on a host."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from case_strategies import additions, convolutions, dense, pools, softmaxes
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from kernel_program import FIRMWARE, Outcome, cmsis_nn_root, decode_answer, request_of, set_sources
from operator_cases import OperatorCase

CORES = {"cortex-m3": "mps2-an385", "cortex-m4": "mps2-an386", "cortex-m7": "mps2-an500"}
_HERE = Path(__file__).parent
_EXAMPLES = 60


def drawn(strategy: SearchStrategy[OperatorCase]) -> list[OperatorCase]:
    """The same examples in each session."""
    cases: list[OperatorCase] = []

    @settings(
        max_examples=_EXAMPLES, derandomize=True, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=strategy)
    def collect(case: OperatorCase) -> None:
        cases.append(case)

    collect()
    return cases


@pytest.fixture(scope="session")
def cases() -> dict[str, list[OperatorCase]]:
    """Examples of each operator."""
    return {
        "conv_2d": drawn(convolutions(depthwise=False)),
        "depthwise_conv_2d": drawn(convolutions(depthwise=True)),
        "average_pool_2d": drawn(pools("AVERAGE")),
        "max_pool_2d": drawn(pools("MAX")),
        "add": drawn(additions()),
        "softmax": drawn(softmaxes()),
        "fully_connected": drawn(dense(power_of_two=False)),
    }


def build(folder: Path, core: str, kernel_set: str, *, single_rounding: bool = False) -> Path:
    """Compile a kernel set for a core; the C library's sections keep only what is used."""
    compiler = "arm-none-eabi-gcc"
    if shutil.which(compiler) is None or shutil.which("qemu-system-arm") is None:
        pytest.skip(f"{compiler} and qemu-system-arm are needed")
    flags = [compiler, f"-mcpu={core}", "-mthumb", "-std=gnu11", "-O2", "-ffunction-sections"]
    flags += ["-Wall", "-Wextra", "-Werror", f"-I{FIRMWARE / 'core'}"]
    sources = [*set_sources(kernel_set), _HERE / "run_kernels.c", _HERE / "semihosting.c"]
    library: list[Path] = []
    if kernel_set == "cmsis-nn":
        root = cmsis_nn_root()
        flags.append(f"-I{root / 'Include'}")
        library = [p for p in (root / "Source").glob("*/*.c") if "_s4" not in p.name]
    folder.mkdir()
    subprocess.run([*flags, "-c", *sources], cwd=folder, check=True)
    if library:
        subprocess.run([*flags, "-w", "-c", *library], cwd=folder, check=True)
    if single_rounding:
        inner = [p for p in library if p.name == "arm_nn_vec_mat_mult_t_s8.c"]
        rounding = "-DCMSIS_NN_USE_SINGLE_ROUNDING"
        subprocess.run([*flags, "-w", rounding, "-c", *inner], cwd=folder, check=True)
    program = folder / "program"
    link = [*flags, "--specs=nosys.specs", "-nostartfiles", "-Wl,--gc-sections", "-w"]
    link += ["-Wl,--no-warnings", f"-T{_HERE / 'semihosting.ld'}", "-o", program]
    subprocess.run([*link, *folder.glob("*.o"), "-lm"], check=True)
    return program


def run(program: Path, machine: str, cases: list[OperatorCase]) -> list[Outcome]:
    """Run all cases in one start of the simulator."""
    folder = program.parent
    (folder / "requests").write_bytes(b"".join(request_of(case.image) for case in cases))
    command = ["qemu-system-arm", "-M", machine, "-display", "none", "-monitor", "none"]
    command += ["-serial", "none", "-semihosting-config", "enable=on,target=native"]
    subprocess.run([*command, "-kernel", program], cwd=folder, check=True, timeout=120)
    answers = (folder / "answers").read_bytes()
    outcomes = []
    for case in cases:
        outcome, used = decode_answer(case.image, answers)
        outcomes.append(outcome)
        answers = answers[used:]
    assert not answers
    return outcomes


def differences(outcomes: list[Outcome], cases: list[OperatorCase]) -> list[int]:
    """Largest difference from LiteRT, case by case."""
    largest = []
    for outcome, case in zip(outcomes, cases, strict=True):
        assert (outcome.prepare, outcome.invoke) == (0, 0)
        assert outcome.output is not None
        difference = outcome.output.astype(np.int64) - case.expected()
        largest.append(int(np.abs(difference).max()))
    return largest


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("variant", ["reference", "cmsis-nn", "single-rounding"])
def test_kernels_equal_litert_on_a_core(
    tmp_path: Path, cases: dict[str, list[OperatorCase]], core: str, variant: str
) -> None:
    kernel_set = "reference" if variant == "reference" else "cmsis-nn"
    single_rounding = variant == "single-rounding"
    program = build(tmp_path / "build", core, kernel_set, single_rounding=single_rounding)
    worst = {
        name: max(differences(run(program, CORES[core], some), some)) for name, some in cases.items()
    }
    if variant == "cmsis-nn":
        assert worst.pop("fully_connected") <= 1  # rounds twice
    assert not any(worst.values()), worst
