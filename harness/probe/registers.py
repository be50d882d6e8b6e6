"""The core registers a GDB server offers: their names and numbers, from its target description.

Source: "Debugging with GDB", appendix "Target Descriptions" (features `org.gnu.gdb.arm.*`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

from harness.probe.faults import ServerGone


@dataclass(frozen=True)
class Register:
    """Number in the `p` and `P` packets, and width in bytes."""

    number: int
    size: int


def read_description(fetch: Callable[[str], bytes]) -> dict[str, Register]:
    """Read `target.xml` and the files it includes.

    Args:
        fetch: returns one annex of `qXfer:features:read`.

    Returns:
        The registers by lower-case name.

    Raises:
        ServerGone: the description is not XML or describes no register.
    """
    registers: dict[str, Register] = {}
    number = 0
    for annex in ["target.xml", *_included(fetch("target.xml"))]:
        for element in _parse(fetch(annex)).iter("reg"):
            number = _number(element, "regnum", number)
            size = _number(element, "bitsize", 32) // 8
            registers[element.get("name", "").lower()] = Register(number, size)
            number += 1
    if "pc" not in registers:
        raise ServerGone("the server's target description has no register pc")
    return registers


def _included(document: bytes) -> list[str]:
    return [name.decode() for name in re.findall(rb'include href="([^"]+)"', document)]


def _number(element: ElementTree.Element, attribute: str, default: int) -> int:
    try:
        return int(element.get(attribute, default))
    except ValueError as error:
        raise ServerGone(f"the server's target description has a bad {attribute}") from error


def _parse(document: bytes) -> ElementTree.Element:
    # The XInclude prefix may be undeclared in a fragment; only the <reg> elements matter here.
    text = re.sub(rb"<xi:include[^>]*>|<!DOCTYPE[^>]*>", b"", document)
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ServerGone(f"the server's target description is not XML: {error}") from error
