"""The same random operators on simulated cores, where CMSIS-NN takes other paths than on a host."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from builders.compiled_operator import CompiledOperator
from builders.made_once import made_once
from builders.operator_models import MODELS
from builders.typed_operator import TypedOperator
from builders.variant_models import VARIANTS
from case_strategies import (
    WIDE,
    additions,
    convolutions,
    dense,
    fine_dense,
    pools,
    row_convolutions,
    softmaxes,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from kernel_program import FIRMWARE, Outcome, cmsis_nn_root, decode_answer, request_of, set_sources
from operator_cases import OperatorCase
from operator_image import OperatorImage

Case = OperatorCase | CompiledOperator


@dataclass(frozen=True)
class Core:
    """A board, where its memory starts and how much of it there is, and flags beside -mcpu."""

    machine: str
    origin: int = 0
    length: str = "4M"
    flags: tuple[str, ...] = ()


CORES = {
    "cortex-m3": Core("mps2-an385"),
    "cortex-m4": Core("mps2-an386"),
    "cortex-m7": Core("mps2-an500"),
    "cortex-m33": Core("mps2-an505", 0x1000_0000),
    # The compiler knows Helium only along with floating point registers.
    "cortex-m55": Core("mps3-an547", 0, "512K", ("-mfloat-abi=hard",)),
}
COMPILER = "arm-none-eabi-gcc"
SIMULATOR = "qemu-system-arm"
_HERE = Path(__file__).parent
_EXAMPLES = 60
Case = TypeVar("Case")
_EXAMPLES_OF_THE_OTHERS = 12


def drawn(strategy: SearchStrategy[Case], examples: int = _EXAMPLES) -> list[Case]:
    """The same examples in each session."""
    cases: list[Case] = []

    @settings(
        max_examples=examples, derandomize=True, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=strategy)
    def collect(case: Case) -> None:
        cases.append(case)

    collect()
    return cases


@pytest.fixture(scope="session")
def cases() -> dict[str, list[Case]]:
    """Examples of each operator."""
    return {
        "conv_2d": drawn(convolutions(depthwise=False))
        + drawn(convolutions(depthwise=False, depths=WIDE))
        + drawn(row_convolutions()),
        "depthwise_conv_2d": drawn(convolutions(depthwise=True))
        + drawn(convolutions(depthwise=True, depths=WIDE)),
        "average_pool_2d": drawn(pools("AVERAGE")) + drawn(pools("AVERAGE", WIDE)),
        "max_pool_2d": drawn(pools("MAX")) + drawn(pools("MAX", WIDE)),
        "add": drawn(additions()),
        "softmax": drawn(softmaxes()),
        "fully_connected": drawn(dense(power_of_two=False)) + drawn(fine_dense()),
        **{name: drawn(models, _EXAMPLES_OF_THE_OTHERS) for name, models in MODELS.items()},
    }


@pytest.fixture(scope="session", params=CORES)
def core(request: pytest.FixtureRequest) -> str:
    """Each core in turn."""
    for tool in (COMPILER, SIMULATOR):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    return str(request.param)


@pytest.fixture(scope="session")
def library(core: str, kernel_folder: Path) -> list[Path]:
    """The objects of CMSIS-NN as it comes, compiled for the core."""
    sources = list((cmsis_nn_root() / "Source").glob("*/*.c"))
    return _compile(core, kernel_folder / f"library-{core}", sources, "-w")


@pytest.fixture(scope="session")
def reference_set(core: str, kernel_folder: Path) -> list[Path]:
    """The objects of the `reference` set and its program, compiled for the core."""
    return _compile_set(core, kernel_folder, "reference")


@pytest.fixture(scope="session")
def cmsis_nn_set(core: str, kernel_folder: Path) -> list[Path]:
    """The objects of the `cmsis-nn` set and its program, compiled for the core."""
    return _compile_set(core, kernel_folder, "cmsis-nn")


def _compile_set(core: str, folder: Path, kernel_set: str) -> list[Path]:
    sources = [*set_sources(kernel_set), _HERE / "run_kernels.c", _HERE / "semihosting.c"]
    return _compile(core, folder / f"{kernel_set}-{core}", sources)


def link(folder: Path, core: str, objects: Sequence[Path]) -> Path:
    """Link a program for a core; the linker keeps what is used of a library."""
    program = folder / "program"
    at = CORES[core]
    command = [COMPILER, f"-mcpu={core}", "-mthumb", *at.flags, "--specs=nosys.specs"]
    command += [f"-Wl,--defsym=origin={at.origin:#x},--defsym=length={at.length}", "-nostartfiles"]
    command += ["-Wl,--gc-sections", "-Wl,--no-warnings", f"-T{_HERE / 'semihosting.ld'}"]
    subprocess.run([*command, "-o", program, *objects], check=True)
    return program


def _compile(core: str, folder: Path, sources: Sequence[Path], *more: str) -> list[Path]:
    flags = [f"-mcpu={core}", "-mthumb", *CORES[core].flags, "-std=gnu11", "-O2"]
    flags += ["-ffunction-sections", *more]
    if "-w" not in more:
        flags += ["-Wall", "-Wextra", "-Werror"]
    flags += [f"-I{FIRMWARE / 'core'}", f"-I{cmsis_nn_root() / 'Include'}"]
    command = [COMPILER, *flags, "-c", *sources]
    made_once(folder, lambda making: subprocess.run(command, cwd=making, check=True))
    return [folder / f"{source.stem}.o" for source in sources]


def typed(strategy: SearchStrategy[TypedOperator]) -> list[TypedOperator]:
    """A few examples, the same in each session."""
    return drawn(strategy, 20)


def run(program: Path, machine: str, cases: list[Case]) -> list[Outcome]:
    """Run all cases in one start of the simulator."""
    answers = simulated(program, machine, [case.image for case in cases])
    outcomes = []
    for case in cases:
        outcome, used = decode_answer(case.image, answers)
        outcomes.append(outcome)
        answers = answers[used:]
    assert not answers
    return outcomes


def arenas(program: Path, machine: str, cases: list[TypedOperator]) -> list[bytes]:
    """Run all cases in one start of the simulator; return their arenas."""
    answers = simulated(program, machine, cases)
    found = []
    for case in cases:
        length = len(case.encode()[1])
        assert struct.unpack_from("<iIi", answers)[::2] == (0, 0), case
        found.append(answers[12 : 12 + length])
        answers = answers[12 + length :]
    assert not answers
    return found


def simulated(program: Path, machine: str, images: Sequence[OperatorImage]) -> bytes:
    """What the program answers to requests for all images."""
    folder = program.parent
    (folder / "requests").write_bytes(b"".join(request_of(image) for image in images))
    command = [SIMULATOR, "-M", machine, "-display", "none", "-monitor", "none"]
    command += ["-serial", "none", "-semihosting-config", "enable=on,target=native"]
    subprocess.run([*command, "-kernel", program], cwd=folder, check=True, timeout=120)
    return (folder / "answers").read_bytes()


def differences(outcomes: list[Outcome], cases: list[Case]) -> list[int]:
    """Largest difference from LiteRT, case by case."""
    largest = []
    for outcome, case in zip(outcomes, cases, strict=True):
        assert (outcome.prepare, outcome.invoke) == (0, 0)
        assert outcome.output is not None
        difference = outcome.output.astype(np.int64) - case.expected()
        largest.append(int(np.abs(difference).max()))
    return largest


def worst(program: Path, core: str, cases: dict[str, list[Case]]) -> dict[str, int]:
    """Largest difference from LiteRT of each operator, in LSB."""
    everything = [case for some in cases.values() for case in some]
    largest = iter(differences(run(program, CORES[core].machine, everything), everything))
    return {name: max(next(largest) for _ in some) for name, some in cases.items()}


def test_reference_equals_litert_on_a_core(
    tmp_path: Path, cases: dict[str, list[Case]], core: str, reference_set: list[Path]
) -> None:
    program = link(tmp_path, core, reference_set)
    assert set(worst(program, core, cases).values()) == {0}


def test_cmsis_nn_equals_litert_on_a_core(
    tmp_path: Path,
    cases: dict[str, list[Case]],
    core: str,
    cmsis_nn_set: list[Path],
    library: list[Path],
) -> None:
    program = link(tmp_path, core, [*cmsis_nn_set, *library])
    found = worst(program, core, cases)
    assert found.pop("fully_connected") == 1  # rounds twice
    assert set(found.values()) == {0}


def test_cmsis_nn_with_single_rounding_equals_litert_on_a_core(
    tmp_path: Path,
    cases: dict[str, list[Case]],
    core: str,
    cmsis_nn_set: list[Path],
    library: list[Path],
) -> None:
    inner = next((cmsis_nn_root() / "Source").glob("*/arm_nn_vec_mat_mult_t_s8.c"))
    rounding = _compile(core, tmp_path / "inner", [inner], "-w", "-DCMSIS_NN_USE_SINGLE_ROUNDING")
    others = [path for path in library if path.stem != inner.stem]
    program = link(tmp_path, core, [*cmsis_nn_set, *rounding, *others])
    assert set(worst(program, core, cases).values()) == {0}


@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m55"], indirect=True)
def test_variants_equal_litert_on_a_core(
    tmp_path: Path, core: str, cmsis_nn_set: list[Path], library: list[Path]
) -> None:
    """Other types than int8, by the paths for DSP and Helium."""
    program = link(tmp_path, core, [*cmsis_nn_set, *library])
    ran: dict[str, list[TypedOperator]] = {
        name: typed(strategy) for name, strategy in VARIANTS.items()
    }
    cases = [case for some in ran.values() for case in some]
    found = iter(arenas(program, CORES[core].machine, cases))
    worst_of = {
        name: max(case.difference(next(found)) for case in some) for name, some in ran.items()
    }
    assert worst_of.pop("FULLY_CONNECTED uint8") <= 1  # rounds twice
    assert worst_of.pop("UNIDIRECTIONAL_SEQUENCE_LSTM int8") <= 28  # by table
    assert {name: value for name, value in worst_of.items() if value} == {}
