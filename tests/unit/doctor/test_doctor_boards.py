"""`harness doctor` on boards: target types that need a pack, ports that answer, rig.toml."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from devices.scripted import ScriptedDevice
from devices.transports import over_pty, over_tcp

from harness.assembly.desk_checkup import desk_checkup
from harness.catalog import target
from harness.domain.checkup import Answer, Ask, Finding, State, verdict
from harness.domain.desk import SeenProbe
from harness.link.greetings import greet_ports
from harness.machine._board_lock import locked
from harness.probe.checkup import seen_probes, target_types_checkup

OPENMV = target("openmv-h7")
PYOCD = {
    "targets": [{"name": "stm32h743xx"}, {"name": "cortex_m"}],
    "boards": [{"unique_id": "0670FF", "info": "STLINK-V3", "target": "stm32h743xx"}],
}


def saying(found: object = PYOCD, status: int | None = 0) -> Ask:
    def ask(command: Sequence[str | Path]) -> Answer:
        return Answer(status, "0001 W a warning\n" + json.dumps(found))

    return ask


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a desk, and locks of its own."""
    monkeypatch.delenv("HARNESS_RIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HARNESS_LOCKS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_target_type_that_pyocd_has() -> None:
    (found,) = target_types_checkup(saying(), [OPENMV], needed=True)
    assert (found.state, found.note) == (State.OK, "for openmv-h7")


@pytest.mark.parametrize(("needed", "code"), [(True, 2), (False, 0)])
def test_a_target_type_that_needs_a_pack_comes_with_its_command(needed: bool, code: int) -> None:
    (found,) = target_types_checkup(saying(), [target("nucleo-f746zg")], needed=needed)
    assert (found.name, found.exit_code) == ("pyOCD target stm32f746zgtx", code)
    assert found.note == "for nucleo-f746zg: its CMSIS-Pack is not installed"
    assert found.mend.endswith(" -m pyocd pack install stm32f746zgtx")


@pytest.mark.parametrize("ask", [saying([]), saying({}), saying(status=None)])
def test_a_pyocd_that_does_not_tell_is_no_finding(ask: Ask) -> None:
    assert list(target_types_checkup(ask, [OPENMV], needed=True)) == []
    assert seen_probes(ask) is None


def test_probes_with_what_pyocd_takes_their_board_for() -> None:
    assert seen_probes(saying()) == (SeenProbe("0670FF", "STLINK-V3", "stm32h743xx"),)


def test_who_answers_on_a_port() -> None:
    with over_pty(ScriptedDevice()) as ours, over_pty(ScriptedDevice(deaf=True)) as other:
        answers = greet_ports([ours, other, "/dev/none"], [115200], deadline_s=0.3)
    identity = answers[ours]
    assert not isinstance(identity, str)
    assert (identity.target, identity.kernel_set) == ("mps2-an500", "cmsis-nn")
    assert str(answers[other]).startswith("no firmware of ours answers at 115,200 baud (no answer")
    assert "the port cannot be opened" in str(answers["/dev/none"])


def test_a_firmware_of_another_version_is_told() -> None:
    with over_tcp(ScriptedDevice(version=9)) as port:
        (said,) = greet_ports([port], [115200], 5.0).values()
    assert "version" in str(said)


def findings(asked: bool, rig: str | None = None) -> dict[str, Finding]:
    if rig is not None:
        Path("rig.toml").write_text(rig)
    found = desk_checkup([OPENMV], saying(), None, asked=asked, probe_ports=False)
    return {finding.name: finding for finding in found}


def rig(probe: str, port: str) -> str:
    return f'[[board]]\ntarget = "openmv-h7"\nprobe = "{probe}"\nport = "{port}"\n'


def test_without_a_desk_only_who_asks_for_a_board_is_kept_from_a_run() -> None:
    found = findings(asked=False)
    assert found["rig.toml"].mend == "harness doctor --write-rig rig.toml"
    assert verdict(found.values()) == 0
    found = findings(asked=True)
    assert found["board openmv-h7"].mend == "harness doctor --write-rig rig.toml"
    assert verdict(found.values()) == 4


def test_a_board_that_is_there() -> None:
    found = findings(True, rig("0670FF", "socket://127.0.0.1:1"))
    assert found["rig.toml"].note == "rig.toml: 1 board"
    assert found["board openmv-h7"].note == "probe 0670FF, socket://127.0.0.1:1"
    assert verdict(found.values()) == 0


def test_a_board_that_somebody_uses() -> None:
    with locked("0670FF"):
        found = findings(True, rig("0670FF", "socket://127.0.0.1:1"))
    assert "socket://127.0.0.1:1, in use by " in found["board openmv-h7"].note


@pytest.mark.parametrize("asked", [False, True])
def test_a_board_whose_probe_is_not_there(asked: bool) -> None:
    found = findings(asked, rig("0671FF", "socket://127.0.0.1:1"))["board openmv-h7"]
    assert found.state is (State.MISSING if asked else State.OPTIONAL)
    assert found.note.endswith("0671FF: the probe is not there (there are: 0670FF)")
    assert found.mend == "plug it in, then look again: harness doctor"


def test_a_lock_that_cannot_be_opened(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with locked("0670FF"):
        (lock,) = here.glob("*.lock")
    lock.unlink()
    lock.mkdir()
    found = findings(True, rig("0670FF", "socket://127.0.0.1:1"))["board openmv-h7"]
    assert (found.mend, found.exit_code) == (f"ls -l {lock}", 4)


def test_a_rig_toml_with_faults() -> None:
    found = findings(False, "[[bord]]")["rig.toml"]
    assert (found.state, found.exit_code) == (State.FAULTY, 2)
    assert found.note == "bord: unknown key (did you mean 'board'?)"
    assert found.mend == "correct rig.toml, then look again: harness doctor"


def test_boards_of_other_targets_do_not_matter() -> None:
    Path("rig.toml").write_text(rig("0670FF", "socket://127.0.0.1:1"))
    other = replace(OPENMV, id="other")
    found = desk_checkup([other], saying(), None, asked=False, probe_ports=False)
    assert [finding.name for finding in found][1:] == ["rig.toml"]
