"""The core: runs, sleeps, takes exceptions and faults, and tells why it halted.

Source: ARMv7-M Architecture Reference Manual (DDI 0403E), B1.5 (exceptions), B1.5.15 (lockup),
B3.2.15 to B3.2.18 (fault status).
"""

from __future__ import annotations

from enum import Enum, auto

from harness.machine.virtual_h743 import exceptions, nvic
from harness.machine.virtual_h743.engine import Engine
from harness.machine.virtual_h743.nvic import Nvic
from harness.machine.virtual_h743.stops import Ended, Stop
from harness.machine.virtual_h743.system_control import (
    BFAR,
    MMFAR,
    VTOR,
    SystemControl,
)

IACCVIOL, MUNSTKERR, MSTKERR, MMARVALID = 1 << 0, 1 << 3, 1 << 4, 1 << 7
IBUSERR, PRECISERR, UNSTKERR, STKERR, BFARVALID = 1 << 8, 1 << 9, 1 << 11, 1 << 12, 1 << 15
UNDEFINSTR, INVSTATE, INVPC, NOCP = 1 << 16, 1 << 17, 1 << 18, 1 << 19
VECTTBL, FORCED, DEBUGEVT = 1 << 1, 1 << 30, 1 << 31

_THUMB = 1 << 24
_IPSR = 0x1FF
_NEVER_EXECUTE = range(0xA000_0000, 0x1_0000_0000)
_LOCKUP_PC = 0xFFFF_FFFE


class State(Enum):
    """What the core does."""

    HALTED = auto()
    RUNNING = auto()
    SLEEPING = auto()
    LOCKED_UP = auto()


class Halt(Enum):
    """Why a core that ran is halted."""

    ASKED = auto()
    BREAKPOINT = auto()
    WATCHPOINT = auto()
    LOCKUP = auto()


class Core:
    """One Cortex-M7; `debugged` tells whether BKPT halts it, as it does under a debugger."""

    def __init__(self, engine: Engine, interrupts: Nvic, system: SystemControl) -> None:
        self.engine = engine
        self._nvic = interrupts
        self._system = system
        self.state = State.HALTED
        self.halted_at = 0
        self.debugged = False

    def reset(self) -> None:
        """Load SP and PC from the vector table; the core is halted."""
        self.engine.reset()
        table = self._system.read(VTOR)
        stack, start = (self._word(table), self._word(table + 4))
        self.engine.write("msp", stack & ~3)
        self.engine.write("lr", 0xFFFF_FFFF)
        self.engine.write("pc", start & ~1)
        self.engine.write("xpsr", (start & 1) << 24)
        self.state = State.HALTED

    def resume(self) -> None:
        """Let a halted core run."""
        self.state = State.RUNNING

    def halt(self) -> None:
        """Halt, between two runs; debug entry ends a sleep."""
        if self.state is State.LOCKED_UP:
            self.engine.write("pc", _LOCKUP_PC)
        self.state = State.HALTED

    def step(self) -> None:
        """Run one instruction of a halted core; interrupts wait."""
        self._after(self.engine.step())
        if self.state is not State.LOCKED_UP:
            self.state = State.HALTED

    def advance(self) -> Halt | None:
        """Run until something asks for attention; tell why if the core halted by itself."""
        self._take_exceptions()
        if self.state is not State.RUNNING:
            return self._told()
        if not self.engine.read("xpsr") & _THUMB:
            self._fault(nvic.USAGE_FAULT, INVSTATE, self.engine.read("pc"))
            return self._told()
        masked = self._nvic.next() is not None
        if masked and self.engine.counter is None:
            # Only steps notice the end of the masking: nothing stops a run there.
            self._after(self.engine.step())
            return self._told()
        return self._after(self.engine.run(one_block=masked)) or self._told()

    def wakes(self) -> bool:
        """Whether a sleeping core has a reason to wake: PRIMASK does not count (B1.5.19)."""
        read = self.engine.read
        priority = self._nvic.execution_priority(0, read("basepri"), read("faultmask"))
        return self._nvic.next(priority) is not None

    def _told(self) -> Halt | None:
        return Halt.LOCKUP if self.state is State.LOCKED_UP else None

    def _word(self, address: int) -> int:
        try:
            return int.from_bytes(self.engine.fetch(address, 4), "little")
        except IndexError:
            return 0

    def _priority(self) -> int:
        read = self.engine.read
        return self._nvic.execution_priority(read("primask"), read("basepri"), read("faultmask"))

    def _take_exceptions(self) -> None:
        if not self._nvic.pending:
            return
        number = self._nvic.next(self._priority())
        if number is not None and self.state is not State.LOCKED_UP:
            self._enter(number, self.engine.read("pc"))

    def _after(self, ended: Ended) -> Halt | None:
        """Do what the core does when a run ends."""
        why = ended.why
        pc = self.engine.read("pc")
        if why is Stop.WAIT:
            self.state = State.SLEEPING
        elif why is Stop.BREAKPOINT or (why is Stop.BKPT and self.debugged):
            self.state = State.HALTED
            return Halt.BREAKPOINT
        elif why is Stop.WATCHPOINT:
            self.state = State.HALTED
            self.halted_at = ended.address
            return Halt.WATCHPOINT
        elif why is Stop.SVC:
            self._call(pc)
        elif why is Stop.EXCEPTION_RETURN and self.engine.read("xpsr") & _IPSR:
            self._return(pc)
        elif why is not Stop.ASKED:
            self._blame(ended, pc)
        return None

    def _blame(self, ended: Ended, pc: int) -> None:
        """Turn what the engine could not do into a fault."""
        if ended.why is Stop.BKPT:
            self._system.set_hard_fault(DEBUGEVT)
            self._escalate(pc)
        elif ended.why is Stop.BAD_DATA:
            bits = PRECISERR | BFARVALID
            self._fault(nvic.BUS_FAULT, bits, pc, address=ended.address)
        elif ended.why in (Stop.BAD_FETCH, Stop.EXCEPTION_RETURN) and pc in _NEVER_EXECUTE:
            # In thread mode EXC_RETURN is an address like any other.
            self._fault(nvic.MEM_MANAGE, IACCVIOL, pc)
        elif ended.why is Stop.BAD_FETCH:
            self._fault(nvic.BUS_FAULT, IBUSERR, pc)
        else:
            bit = {Stop.NO_COPROCESSOR: NOCP, Stop.BAD_STATE: INVSTATE}.get(ended.why, UNDEFINSTR)
            self._fault(nvic.USAGE_FAULT, bit, pc)

    def _call(self, return_to: int) -> None:
        if self._nvic.priority(nvic.SVCALL) < self._priority():
            self._enter(nvic.SVCALL, return_to)
        else:
            self._escalate(return_to)

    def _return(self, value: int) -> None:
        try:
            number = exceptions.leave(self.engine, value)
        except exceptions.BadReturn:
            self._nvic.deactivate(self.engine.read("xpsr") & _IPSR)
            self._fault(nvic.USAGE_FAULT, INVPC, value)
        except exceptions.StackingFault as fault:
            self._fault(nvic.BUS_FAULT, UNSTKERR, value, address=fault.address)
        else:
            self._nvic.deactivate(number)

    def _fault(self, number: int, bits: int, pc: int, *, address: int | None = None) -> None:
        """Take a fault, as a HardFault where its own handler is off or may not run now."""
        register = MMFAR if number == nvic.MEM_MANAGE else BFAR
        self._system.set_fault(bits, address=address, register=register)
        enabled = number in self._nvic.enabled
        if enabled and self._nvic.priority(number) < self._priority():
            self._enter(number, pc)
        else:
            self._system.set_hard_fault(FORCED)
            self._escalate(pc)

    def _escalate(self, pc: int) -> None:
        if self._priority() > self._nvic.priority(nvic.HARD_FAULT):
            self._enter(nvic.HARD_FAULT, pc)
        else:
            self.state = State.LOCKED_UP

    def _enter(self, number: int, return_to: int) -> None:
        try:
            exceptions.enter(self.engine, number, self._system.read(VTOR), return_to)
        except exceptions.StackingFault as fault:
            if number == nvic.HARD_FAULT:
                self.state = State.LOCKED_UP
            else:
                self._fault(nvic.BUS_FAULT, STKERR, return_to, address=fault.address)
            return
        self._nvic.activate(number)
