"""In which state the core is left: as asked after good work, halted after anything else."""

from __future__ import annotations

import pyocd.probe.aggregator  # noqa: F401 (pyOCD loads our probe, not the other way round)
import pytest
from devices.scripted_core import ScriptedCore

from harness.probe import gdb_probe
from harness.probe.programmer import open_board


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch) -> ScriptedCore:
    scripted = ScriptedCore()
    scripted.memory.update(enumerate(b"\x72\xc2\x1f\x41", 0xE000_ED00))
    monkeypatch.setattr(gdb_probe, "open_backend", lambda *at, **options: scripted)
    return scripted


@pytest.mark.parametrize("leave_running", [True, False])
def test_as_asked(core: ScriptedCore, leave_running: bool) -> None:
    with open_board("gdb:127.0.0.1:3333", "cortex_m", leave_running=leave_running) as board:
        board.reset_and_run()
    assert core.running is leave_running
    assert core.calls[-1] == "close"


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_halted_by_an_error_and_by_ctrl_c(core: ScriptedCore, error: type[BaseException]) -> None:
    def use() -> None:
        with open_board("gdb:127.0.0.1:3333", "cortex_m") as board:
            board.reset_and_run()
            assert core.running
            raise error

    with pytest.raises(error):
        use()
    assert not core.running
    assert core.calls[-2:] == ["halt", "close"]
