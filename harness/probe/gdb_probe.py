"""A pyOCD debug probe that is a GDB server: debug port, access port and bus in software."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pyocd.board.board import Board  # type: ignore[import-untyped]
from pyocd.board.board_ids import BoardInfo  # type: ignore[import-untyped]
from pyocd.core import exceptions  # type: ignore[import-untyped]
from pyocd.probe.debug_probe import DebugProbe  # type: ignore[import-untyped]

from harness.probe.access_port import DRW, AccessPort
from harness.probe.architecture import architecture_of
from harness.probe.backend import Backend
from harness.probe.bus import Bus
from harness.probe.debug_port import DebugPort
from harness.probe.dialect import open_backend
from harness.probe.faults import AccessRefused, NothingListens, ProbeFault, ServerBusy

TIMEOUT_OPTION = "gdb.timeout"
DEFAULT_TIMEOUT_S = 10.0
_REGISTER = 0xFF


class GdbProbe(DebugProbe):  # type: ignore[misc]
    """Probe `gdb:HOST:PORT`.

    pyOCD's exceptions stand for the server's: TransferFaultError for a refused access,
    ProbeDisconnected once the server is gone or silent, ProbeError where it cannot be reached.
    """

    @classmethod
    def get_all_connected_probes(
        cls, unique_id: str | None = None, is_explicit: bool = False
    ) -> list[GdbProbe]:
        """Return the probe that is asked for by name; servers are not searched for."""
        probe = cls.get_probe_with_id(unique_id, is_explicit) if unique_id else None
        return [probe] if probe else []

    @classmethod
    def get_probe_with_id(cls, unique_id: str, is_explicit: bool = False) -> GdbProbe | None:
        """Return the probe at `HOST:PORT`, or None where that is not an address."""
        host, _, port = unique_id.rpartition(":")
        if not is_explicit or not port.isdigit() or int(port) > 0xFFFF:
            return None
        return cls(host or "127.0.0.1", int(port))

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self._host = host
        self._port = port
        self._core: Backend | None = None
        self._protocol: DebugProbe.Protocol | None = None
        self._reset_asserted = False
        self._dp = DebugPort()

    @property
    def vendor_name(self) -> str:
        """Who made the probe."""
        return "GDB server"

    @property
    def product_name(self) -> str:
        """What answers at the address."""
        return self._core.traits.name if self._core else f"at {self._host}:{self._port}"

    @property
    def unique_id(self) -> str:
        """The id that opens this probe again."""
        return f"gdb:{self._host}:{self._port}"

    @property
    def supported_wire_protocols(self) -> list[Any]:
        """SWD, for want of a wire."""
        return [DebugProbe.Protocol.DEFAULT, DebugProbe.Protocol.SWD]

    @property
    def wire_protocol(self) -> Any:
        """SWD while connected."""
        return self._protocol

    @property
    def is_open(self) -> bool:
        """Whether the server is connected."""
        return self._core is not None

    @property
    def capabilities(self) -> set[Any]:
        """What pyOCD may leave to the probe."""
        return {DebugProbe.Capability.BANKED_DP_REGISTERS, DebugProbe.Capability.APv2_ADDRESSES}

    @property
    def associated_board_info(self) -> Any:
        """A target type for users who name none."""
        return BoardInfo(name=f"GDB server {self._host}:{self._port}", target="cortex_m")

    def create_associated_board(self) -> Any:
        """Return a board of the generic Cortex-M type, unless the session names another."""
        return Board(self.session, board_info=self.associated_board_info)

    def open(self) -> None:
        """Connect to the server; the state of its core is kept."""
        timeout_s = self.session.options.get(TIMEOUT_OPTION) if self.session else None
        self._dp = DebugPort()
        with self._translated():
            core = open_backend(self._host, self._port, timeout_s=timeout_s or DEFAULT_TIMEOUT_S)
            try:
                self._bus = Bus(core, architecture_of(core))
            except ProbeFault:
                core.close()
                raise
            self._ap = AccessPort(self._bus)
            self._core = core

    def close(self) -> None:
        """Disconnect; a running core keeps running, a halted one stays halted."""
        if self._core is not None:
            self._core.close()
            self._core = None

    def connect(self, protocol: Any = None) -> None:
        """Start the wire protocol."""
        self._protocol = DebugProbe.Protocol.SWD

    def disconnect(self) -> None:
        """End the wire protocol."""
        self._protocol = None

    def set_clock(self, frequency: float) -> None:
        """There is no clock."""

    def reset(self) -> None:
        """Pulse reset."""
        with self._translated():
            self._bus.debug.reset()

    def assert_reset(self, asserted: bool) -> None:
        """Hold the machine in reset, or release it."""
        with self._translated():
            if asserted and not self._reset_asserted:
                self._bus.debug.hold_in_reset()
            elif not asserted and self._reset_asserted:
                self._bus.debug.release_from_reset()
            self._reset_asserted = asserted

    def is_reset_asserted(self) -> bool:
        """Return what was last asked for."""
        return self._reset_asserted

    def read_dp(self, addr: int, now: bool = True) -> Any:
        """Read a debug port register."""
        return _result(self._dp.read(addr), now)

    def write_dp(self, addr: int, data: int) -> None:
        """Write a debug port register."""
        self._dp.write(addr, data)

    def read_ap(self, addr: int, now: bool = True) -> Any:
        """Read a register of the access port that bits 31-24 select."""
        value = 0
        if addr >> 24 == 0:
            with self._translated():
                value = self._ap.read(addr & _REGISTER)
        self._dp.note_read(value)
        return _result(value, now)

    def write_ap(self, addr: int, data: int) -> None:
        """Write a register of the access port that bits 31-24 select."""
        if addr >> 24 == 0:
            with self._translated():
                self._ap.write(addr & _REGISTER, data)

    def read_ap_multiple(self, addr: int, count: int = 1, now: bool = True) -> Any:
        """Read one access port register `count` times."""
        with self._translated():
            if addr & _REGISTER == DRW:
                values = self._ap.read_drw(count)
            else:
                values = [self._ap.read(addr & _REGISTER) for _ in range(count)]
        return _result(values, now)

    def write_ap_multiple(self, addr: int, values: Sequence[int]) -> None:
        """Write one access port register once for each value."""
        with self._translated():
            if addr & _REGISTER == DRW:
                self._ap.write_drw(values)
            else:
                for value in values:
                    self._ap.write(addr & _REGISTER, value)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the server's faults into pyOCD's exceptions."""
        try:
            yield
        except AccessRefused as fault:
            self._dp.note_fault()
            raise exceptions.TransferFaultError(
                str(fault), fault_address=fault.address, length=fault.length
            ) from fault
        except (NothingListens, ServerBusy) as fault:
            raise exceptions.ProbeError(str(fault)) from fault
        except ProbeFault as fault:
            raise exceptions.ProbeDisconnected(str(fault)) from fault


def _result(value: Any, now: bool) -> Any:
    return value if now else lambda: value
