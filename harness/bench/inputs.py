"""The ways an input reaches the device: over the link, or through the debug probe into its RAM."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Protocol

from harness.bench.bring_up import Device
from harness.domain.device import Reply
from harness.link import DeviceClient

_ALIGNMENT = 16


class Inputs(Protocol):
    """A way to run an input."""

    def infer(
        self, number: int, data: bytes, *, warmup: int, repeats: int, deadline_s: float
    ) -> Reply:
        """Bring input `number`, which is `data`, to the device and run it."""

    def forget(self) -> None:
        """The device was reset: what it held is gone."""


class ByLink:
    """Each input travels over the link, in front of its RUN."""

    def __init__(self, client: DeviceClient) -> None:
        self._client = client

    def infer(
        self, number: int, data: bytes, *, warmup: int, repeats: int, deadline_s: float
    ) -> Reply:
        """As `DeviceClient.infer`."""
        return self._client.infer(data, warmup=warmup, repeats=repeats, deadline_s=deadline_s)

    def forget(self) -> None:
        """Nothing is held."""


class ByProbe:
    """As many inputs at once as the device's pool holds are written by the probe.

    The core is halted for that while nothing is unanswered, so never in a window; and the device
    checks the CRC-32 of a sample before it runs it.
    """

    def __init__(self, device: Device, inputs: Sequence[bytes]) -> None:
        self._device = device
        self._inputs = inputs
        self._first = 0
        self._held: list[bytes] = []

    def infer(
        self, number: int, data: bytes, *, warmup: int, repeats: int, deadline_s: float
    ) -> Reply:
        """Run input `number` from the pool.

        Raises:
            WrongInput: the pool does not hold what was written.
            RigError: the probe cannot write it.
            As `DeviceClient.run`.
        """
        place = number - self._first
        if not 0 <= place < len(self._held):
            self._fill(number)
            place = 0
        crc32 = zlib.crc32(self._held[place])
        return self._device.client.run_sample(place, crc32, warmup, repeats, deadline_s)

    def forget(self) -> None:
        """Write anew before the next input."""
        self._held = []

    def _fill(self, first: int) -> None:
        pool = self._device.client.pool()
        most = max(1, pool.length // len(self._padded(self._inputs[first])))
        padded = [self._padded(one) for one in self._inputs[first : first + most]]
        self._device.board.write(pool.origin, b"".join(padded))
        self._device.board.resume()
        self._first, self._held = first, padded

    def _padded(self, sample: bytes) -> bytes:
        """As the pool holds it: each of its inputs filled up with zeros."""
        padded = b""
        for size in (one.nbytes for one in self._device.image.inputs):
            padded += sample[:size] + bytes(-size % _ALIGNMENT)
            sample = sample[size:]
        return padded
