"""Which serial ports this desk has, and whether they may be opened."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from serial.tools import list_ports

from harness.domain.checkup import Finding, State
from harness.errors import PortBusy

_PART = "link"
_STOPS = PortBusy.exit_code


def checkup(*, needed: bool, ports: Sequence[tuple[str, str]] | None = None) -> Iterator[Finding]:
    """One finding per port; `needed` says that a target needs one of them.

    `ports` are device and description, by default those that pyserial finds.
    """
    if ports is None:
        ports = [(port.device, port.description or "") for port in list_ports.comports()]
    usable = False
    for device, description in sorted(ports):
        opens = os.access(device, os.R_OK | os.W_OK)
        usable |= opens
        if opens:
            yield Finding(_PART, device, State.OK, note=description)
        else:
            note = f"{description}; this user may not open it"
            mend = "sudo adduser $USER dialout"
            yield Finding(_PART, device, State.OPTIONAL, note=note, mend=mend)
    if needed and not usable:
        note = "a board is asked for, and there is no port that can be opened"
        mend = "plug it in, then look again: python -m serial.tools.list_ports"
        yield Finding(_PART, "serial port", State.MISSING, "", note, mend, _STOPS)
    elif not ports:
        note = "none is connected; only boards need one"
        yield Finding(_PART, "serial port", State.OPTIONAL, note=note)
