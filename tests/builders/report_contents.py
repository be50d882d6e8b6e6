"""Contents of reports for tests: boards and simulators, with everything that can be drawn."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

from builders.records import (
    STARTED,
    accuracy,
    case_record,
    counted,
    failed_record,
    readings,
    run_info,
)

from harness.domain.comparability import ComparabilityKey
from harness.domain.measurement import Measurement, Missing
from harness.domain.observation import OperatorCount
from harness.domain.profile import OperatorProfile, Part, Profile, Tenant
from harness.domain.record import CaseRecord
from harness.domain.units import Fidelity, Unit
from harness.domain.verdict import CaseVerdict, Judgement, MetricVerdict, Moved
from harness.report.content import (
    Battery,
    ClassCounts,
    Comparison,
    CurrentTrace,
    HistoryLine,
    OperatorStack,
    Point,
    ReportContent,
)

MODELS = {  # MACs, weights in bytes, share of right answers
    "kws": (2_656_768, 22_604, 0.901),
    "resnet8": (12_501_632, 78_666, 0.875),
    "lenet-digits": (328_512, 12_176, 0.993),
    "vww": (7_489_664, 216_296, 0.858),
}
TARGETS = {"mps2-an385": 3, "mps2-an386": 4, "mps2-an500": 7, "mps2-an505": 33, "mps3-an547": 55}
SETS = {"reference": 10.6, "cmsis-nn": 2.9, "cmsis-nn-scalar": 4.4}


def simulated(models: int = 4) -> list[CaseRecord]:
    """Models on every simulated board with three kernel sets."""
    found = []
    for model, (macs, weights, right) in list(MODELS.items())[:models]:
        for place, (target, core) in enumerate(TARGETS.items()):
            for kernels, per_mac in SETS.items():
                count = round(macs * per_mac * (1 - 0.07 * place))
                spread = (count * 0.998, count * 1.004)
                found.append(
                    case_record(
                        model=model,
                        target_id=target,
                        core=f"Cortex-M{core}",
                        kernel_set=kernels,
                        macs=macs,
                        weight_bytes=weights,
                        readings=readings(counted(count, spread=spread), accuracy(right)),
                    )
                )
    return found


def silicon(
    cycles: float = 4_800_000, joules: float | None = 1.4e-3, **changes: object
) -> CaseRecord:
    """A case on a board of 480 MHz, with a power meter unless `joules` is None."""
    count = counted(
        cycles, unit=Unit.CYCLES, fidelity=Fidelity.SILICON, spread=(cycles * 0.999, cycles * 1.02)
    )
    more: list[Measurement | Missing] = [replace(accuracy(0.9), fidelity=Fidelity.SILICON)]
    if joules is not None:
        more += [_measured("energy_per_inference", joules), _measured("supply_voltage", 3.0)]
    fields = {
        "fidelity": Fidelity.SILICON,
        "target_id": "openmv-h7",
        "clock_hz": 480_000_000,
        "counter_name": "dwt-cyccnt",
        "counter_resolution": 1.0,
        "readings": (count, *more),
    }
    return case_record(**(fields | changes))


def _measured(quantity: str, value: float) -> Measurement:
    base = counted(value, unit=Unit.CYCLES, fidelity=Fidelity.SILICON)
    return replace(base, quantity=quantity, instrument="power meter", method="windows")


def profile(model: str = "lenet-digits", kernels: str = "cmsis-nn", scale: float = 1.0) -> Profile:
    """Four operators in an arena of 5,760 bytes."""
    names = ("CONV_2D", "MAX_POOL_2D", "CONV_2D", "FULLY_CONNECTED")
    counts = [scale * count for count in (1_092_640, 59_920, 489_680, 17_160)]
    operators = tuple(
        OperatorProfile(
            *(index, name, ((1, 8, 8, 4),), ((1, 8, 8, 4),), None, int(count // 40), count),
            *(count / sum(counts), 115_200, 232, 784, 4_608, 112),
        )
        for index, (name, count) in enumerate(zip(names, counts, strict=True))
    )
    tenants = (
        Tenant(("input",), 4_608, 784, 0, 1),
        Tenant(("conv/Relu;conv/Bias",), 0, 4_608, 1, 2),
        Tenant(("scratch of CONV_2D",), 5_392, 112, 1, 1, scratch=True),
        Tenant(("pool",), 4_608, 1_152, 2, 3),
        Tenant(("conv_2/Relu",), 0, 1_024, 3, 4),
        Tenant(("output",), 1_024, 10, 4, 5),
    )
    parts = (Part("kernels", 4_360, 0), Part("cmsis-nn", 19_974, 0), Part("engine", 2_653, 33_833))
    return Profile(
        *(
            "mps2-an500",
            "Cortex-M7",
            Fidelity.SIMULATED,
            kernels,
            "O2",
            model,
            "ab" * 32,
            "00" * 20,
        ),
        *("gcc 12.2", "-O2", "CMSIS-NN V.12.5.1", "systick-icount", Unit.INSTRUCTIONS, 40.0),
        *(sum(counts), 0.0, 320.0, operators, 5_760, 5_760, tenants, parts, 26_987, 4_096, 788),
    )


def stack(one: Profile) -> OperatorStack:
    """The operators' counts of a profile."""
    return OperatorStack(
        case=f"{one.target_id} · {one.kernel_set}",
        model=one.model,
        unit=one.unit,
        fidelity=one.fidelity,
        operators=tuple(
            OperatorCount(part.index, part.name, ("arm_convolve_wrapper_s8",), part.count)
            for part in one.operators
        ),
    )


def history() -> tuple[HistoryLine, ...]:
    """Two simulated cases over thirty runs, one of which steps up once, and one on a board."""

    def line(case: str, fidelity: Fidelity, unit: Unit, base: float, step: int) -> HistoryLine:
        points = tuple(
            Point(
                STARTED + timedelta(days=n),
                base * (1.06 if n >= step else 1) + (n % 3) * 40,
                f"{n:08x}",
            )
            for n in range(30)
        )
        return HistoryLine(case, unit.value, unit, fidelity, points, (step,) if step < 30 else ())

    return (
        line("kws · mps2-an500 · cmsis-nn", Fidelity.SIMULATED, Unit.INSTRUCTIONS, 7_632_840, 17),
        line("kws · mps3-an547 · cmsis-nn", Fidelity.SIMULATED, Unit.INSTRUCTIONS, 3_120_400, 99),
        line("kws · openmv-h7 · cmsis-nn", Fidelity.SILICON, Unit.CYCLES, 4_800_000, 20),
    )


def confusion(classes: int = 10) -> ClassCounts:
    """Most inputs right, some taken for the next class."""
    rows = tuple(
        tuple(45 - n if n == m else (n if m == (n + 1) % classes else 0) for m in range(classes))
        for n in range(classes)
    )
    return ClassCounts("lenet-digits · mps2-an500 · cmsis-nn", rows)


def trace() -> CurrentTrace:
    """A second at 10 kHz with a pulse that is the window."""
    seconds = tuple(n / 10_000 for n in range(10_000))
    amperes = tuple(
        (0.045 if 0.3 <= t < 0.7 else 0.012) + 0.001 * math.sin(900 * t) for t in seconds
    )
    return CurrentTrace(
        "kws · openmv-h7 · cmsis-nn", Fidelity.SILICON, seconds, amperes, ((0.3, 0.7),)
    )


def comparison(judgement: Judgement = Judgement.REGRESSION) -> Comparison:
    """A case that became slower in one operator, and one that did not change."""
    key = ComparabilityKey("mps2-an500", "Cortex-M7", Fidelity.SIMULATED, "cmsis-nn", "O2", "kws")
    moved = Moved("0 CONV_2D", ("arm_convolve_s8",), ("arm_convolve_s8",), 1_000_000.0, 1_060_000.0)
    worse = MetricVerdict(
        *("instructions", judgement, "instructions", 7_632_840.0, 7_692_840.0, 0.00786),
        reason="" if judgement is Judgement.SAME else "more than 0.5 %",
    )
    same = MetricVerdict("accuracy", Judgement.SAME, "fraction", 0.901, 0.901, 0.0)
    return Comparison(
        against="run 0badcafe of 2024-05-16",
        verdicts=(
            CaseVerdict(key, judgement, (worse, same), operators=(moved,)),
            CaseVerdict(replace(key, model="vww"), Judgement.SAME, (same,)),
        ),
    )


def full() -> ReportContent:
    """Everything at once."""
    profiles = (profile(kernels="reference", scale=2.7), profile())
    return ReportContent(
        runs=(run_info(),),
        records=(
            *simulated(),
            silicon(model="kws"),
            silicon(9_600_000, None, model="kws", kernel_set="reference"),
            failed_record(model="vww", target_id="mps2-an505"),
        ),
        made=STARTED,
        source="results/harness.db",
        comparison=comparison(),
        stacks=tuple(map(stack, profiles)),
        profiles=profiles,
        confusions=(confusion(),),
        history=history(),
        traces=(trace(),),
        battery=Battery(duty_cycle=0.01, capacity_mah=220, sleep_ua=5),
    )


def without_pictures() -> ReportContent:
    """The same cases, and nothing that was kept beside them."""
    nothing: dict[str, tuple[()]] = dict.fromkeys(
        ("stacks", "profiles", "confusions", "history", "traces"), ()
    )
    return replace(full(), comparison=None, **nothing)
