"""The virtual STM32H743: core, memory and peripherals put together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from harness.machine.virtual_h743 import identity
from harness.machine.virtual_h743 import memory_map as places
from harness.machine.virtual_h743.address_space import Accesses
from harness.machine.virtual_h743.bus import Bus
from harness.machine.virtual_h743.clocks import (
    POWER_ON_FLAGS,
    SOFTWARE_FLAGS,
    TIM2_ENABLE,
    TIM5_ENABLE,
    USART3_ENABLE,
    PowerControl,
    ResetAndClockControl,
)
from harness.machine.virtual_h743.core import Core, Halt, State
from harness.machine.virtual_h743.counter import NEVER, Counter, NoCounter, counter_library
from harness.machine.virtual_h743.dwt import Dwt
from harness.machine.virtual_h743.engine import Engine
from harness.machine.virtual_h743.flash_controller import FlashController
from harness.machine.virtual_h743.flash_image import FlashImage
from harness.machine.virtual_h743.gpio import Gpio
from harness.machine.virtual_h743.nvic import SYSTICK, Nvic
from harness.machine.virtual_h743.system_control import SystemControl
from harness.machine.virtual_h743.time_base import TimeBase
from harness.machine.virtual_h743.timers import CountingTimer, SysTick
from harness.machine.virtual_h743.usart import Usart

# MODER of GPIO ports A to K after reset: all analog but the debug pins (11.4.1).
_MODER = {"A": 0xABFF_FFFF, "B": 0xFFFF_FEBF}


class Chip:
    """The chip, halted after power-on.

    Args:
        send: takes the bytes that USART3 sends.
        flash_image: file that keeps the flash, or None.
        cache_dir: where the compiled instruction counter is kept, or None for no counter.
        revision: "V" or "Y".
        device_id: DBGMCU's DEV_ID.

    Raises:
        OSError: the flash image cannot be used.
    """

    def __init__(
        self,
        *,
        send: Callable[[int], None],
        flash_image: Path | None = None,
        cache_dir: Path | None = None,
        revision: str = "V",
        device_id: int = identity.DEVICE_ID,
    ) -> None:
        self.bus = Bus()
        self.engine = Engine(Accesses(self.bus.read, self.bus.write, self._program))
        self.no_counter = self._count(cache_dir)
        self.time = TimeBase(self.engine.instructions)
        self.nvic = Nvic()
        self.systick = SysTick(self.time, self._schedule)
        system = SystemControl(self.nvic, self.systick, self._look_again, self._ask_for_reset)
        self.system = system
        self.core = Core(self.engine, self.nvic, system)
        self.rcc = ResetAndClockControl()
        line = partial(self._line, places.USART3_INTERRUPT)
        self.usart3 = Usart(send, line, partial(self.rcc.apb1_has_clock, USART3_ENABLE))
        self._image = FlashImage(flash_image)
        self.flash = FlashController(self._fetch_flash, self._store_flash)
        self.on_pin: list[Callable[[str, int, bool, int], None]] = []
        self.on_reset: list[Callable[[], None]] = []
        self._reset_asked = 0
        self._attach(revision, device_id)
        self._power_on()

    def reset(self, flags: int = SOFTWARE_FLAGS) -> None:
        """Reset the system; the core is halted before its first instruction."""
        self.bus.reset()
        self.nvic.reset()
        self.systick.reset()
        self.rcc.flags |= flags
        self._reset_asked = 0
        self.core.reset()
        for hear in self.on_reset:
            hear()

    def ask_for_reset(self, flags: int) -> None:
        """Reset the system at the end of the block that runs."""
        self._reset_asked = flags
        self.engine.stop_soon()

    def advance(self) -> Halt | None:
        """Let a core that runs do so until something asks for attention."""
        if self._reset_asked:
            self.reset(self._reset_asked)
            self.core.resume()
        if self.systick.due():
            self.nvic.pending.add(SYSTICK)
        moment = self.systick.next_interrupt()
        self.engine.deadline = NEVER if moment is None else self.time.instructions_at(moment)
        return self.core.advance()

    def sleeping_ticks(self) -> int | None:
        """Ticks until a sleeping core is woken by its timer, or None."""
        moment = self.systick.next_interrupt()
        return None if moment is None else max(0, moment - self.time.now())

    def wake(self, slept: int) -> None:
        """Let `slept` ticks pass; a sleeping core wakes if it has a reason."""
        self.time.sleep(slept)
        if self.systick.due():
            self.nvic.pending.add(SYSTICK)
        if self.core.state is State.SLEEPING and self.core.wakes():
            self.core.resume()

    def read(self, address: int, length: int) -> bytes:
        """Read memory or registers as a debugger; IndexError where there is nothing."""
        if self.bus.answers(address):
            return self.bus.read_bytes(address, length)
        return self.engine.fetch(address, length)

    def write(self, address: int, data: bytes) -> None:
        """Write memory, registers, or flash through its controller; IndexError as for `read`."""
        if self.bus.answers(address):
            self.bus.write_bytes(address, data)
        elif places.FLASH <= address < places.FLASH + places.FLASH_BYTES:
            for at in range(0, len(data), 4):
                part = data[at : at + 4]
                self._program(address + at, int.from_bytes(part, "little"), len(part))
        else:
            self.engine.store(address, data)

    def _attach(self, revision: str, device_id: int) -> None:
        attach = self.bus.attach
        attach(places.FLASH_INTERFACE, places.PAGE, self.flash)
        attach(places.RCC, 0x400, self.rcc)
        attach(places.PWR, 0x400, PowerControl())
        attach(places.USART3, 0x400, self.usart3)
        for origin, enable in ((places.TIM2, TIM2_ENABLE), (places.TIM5, TIM5_ENABLE)):
            attach(origin, 0x400, self._counting_timer(enable))
        attach(places.DBGMCU, 0x400, identity.DebugSupport(revision, device_id))
        attach(places.SYSTEM_CONTROL, places.PAGE, self.system)
        counts = None if self.no_counter else self.engine.instructions_at
        attach(places.DWT, places.PAGE, Dwt(counts, self.system.tracing))
        for number, name in enumerate(places.GPIO_PORTS):
            port = Gpio(partial(self._pin, name), _MODER.get(name, 0xFFFF_FFFF))
            attach(places.GPIOA + number * places.GPIO_STRIDE, places.GPIO_STRIDE, port)

    def _counting_timer(self, enable: int) -> CountingTimer:
        has_clock = partial(self.rcc.apb1_has_clock, enable)
        return CountingTimer(self.time, self.rcc.core_ticks_per_apb1_timer, has_clock)

    def _power_on(self) -> None:
        unique_id, size = identity.factory_data()
        self.engine.store(places.UNIQUE_ID, unique_id)
        self.engine.store(places.FLASH_SIZE_KB, size)
        self.engine.store(places.FLASH, self._image.content)
        self.reset(POWER_ON_FLAGS)

    def _count(self, cache_dir: Path | None) -> str:
        """Start counting; return why there is no counter, or nothing."""
        if cache_dir is None:
            return "the instruction counter is switched off"
        try:
            self.engine.count_by(partial(Counter, counter_library(cache_dir)))
        except NoCounter as reason:
            return str(reason)
        return ""

    def _program(self, address: int, value: int, size: int) -> None:
        self.flash.program(address - places.FLASH, value, size)

    def _fetch_flash(self, offset: int, length: int) -> bytes:
        return self.engine.fetch(places.FLASH + offset, length)

    def _store_flash(self, offset: int, data: bytes) -> None:
        self.engine.store(places.FLASH + offset, data)
        self._image.store(offset, data)

    def _line(self, interrupt: int, level: bool) -> None:
        self.nvic.set_line(interrupt, level)
        self._look_again()

    def _look_again(self) -> None:
        if self.nvic.pending & self.nvic.enabled:
            self.engine.stop_soon()

    def _schedule(self) -> None:
        """The timer may be due earlier than the run that is under way was told to end."""
        self.engine.stop_soon()

    def _ask_for_reset(self) -> None:
        self.ask_for_reset(SOFTWARE_FLAGS)

    def _pin(self, port: str, pin: int, level: bool) -> None:
        for hear in self.on_pin:
            hear(port, pin, level, self.time.now())
