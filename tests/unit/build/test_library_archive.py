"""The kernel library is compiled once for all firmware whose objects of it are the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_toolchain import TARGET, VARIANT, FakeToolchain, toolchain

from harness.build import build_firmware
from harness.domain.firmware import BuildVariant, Firmware
from harness.domain.target import Core

__all__ = ["toolchain"]

ARCHIVE = "HARNESS_CMSIS_NN_ARCHIVE"
CMAKE = """
build = pathlib.Path(sys.argv[sys.argv.index("-B") + 1])
build.mkdir()
build.joinpath("words").write_text(" ".join(sys.argv))
"""
# As Ninja does: the archive is made where none was given.
COMPILE = """
if "HARNESS_CMSIS_NN_ARCHIVE" not in build.joinpath("words").read_text():
    build.joinpath("libcmsis-nn.a").write_bytes(b"objects")
"""


@pytest.fixture
def library(toolchain: FakeToolchain, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source of the library; the fake tools make an archive of it."""
    root = toolchain.root / "nn"
    (root / "Include").mkdir(parents=True)
    (root / "Source").mkdir()
    (root / "Include" / "arm_nnfunctions.h").write_text(" * $Revision:    V.1.2.3\n")
    source = root / "Source" / "a.c"
    source.write_text("one")
    monkeypatch.setenv("CMSIS_NN_ROOT", str(root))
    ninja = (toolchain.bin / "ninja").read_text()
    toolchain.program("cmake", CMAKE)
    (toolchain.bin / "ninja").write_text(ninja + COMPILE)
    return source


def build(fake: FakeToolchain, **changes: Any) -> Firmware:
    arguments = {
        "target": TARGET,
        "kernel_set": replace(fake.kernel_set, library="cmsis-nn"),
        "variant": VARIANT,
        "cache_dir": fake.root / "cache",
        "firmware_root": fake.firmware,
        "port_directory": fake.firmware / "ports" / "mine",
    } | changes
    return build_firmware(**arguments)


def given(fake: FakeToolchain) -> str | None:
    """The archive that the last configuration was told."""
    words = next(call for call in reversed(fake.calls) if call[0] == "cmake")
    told = dict(word.removeprefix("-D").split("=", 1) for word in words if word.startswith("-D"))
    return told.get(ARCHIVE)


def test_a_second_firmware_links_what_was_compiled_for_the_first(
    toolchain: FakeToolchain, library: Path
) -> None:
    build(toolchain)
    assert given(toolchain) is None
    second = build(toolchain, target=replace(TARGET, id="desk2", defines={"A": "3"}))
    archive = given(toolchain)
    assert not second.from_cache
    assert archive is not None
    assert Path(archive).read_bytes() == b"objects"


KERNELS_ARE_OTHERS: dict[str, dict[str, Any]] = {
    "core": {"target": replace(TARGET, core=Core("Cortex-M7", ("-mcpu=cortex-m4", "-mthumb")))},
    "optimisation": {"variant": replace(VARIANT, optimisation="-O3")},
    "macros of a file": {"variant": BuildVariant("O2", "-O2", "-O2")},
}


@pytest.mark.parametrize("change", KERNELS_ARE_OTHERS)
def test_other_objects_are_another_archive(
    toolchain: FakeToolchain, library: Path, change: str
) -> None:
    build(toolchain)
    build(toolchain, **KERNELS_ARE_OTHERS[change])
    assert given(toolchain) is None
    assert len(list((toolchain.root / "cache" / "archives").glob("*/libcmsis-nn.a"))) == 2


def test_what_a_kernel_set_hides_is_another_archive(
    toolchain: FakeToolchain, library: Path
) -> None:
    build(toolchain)
    hiding = replace(toolchain.kernel_set, library="cmsis-nn", undefines=("X",))
    build(toolchain, kernel_set=hiding)
    assert given(toolchain) is None


@pytest.mark.parametrize("file", ["CMakeLists.txt", "cmake/sources.cmake"])
def test_another_recipe_is_another_archive(
    toolchain: FakeToolchain, library: Path, file: str
) -> None:
    build(toolchain)
    (toolchain.firmware / file).write_text("other text")
    build(toolchain)
    assert given(toolchain) is None


def test_another_source_or_compiler_is_another_archive(
    toolchain: FakeToolchain, library: Path
) -> None:
    build(toolchain)
    library.write_text("two")
    build(toolchain)
    assert given(toolchain) is None
    toolchain.compiler("gcc 2.0")
    build(toolchain)
    assert given(toolchain) is None


@pytest.mark.parametrize("name", ["libcmsis-nn.a", "sha256"])
@pytest.mark.parametrize("damage", [b"", b"x", b"\xff", None])
def test_a_damaged_archive_is_compiled_again(
    toolchain: FakeToolchain, library: Path, name: str, damage: bytes | None
) -> None:
    build(toolchain)
    (file,) = (toolchain.root / "cache" / "archives").glob(f"*/{name}")
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage)
    build(toolchain, target=replace(TARGET, id="desk2"))
    assert given(toolchain) is None
    build(toolchain, target=replace(TARGET, id="desk3"))
    assert given(toolchain) is not None


def test_the_firmware_without_a_library_keeps_none(toolchain: FakeToolchain) -> None:
    build(toolchain, kernel_set=toolchain.kernel_set)
    assert not (toolchain.root / "cache" / "archives").exists()
