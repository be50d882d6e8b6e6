"""`harness doctor` on QEMU, pyOCD, serial ports, results, packages: there, missing, odd."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fake_programs import FakePrograms, named, programs
from hypothesis import given
from hypothesis import strategies as st
from test_doctor_build import DEADLINE_S, TARGET

from harness import doctor, results
from harness.build import asker
from harness.domain.checkup import Answer, Ask, Finding, State, is_older, verdict, version_in
from harness.errors import UnknownName
from harness.link.checkup import checkup as link_checkup
from harness.machine import checkup as machine_checkup
from harness.probe.checkup import plugin_checkup, probes_checkup
from harness.results import open_store

__all__ = ["programs"]  # a fixture

QEMU = "qemu-system-arm"


def machines(board: str = "mps2-an500") -> list[Finding]:
    target = replace(TARGET, machine_options={"machine": board})
    return list(machine_checkup([target], asker(DEADLINE_S)))


def saying(status: int | None, output: str) -> Ask:
    def ask(command: Sequence[str | Path]) -> Answer:
        return Answer(status, output)

    return ask


def test_qemu_and_its_board(programs: FakePrograms) -> None:
    findings = machines()
    assert named(findings, QEMU).version == "7.2.22"
    assert named(findings, "board mps2-an500").state is State.OK


def test_qemu_that_is_missing(programs: FakePrograms) -> None:
    programs.remove(QEMU)
    (found,) = machines()
    assert (found.state, found.exit_code) == (State.MISSING, 3)
    assert found.mend == "sudo apt-get install qemu-system-arm"


def test_qemu_named_by_a_variable_that_leads_nowhere(
    programs: FakePrograms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_QEMU", "my-qemu")
    (found,) = machines()
    assert (found.note, found.mend) == ("my-qemu is not installed", "unset HARNESS_QEMU")


def test_qemu_that_does_not_know_the_board(programs: FakePrograms) -> None:
    found = named(machines("mps9-an999"), "board mps9-an999")
    assert (found.state, found.version, found.exit_code) == (State.FAULTY, "7.2.22", 3)
    assert found.note == "for desk: this QEMU has no such board"
    assert found.mend == "sudo apt-get install qemu-system-arm --only-upgrade"


def test_qemu_that_answers_oddly(programs: FakePrograms) -> None:
    programs.say(QEMU, "echo error while loading shared libraries; exit 127")
    (found,) = machines()
    assert found.state is State.FAULTY
    assert found.note.endswith("error while loading shared libraries")


def test_a_machine_that_no_adapter_brings_up() -> None:
    with pytest.raises(UnknownName, match="there is no machine 'qemo'"):
        list(machine_checkup([replace(TARGET, machine="qemo")], saying(0, "")))


PLUGINS = "  Debug Probe   gdb   0.1.0   A GDB server\n  Debug Probe   jlink  0.46.0  SEGGER\n"


def test_the_plugin_that_pyocd_lists() -> None:
    (found,) = plugin_checkup(saying(0, PLUGINS), "mend it")
    assert found.state is State.OK


@pytest.mark.parametrize("said", ["", "  Debug Probe   jlink  0.46.0  about gdb\n"])
def test_a_plugin_that_pyocd_does_not_list(said: str) -> None:
    (found,) = plugin_checkup(saying(0, said), "mend it")
    assert (found.state, found.mend, found.exit_code) == (State.MISSING, "mend it", 4)


def test_a_pyocd_that_does_not_start() -> None:
    (found,) = plugin_checkup(saying(1, "ModuleNotFoundError: pyocd\n"), "mend it")
    assert found.note.endswith("does not name it: ModuleNotFoundError: pyocd")


def test_probes_are_named() -> None:
    boards = [{"unique_id": "0670FF", "info": "STLINK-V3"}, {"unique_id": "gdb:x", "info": "GDB"}]
    said = "0001 W a warning\n" + json.dumps({"status": 0, "boards": boards})
    findings = list(probes_checkup(saying(0, said), needed=True))
    assert [(f.name, f.note) for f in findings] == [
        ("probe 0670FF", "STLINK-V3"),
        ("probe gdb:x", "GDB"),
    ]


@pytest.mark.parametrize("needed", [False, True])
def test_no_probe_matters_only_where_a_board_needs_one(needed: bool) -> None:
    (found,) = probes_checkup(saying(0, '{"boards": []}'), needed=needed)
    assert found.state is (State.MISSING if needed else State.OPTIONAL)
    assert found.exit_code == (4 if needed else 0)


@given(
    status=st.none() | st.integers(-9, 9),
    output=st.text(max_size=40)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(["boards", "unique_id", "info"]), inner, max_size=3)
        ),
    ).map(json.dumps),
)
def test_whatever_pyocd_prints_there_is_a_finding(status: int | None, output: str) -> None:
    for findings in (
        probes_checkup(saying(status, output), needed=False),
        plugin_checkup(saying(status, output), "mend it"),
    ):
        assert list(findings)


def test_serial_ports(tmp_path: Path) -> None:
    port = tmp_path / "ttyACM0"
    port.write_text("")
    gone = str(tmp_path / "ttyACM1")
    open_, shut = link_checkup(needed=True, ports=[(gone, "Board B"), (str(port), "Board A")])
    assert (open_.state, open_.note) == (State.OK, "Board A")
    assert (shut.state, shut.mend) == (State.OPTIONAL, "sudo adduser $USER dialout")


@pytest.mark.parametrize(("needed", "code"), [(False, 0), (True, 4)])
def test_no_port_matters_only_where_a_board_needs_one(needed: bool, code: int) -> None:
    findings = list(link_checkup(needed=needed, ports=[]))
    assert verdict(findings) == code
    assert named(findings, "serial port").state is (State.MISSING if needed else State.OPTIONAL)


def store(location: Path | str) -> Finding:
    (found,) = results.checkup(location, 1.0)
    return found


def test_a_store_that_is_to_be_made_is_not_made(tmp_path: Path) -> None:
    place = tmp_path / "new" / "harness.db"
    assert store(place).state is State.OK
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_is_there(tmp_path: Path) -> None:
    open_store(tmp_path / "a # b.db")
    for location in (tmp_path / "a # b.db", f"sqlite:///{tmp_path}/a # b.db"):
        found = store(location)
        assert (found.state, found.version) == (State.OK, "schema 6")


def test_a_store_that_the_next_run_upgrades(tmp_path: Path) -> None:
    open_store(tmp_path / "s.db")
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("UPDATE harness_schema SET version = 1")
    connection.close()
    found = store(tmp_path / "s.db")
    assert (found.state, found.version) == (State.OK, "schema 1")
    assert found.note == f"{tmp_path / 's.db'}, which the next run brings to schema 6"


def test_a_store_of_another_schema(tmp_path: Path) -> None:
    open_store(tmp_path / "s.db")
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("UPDATE harness_schema SET version = 99")
    connection.close()
    found = store(tmp_path / "s.db")
    assert (found.state, found.exit_code) == (State.FAULTY, 8)
    assert found.note.endswith("s.db has schema version 99, this harness needs 6")
    assert found.mend.startswith("export HARNESS_RESULTS=")


@pytest.mark.parametrize("content", ["not a database", "SQLite format 3\0" + "x" * 100])
def test_a_store_that_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "s.db").write_text(content)
    found = store(tmp_path / "s.db")
    assert (found.state, found.exit_code) == (State.FAULTY, 8)


def test_a_store_of_somebody_else(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("CREATE TABLE music (title)")
    connection.close()
    assert "no such table: harness_schema" in store(tmp_path / "s.db").note


@pytest.mark.parametrize("version", [None, "many"])
def test_a_store_without_a_version(tmp_path: Path, version: str | None) -> None:
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("CREATE TABLE harness_schema (version)")
        connection.execute("INSERT INTO harness_schema VALUES (?)", (version,))
    connection.close()
    assert "the schema version is unreadable" in store(tmp_path / "s.db").note


def test_a_store_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert store(tmp_path / "file" / "s.db").note == f"{tmp_path / 'file'} cannot be written"


def test_a_server_is_not_contacted() -> None:
    found = store("postgresql://user:secret@nowhere.invalid/harness")
    assert found.state is State.OPTIONAL
    assert "secret" not in found.note


def test_an_address_that_is_none() -> None:
    assert store("://").state is State.FAULTY


def test_packages_are_held_against_what_is_asked_for() -> None:
    findings = list(
        doctor.checkup(["numpy>=1", "pytest<1", "no-such-package>=2", "ruff>=99; extra == 'test'"])
    )
    assert [f.name for f in findings] == ["Python", "numpy", "pytest", "no-such-package"]
    assert named(findings, "numpy").state is State.OK
    old = named(findings, "pytest")
    assert (old.state, old.note, old.exit_code) == (State.FAULTY, "needs <1", 3)
    gone = named(findings, "no-such-package")
    assert (gone.state, gone.exit_code) == (State.MISSING, 3)
    assert gone.mend.endswith(" -m pip install 'no-such-package>=2'")


def test_versions_are_compared_number_by_number() -> None:
    assert is_older("3.9", (3, 20))
    assert not is_older("3.20", (3, 20))
    assert not is_older("10.2.1", (8,))
    assert version_in("arm (15:x) version 12.2.1 2022") == "12.2.1"
    assert version_in("none at all, v2") == ""


def test_the_verdict_is_what_a_run_needs_first() -> None:
    fine = Finding("build", "a", State.OK)
    tool, probe = (Finding("x", "b", State.MISSING, mend="do", exit_code=code) for code in (3, 4))
    assert verdict([fine]) == 0
    assert verdict([fine, probe]) == 4
    assert verdict([probe, fine, tool]) == 3


def test_a_finding_that_stops_a_run_must_say_what_mends_it() -> None:
    for wrong in (
        {"state": State.MISSING, "exit_code": 3},
        {"state": State.MISSING, "mend": "do"},
        {"state": State.OK, "exit_code": 3},
    ):
        with pytest.raises(ValueError, match="something that mends it"):
            Finding("build", "x", **wrong)  # type: ignore[arg-type]
