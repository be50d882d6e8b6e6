"""Compile a kernel set into a host program under the sanitizers, and run single operators in it."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np
import pytest
from builders.made_once import made_once
from numpy.typing import NDArray
from operator_image import OperatorImage

from harness.assembly import cache_dir
from harness.build import obtain_library
from harness.errors import BuildError

FIRMWARE = Path(__file__).resolve().parents[3] / "firmware"
_RUNNER = Path(__file__).with_name("run_kernels.c")
_SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
# Lines, which the sanitizers tell, and no more: that is a third of the time.
_FLAGS = ("-std=gnu11", "-O1", "-g1", "-Wall", "-Wextra", "-Werror")
_ANSWER = struct.Struct("<iIi")
_CMSIS_NN_FOLDERS = (
    "Activation",
    "BasicMath",
    "Concatenation",
    "Convolution",
    "FullyConnected",
    "NNSupport",
    "Pooling",
    "Softmax",
    "SVD",
)


@dataclass(frozen=True)
class Outcome:
    """What became of one operator; `output` is None where `prepare` refused."""

    prepare: int
    scratch_bytes: int
    invoke: int
    output: NDArray[np.int8] | None


def request_of(image: OperatorImage) -> bytes:
    """What run_kernels.c reads."""
    blob, arena = image.encode()
    return struct.pack("<5I", len(blob), len(arena), *image.layout()) + blob + arena


def decode_answer(image: OperatorImage, answer: bytes) -> tuple[Outcome, int]:
    """What run_kernels.c wrote, and how many bytes that took.

    Raises:
        AssertionError: bytes beside the output changed.
    """
    arena = image.encode()[1]
    end_of_answer = _ANSWER.size + len(arena)
    prepare, scratch, invoke = _ANSWER.unpack_from(answer)
    after = answer[_ANSWER.size : end_of_answer]
    output = None
    if prepare == 0:
        begin, shape = image.output_place()
        end = begin + int(np.prod(shape))
        assert after[:begin] + after[end:] == arena[:begin] + arena[end:], "wrote elsewhere"
        output = np.frombuffer(after[begin:end], np.int8).reshape(shape)
    return Outcome(prepare, scratch, invoke, output), end_of_answer


class KernelProgram:
    """A running host program that holds one kernel set."""

    def __init__(self, executable: Path, kernel_set: str) -> None:
        self.kernel_set = kernel_set
        self._process = subprocess.Popen(
            [executable], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def run(self, image: OperatorImage) -> Outcome:
        """Prepare and invoke the operator.

        Raises:
            AssertionError: a sanitizer stopped the program, or bytes beside the output changed.
        """
        return decode_answer(image, self._answer(image))[0]

    def arena_after(self, image: OperatorImage) -> tuple[int, int, bytes]:
        """Prepare and invoke the operator; return both statuses and all of the arena.

        Raises:
            AssertionError: a sanitizer stopped the program.
        """
        answer = self._answer(image)
        prepare, _, invoke = _ANSWER.unpack_from(answer)
        return prepare, invoke, answer[_ANSWER.size :]

    def _answer(self, image: OperatorImage) -> bytes:
        stdin, stdout = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)
        try:
            stdin.write(request_of(image))
            stdin.flush()
        except BrokenPipeError:
            pass
        length = _ANSWER.size + len(image.encode()[1])
        answer = stdout.read(length)
        if len(answer) < length:
            errors = cast(IO[bytes], self._process.stderr).read().decode()
            raise AssertionError(f"{self.kernel_set}: the kernel program died\n{errors}")
        return answer

    def close(self) -> None:
        """End the program."""
        cast(IO[bytes], self._process.stdin).close()
        self._process.wait(timeout=10)
        cast(IO[bytes], self._process.stdout).close()
        cast(IO[bytes], self._process.stderr).close()


def cmsis_nn_root() -> Path:
    """The CMSIS-NN tree that firmware is built with, or skip."""
    try:
        return obtain_library("cmsis-nn", cache_dir()).root
    except BuildError as error:
        pytest.skip(f"no CMSIS-NN: {error}")


def set_sources(kernel_set: str) -> list[Path]:
    """The sources of a set: its own, and of `reference` those it does not replace."""
    sources: dict[str, Path] = {}
    for name in ("reference", kernel_set):
        sources |= {path.name: path for path in (FIRMWARE / "kernels" / name).glob("*.c")}
    return sorted(sources.values())


def build_reference(folder: Path) -> Path:
    """Compile the `reference` set; returns the executable."""
    objects = _compile([_RUNNER, *set_sources("reference")], folder / "reference", _SANITIZE)
    return _link(folder / "linked-reference", objects)


def build_cmsis_nn(folder: Path, *, single_rounding: bool) -> Path:
    """Compile the `cmsis-nn` set with CMSIS-NN's plain C path; returns the executable."""
    root = cmsis_nn_root()
    include = (f"-I{root / 'Include'}",)
    ours = [_RUNNER, *set_sources("cmsis-nn")]
    ours = _compile(ours, folder / "cmsis-nn", (*_SANITIZE, *include))
    # CMSIS-NN shifts negative numbers to the left, so only the address sanitizer watches it.
    sources = [
        path
        for name in _CMSIS_NN_FOLDERS
        for path in sorted((root / f"Source/{name}Functions").glob("*.c"))
    ]
    flags = ("-fsanitize=address", "-w", *include)
    inner = "arm_nn_vec_mat_mult_t_s8.c"
    library = _compile([s for s in sources if s.name != inner], folder / "library", flags)
    defines = ("-DCMSIS_NN_USE_SINGLE_ROUNDING",) if single_rounding else ()
    rounding = folder / f"inner-{single_rounding:d}"
    library += _compile([s for s in sources if s.name == inner], rounding, flags + defines)
    return _link(folder / f"linked-cmsis-nn-{single_rounding:d}", ours, library)


def _compile(sources: Sequence[Path], folder: Path, flags: Sequence[str]) -> list[Path]:
    """Compile what is not there yet; returns the objects."""
    command = ["gcc", *_FLAGS, *flags, f"-I{FIRMWARE / 'core'}", "-c", *sources]
    made_once(folder, lambda making: subprocess.run(command, cwd=making, check=True))
    return [folder / f"{source.stem}.o" for source in sources]


def _link(folder: Path, objects: Sequence[Path], library: Sequence[Path] = ()) -> Path:
    def link(making: Path) -> None:
        archive = making / "library.a"
        subprocess.run(["ar", "rcs", archive, *library], check=True)
        linked = [*objects, archive, "-lm", "-o", making / "program"]
        subprocess.run(["gcc", *_SANITIZE, *linked], check=True)

    return made_once(folder, link) / "program"
