"""The kernel sets as host programs, compiled once per session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from builders.made_once import session_folder
from kernel_program import KernelProgram, build_cmsis_nn, build_reference


@pytest.fixture(scope="session")
def kernel_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where objects and programs of this session lie."""
    return session_folder(tmp_path_factory) / "kernels"


@pytest.fixture(scope="session")
def reference(kernel_folder: Path) -> Iterator[KernelProgram]:
    """The `reference` set."""
    yield from _running(build_reference(kernel_folder), "reference")


@pytest.fixture(scope="session")
def cmsis_nn(kernel_folder: Path) -> Iterator[KernelProgram]:
    """The `cmsis-nn` set as CMSIS-NN comes."""
    executable = build_cmsis_nn(kernel_folder, single_rounding=False)
    yield from _running(executable, "cmsis-nn")


@pytest.fixture(scope="session")
def cmsis_nn_single_rounding(kernel_folder: Path) -> Iterator[KernelProgram]:
    """The `cmsis-nn` set with the macros of the build variant `single-rounding`."""
    executable = build_cmsis_nn(kernel_folder, single_rounding=True)
    yield from _running(executable, "cmsis-nn single-rounding")


def _running(executable: Path, name: str) -> Iterator[KernelProgram]:
    program = KernelProgram(executable, name)
    yield program
    program.close()


@pytest.fixture(scope="session", params=["reference", "cmsis_nn"])
def kernels(request: pytest.FixtureRequest) -> KernelProgram:
    """Each kernel set in turn."""
    program: KernelProgram = request.getfixturevalue(request.param)
    return program
