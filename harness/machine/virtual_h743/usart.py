"""A USART of the STM32H7 whose line is a byte stream without a bit rate.

Source: RM0433, 48.5.4 (FIFOs), 48.8 (registers).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from harness.machine.virtual_h743.registers import Registers

CR1, CR2, CR3, RQR, ISR, ICR, RDR, TDR = 0x00, 0x04, 0x08, 0x18, 0x1C, 0x20, 0x24, 0x28

UE, RE, TE = 1 << 0, 1 << 2, 1 << 3
IDLEIE, RXNEIE, TCIE, TXEIE, RTOIE = 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 26
FIFOEN, TXFEIE, RXFFIE = 1 << 29, 1 << 30, 1 << 31
TXFTIE, RXFTIE = 1 << 23, 1 << 28
_RXFTCFG_SHIFT = 25
_RTOEN = 1 << 23

IDLE, RXNE, TC, TXE, RTOF = 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 11
TEACK, REACK, TXFE, RXFF, RXFT, TXFT = 1 << 21, 1 << 22, 1 << 23, 1 << 24, 1 << 26, 1 << 27
_RXFRQ = 1 << 3

FIFO_BYTES = 16
# RXFTCFG: 1/8, 1/4, 1/2, 3/4, 7/8 and all of the FIFO.
_THRESHOLDS = (2, 4, 8, 12, 14, 16, 16, 16)


class Usart(Registers):
    """One USART.

    Sent bytes go to `send` at once. Received ones wait outside until the receiver has room, as if
    the sender were always as slow as it has to be: there is no overrun. `on_line(level)` hears
    of changes of the interrupt line, `has_clock()` tells whether the bus clock is on.
    """

    def __init__(
        self,
        send: Callable[[int], None],
        on_line: Callable[[bool], None],
        has_clock: Callable[[], bool],
    ) -> None:
        super().__init__()
        self._send = send
        self._on_line = on_line
        self._has_clock = has_clock
        self._received: deque[int] = deque()
        self._events = 0
        self._level = False
        self._configure()

    def reset(self) -> None:
        """Disable the USART; what is on its way to it stays on its way."""
        super().reset()
        self._events = 0
        self._configure()

    def receive(self, data: bytes) -> None:
        """Take bytes from the line; those that nobody listens to are lost."""
        if self._is_on(RE):
            self._received.extend(data)
            self._events |= IDLE
            if self.words.get(CR2, 0) & _RTOEN:
                self._events |= RTOF
            self._update()

    def drop(self) -> None:
        """Forget what was received and not read."""
        self._received.clear()
        self._update()

    def read(self, offset: int) -> int:
        """Read a register; reading RDR takes the oldest byte."""
        if not self._has_clock():
            return 0
        if offset == ISR:
            return self._status()
        if offset == RDR:
            byte = self._received.popleft() if self._received else 0
            self._update()
            return byte
        return super().read(offset)

    def write(self, offset: int, value: int, mask: int) -> None:
        """Write a register; writing TDR sends a byte."""
        if not self._has_clock():
            return
        if offset == TDR:
            if self._is_on(TE):
                self._send(value & 0xFF)
        elif offset == ICR:
            self._events &= ~value
            self._update()
        elif offset == RQR:
            if value & _RXFRQ:
                self.drop()
        else:
            super().write(offset, value, mask)
            self._configure()

    def _is_on(self, direction: int) -> bool:
        wanted = UE | direction
        return self.words.get(CR1, 0) & wanted == wanted

    def _configure(self) -> None:
        """Work out once what the control registers decide of each byte's status."""
        control, control3 = self.words.get(CR1, 0), self.words.get(CR3, 0)
        self._steady = TXE | TC
        self._steady |= TXFE | TXFT if control & FIFOEN else 0
        self._steady |= TEACK if self._is_on(TE) else 0
        self._steady |= REACK if self._is_on(RE) else 0
        self._has_fifo = bool(control & FIFOEN)
        self._threshold = _THRESHOLDS[control3 >> _RXFTCFG_SHIFT & 7]
        enabled = control & (IDLEIE | RXNEIE | TCIE | TXEIE)
        enabled |= RTOF if control & RTOIE else 0
        enabled |= TXFE if control & TXFEIE and control & FIFOEN else 0
        enabled |= RXFF if control & RXFFIE else 0
        enabled |= RXFT if control3 & RXFTIE else 0
        enabled |= TXFT if control3 & TXFTIE and control & FIFOEN else 0
        self._enabled = enabled if control & UE else 0
        self._update()

    def _status(self) -> int:
        status = self._steady | self._events
        waiting = len(self._received)
        if waiting:
            status |= RXNE
            if self._has_fifo:
                status |= RXFT if waiting >= self._threshold else 0
                status |= RXFF if waiting >= FIFO_BYTES else 0
        return status

    def _update(self) -> None:
        level = bool(self._status() & self._enabled)
        if level != self._level:
            self._level = level
            self._on_line(level)
