"""What stands below the table: how the numbers came about, and why cases failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.domain.kernel_code import NEEDED_FLASH
from harness.domain.measurement import Measurement
from harness.domain.record import CaseRecord, CaseStatus
from harness.domain.tools import is_reference, is_simulator
from harness.domain.units import Fidelity, Unit
from harness.report.case_name import failure_of
from harness.report.fallback import fallback_lines
from harness.report.table import COUNTED, counted


def failure_lines(records: Sequence[CaseRecord]) -> list[str]:
    """One line per failed case: which, what, and the next step."""
    return [
        f"{record.model} · {record.target_id} · {record.kernel_set} ({record.variant}): "
        f"{failure_of(record)}"
        for record in records
        if record.status is CaseStatus.FAILED
    ]


def footer_lines(records: Sequence[CaseRecord]) -> list[str]:
    """Unit, n, fidelity and resolution of the counts; where inputs and tools come from."""
    measured = [record for record in records if record.status is CaseStatus.OK]
    lines = []
    for fidelity, unit in COUNTED.items():
        of_unit = [
            (record, count)
            for record in measured
            if record.fidelity is fidelity
            and isinstance(count := counted(record, unit), Measurement)
        ]
        if of_unit:
            lines.append(_counting(fidelity, unit, of_unit))
    if measured:
        lines.append(_inputs(measured))
        if any(isinstance(record.reading("accuracy"), Measurement) for record in measured):
            lines.append(
                "accuracy: with the 95 % interval of Wilson's score; what lies inside it is no "
                "difference"
            )
        if any(isinstance(record.reading("vectors_equal"), Measurement) for record in measured):
            lines.append(
                f"equal to reference: output vectors that equal {_whose(measured)} byte for byte "
                "(largest difference where not)"
            )
        if any(record.firmware_flash_bytes for record in measured):
            lines.append(
                "flash, RAM: firmware for any model, its arena not counted, with the kernels of "
                "all operators that its build has (fewer: `--build eight-operators`)"
            )
        if any(isinstance(record.reading(NEEDED_FLASH), Measurement) for record in measured):
            lines.append(
                "flash, its ops: the same firmware without what only kernels of other operators "
                "reach"
            )
        lines += [*_ideals(measured), *_link(measured), *fallback_lines(measured)]
    return lines


def _whose(records: Sequence[CaseRecord]) -> str:
    """Whose answers were compared with."""
    tools = dict.fromkeys(name for record in records for name, _ in record.tool_versions)
    others = [f"{name}'s" for name in tools if is_reference(name) and name != "litert"]
    litert = ["LiteRT's reference kernels"] if "litert" in tools or not others else []
    return " or ".join([*litert, *others])


# AmbiqAI/ns-cmsis-nn, docs/guides/kernel-benchmarks.md: Apollo510 (Cortex-M55, 96 MHz), DWT, GCC
# 14.3 -O3, mean of 100; 32x32x64 to 64 channels, 3x3 and 1x1, dense 512 to 256; SAME padding.
_PUBLISHED_HELIUM = (
    "published on Cortex-M55 silicon, in cycles per MAC and so no measure for instructions: "
    "convolution 3x3 0.201, 1x1 0.407, depthwise 3x3 2.95, fully connected 0.527 "
    "(AmbiqAI/ns-cmsis-nn, a fork of CMSIS-NN, on Apollo510)"
)


def _ideals(records: Sequence[CaseRecord]) -> list[str]:
    """What the ideal of each core is made of, and what silicon with Helium was seen to do."""
    found = [record.reading("ideal_per_mac") for record in records]
    pairs = [(one.instrument, one.method) for one in found if isinstance(one, Measurement)]
    if not pairs:
        return []
    helium = any(core.startswith("Cortex-M55") for core, _ in pairs)
    return [
        "ideal per MAC: instructions for the MACs alone, without loads, requantisation and loops: "
        f"{_basis(pairs)}; MACs in the padding count, though kernels may skip them",
        *([_PUBLISHED_HELIUM] if helium else []),
    ]


def _link(records: Sequence[CaseRecord]) -> list[str]:
    """What went wrong on the link, and did no harm: case by case, where anything did."""
    lines = []
    for record in records:
        facts = [f"{record.frames_repeated:,} frames repeated"] if record.frames_repeated else []
        facts += [record.incidents] if record.incidents else []
        if facts:
            where = f"{record.model} · {record.target_id} · {record.kernel_set} ({record.variant})"
            lines.append(f"link: {where}: {'; '.join(facts)}; no input is lost or counted twice")
    return lines


def _basis(pairs: Iterable[tuple[str, str]]) -> str:
    cores: dict[str, list[str]] = {}
    for core, method in dict.fromkeys(pairs):
        cores.setdefault(method, []).append(core)
    return "; ".join(f"{method} ({', '.join(whose)})" for method, whose in cores.items())


def _counting(
    fidelity: Fidelity, unit: Unit, of_unit: Sequence[tuple[CaseRecord, Measurement]]
) -> str:
    counts = [count for _, count in of_unit]
    resolution = _spread(
        (record.target_id, f"{count.resolution:g}" if count.resolution else "unknown")
        for record, count in of_unit
    )
    instrument = _listed(count.instrument for count in counts)
    numbers = _spread((record.model, f"{count.n:,}") for record, count in of_unit)
    text = f"median per inference, n = {numbers}, counter {instrument}, resolution {resolution}"
    if fidelity is Fidelity.SIMULATED:
        tools = _listed(
            f"{name} {version}"
            for record, _ in of_unit
            for name, version in record.tool_versions
            if is_simulator(name)
        )
        return f"simulated{f' by {tools}' if tools else ''}: {unit.value}, not time; {text}"
    clocks = _spread(
        (record.target_id, f"{record.clock_hz / 1e6:g} MHz" if record.clock_hz else "unknown")
        for record, _ in of_unit
    )
    return f"silicon: {unit.value}; {text}, clock {clocks}"


def _inputs(records: Sequence[CaseRecord]) -> str:
    inputs = _spread((record.model, _of(record)) for record in records)
    repeats = _listed(str(record.repeats) for record in records)
    times = "once" if repeats == "1" else f"{repeats} times"
    counts = [record.reading(unit) for record in records for unit in COUNTED.values()]
    verb = "measured" if any(isinstance(one, Measurement) for one in counts) else "run"
    return f"inputs: {inputs}; each {verb} {times}"


def _of(record: CaseRecord) -> str:
    return f"{record.inputs:,} of {record.dataset}" if record.inputs else "unknown"


def _listed(texts: Iterable[str]) -> str:
    """The different ones, in order."""
    return ", ".join(dict.fromkeys(texts))


def _spread(pairs: Iterable[tuple[str, str]]) -> str:
    """The one text all have, else each text with the names that have it."""
    names: dict[str, dict[str, None]] = {}
    for name, text in pairs:
        names.setdefault(text, {})[name] = None
    if len(names) == 1:
        return next(iter(names))
    return "; ".join(f"{text} ({', '.join(whose)})" for text, whose in names.items())
