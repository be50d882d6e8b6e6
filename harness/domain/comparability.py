"""What must be equal before two numbers may be compared, field by field."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields

from harness.domain.units import Fidelity

Fact = str | int | float | None

AXES = {
    "targets": (
        "target",
        "core",
        "clock_hz",
        "counter",
        "resolution",
        "simulator",
        "flags",
        "board",
        "caches",
    ),
    "kernels": ("kernel_set", "library", "library_version", "library_tree"),
    "models": ("model", "model_sha256", "dataset", "dataset_sha256", "inputs"),
    "builds": ("variant", "compiler", "flags", "caches"),
}
COUNTS = {Fidelity.SIMULATED: "instructions", Fidelity.SILICON: "cycles"}
CASE_FIELDS = ("target", "kernel_set", "variant", "model", "dataset", "inputs", "fidelity")


@dataclass(frozen=True)
class ComparabilityKey:
    """The conditions of one case; two cases are comparable where all of them are equal.

    `simulator` is the name and version of what stood in for a board, None on silicon. `library` is
    the kernel library, `library_tree` the hash of its sources. `board` is the serial number of a
    real one, `caches` "on" or "off" where they can be switched, `protocol` the version of the link
    protocol that the firmware speaks. A field that a record does not have
    (a failed case, an older store) is None, which equals nothing but None.
    """

    target: str
    core: str
    fidelity: Fidelity
    kernel_set: str
    variant: str
    model: str
    model_sha256: str | None = None
    dataset: str | None = None
    dataset_sha256: str | None = None
    inputs: int | None = None
    warmup: int = 0
    repeats: int = 1
    clock_hz: int | None = None
    counter: str | None = None
    resolution: float | None = None
    simulator: str | None = None
    compiler: str | None = None
    flags: str | None = None
    library: str | None = None
    library_version: str | None = None
    library_tree: str | None = None
    board: str | None = None
    caches: str | None = None
    protocol: int | None = None

    @property
    def case(self) -> tuple[Fact, ...]:
        """What names a case in every run: the same in two runs, whatever else has changed."""
        return tuple(getattr(self, name) for name in CASE_FIELDS)

    @property
    def label(self) -> str:
        """A short name: `lenet-digits · mps2-an500 · cmsis-nn`, and the build unless it is O2."""
        parts = [self.model, self.target, self.kernel_set]
        return " · ".join(parts + [self.variant] * (self.variant != "O2"))


@dataclass(frozen=True)
class Difference:
    """A field in which two keys differ, and what each has there."""

    field: str
    before: Fact
    after: Fact

    def __str__(self) -> str:
        return f"{self.field.replace('_', ' ')}: {_shown(self.before)} -> {_shown(self.after)}"


def differences(
    before: ComparabilityKey, after: ComparabilityKey, but: Collection[str] = ()
) -> tuple[Difference, ...]:
    """The fields in which two keys differ, in the order of the key's fields.

    `but` holds names of fields to be left out; `AXES` has those that a comparison across an axis
    leaves open.
    """
    return tuple(
        Difference(field.name, one, other)
        for field in fields(ComparabilityKey)
        if field.name not in but
        and (one := getattr(before, field.name)) != (other := getattr(after, field.name))
    )


def in_words(found: Iterable[Difference]) -> str:
    """Differences in one line: `compiler: gcc 12 -> gcc 13; clock hz: 25000000 -> 480000000`."""
    return "; ".join(map(str, found))


def _shown(fact: Fact) -> str:
    if fact is None:
        return "not recorded"
    text = str(fact)
    return f"{text[:12]}..." if len(text) == 64 and text.isalnum() else text
