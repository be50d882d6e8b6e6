"""pyOCD itself finds its way through the emulated debug port, access port and ROM table."""

from collections.abc import Iterator

import pytest
from devices.scripted_core import ScriptedCore
from pyocd.core import exceptions
from pyocd.core.session import Session
from pyocd.probe.aggregator import DebugProbeAggregator

from harness.probe import gdb_probe
from harness.probe.faults import NothingListens, ServerBusy, ServerGone
from harness.probe.gdb_probe import GdbProbe

CPUID = 0xE000_ED00
CORTEX_M7 = b"\x72\xc2\x1f\x41"


@pytest.fixture
def core() -> ScriptedCore:
    scripted = ScriptedCore(unmapped=range(0x7000_0000, 0x7000_1000))
    scripted.memory.update(enumerate(CORTEX_M7, CPUID))
    return scripted


@pytest.fixture
def session(core: ScriptedCore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setattr(gdb_probe, "open_backend", lambda *at, **options: core)
    probe = DebugProbeAggregator.get_probe_with_id("gdb:127.0.0.1:3333")
    assert probe is not None
    with Session(probe, options={"no_config": True, "reset.post_delay": 0.0}) as opened:
        yield opened


def test_pyocd_finds_the_core_and_its_units(session: Session) -> None:
    core = session.target.cores[0]
    assert core.name == "Cortex-M7"
    assert core.architecture.name == "ARMv7M"
    assert len(core.fpb.hw_breakpoints) == 8
    assert core.dwt.watchpoint_count == 4
    assert not core.dwt.has_cycle_counter
    table = session.target.aps[0].rom_table
    assert [component.name for component in table.components] == ["SCS", "DWT", "FPB", "ITM"]
    assert [component.address for component in table.components] == [
        0xE000_E000,
        0xE000_1000,
        0xE000_2000,
        0xE000_0000,
    ]


def test_the_target_type_needs_no_naming(session: Session) -> None:
    assert session.board.target_type == "cortex_m"


def test_memory_and_registers(session: Session, core: ScriptedCore) -> None:
    data = list(range(256)) * 20
    session.target.write_memory_block8(0x2000_0001, data)
    assert session.target.read_memory_block8(0x2000_0001, len(data)) == data
    session.target.write_core_register("r3", 0x1234)
    assert core.registers["r3"] == 0x1234


def test_a_refused_access_is_a_transfer_fault_with_its_address(session: Session) -> None:
    with pytest.raises(exceptions.TransferFaultError) as caught:
        session.target.read32(0x7000_0010)
    assert caught.value.fault_address == 0x7000_0010
    assert session.target.read32(0x2000_0000) == 0


@pytest.mark.parametrize(
    ("uid", "found"),
    [
        ("gdb:localhost:3333", "gdb:localhost:3333"),
        ("gdb::3333", "gdb:127.0.0.1:3333"),
        ("gdb:localhost", None),
        ("gdb:localhost:99999", None),
        ("gdb:localhost:-1", None),
    ],
)
def test_unique_ids(uid: str, found: str | None) -> None:
    probe = DebugProbeAggregator.get_probe_with_id(uid)
    assert (probe.unique_id if probe else None) == found


def test_it_is_never_listed_unasked() -> None:
    assert GdbProbe.get_all_connected_probes() == []
    assert GdbProbe.get_all_connected_probes("127.0.0.1:3333", is_explicit=False) == []


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (NothingListens("127.0.0.1:3333: connection refused"), exceptions.ProbeError),
        (ServerBusy("127.0.0.1:3333: no answer"), exceptions.ProbeError),
        (ServerGone("127.0.0.1:3333: closed"), exceptions.ProbeDisconnected),
    ],
)
def test_faults_become_pyocds_exceptions(
    fault: Exception, raised: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*at: object, **options: object) -> None:
        raise fault

    monkeypatch.setattr(gdb_probe, "open_backend", fail)
    with pytest.raises(raised, match=str(fault)):
        GdbProbe("127.0.0.1", 3333).open()
