"""Real firmware from the real compiler, for every shipped target and kernel set."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness import catalog
from harness.assembly import places
from harness.build import build_firmware
from harness.domain.firmware import Firmware, KernelSet
from harness.domain.target import Region, Target
from harness.errors import CompileFailed, ConfigError, ImageTooLarge

MAX_CODE_BYTES = 104 * 1024  # of all operators; those of MLPerf Tiny have a bar of their own
MAX_TEXT_PROTOCOL_BYTES = 3 * 1024


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of this test run's own."""
    return tmp_path_factory.mktemp("cache")


def build(
    cache_dir: Path,
    target: Target | str = "mps2-an500",
    kernel_set: KernelSet | str = "reference",
    variant: str = "O2",
    firmware_root: Path | None = None,
) -> Firmware:
    """Build with shipped definitions by name, or with given values."""
    board = catalog.target(target) if isinstance(target, str) else target
    kernels = catalog.kernel_set(kernel_set) if isinstance(kernel_set, str) else kernel_set
    root = firmware_root or catalog.firmware_root()
    return build_firmware(
        board,
        kernels,
        catalog.build_variant(variant),
        cache_dir=cache_dir,
        firmware_root=root,
        port_directory=root / "ports" / board.port
        if (root / "ports" / board.port).is_dir()
        else catalog.port_directory(board.port),
    )


def readelf(*words: str | Path) -> str:
    """What binutils say, as a second opinion on what our reader says."""
    return subprocess.run(
        ["arm-none-eabi-readelf", "-W", *map(str, words)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout


# The firmware of real boards is built in test_board_firmware.py.
QEMU_BOARDS = sorted(name for name, one in catalog.targets().items() if one.machine == "qemu")

# What Arm's manuals say of the cores, independent of what the compiler says.
DSP_CORES = {"Cortex-M4F", "Cortex-M7", "Cortex-M33", "Cortex-M55"}
HELIUM_CORES = {"Cortex-M55"}
NEEDS = {"cmsis-nn-dsp": DSP_CORES, "cmsis-nn-mve": HELIUM_CORES}


@pytest.mark.parametrize("kernel_set", sorted(catalog.kernel_sets()))
@pytest.mark.parametrize("target", QEMU_BOARDS)
def test_every_shipped_pair_builds(target: str, kernel_set: str) -> None:
    # In the cache of all tests and workers: found by the hash of sources, compiler and flags, or
    # built for those that run it.
    cache_dir = places.cache_dir()
    board = catalog.target(target)
    if board.core.name not in NEEDS.get(kernel_set, {board.core.name}):
        with pytest.raises(ConfigError, match=f"{board.core.name} lacks .*{kernel_set} requires"):
            build(cache_dir, target, kernel_set)
        return
    firmware = build(cache_dir, target, kernel_set)
    assert (firmware.target, firmware.kernel_set) == (target, kernel_set)
    assert set(board.core.flags) | {"-O2"} <= set(firmware.flags.split())
    assert firmware.build_id in readelf("-n", firmware.elf)
    assert re.fullmatch("[0-9a-f]{40}", firmware.build_id)
    assert 4096 <= firmware.stack_bytes < firmware.ram_bytes <= board.memory.ram.length
    size = subprocess.run(
        ["arm-none-eabi-size", firmware.elf], check=True, capture_output=True, text=True, timeout=60
    )
    text, data, bss = (int(word) for word in size.stdout.splitlines()[1].split()[:3])
    assert firmware.flash_bytes == text + data
    assert firmware.ram_bytes == data + bss
    assert (firmware.library is not None) == bool(catalog.kernel_set(kernel_set).library)
    if target == "mps2-an500":
        assert firmware.flash_bytes <= MAX_CODE_BYTES + MAX_TEXT_PROTOCOL_BYTES
        bare = build(cache_dir, target, kernel_set, "frames-only").flash_bytes
        assert bare <= MAX_CODE_BYTES
        assert firmware.flash_bytes - bare <= MAX_TEXT_PROTOCOL_BYTES


def test_same_sources_elsewhere_give_the_same_bytes(tmp_path: Path) -> None:
    here = build(places.cache_dir())
    copied = tmp_path / "a place with blanks" / "copied"
    shutil.copytree(catalog.firmware_root(), copied)
    kernels = catalog.kernel_set("reference")
    moved = replace(kernels, directories=(copied / "kernels" / "reference",))
    there = build(tmp_path / "other cache", kernel_set=moved, firmware_root=copied)
    assert not there.from_cache
    assert there.build_id == here.build_id
    assert there.elf.read_bytes() == here.elf.read_bytes()


def test_no_folder_of_this_machine_is_in_the_elf(cache_dir: Path) -> None:
    firmware = build(cache_dir, kernel_set="cmsis-nn")
    content = firmware.elf.read_bytes()
    for folder in (cache_dir, catalog.firmware_root()):
        assert str(folder).encode() not in content


def test_the_library_of_an_earlier_build_gives_the_same_bytes(cache_dir: Path) -> None:
    stock = build(cache_dir, kernel_set="cmsis-nn")
    content = stock.elf.read_bytes()
    assert len(list((cache_dir / "archives").glob("*/libcmsis-nn.a"))) >= 1
    shutil.rmtree(stock.elf.parent)
    again = build(cache_dir, kernel_set="cmsis-nn")
    assert not again.from_cache
    assert again.elf.read_bytes() == content
    assert again.kernels == stock.kernels


def test_found_again_in_less_than_50_ms(cache_dir: Path) -> None:
    build(cache_dir, kernel_set="cmsis-nn")
    durations = []
    for _ in range(5):
        board, kernels = catalog.target("mps2-an500"), catalog.kernel_set("cmsis-nn")
        start = time.perf_counter()
        firmware = build(cache_dir, board, kernels)
        durations.append(time.perf_counter() - start)
        assert firmware.from_cache
    assert min(durations) < 0.05


def test_a_variant_changes_one_file_of_the_library() -> None:
    cache_dir = places.cache_dir()
    stock = build(cache_dir, kernel_set="cmsis-nn")
    once = build(cache_dir, kernel_set="cmsis-nn", variant="single-rounding")
    assert once.build_id != stock.build_id
    assert "arm_nn_vec_mat_mult_t_s8.c:-DCMSIS_NN_USE_SINGLE_ROUNDING" in once.flags
    assert "SINGLE_ROUNDING" not in stock.flags


def small(region: str, length: int) -> Target:
    """The M7 board with one region cut to `length` bytes."""
    board = catalog.target("mps2-an500")
    origin = getattr(board.memory, region).origin
    return replace(board, memory=replace(board.memory, **{region: Region(origin, length)}))


@pytest.mark.parametrize("region", ["code", "ram"])
def test_a_region_too_small_by_16_bytes(cache_dir: Path, region: str) -> None:
    firmware = build(places.cache_dir())
    need = firmware.flash_bytes if region == "code" else firmware.ram_bytes
    have = (need - 16) // 16 * 16
    with pytest.raises(ImageTooLarge) as caught:
        build(cache_dir, small(region, have))
    assert caught.value.region == f"memory region {region}"
    assert caught.value.have == have
    # The linker counts what alignment leaves empty between sections, too.
    assert need <= caught.value.need <= need + 64


def kernels_with(tmp_path: Path, name: str, text: str) -> KernelSet:
    """The reference kernels, with one more file in front."""
    (tmp_path / name).write_text(text)
    kernels = catalog.kernel_set("reference")
    return replace(kernels, id="mine", directories=(tmp_path, *kernels.directories))


def test_an_error_in_a_kernel_is_named_with_its_line(cache_dir: Path, tmp_path: Path) -> None:
    kernels = kernels_with(tmp_path, "softmax.c", "int fine;\nint x = nonsense;\n")
    with pytest.raises(CompileFailed) as caught:
        build(cache_dir, kernel_set=kernels)
    assert caught.value.where.endswith("softmax.c:2")
    assert "'nonsense' undeclared" in caught.value.what
    assert "mps2-an500 with mine (O2)" in caught.value.what
    assert "nonsense" in caught.value.log


def test_a_missing_function_is_named(cache_dir: Path, tmp_path: Path) -> None:
    kept = '__attribute__((used, section("kernels")))'
    text = f"int gone(void);\nint (*volatile use)(void) {kept} = gone;\n"
    with pytest.raises(CompileFailed, match="undefined reference to `gone'"):
        build(cache_dir, kernel_set=kernels_with(tmp_path, "gone.c", text))


def test_a_port_and_a_kernel_set_of_the_users_own(
    cache_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(catalog.firmware_root() / "ports" / "mps2", tree / "firmware/ports/desk")
    kernels = tree / "firmware" / "kernels" / "mine"
    kernels.mkdir(parents=True)
    (kernels / "kernels.toml").write_text('id = "mine"\ntitle = "Mine"\nextends = "reference"\n')
    (kernels / "extra.c").write_text("int harness_extra = 1;\n")
    (tree / "targets").mkdir()
    text = (catalog.firmware_root().parent / "targets" / "mps2-an500.toml").read_text()
    text = text.replace('id = "mps2-an500"', 'id = "desk"').replace(
        'port = "mps2"', 'port = "desk"'
    )
    (tree / "targets" / "desk.toml").write_text(text)
    monkeypatch.setenv("HARNESS_PATH", str(tree))
    firmware = build(cache_dir, "desk", "mine")
    assert (firmware.target, firmware.kernel_set) == ("desk", "mine")
    assert str(tree).encode() not in firmware.elf.read_bytes()
