"""Device headers from a folder of the user's, or downloaded once, whole and checked."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_toolchain import TARGET, VARIANT, FakeToolchain, toolchain

from harness.build import build_firmware
from harness.build.device_headers import (
    PINNED,
    find_headers,
    headers_checkup,
    obtain_headers,
)
from harness.build.libraries import cmsis_nn
from harness.build.pinned_wheel import Release
from harness.domain.checkup import State
from harness.domain.firmware import Firmware
from harness.domain.units import Fidelity, Unit
from harness.errors import LibraryUnavailable

__all__ = ["toolchain"]

H7, F7 = "stm32/H7/Drivers/CMSIS", "stm32/F7/Drivers/CMSIS"
FILES = {
    f"{F7}/Device/ST/STM32F7xx/Include/stm32f746xx.h": "f746\n",
    f"{F7}/Include/cmsis_compiler.h": "new core\n",
    f"{H7}/Device/ST/STM32H7xx/Include/stm32h743xx.h": "h743\n",
    f"{H7}/Include/cmsis_compiler.h": "old core\n",
}
OTHERS = {
    "aidge_export_arm_cortexm/boards/stm32/H7/Drivers/STM32H7xx_HAL_Driver/Inc/hal.h": "",
    "aidge_export_arm_cortexm/boards/stm32/H7/Drivers/CMSIS/LICENSE.txt": "",
    "aidge_export_arm_cortexm/_CMSIS-NN/CMSIS-NN/Include/arm_nnfunctions.h": "",
}


def hash_of(files: Mapping[str, str]) -> str:
    """sha256 over sorted path, NUL, size, NUL, content."""
    parts = [f"{name}\0{len(text)}\0{text}" for name, text in sorted(files.items())]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


RELEASE = Release("dist", "1", "0" * 64, hash_of(FILES))


def fetch(release: Release, folder: Path) -> Path:
    """Stand in for pip."""
    inside = {f"aidge_export_arm_cortexm/boards/{name}": text for name, text in FILES.items()}
    with zipfile.ZipFile(folder / "x.whl", "w") as archive:
        for name, text in (OTHERS | inside).items():
            archive.writestr(name, text)
    return folder / "x.whl"


@pytest.fixture(autouse=True)
def without_own_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CMSIS_DEVICE_ROOT", raising=False)


def own_tree(root: Path, files: Mapping[str, str] = FILES) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_downloaded_once_and_only_what_is_needed(tmp_path: Path) -> None:
    heard: list[str] = []
    first = obtain_headers("stm32h743xx.h", tmp_path, heard.append, release=RELEASE, fetch=fetch)
    second = obtain_headers("stm32h743xx.h", tmp_path, heard.append, release=RELEASE, fetch=fetch)
    assert first == second
    assert heard == ["downloading device headers"]
    assert (first.name, first.source) == ("stm32h743xx.h", "dist 1")
    (entry,) = (path for path in (tmp_path / "libraries").iterdir() if path.is_dir())
    unpacked = {p.relative_to(entry).as_posix() for p in entry.rglob("*") if p.is_file()}
    assert unpacked == set(FILES)


def test_each_family_has_the_core_headers_beside_it_and_a_hash_of_its_own(tmp_path: Path) -> None:
    for family, name in ((H7, "stm32h743xx.h"), (F7, "stm32f746xx.h")):
        found = obtain_headers(name, tmp_path, print, release=RELEASE, fetch=fetch)
        assert [str(path).partition(family)[1] for path in found.include] == [family, family]
        assert (found.include[0] / name).is_file()
        assert (found.include[1] / "cmsis_compiler.h").is_file()
        own = {path: text for path, text in FILES.items() if path.startswith(family)}
        assert found.tree_hash == hash_of(own)


@pytest.mark.parametrize("damage", ["changed", "gone", "added"])
def test_damaged_headers_are_downloaded_again(tmp_path: Path, damage: str) -> None:
    found = obtain_headers("stm32h743xx.h", tmp_path, print, release=RELEASE, fetch=fetch)
    header = found.include[0] / "stm32h743xx.h"
    if damage == "gone":
        header.unlink()
    else:
        (header if damage == "changed" else header.with_name("more.h")).write_text("x")
    again = obtain_headers("stm32h743xx.h", tmp_path, print, release=RELEASE, fetch=fetch)
    assert again == found
    assert header.read_text() == "h743\n"
    assert not header.with_name("more.h").exists()


def test_headers_that_are_not_the_pinned_ones(tmp_path: Path) -> None:
    other = replace(RELEASE, tree_hash="1" * 64)
    with pytest.raises(LibraryUnavailable) as caught:
        obtain_headers("stm32h743xx.h", tmp_path, print, release=other, fetch=fetch)
    assert caught.value.what == "the downloaded device headers are not the pinned ones"
    assert caught.value.hint == "Set CMSIS_DEVICE_ROOT to a folder with ST's and CMSIS headers."


def test_a_download_that_fails_names_the_way_out(tmp_path: Path) -> None:
    def damaged(release: Release, folder: Path) -> Path:
        (folder / "x.whl").write_bytes(b"no zip file")
        return folder / "x.whl"

    with pytest.raises(LibraryUnavailable) as caught:
        obtain_headers("stm32h743xx.h", tmp_path, print, release=RELEASE, fetch=damaged)
    assert caught.value.what == "the downloaded package is damaged: File is not a zip file"
    assert caught.value.hint == (
        "Try again, or set CMSIS_DEVICE_ROOT to a folder with ST's and CMSIS headers."
    )


def test_a_header_that_is_nowhere(tmp_path: Path) -> None:
    with pytest.raises(LibraryUnavailable) as caught:
        obtain_headers("stm32u575xx.h", tmp_path, print, release=RELEASE, fetch=fetch)
    assert caught.value.what == "there is no stm32u575xx.h"
    assert caught.value.hint == (
        "Set CMSIS_DEVICE_ROOT to a folder that holds the device header and CMSIS's own."
    )


def test_a_folder_without_core_headers(tmp_path: Path) -> None:
    root = own_tree(tmp_path, {"a/stm32h743xx.h": ""})
    with pytest.raises(LibraryUnavailable) as caught:
        find_headers("stm32h743xx.h", root, source="desk", where="desk")
    assert caught.value.what == "there are no CMSIS core headers (cmsis_compiler.h)"


def test_own_headers_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = own_tree(tmp_path / "mine", {"core/cmsis_compiler.h": "", "dev/mine.h": ""})
    monkeypatch.setenv("CMSIS_DEVICE_ROOT", str(root))
    found = obtain_headers("mine.h", tmp_path / "cache", print)
    assert found.include == (root / "dev", root / "core")
    assert found.source == str(root)
    assert not (tmp_path / "cache").exists()


def test_doctor_tells_where_a_header_is_without_downloading_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "stm32h743xx.h"
    before = headers_checkup(name, tmp_path, release=RELEASE)
    assert (before.name, before.state) == (name, State.OPTIONAL)
    assert before.note == "not there yet: the first build that needs it downloads it"
    assert not (tmp_path / "libraries").exists()
    obtain_headers(name, tmp_path, print, release=RELEASE, fetch=fetch)
    after = headers_checkup(name, tmp_path, release=RELEASE)
    assert after.state is State.OK
    assert after.note.endswith("STM32H7xx/Include")
    other = headers_checkup("stm32u575xx.h", tmp_path, release=RELEASE)
    assert (other.state, other.exit_code) == (State.MISSING, 3)
    assert other.note.endswith("there is no stm32u575xx.h")
    assert other.mend == "export CMSIS_DEVICE_ROOT=$HOME/headers"
    monkeypatch.setenv("CMSIS_DEVICE_ROOT", str(tmp_path / "gone"))
    gone = headers_checkup(name, tmp_path, release=RELEASE)
    assert (gone.state, gone.mend) == (State.MISSING, "unset CMSIS_DEVICE_ROOT")


def test_both_pins_are_of_one_package() -> None:
    ours, theirs = PINNED, cmsis_nn.PINNED
    assert replace(ours, tree_hash="") == replace(theirs, tree_hash="")


BOARD = replace(
    TARGET,
    fidelity=Fidelity.SILICON,
    counter=replace(TARGET.counter, unit=Unit.CYCLES),
    device_header="mine.h",
)


def build(fake: FakeToolchain, **changes: Any) -> Firmware:
    arguments = {"target": BOARD, "kernel_set": fake.kernel_set, "variant": VARIANT} | changes
    return build_firmware(
        **arguments,
        cache_dir=fake.root / "cache",
        firmware_root=fake.firmware,
        port_directory=fake.firmware / "ports" / "mine",
    )


def told(fake: FakeToolchain) -> dict[str, str]:
    """The CMake variables of the last configuration."""
    words = next(call for call in reversed(fake.calls) if call[0] == "cmake")
    pairs = [word.removeprefix("-D").partition("=") for word in words if word.startswith("-D")]
    return {name: value for name, _, value in pairs}


def test_headers_are_told_hashed_and_recorded(
    toolchain: FakeToolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = own_tree(toolchain.root / "st", {"core/cmsis_compiler.h": "", "dev/mine.h": "one"})
    monkeypatch.setenv("CMSIS_DEVICE_ROOT", str(root))
    first = build(toolchain)
    variables = told(toolchain)
    assert variables["HARNESS_DEVICE_HEADER"] == "mine.h"
    assert variables["HARNESS_DEVICE_INCLUDE"] == f"{root / 'dev'};{root / 'core'}"
    assert f"-ffile-prefix-map={root / 'dev'}=device-headers/dev" in variables["CMAKE_C_FLAGS"]
    assert first.device_headers is not None
    assert first.device_headers.tree_hash == hash_of(
        {"core/cmsis_compiler.h": "", "dev/mine.h": "one"}
    )
    assert build(toolchain).from_cache
    (root / "dev" / "mine.h").write_text("two")
    assert not build(toolchain).from_cache


def test_the_baud_rate_of_a_board_is_a_setting(
    toolchain: FakeToolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = own_tree(toolchain.root / "st", {"cmsis_compiler.h": "", "mine.h": ""})
    monkeypatch.setenv("CMSIS_DEVICE_ROOT", str(root))
    build(toolchain)
    assert told(toolchain)["HARNESS_BAUD_RATE"] == "115200"
    assert not build(toolchain, target=replace(BOARD, baud_rate=2_000_000)).from_cache


def test_a_variant_changes_defines_of_the_target(toolchain: FakeToolchain) -> None:
    build(toolchain, target=TARGET, variant=replace(VARIANT, defines={"B": "0"}))
    assert told(toolchain)["HARNESS_DEFINES"] == (
        'A=1;B=0;HARNESS_DEVICE_NAME="desk simulated";HARNESS_MLPERF=1;'
        "HARNESS_MLPERF_ENERGY=0;HARNESS_TICK_COUNTS_Q8=10240u"
    )
    assert "HARNESS_DEVICE_HEADER" not in told(toolchain)
