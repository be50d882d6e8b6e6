"""Firmware comes from the cache exactly when nothing that it is made from has changed."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_toolchain import TARGET, VARIANT, FakeToolchain, toolchain

from harness.build import build_firmware, build_identity, core_macros
from harness.build.cache import workshop
from harness.build.process import run
from harness.domain.firmware import BuildVariant, Firmware, KernelSet
from harness.domain.target import Core, Region
from harness.errors import BuildError, CompileFailed, ConfigError, ToolMissing

__all__ = ["toolchain"]


def build(fake: FakeToolchain, **changes: Any) -> Firmware:
    """Build with the fake tools; keyword arguments replace any argument."""
    arguments = {
        "target": TARGET,
        "kernel_set": fake.kernel_set,
        "variant": VARIANT,
        "cache_dir": fake.root / "cache",
        "firmware_root": fake.firmware,
        "port_directory": fake.firmware / "ports" / "mine",
    } | changes
    return build_firmware(**arguments)


def variables(fake: FakeToolchain) -> dict[str, str]:
    """The CMake variables of the last configuration."""
    words = next(call for call in reversed(fake.calls) if call[0] == "cmake")
    pairs = [word.removeprefix("-D").partition("=") for word in words if word.startswith("-D")]
    return {name: value for name, _, value in pairs}


def test_built_once_then_found(toolchain: FakeToolchain) -> None:
    heard: list[str] = []
    first = build(toolchain, on_event=heard.append)
    second = build(toolchain, on_event=heard.append)
    assert (first.from_cache, second.from_cache) == (False, True)
    assert replace(second, from_cache=False) == first
    assert [call[0] for call in toolchain.calls] == ["cmake", "ninja"]
    assert heard == ["building firmware for desk with fast (O2)"]


def test_what_a_firmware_says_of_itself(toolchain: FakeToolchain) -> None:
    firmware = build(toolchain)
    assert firmware.build_id == bytes(range(20)).hex()
    assert (firmware.target, firmware.kernel_set, firmware.variant) == ("desk", "fast", "O2")
    assert (firmware.compiler, firmware.flags) == ("gcc 1", "-mcpu=cortex-m7 -O2")
    assert (firmware.flash_bytes, firmware.ram_bytes, firmware.stack_bytes) == (144, 4136, 4096)
    assert firmware.library is None
    assert firmware.elf.read_bytes()[:4] == b"\x7fELF"


def test_cmake_is_told_everything(toolchain: FakeToolchain) -> None:
    build(toolchain)
    told = variables(toolchain)
    kernels = toolchain.firmware / "kernels"
    expected = {
        "HARNESS_TARGET": "desk",
        "HARNESS_KERNEL_SET": "fast",
        "HARNESS_PORT": "mine",
        "HARNESS_CPU_FLAGS": "-mcpu=cortex-m7;-mthumb",
        "HARNESS_OPTIMISATION": "-O2",
        "HARNESS_DEFINES": 'A=1;B=2;HARNESS_DEVICE_NAME="desk simulated";HARNESS_MLPERF=1;'
        "HARNESS_MLPERF_ENERGY=0;HARNESS_TICK_COUNTS_Q8=10240u",
        "HARNESS_FILE_DEFINES": "fc.c=ONE;fc.c=TWO=2",
        "HARNESS_KERNEL_DIRS": f"{kernels}/fast;{kernels}/plain",
        "HARNESS_CODE_ORIGIN": "0x00000000",
        "HARNESS_CODE_LENGTH": "0x00100000",
        "HARNESS_RAM_ORIGIN": "0x20000000",
        "HARNESS_RAM_LENGTH": "0x00040000",
        "HARNESS_MODEL_SLOT_ORIGIN": "0x00200000",
        "HARNESS_MODEL_SLOT_LENGTH": "0x00200000",
        "HARNESS_ARENA_ORIGIN": "0x20100000",
        "HARNESS_ARENA_LENGTH": "0x00100000",
        "CMAKE_C_COMPILER": str(toolchain.bin / "arm-none-eabi-gcc"),
    }
    assert {name: told.get(name) for name in expected} == expected
    assert f'"-ffile-prefix-map={toolchain.firmware}=firmware"' in told["CMAKE_C_FLAGS"]
    assert "HARNESS_CMSIS_NN_ROOT" not in told


def test_a_port_of_the_users_own_is_named_by_its_path(toolchain: FakeToolchain) -> None:
    port = toolchain.root / "elsewhere" / "mine"
    port.mkdir(parents=True)
    (port / "port.c").write_text("mine")
    build(toolchain, port_directory=port)
    assert variables(toolchain)["HARNESS_PORT"] == str(port)


def test_a_library_is_passed_and_recorded(
    toolchain: FakeToolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = toolchain.root / "nn"
    (root / "Include").mkdir(parents=True)
    (root / "Source").mkdir()
    (root / "Include" / "arm_nnfunctions.h").write_text(" * $Revision:    V.1.2.3\n")
    source = root / "Source" / "a.c"
    source.write_text("one")
    monkeypatch.setenv("CMSIS_NN_ROOT", str(root))
    kernel_set = replace(toolchain.kernel_set, library="cmsis-nn")
    first = build(toolchain, kernel_set=kernel_set)
    assert variables(toolchain)["HARNESS_CMSIS_NN_ROOT"] == str(root)
    assert first.library is not None
    assert (first.library.name, first.library.version) == ("cmsis-nn", "1.2.3")
    source.write_text("two")
    second = build(toolchain, kernel_set=kernel_set)
    assert not second.from_cache
    assert second.library is not None
    assert second.library.tree_hash != first.library.tree_hash


@pytest.mark.parametrize(
    "file",
    [
        "CMakeLists.txt",
        "core/main.c",
        "core/new.h",
        "cmake/firmware.ld.in",
        "ports/mine/port.c",
        "kernels/fast/conv_2d.c",
        "kernels/plain/conv_2d.c",
        "kernels/fast/add.c",
    ],
)
def test_a_changed_or_new_source_is_built(toolchain: FakeToolchain, file: str) -> None:
    first = build(toolchain)
    before = (toolchain.firmware / "core" / "main.c").stat()
    (toolchain.firmware / file).write_text("other text")
    os.utime(toolchain.firmware / file, ns=(before.st_atime_ns, before.st_mtime_ns))
    second = build(toolchain)
    assert not second.from_cache
    assert second.elf != first.elf


@pytest.mark.parametrize(
    "file", ["README.md", "kernels/fast/kernels.toml", "kernels/other/conv_2d.c", "builds/O3.toml"]
)
def test_what_a_build_does_not_read_may_change(toolchain: FakeToolchain, file: str) -> None:
    build(toolchain)
    path = toolchain.firmware / file
    path.parent.mkdir(exist_ok=True)
    path.write_text("other text")
    assert build(toolchain).from_cache


def test_a_file_that_goes_is_noticed(toolchain: FakeToolchain) -> None:
    build(toolchain)
    (toolchain.firmware / "kernels" / "fast" / "conv_2d.c").unlink()
    assert not build(toolchain).from_cache


MEMORY = TARGET.memory
CHANGES: dict[str, dict[str, Any]] = {
    "flags": {"target": replace(TARGET, core=Core("Cortex-M7", ("-mcpu=cortex-m4", "-mthumb")))},
    "name in the handshake": {"target": replace(TARGET, id="desk2")},
    "define": {"target": replace(TARGET, defines={"A": "1"})},
    "memory": {"target": replace(TARGET, memory=replace(MEMORY, arena=Region(0x2010_0000, 64)))},
    "optimisation": {"variant": replace(VARIANT, optimisation="-O3")},
    "file defines": {"variant": BuildVariant("O2", "-O2", "-O2")},
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_setting_is_built(toolchain: FakeToolchain, change: str) -> None:
    build(toolchain)
    assert not build(toolchain, **CHANGES[change]).from_cache


def test_order_of_kernel_folders_is_a_setting(toolchain: FakeToolchain) -> None:
    build(toolchain)
    turned = replace(
        toolchain.kernel_set, directories=tuple(reversed(toolchain.kernel_set.directories))
    )
    assert not build(toolchain, kernel_set=turned).from_cache


def test_titles_and_baud_rate_are_no_settings(toolchain: FakeToolchain) -> None:
    build(toolchain)
    assert build(toolchain, target=replace(TARGET, title="x", baud_rate=9600)).from_cache


def test_another_compiler_is_another_firmware(toolchain: FakeToolchain) -> None:
    build(toolchain)
    toolchain.compiler("gcc 2.0")
    second = build(toolchain)
    assert not second.from_cache
    assert second.compiler == "gcc 2.0"


@pytest.mark.parametrize("name", ["harness-firmware.elf", "facts.json"])
@pytest.mark.parametrize("damage", ["cut", "gone", "changed"])
def test_a_damaged_entry_is_built_again(toolchain: FakeToolchain, name: str, damage: str) -> None:
    file = build(toolchain).elf.with_name(name)
    content = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(content[:-9] if damage == "cut" else b"x" + content[1:])
    repaired = build(toolchain)
    assert not repaired.from_cache
    assert file.read_bytes() == content
    assert build(toolchain).from_cache


def test_parallel_builds_of_the_same_firmware_are_one(toolchain: FakeToolchain) -> None:
    start = threading.Barrier(4)

    def together(_: int) -> Firmware:
        start.wait(timeout=10)
        return build(toolchain)

    with ThreadPoolExecutor(4) as pool:
        built = list(pool.map(together, range(4)))
    assert [call[0] for call in toolchain.calls] == ["cmake", "ninja"]
    assert sorted(firmware.from_cache for firmware in built) == [False, True, True, True]
    assert len({firmware.elf for firmware in built}) == 1


def left_over(fake: FakeToolchain) -> list[str]:
    """What lies in the cache beside finished entries and locks."""
    folder = fake.root / "cache" / "firmware"
    return [path.name for path in folder.iterdir() if "making" in path.name]


def test_a_failed_build_leaves_its_log_and_nothing_else(toolchain: FakeToolchain) -> None:
    toolchain.program("ninja", "print('/src/a.c:3:1: error: no such thing'); sys.exit(1)")
    with pytest.raises(CompileFailed) as caught:
        build(toolchain)
    assert caught.value.where == "/src/a.c:3"
    assert caught.value.what == (
        "the firmware for desk with fast (O2) does not build: no such thing"
    )
    (log,) = (toolchain.root / "cache" / "failed").iterdir()
    assert str(log) in caught.value.hint
    assert log.read_text() == caught.value.log == "/src/a.c:3:1: error: no such thing\n"
    assert left_over(toolchain) == []
    assert not list((toolchain.root / "cache" / "firmware").glob("*/harness-firmware.elf"))


def test_a_build_that_makes_no_elf_has_failed(toolchain: FakeToolchain) -> None:
    toolchain.program("ninja", "print('done')")
    with pytest.raises(CompileFailed, match="does not build: done"):
        build(toolchain)


def test_an_elf_that_is_none_is_not_kept(toolchain: FakeToolchain) -> None:
    toolchain.program(
        "ninja",
        "b = pathlib.Path(sys.argv[2]); (b / 'harness-firmware.elf').write_text('x')\n"
        "(b / 'flags.txt').write_text('')",
    )
    with pytest.raises(BuildError, match="is not a complete ELF of an Arm firmware"):
        build(toolchain)
    assert left_over(toolchain) == []


PACKAGES = {
    "cmake": "cmake",
    "ninja": "ninja-build",
    "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
}


@pytest.mark.parametrize("tool", PACKAGES)
def test_a_missing_tool_names_its_package(
    toolchain: FakeToolchain, monkeypatch: pytest.MonkeyPatch, tool: str
) -> None:
    (toolchain.bin / tool).unlink()
    monkeypatch.setenv("PATH", str(toolchain.bin))
    with pytest.raises(ToolMissing) as caught:
        build(toolchain)
    assert str(caught.value) == (
        f"{tool}: {tool} is not installed, or not on PATH\n"
        f"  -> Install it: sudo apt-get install {PACKAGES[tool]}."
    )
    assert caught.value.exit_code == 3


CLANG = replace(VARIANT, compiler="clang")


def test_a_second_compiler_has_a_toolchain_file_and_the_first_one_links(
    toolchain: FakeToolchain,
) -> None:
    toolchain.compiler("clang 14", "clang")
    built = build(toolchain, variant=CLANG)
    assert built.compiler == "clang 14, linked by gcc 1"
    told = variables(toolchain)
    assert told["CMAKE_TOOLCHAIN_FILE"] == str(toolchain.firmware / "cmake" / "clang.cmake")
    assert told["CMAKE_C_COMPILER"] == str(toolchain.bin / "clang")
    assert build(toolchain, variant=CLANG).from_cache
    toolchain.compiler("gcc 2.0")
    assert not build(toolchain, variant=CLANG).from_cache


def test_a_second_compiler_that_is_missing(
    toolchain: FakeToolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(toolchain.bin))
    with pytest.raises(ToolMissing) as caught:
        build(toolchain, variant=CLANG)
    assert caught.value.what == "clang is not installed, or not on PATH"
    assert caught.value.hint == "Install it: sudo apt-get install clang."


DSP = "__ARM_FEATURE_DSP"


def test_what_a_kernel_set_hides_is_told_and_part_of_the_key(toolchain: FakeToolchain) -> None:
    build(toolchain)
    assert variables(toolchain)["HARNESS_UNDEFINES"] == ""
    hiding = replace(toolchain.kernel_set, undefines=(DSP, "X"))
    assert not build(toolchain, kernel_set=hiding).from_cache
    assert variables(toolchain)["HARNESS_UNDEFINES"] == f"{DSP};X"


def test_a_core_that_lacks_what_a_kernel_set_requires(toolchain: FakeToolchain) -> None:
    wanting = replace(toolchain.kernel_set, requires={DSP: "the DSP extension"})
    toolchain.compiler(f"#define {DSP} 1")
    build(toolchain, kernel_set=wanting)
    toolchain.compiler("#define __ARM_FEATURE_CLZ 1")
    with pytest.raises(ConfigError) as caught:
        build(toolchain, kernel_set=wanting)
    assert str(caught.value) == (
        "desk: Cortex-M7 lacks the DSP extension (__ARM_FEATURE_DSP), "
        "which kernel set fast requires\n"
        "  -> Choose another kernel set (`harness kernels --target desk`)."
    )


def test_a_compiler_that_does_not_know_the_core(toolchain: FakeToolchain) -> None:
    (toolchain.bin / "arm-none-eabi-gcc").write_text("#!/bin/sh\necho no such cpu; exit 1\n")
    with pytest.raises(CompileFailed) as caught:
        core_macros(TARGET.core)
    assert str(caught.value) == (
        "-mcpu=cortex-m7 -mthumb: arm-none-eabi-gcc does not take the flags of Cortex-M7: "
        "no such cpu\n"
        "  -> Correct core.flags in the target's file, or install a newer compiler."
    )


def test_sets_that_differ_in_name_only_are_one_build(tmp_path: Path) -> None:
    """By what the core has, and by folders that hold sources."""
    for name in ("base", "own"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "add.c").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "kernels.toml").touch()
    base = KernelSet("base", "", (tmp_path / "base",), "nn")
    named = replace(base, id="named", directories=(tmp_path / "empty", tmp_path / "base"))
    hiding = replace(named, undefines=(DSP,))
    own = replace(base, directories=(tmp_path / "own", tmp_path / "base"))
    with_dsp = [build_identity(one, {DSP: "1"}) for one in (base, named, hiding, own)]
    without = [build_identity(one, {}) for one in (base, named, hiding, own)]
    assert with_dsp[0] == with_dsp[1] != with_dsp[2]
    assert without[0] == without[1] == without[2] != without[3]


def test_a_compiler_that_is_broken(toolchain: FakeToolchain) -> None:
    path = toolchain.bin / "arm-none-eabi-gcc"
    path.write_text("#!/bin/sh\necho cannot load libz\nexit 127\n")
    with pytest.raises(CompileFailed) as caught:
        build(toolchain)
    assert caught.value.what == "--version ended with status 127: cannot load libz"
    assert caught.value.where == str(path)
    assert caught.value.hint == "Install the compiler again."


def test_flags_of_the_users_shell_do_not_reach_the_build(
    toolchain: FakeToolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CFLAGS", "LDFLAGS", "CPATH", "CMAKE_GENERATOR"):
        monkeypatch.setenv(name, "x")
    seen = toolchain.root / "seen"
    toolchain.program(
        "cmake",
        f"pathlib.Path({str(seen)!r}).write_text(' '.join(sorted(os.environ)))\n"
        "os.makedirs(sys.argv[sys.argv.index('-B') + 1])",
    )
    build(toolchain)
    assert not {"CFLAGS", "LDFLAGS", "CPATH", "CMAKE_GENERATOR"} & set(seen.read_text().split())


INTERRUPTED = """
import sys
sys.path[:0] = {path!r}
from pathlib import Path
from fake_toolchain import FakeToolchain
from test_build_cache import build
build(FakeToolchain(Path({root!r})))
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_build_leaves_nothing_that_is_used(
    toolchain: FakeToolchain, sent: signal.Signals
) -> None:
    started, release = toolchain.root / "started", toolchain.root / "release"
    os.mkfifo(started)
    os.mkfifo(release)
    good = (toolchain.bin / "ninja").read_text()
    toolchain.program(
        "ninja",
        "(pathlib.Path(sys.argv[2]) / 'harness-firmware.elf').write_text('half')\n"
        f"open({str(started)!r}, 'w').write(str(os.getpid()))\nopen({str(release)!r}).read()",
    )
    script = INTERRUPTED.format(path=sys.path, root=str(toolchain.root))
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL) as process:
        ninja = int(started.read_text())
        process.send_signal(sent)
        assert process.wait(timeout=30) != 0
    if sent is signal.SIGKILL:
        os.kill(ninja, signal.SIGKILL)  # a killed parent cannot end its children
    else:
        with pytest.raises(ProcessLookupError):
            os.kill(ninja, 0)
        assert left_over(toolchain) == []
    (toolchain.bin / "ninja").write_text(good)
    assert not build(toolchain).from_cache
    assert left_over(toolchain) == []


def test_a_program_that_does_not_end_is_ended(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        run(["sh", "-c", "sleep 60 & wait"], deadline_s=0.2)
    assert str(caught.value) == (
        "sh: did not end within 0.2 s\n  -> Run again when the machine is less busy."
    )


def test_a_program_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        run([tmp_path / "gone"], deadline_s=1)
    assert caught.value.what == "cannot be started: No such file or directory"
    assert caught.value.where == str(tmp_path / "gone")
    assert caught.value.hint == "Check that it is installed and may be executed."


def test_a_lock_that_stays_taken(tmp_path: Path) -> None:
    times = iter([0.0, 1.0, 899.0, 900.0])
    waits: list[float] = []
    with (tmp_path / "entry.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with (
            pytest.raises(BuildError) as caught,
            workshop(tmp_path / "entry", clock=lambda: next(times), sleep=waits.append),
        ):
            pytest.fail("entered without the lock")
    assert str(caught.value) == (
        "entry.lock: another process has held it for 900 s\n"
        "  -> Wait for the other process to end, or end it."
    )
    assert len(waits) == 2


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BuildError) as caught, workshop(tmp_path / "file" / "entry"):
        pytest.fail("entered without a folder")
    assert caught.value.what in (
        "the cache cannot be written: Not a directory",
        "the cache cannot be written: File exists",
    )
    assert caught.value.hint == (
        "Free space there, or point HARNESS_CACHE to a folder that can be written."
    )
