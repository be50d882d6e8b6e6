"""Requests on their way from being asked to being answered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Call:
    """A request: its type, its payload, and what to call it in messages.

    It is sent when at most `behind_runs` inferences before it are unanswered, None: whatever is.
    """

    type: int
    payload: bytes
    name: str
    behind_runs: int | None = None


@dataclass(frozen=True)
class Refused:
    """An error reply and the call it belongs to."""

    call: Call
    payload: bytes


@dataclass(frozen=True)
class Lost:
    """An inference that was run and whose answer was lost for good."""


@dataclass
class UnderWay:
    """A call with its bytes on the wire, and the payload that answered it, or that none will."""

    sequence: int
    call: Call
    wire: bytes
    answer: bytes | Lost | None = None
    sent_at: float = 0.0
