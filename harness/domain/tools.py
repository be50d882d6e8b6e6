"""What the name of a tool says of it: a record keeps pairs of name and version."""

from __future__ import annotations

_WITHOUT_INFLUENCE = {"harness", "pyocd", "power-meter"}
_LITERT = "litert"
_OTHER_REFERENCES = "-simulation"


def is_reference(name: str) -> bool:
    """Whether outputs are compared with its answers: LiteRT, or a simulation on the host."""
    return name == _LITERT or name.endswith(_OTHER_REFERENCES)


def is_condition(name: str) -> bool:
    """Whether it may change a count: not what runs the case, flashes, compares or meters."""
    return name not in _WITHOUT_INFLUENCE and not is_reference(name)


def is_simulator(name: str) -> bool:
    """Whether a simulated target ran on it."""
    return is_condition(name) and name != "device-headers"
