"""The Unicorn engine as a Cortex-M7 core: memory, registers, runs, and why they end.

Source: Unicorn 2.1; ARMv7-M Architecture Reference Manual (DDI 0403E), B1.5.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable
from typing import Any

from unicorn import arm_const as arm
from unicorn import unicorn_const as uc_const
from unicorn.unicorn_py3 import unicorn as bindings

from harness.machine.virtual_h743.accessors import Accessors
from harness.machine.virtual_h743.address_space import Accesses, AddressSpace
from harness.machine.virtual_h743.core_registers import REGISTERS
from harness.machine.virtual_h743.counter import NEVER, Counter
from harness.machine.virtual_h743.registers import WORD
from harness.machine.virtual_h743.stops import Ended, Stop, of_exception

_WFI, _WFE = 0xBF30, 0xBF20
# No address of a 32-bit core: a run ends by itself.
_NOWHERE = 1 << 40


class Engine:
    """A core that stands still between calls of `run` and `step`."""

    def __init__(self, accesses: Accesses) -> None:
        self._uc: Any = bindings.Uc(uc_const.UC_ARCH_ARM, uc_const.UC_MODE_THUMB)
        # UC_MODE_MCLASS would be a Cortex-M33 without double precision.
        self._uc.ctl_set_cpu_model(arm.UC_CPU_ARM_CORTEX_M7)
        self._ended: Ended | None = None
        self._points: dict[tuple[int, int], int] = {}
        self._pass: int | None = None
        self._stale = False
        self._watching = True
        self.stop_wanted = False
        self.counter: Counter | None = None
        # The instruction count at which a run ends.
        self.deadline = NEVER
        self._accessors = Accessors(self.fetch, self.read)
        AddressSpace(self._uc, accesses, self._on_bad_access)
        self._hook()
        self._fresh = self._uc.context_save()

    def count_by(self, make: Callable[[int, int], Counter]) -> None:
        """Count instructions with what `make` builds from two addresses of the engine's code."""
        library = bindings.uclib
        self.counter = make(_address(library.uc_mem_read), _address(library.uc_emu_stop))
        handle = ctypes.c_size_t()
        status = library.uc_hook_add(
            self._uc._uch,
            ctypes.byref(handle),
            uc_const.UC_HOOK_BLOCK,
            self.counter.hook,
            ctypes.c_void_p(self.counter.data),
            ctypes.c_uint64(1),
            ctypes.c_uint64(0),
        )
        if status != uc_const.UC_ERR_OK:
            raise bindings.UcError(status)

    def reset(self) -> None:
        """Give all core registers the values after reset, and forget translated code."""
        self._uc.context_restore(self._fresh)
        self.flush()

    def read(self, name: str) -> int:
        """Read a core register."""
        return int(self._uc.reg_read(REGISTERS[name]))

    def write(self, name: str, value: int) -> None:
        """Write a core register; the engine would take an even PC for ARM state."""
        if name == "pc":
            value |= 1
        self._uc.reg_write(REGISTERS[name], value)
        if name == "xpsr":
            # Only this makes the engine notice that the mode changed.
            self._uc.reg_write(REGISTERS["control"], self.read("control"))

    def fetch(self, address: int, length: int) -> bytes:
        """Read plain memory.

        Raises:
            IndexError: there is none.
        """
        try:
            return bytes(self._uc.mem_read(address, length))
        except bindings.UcError as error:
            raise IndexError(f"no memory at {address:#010x}") from error

    def store(self, address: int, data: bytes, *, code: bool = True) -> None:
        """Write plain memory; what may be code is translated anew before the next run.

        Raises:
            IndexError: there is none.
        """
        try:
            self._uc.mem_write(address, data)
        except bindings.UcError as error:
            raise IndexError(f"no memory at {address:#010x}") from error
        self._stale = self._stale or code

    def flush(self) -> None:
        """Forget all translated code."""
        self._uc.ctl_flush_tb()
        self._stale = False
        self._accessors.forget()
        if self.counter is not None:
            self.counter.forget()

    def ask_to_stop(self) -> None:
        """From another thread, where there is no counter: end the run in the middle of a block."""
        self._uc.emu_stop()

    def stop_soon(self) -> None:
        """From within an access: end the run before the next block.

        Without a counter somebody has to ask for it from outside, because the engine repeats an
        access that it is stopped in.
        """
        self.stop_wanted = True
        if self.counter is not None:
            self.counter.state.attention = 1

    def instructions(self) -> int:
        """Instructions up to the end of the block that runs."""
        return int(self.counter.state.count) if self.counter else 0

    def instructions_at(self, address: int) -> int:
        """Instructions up to the access to `address` that is under way, exact to one."""
        if self.counter is None:
            return 0
        state = self.counter.state
        count, block = int(state.count), int(state.block)
        return count - self._accessors.behind(block, int(state.instructions), count, address)

    def run(self, *, one_block: bool = False) -> Ended:
        """Run from PC until something happens; with a counter, on request for one block only."""
        if self._stale:
            self.flush()
        if self.counter is not None:
            state = self.counter.state
            state.deadline = state.count + 1 if one_block else self.deadline
        pc = self.read("pc")
        self._pass = pc
        ended = self._go(pc, 0)
        if ended.why is Stop.WATCHPOINT:
            # The engine stands before the access; hardware halts behind it.
            self._watching = False
            self.step()
            self._watching = True
        return ended

    def step(self) -> Ended:
        """Run one instruction."""
        pc = self.read("pc")
        self._pass = pc
        self.flush()
        try:
            return self._go(pc, 1)
        finally:
            self.flush()

    def set_breakpoint(self, address: int, *, present: bool) -> None:
        """Stop before the instruction at `address`, or no longer."""
        self._point(uc_const.UC_HOOK_CODE, address, 1, self._on_breakpoint, present=present)

    def set_watchpoint(self, kind: int, address: int, length: int, *, present: bool) -> None:
        """Stop after accesses to a range; `kind` is the engine's (UC_HOOK_MEM_READ, ...)."""
        self._point(kind, address, length, self._on_watchpoint, present=present)

    def _point(
        self, kind: int, address: int, length: int, hook: Callable[..., None], *, present: bool
    ) -> None:
        key = (kind, address)
        if present and key not in self._points:
            last = address + length - 1
            self._points[key] = self._uc.hook_add(kind, hook, begin=address, end=last)
        elif not present and key in self._points:
            self._uc.hook_del(self._points.pop(key))
        self._stale = True

    def _go(self, pc: int, count: int) -> Ended:
        self._ended = None
        self.stop_wanted = False
        if self.counter is not None:
            self.counter.state.attention = 0
        try:
            self._uc.emu_start(pc | 1, _NOWHERE, 0, count)
        except bindings.UcError as error:
            return self._ended or self._failure(error)
        asleep = self._opcode(self.read("pc") - 2) == _WFI
        return self._ended or Ended(Stop.WAIT if asleep else Stop.ASKED)

    def _failure(self, error: Any) -> Ended:
        pc = self.read("pc")
        if error.errno == uc_const.UC_ERR_INSN_INVALID:
            # The engine knows no WFE and stops behind it: an event is always pending here.
            return Ended(Stop.ASKED if self._opcode(pc - 2) == _WFE else Stop.UNDEFINED)
        if error.errno == uc_const.UC_ERR_EXCEPTION:
            return Ended(Stop.BAD_STATE)
        return Ended(Stop.BAD_FETCH, pc)

    def _opcode(self, address: int) -> int:
        with contextlib.suppress(IndexError):
            return int.from_bytes(self.fetch(address, 2), "little")
        return 0

    def _hook(self) -> None:
        add = self._uc.hook_add
        add(uc_const.UC_HOOK_INTR, self._on_exception)
        add(uc_const.UC_HOOK_MEM_UNMAPPED | uc_const.UC_HOOK_MEM_FETCH_PROT, self._on_bad_access)

    def _on_exception(self, uc: Any, number: int, data: Any) -> None:
        pc = self.read("pc")
        why = of_exception(number, pc)
        self._ended = Ended(why, pc)
        uc.emu_stop()

    def _on_bad_access(
        self, uc: Any, access: int, address: int, size: int, value: int, data: Any
    ) -> bool:
        fetch = access in (uc_const.UC_MEM_FETCH_UNMAPPED, uc_const.UC_MEM_FETCH_PROT)
        self._ended = Ended(Stop.BAD_FETCH if fetch else Stop.BAD_DATA, address & WORD)
        return False

    def _on_breakpoint(self, uc: Any, address: int, size: int, data: Any) -> None:
        if address != self._pass:
            self._ended = Ended(Stop.BREAKPOINT, address)
            uc.emu_stop()
        self._pass = None

    def _on_watchpoint(
        self, uc: Any, access: int, address: int, size: int, value: int, data: Any
    ) -> None:
        if self._watching:
            self._ended = Ended(Stop.WATCHPOINT, address & WORD)
            uc.emu_stop()


def _address(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0
