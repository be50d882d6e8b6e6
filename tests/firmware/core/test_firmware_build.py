"""The CMake build: precedence of kernels, macros for single files, and what it refuses."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
KERNELS = Path(__file__).parent / "kernels"
TOOLS = ("arm-none-eabi-gcc", "cmake", "ninja")
SETTINGS = {
    "HARNESS_PORT": "mps2",
    "HARNESS_TARGET": "board",
    "HARNESS_KERNEL_SET": "set",
    "HARNESS_CPU_FLAGS": "-mcpu=cortex-m3;-mthumb",
    "HARNESS_KERNEL_DIRS": str(KERNELS),
    "HARNESS_CODE_ORIGIN": "0",
    "HARNESS_CODE_LENGTH": "0x100000",
    "HARNESS_RAM_ORIGIN": "0x20000000",
    "HARNESS_RAM_LENGTH": "0x40000",
    "HARNESS_MODEL_SLOT_ORIGIN": "0x200000",
    "HARNESS_MODEL_SLOT_LENGTH": "0x200000",
    "HARNESS_ARENA_ORIGIN": "0x20100000",
    "HARNESS_ARENA_LENGTH": "0x100000",
}

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)), reason=f"needs {', '.join(TOOLS)}"
)


def run(*command: object) -> tuple[bool, str]:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def configure(folder: Path, **changed: str) -> tuple[bool, str]:
    variables = [f"-D{name}={value}" for name, value in (SETTINGS | changed).items()]
    return run("cmake", "-G", "Ninja", "-S", ROOT / "firmware", "-B", folder, *variables)


def build(folder: Path, **changed: str) -> tuple[bool, str]:
    configured, log = configure(folder, **changed)
    return run("ninja", "-C", folder) if configured else (False, log)


@pytest.fixture
def kernel_set(tmp_path: Path) -> Path:
    """A set with its own RESHAPE, and an operator of which the others know nothing."""
    folder = tmp_path / "kernels"
    folder.mkdir()
    reshape = (KERNELS / "reshape.c").read_text().replace('"RESHAPE"', '"MY_RESHAPE"')
    (folder / "reshape.c").write_text(reshape)
    new = reshape.replace("KERNEL(22,", "KERNEL(200,").replace("MY_RESHAPE", "MY_OWN")
    (folder / "my_own.c").write_text(
        new + '#ifndef SPECIAL\n#define SPECIAL ""\n#endif\n'
        '__attribute__((used)) const char special[] = "special" SPECIAL;\n'
        "int keep(void);\nint keep(void) { return special[0]; }\n"
    )
    return folder


def test_the_first_folder_wins_and_may_add_operators(tmp_path: Path, kernel_set: Path) -> None:
    done, log = build(tmp_path / "b", HARNESS_KERNEL_DIRS=f"{kernel_set};{KERNELS}")
    assert done, log
    elf = (tmp_path / "b" / "harness-firmware.elf").read_bytes()
    assert all(name in elf for name in (b"MY_RESHAPE\0", b"MY_OWN\0", b"SOFTMAX\0"))
    assert b"\0RESHAPE\0" not in elf


def test_flags_are_written_down_with_macros_of_single_files(
    tmp_path: Path, kernel_set: Path
) -> None:
    done, log = build(
        tmp_path / "b",
        HARNESS_KERNEL_DIRS=f"{kernel_set};{KERNELS}",
        HARNESS_OPTIMISATION="-Os",
        HARNESS_FILE_DEFINES="my_own.c=SPECIAL=__FILE__",
    )
    assert done, log
    flags = (tmp_path / "b" / "flags.txt").read_text()
    assert flags == (
        "-mcpu=cortex-m3 -mthumb -std=c11 -Os -g -ffunction-sections -fdata-sections "
        "my_own.c:-DSPECIAL=__FILE__\n"
    )
    commands = run("ninja", "-C", tmp_path / "b", "-t", "commands")[1].splitlines()
    with_macro = [line for line in commands if "-DSPECIAL=__FILE__" in line]
    assert len(with_macro) == 1
    assert "my_own.c" in with_macro[0]
    assert not [line for line in commands if "-ffreestanding" in line or "-fno-builtin" in line]


def test_a_macro_for_no_file_is_refused(tmp_path: Path) -> None:
    done, log = configure(tmp_path, HARNESS_FILE_DEFINES="nowhere.c=X")
    assert not done
    assert "HARNESS_FILE_DEFINES: no source file is named nowhere.c" in log


@pytest.mark.parametrize("name", [name for name in SETTINGS if "KERNEL_DIRS" not in name])
def test_a_variable_that_is_not_set_is_named(tmp_path: Path, name: str) -> None:
    done, log = configure(tmp_path, **{name: ""})
    assert not done
    assert f"{name} is not set" in log


def test_an_unknown_port_is_refused(tmp_path: Path) -> None:
    done, log = configure(tmp_path, HARNESS_PORT="nowhere")
    assert not done
    assert "HARNESS_PORT: there is no" in log


def test_a_port_may_lie_elsewhere(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "firmware" / "ports" / "mps2", tmp_path / "mine")
    done, log = build(tmp_path / "b", HARNESS_PORT=str(tmp_path / "mine"))
    assert done, log


def test_folders_without_kernels_are_refused(tmp_path: Path) -> None:
    done, log = configure(tmp_path / "b", HARNESS_KERNEL_DIRS=str(tmp_path))
    assert not done
    assert "HARNESS_KERNEL_DIRS: no C file in" in log


@pytest.mark.parametrize("region", ["CODE", "RAM"])
def test_a_region_too_small_is_named_by_the_linker(tmp_path: Path, region: str) -> None:
    done, log = build(tmp_path, **{f"HARNESS_{region}_LENGTH": "0x400"})
    assert not done
    assert f"region `{region.lower()}' overflowed by" in log


def test_two_kernels_of_one_opcode_do_not_link(tmp_path: Path) -> None:
    folder = tmp_path / "kernels"
    folder.mkdir()
    shutil.copy(KERNELS / "reshape.c", folder / "reshape_again.c")
    done, log = build(tmp_path / "b", HARNESS_KERNEL_DIRS=f"{folder};{KERNELS}")
    assert not done
    assert "multiple definition of `kernel_22'" in log


def test_a_build_is_reproducible(tmp_path: Path) -> None:
    for name in ("a", "b"):
        done, log = build(tmp_path / name, CMAKE_C_FLAGS=f"-ffile-prefix-map={tmp_path / name}=b")
        assert done, log
    first, second = ((tmp_path / name / "harness-firmware.elf").read_bytes() for name in "ab")
    assert first == second
