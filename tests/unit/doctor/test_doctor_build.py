"""`harness doctor` on compilers, CMake, Ninja, CMSIS-NN and the cache: there, missing, odd."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from fake_programs import COMPILER, FakePrograms, named, programs
from hypothesis import given
from hypothesis import strategies as st

from harness.build import asker, checkup
from harness.build.libraries import cmsis_nn
from harness.domain.checkup import Answer, Finding, State
from harness.domain.target import Core, CounterMeaning, Memory, Region, Target
from harness.domain.units import Fidelity, Unit

__all__ = ["programs"]  # a fixture

OBJDUMP = "arm-none-eabi-objdump"
DEADLINE_S = 20.0
NOWHERE = Region(0, 0)
TARGET = Target(
    id="desk",
    title="Desk",
    fidelity=Fidelity.SIMULATED,
    core=Core("Cortex-M7", ("-mcpu=cortex-m7", "-mthumb")),
    port="mps2",
    clock_hz=25_000_000,
    memory=Memory(NOWHERE, NOWHERE, NOWHERE, NOWHERE),
    counter=CounterMeaning("systick-icount", Unit.INSTRUCTIONS, 40),
    machine="qemu",
    machine_options={"machine": "mps2-an500"},
    pyocd_target="cortex_m",
    baud_rate=115200,
)
FOR_CORE = "gcc for Cortex-M7"


def look(tmp_path: Path, deadline_s: float = DEADLINE_S, least_free: int = 1) -> list[Finding]:
    return list(
        checkup(
            [TARGET],
            asker(deadline_s),
            tmp_path / "cache",
            least_free=least_free,
            python=str(tmp_path / "bin" / "python3"),
        )
    )


def test_all_there(programs: FakePrograms, tmp_path: Path) -> None:
    findings = look(tmp_path)
    tools = {COMPILER, "cmake", "ninja", OBJDUMP, "clang"}
    assert {f.name: f.version for f in findings if f.name in tools} == {
        COMPILER: "12.2.1",
        "cmake": "3.25.1",
        "ninja": "1.11.1",
        OBJDUMP: "2.40",
        "clang": "14.0.6",
    }
    assert named(findings, "newlib").version == "3.3.0"
    assert named(findings, FOR_CORE).note == "-mcpu=cortex-m7 -mthumb"
    assert named(findings, COMPILER).note == str(programs.folder / COMPILER)
    assert [f.name for f in findings if f.exit_code] == []
    assert not (tmp_path / "cache").exists(), "nothing may be written"


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        (COMPILER, "sudo apt-get install gcc-arm-none-eabi"),
        ("cmake", "sudo apt-get install cmake"),
        ("ninja", "sudo apt-get install ninja-build"),
        (OBJDUMP, "sudo apt-get install binutils-arm-none-eabi"),
    ],
)
def test_a_missing_tool_is_named_with_what_installs_it(
    programs: FakePrograms, tmp_path: Path, name: str, mend: str
) -> None:
    programs.remove(name)
    found = named(look(tmp_path), name)
    assert (found.state, found.mend, found.exit_code) == (State.MISSING, mend, 3)


def test_a_tool_for_one_thing_only_stops_no_run(programs: FakePrograms, tmp_path: Path) -> None:
    programs.say("clang", "echo version 2.32")
    old = named(look(tmp_path), "clang")
    assert (old.state, old.version, old.exit_code) == (State.OPTIONAL, "2.32", 0)
    assert old.mend == "sudo apt-get install --only-upgrade clang"
    programs.remove("clang")
    gone = named(look(tmp_path), "clang")
    assert (gone.state, gone.exit_code) == (State.OPTIONAL, 0)
    assert gone.mend == "sudo apt-get install clang"
    assert gone.note == "clang is not installed, or not on PATH; only --build clang needs it"


def test_an_objdump_that_does_not_know_helium(programs: FakePrograms, tmp_path: Path) -> None:
    programs.say(OBJDUMP, "echo version 2.32")
    old = named(look(tmp_path), OBJDUMP)
    assert (old.state, old.version, old.exit_code) == (State.FAULTY, "2.32", 3)
    assert old.mend == "sudo apt-get install --only-upgrade binutils-arm-none-eabi"


def test_without_a_compiler_nothing_is_said_of_its_library(
    programs: FakePrograms, tmp_path: Path
) -> None:
    programs.remove(COMPILER)
    assert {"newlib", FOR_CORE}.isdisjoint(f.name for f in look(tmp_path))


def test_a_cmake_that_is_too_old(programs: FakePrograms, tmp_path: Path) -> None:
    programs.say("cmake", "echo cmake version 3.9.6")
    found = named(look(tmp_path), "cmake")
    assert (found.state, found.version, found.exit_code) == (State.FAULTY, "3.9.6", 3)
    assert found.note.endswith("needs 3.20 or newer")
    assert found.mend == f"{programs.folder}/python3 -m pip install --upgrade cmake"


def test_a_compiler_that_is_too_old(programs: FakePrograms, tmp_path: Path) -> None:
    programs.compiler(version="7.3.1")
    found = named(look(tmp_path), COMPILER)
    assert (found.state, found.version) == (State.FAULTY, "7.3.1")
    assert found.mend == "sudo apt-get install --only-upgrade gcc-arm-none-eabi"


def test_a_compiler_without_a_c_library(programs: FakePrograms, tmp_path: Path) -> None:
    programs.compiler(newlib=False)
    findings = look(tmp_path)
    assert named(findings, "newlib").state is State.MISSING
    assert named(findings, "newlib").mend == "sudo apt-get install libnewlib-arm-none-eabi"
    assert named(findings, FOR_CORE).note == "there is no libc.a for these flags"


def test_a_compiler_that_does_not_know_the_core(programs: FakePrograms, tmp_path: Path) -> None:
    programs.compiler(core=False)
    found = named(look(tmp_path), FOR_CORE)
    assert (found.state, found.note, found.exit_code) == (State.FAULTY, "error: bad -mcpu", 3)


def test_a_tool_that_hangs_is_ended_at_its_deadline(programs: FakePrograms, tmp_path: Path) -> None:
    programs.say("ninja", "while :; do :; done")
    before = time.monotonic()
    found = named(look(tmp_path, deadline_s=2.0), "ninja")
    assert time.monotonic() - before < DEADLINE_S
    assert (found.state, found.exit_code) == (State.FAULTY, 3)
    assert found.note.endswith("ninja: did not end within 2 s")


@pytest.mark.parametrize(
    "script", ["exit 1", "printf '\\377\\000\\033[31m\\n'", "echo soon", "kill $$"]
)
def test_a_tool_that_answers_oddly_is_faulty(
    programs: FakePrograms, tmp_path: Path, script: str
) -> None:
    programs.say("cmake", script)
    found = named(look(tmp_path), "cmake")
    assert (found.state, found.mend) == (State.FAULTY, "sudo apt-get install cmake")
    assert found.note.isprintable()


def test_a_file_that_cannot_be_started(programs: FakePrograms, tmp_path: Path) -> None:
    (programs.folder / "cmake").write_bytes(b"\x7fELF, but no more of it")
    found = named(look(tmp_path), "cmake")
    assert found.state is State.FAULTY
    assert "cannot be started" in found.note


@given(status=st.none() | st.integers(-20, 255), output=st.text(max_size=60))
def test_any_answer_gives_findings(status: int | None, output: str) -> None:
    def ask(command: Sequence[str | Path]) -> Answer:
        return Answer(status, output)

    for finding in checkup([TARGET], ask, Path("cache")):
        assert finding.state in State


def test_pip_matters_only_where_a_library_is_to_be_downloaded(
    programs: FakePrograms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.say("python3", "echo No module named pip; exit 1")
    found = named(look(tmp_path), "pip")
    assert (found.state, found.exit_code) == (State.MISSING, 3)
    assert found.mend == f"{programs.folder}/python3 -m ensurepip"
    monkeypatch.setenv("CMSIS_NN_ROOT", str(tree(tmp_path / "own")))
    assert named(look(tmp_path), "pip").state is State.OPTIONAL


def tree(root: Path, revision: str = "V.9.8.7") -> Path:
    (root / "Include").mkdir(parents=True)
    (root / "Source").mkdir()
    (root / "Include" / "arm_nnfunctions.h").write_text(f" * $Revision:   {revision}\n")
    (root / "Source" / "add.c").write_text("int add;")
    return root


def test_cmsis_nn_is_downloaded_only_by_a_run(programs: FakePrograms, tmp_path: Path) -> None:
    found = named(look(tmp_path), "cmsis-nn")
    assert found.state is State.OPTIONAL
    assert found.note == "not there yet: the first run that needs it downloads it"
    assert found.mend.startswith("harness run --kernels cmsis-nn ")


def test_cmsis_nn_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CMSIS_NN_ROOT", raising=False)
    root = tree(tmp_path / "libraries" / "cmsis-nn-0123456789abcdef")
    whole = cmsis_nn.describe(root, where="").tree_hash
    release = cmsis_nn.Release("package", "1", "0123456789abcdef" * 4, whole)
    found = cmsis_nn.checkup(tmp_path, release=release)
    assert (found.state, found.version) == (State.OK, "9.8.7")
    assert found.note == f"cached in {root}"
    (root / "Source" / "add.c").write_text("int changed;")
    assert cmsis_nn.checkup(tmp_path, release=release).note.startswith("damaged: ")
    (root / "Source" / "add.c").unlink()
    assert cmsis_nn.checkup(tmp_path, release=release).note.startswith("damaged: ")


def test_cmsis_nn_of_one_s_own(
    programs: FakePrograms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMSIS_NN_ROOT", str(tree(tmp_path / "own")))
    found = named(look(tmp_path), "cmsis-nn")
    assert (found.state, found.version) == (State.OK, "9.8.7")
    assert found.note == f"CMSIS_NN_ROOT={tmp_path / 'own'}"


def test_a_variable_that_names_no_cmsis_nn(
    programs: FakePrograms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMSIS_NN_ROOT", str(tmp_path))
    found = named(look(tmp_path), "cmsis-nn")
    assert (found.state, found.mend, found.exit_code) == (State.FAULTY, "unset CMSIS_NN_ROOT", 3)


def test_a_cache_without_room(programs: FakePrograms, tmp_path: Path) -> None:
    found = named(look(tmp_path, least_free=10**18), "cache")
    assert (found.state, found.mend) == (State.FAULTY, f"rm -r {tmp_path / 'cache'}")
    assert "GB free of the 1000000000.0 GB that a build may take" in found.note


def test_a_cache_where_a_file_is(programs: FakePrograms, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    found = named(look(tmp_path), "cache")
    assert (found.state, found.exit_code) == (State.FAULTY, 3)
    assert found.note == f"{tmp_path / 'cache'} cannot be written"
    assert found.mend.startswith("export HARNESS_CACHE=")
