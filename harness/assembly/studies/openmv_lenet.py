"""OpenMV with CMSIS-NN, firmware 3.0 to 3.6: LeNet on MNIST and the CIFAR-10 networks it shipped.

Source: openmv/openmv v3.6.0, ml/cmsisnn/README.md and src/omv/nn/nn.c; OpenMV's blog of 2018, "Low
Power Deep Learning on the OpenMV Cam powered by the Cortex-M7 Processor".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.assembly.studies import StudyRow, Workbench
from harness.assembly.studies._figures import (
    NO_TIME,
    answer_figures,
    count_figure,
    is_silicon,
    of_meter,
    ran_on,
    seconds,
)
from harness.assembly.studies._host import host_figure
from harness.domain import quantities
from harness.domain.measurement import Missing
from harness.domain.record import CaseRecord
from harness.domain.study import Figure, NeededFile, Published

TITLE = "OpenMV with CMSIS-NN (firmware 3.0 to 3.6): LeNet and CIFAR-10 networks"

SIMULATED_INPUTS = 10
"""Images on a simulated target where `--limit` does not say."""
FIXED = ",fix-input-shift"

_UPSTREAM = "github.com/openmv/openmv, tag v3.6.0, ml/cmsisnn/models"
_LENET = NeededFile("models/openmv/v3.6.0/lenet/lenet.network", f"{_UPSTREAM}/lenet")
_CIFAR = NeededFile("models/openmv/v3.6.0/cifar10/cifar10.network", f"{_UPSTREAM}/cifar10")
_FAST = NeededFile(
    "models/openmv/v3.6.0/cifar10_fast/cifar10_fast.network", f"{_UPSTREAM}/cifar10_fast"
)
_IMAGES = NeededFile(
    "sets/mnist/t10k-images-idx3-ubyte.gz", "MNIST test set, in github.com/unixpickle/mnistlite"
)
_LABELS = NeededFile("sets/mnist/t10k-labels-idx1-ubyte.gz", "as the images")
_IC01 = NeededFile(
    "sets/ic01",
    "the 200 CIFAR-10 test images named in github.com/mlcommons/tiny, "
    "benchmark/evaluation/datasets/ic01/y_labels.csv, as raw bytes",
)

_README = "ml/cmsisnn/README.md of openmv/openmv"
_FLOAT = "of the float network before it was made 8 bits wide"
_BLOG = "openmv.io/blogs/news/deep-learning-on-a-cortex-m7-camera-3ma-deep-learning"
_BLOG_CURRENT = "3 mA at 3.3 V for an inference"
_OTHER = "of a whole camera with another chip, and which network is not stated"


def rows() -> Sequence[StudyRow]:
    """Whole sets on the host, then some images on each target, then what a battery would do."""
    mnist, ic01 = (_IMAGES, _LABELS), (_IC01,)
    return [
        StudyRow("LeNet on MNIST, on the host", (_LENET, *mnist), _lenet_on_host),
        StudyRow("CIFAR-10 networks, on the host", (_CIFAR, _FAST, *ic01), _cifar_on_host),
        StudyRow("LeNet on MNIST, on each target", (_LENET, *mnist), _lenet),
        StudyRow("cifar10_fast, on each target", (_FAST, *ic01), _fast),
        StudyRow("One inference a minute (a model, nothing measured)", (), _duty_cycle),
    ]


def _mnist(workbench: Workbench) -> str:
    return f"idx:{workbench.path(_IMAGES)},{workbench.path(_LABELS)}"


def _ic01(workbench: Workbench) -> str:
    return f"mlperf:{workbench.path(_IC01)}"


def _lenet_on_host(workbench: Workbench) -> Iterator[Figure]:
    model, published = workbench.path(_LENET), Published("about 99 %", _README, _FLOAT)
    yield host_figure(model, _mnist(workbench), published, "accuracy as stored")
    yield host_figure(
        f"{model}{FIXED}", _mnist(workbench), published, "accuracy, input shift mended"
    )


def _cifar_on_host(workbench: Workbench) -> Iterator[Figure]:
    for needed, about in ((_CIFAR, "about 80 %"), (_FAST, "about 78 %")):
        model = workbench.path(needed)
        published = Published(about, _README, f"{_FLOAT}, and on all of CIFAR-10")
        yield host_figure(model, _ic01(workbench), published, f"{model.stem}, accuracy as stored")
        yield host_figure(
            f"{model}{FIXED}", _ic01(workbench), published, f"{model.stem}, input shift mended"
        )


def _lenet(workbench: Workbench) -> Iterator[Figure]:
    yield from _on_targets(workbench, _LENET, _mnist(workbench))


def _fast(workbench: Workbench) -> Iterator[Figure]:
    yield from _on_targets(workbench, _FAST, _ic01(workbench))


def _on_targets(workbench: Workbench, needed: NeededFile, dataset: str) -> Iterator[Figure]:
    """The network as it is stored: mended, it takes the same time."""
    limit = workbench.limit_on_devices(SIMULATED_INPUTS)
    records = workbench.measure(workbench.path(needed), dataset, limit=limit)
    for record in records:
        yield count_figure(record)
        yield _rate(record)
        yield from answer_figures(record)
        yield from metered_figures(record)


def _rate(record: CaseRecord) -> Figure:
    time = seconds(record)
    other = _OTHER if is_silicon(record) else NO_TIME
    published = Published("50 frames a second", _BLOG, other)
    if time is None:
        return Figure("frames per second", "", NO_TIME, published)
    return Figure("frames per second", f"{1 / time:.1f}", ran_on(record), published)


def metered_figures(record: CaseRecord) -> Iterator[Figure]:
    """What a meter says, or why nothing: current in a window, and a battery by the charge.

    I = Q / T + I_standby, where Q is the charge of an inference, T a minute, and I_standby the
    assumption that the chip sleeps as its data sheet says; years = C / I.
    """
    metered = is_silicon(record)
    other = _OTHER if metered else _VIRTUAL
    current = of_meter(record, quantities.MEAN_CURRENT)
    charge = of_meter(record, quantities.CHARGE)
    published = Published(_BLOG_CURRENT, _BLOG, other)
    if isinstance(current, Missing) or isinstance(charge, Missing):
        reason = next(one.reason for one in (current, charge) if isinstance(one, Missing))
        yield Figure("mean current while it infers", "", reason, published)
        return
    how = f"{ran_on(record)}; {current.instrument}, {current.method}"
    shown = f"{1e3 * current.value:.3g} mA" + ("" if metered else " (simulated)")
    yield Figure("mean current while it infers", shown, how, published)
    if not metered:
        return
    mean_a = charge.value / _PERIOD_S + _STANDBY_A
    years = _CAPACITY_AH / mean_a / _HOURS_A_YEAR
    yield Figure(
        "life of 1 Ah, one inference a minute",
        f"{years:.1f} years",
        f"{1e6 * charge.value:.3g} uC an inference by {current.instrument}; asleep "
        f"{1e6 * _STANDBY_A:g} uA is assumed, by {_DATASHEET}; no self-discharge",
        Published("a year", _BLOG, other),
    )


_VIRTUAL = "a simulated board draws no current"
_FRAME_S = 1 / 50
_PERIOD_S = 60.0
_CAPACITY_AH = 1.0
_RUN_A = 105e-3
_STANDBY_A = 2.06e-6
_DATASHEET = "DS12110 Rev 10 (STM32H743, revision Y at 400 MHz from flash, caches on; standby)"
_HOURS_A_YEAR = 8766


def _duty_cycle(workbench: Workbench) -> Iterator[Figure]:
    """Published figures taken apart, and a datasheet's currents in their place.

    I = I_run t / T + I_standby (1 - t / T); years = C / I. A camera, its sensor and regulators draw
    more than the processor that a datasheet tells of: a lower bound of the current.
    """
    yield Figure(
        "mean current, one inference a second",
        f"{1e3 * (_RUN_A * _FRAME_S + _STANDBY_A * (1 - _FRAME_S)):.1f} mA",
        f"MODEL: {1e3 * _RUN_A:g} mA for 20 ms; {_DATASHEET}",
        Published(_BLOG_CURRENT, _BLOG, "of another chip, and how often is not stated"),
    )
    mean = _RUN_A * _FRAME_S / _PERIOD_S + _STANDBY_A * (1 - _FRAME_S / _PERIOD_S)
    years = _CAPACITY_AH / mean / _HOURS_A_YEAR
    yield Figure(
        "life of 1 Ah, one inference a minute",
        f"{years:.1f} years",
        f"MODEL: {1e6 * mean:.0f} uA on average, the chip alone, no self-discharge; {_DATASHEET}",
        Published("a year", _BLOG, "a whole camera; the model is of the chip alone"),
    )
