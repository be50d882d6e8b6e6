"""Requests on their way from being asked to being answered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Call:
    """A request: its type, its payload, and what to call it in messages.

    One that is `after_runs` is sent when every inference before it has been answered.
    """

    type: int
    payload: bytes
    name: str
    after_runs: bool = False


@dataclass(frozen=True)
class Refused:
    """An error reply and the call it belongs to."""

    call: Call
    payload: bytes


@dataclass
class UnderWay:
    """A call with its bytes on the wire, and the payload that answered it."""

    sequence: int
    call: Call
    wire: bytes
    answer: bytes | None = None
    sent_at: float = 0.0
