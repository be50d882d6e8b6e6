"""The firmware core, compiled for the host under AddressSanitizer and UBSan."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FIRMWARE = ROOT / "firmware"
HERE = Path(__file__).parent
TEST_KERNELS = tuple(sorted((HERE / "kernels").glob("*.c")))
CODEC_SOURCES = (FIRMWARE / "core" / "frame.c", FIRMWARE / "core" / "crc32.c")
ENGINE_SOURCES = tuple(
    FIRMWARE / "core" / name for name in ("engine.c", "image_check.c", "crc32.c")
)
FLAGS = (
    *("-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
    *(f"-I{FIRMWARE / 'core'}", '-DHARNESS_TARGET="host"', '-DHARNESS_KERNEL_SET="test"'),
)


def _compile(sources: Sequence[Path], program: Path) -> Path:
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("gcc for the host is not installed")
    finished = subprocess.run(
        [compiler, *FLAGS, *map(str, sources), "-o", str(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return program


@pytest.fixture(scope="session")
def frame_codec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Encodes and decodes lines of hex: see programs/frame_codec.c."""
    sources = (HERE / "programs" / "frame_codec.c", *CODEC_SOURCES)
    return _compile(sources, tmp_path_factory.mktemp("core") / "frame_codec")


@pytest.fixture(scope="session")
def load_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Loads and runs many images: see programs/load_images.c."""
    sources = (HERE / "programs" / "load_images.c", *ENGINE_SOURCES, *TEST_KERNELS)
    return _compile(sources, tmp_path_factory.mktemp("core") / "load_images")


def _host_firmware(factory: pytest.TempPathFactory, name: str, *programs: str) -> Path:
    """The whole firmware with the test kernels, and what `programs` have in place of weak code."""
    sources = (
        *sorted((FIRMWARE / "core").glob("*.c")),
        FIRMWARE / "ports" / "host" / "port.c",
        *(HERE / "programs" / program for program in programs),
        *TEST_KERNELS,
    )
    return _compile(sources, factory.mktemp("core") / name)


@pytest.fixture(scope="session")
def host_firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """See firmware/ports/host/port.c."""
    return _host_firmware(tmp_path_factory, "firmware")


@pytest.fixture(scope="session")
def rated_firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `host_firmware`, with a link that has a rate."""
    return _host_firmware(tmp_path_factory, "rated_firmware", "rated_link.c")


@pytest.fixture(scope="session")
def gated_firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `host_firmware`, with pins."""
    return _host_firmware(tmp_path_factory, "gated_firmware", "gated_port.c")


@pytest.fixture(scope="session")
def timed_firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `host_firmware`, in real time."""
    return _host_firmware(tmp_path_factory, "timed_firmware", "real_time.c")


@pytest.fixture
def converse(host_firmware: Path, tmp_path: Path) -> Callable[..., bytes]:
    """Send bytes to the firmware with an image in its slot; return all it answers."""

    def talk(image: bytes, wire: bytes, *, arena: int = 80, ticks: int = 1) -> bytes:
        (tmp_path / "image").write_bytes(image)
        finished = subprocess.run(
            [str(host_firmware), str(tmp_path / "image"), str(arena), str(ticks)],
            input=wire,
            capture_output=True,
            check=False,
            timeout=60,
            env=os.environ | {"ASAN_OPTIONS": "detect_leaks=0"},
        )
        assert finished.returncode == 0, finished.stderr.decode()
        return finished.stdout

    return talk
