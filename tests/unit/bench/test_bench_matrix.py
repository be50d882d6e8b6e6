"""Which kernel sets run where: refusals name core and feature, twins run once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from bench_desk import KERNELS, TARGET

from harness.bench.matrix import Choice, Matrix, choose
from harness.domain.firmware import KernelSet
from harness.domain.target import Core
from harness.errors import ConfigError

DSP = "__ARM_FEATURE_DSP"
SMALL = replace(TARGET, id="small", core=Core("Cortex-M3", ("-mcpu=cortex-m3",)))
LARGE = replace(TARGET, id="large", core=Core("Cortex-M7", ("-mcpu=cortex-m7",)))
BEST = KernelSet("best", "", (), "nn")
PLAIN = KernelSet("plain", "", (), "nn", undefines=(DSP,))
FAST = KernelSet("fast", "", (), "nn", requires={DSP: "the DSP extension"})


def macros(core: Core) -> Mapping[str, str]:
    return {DSP: "1"} if core.name == "Cortex-M7" else {}


def identity(kernel_set: KernelSet, known: Mapping[str, str]) -> tuple[object, ...]:
    return kernel_set.library, frozenset(kernel_set.undefines) & set(known)


def chosen(*targets: object, sets: tuple[KernelSet, ...], strict: bool = False) -> Matrix:
    return choose(targets, sets, macros=macros, identity=identity, strict=strict)  # type: ignore[arg-type]


def test_names_of_one_build_run_once_under_the_first() -> None:
    matrix = chosen(SMALL, LARGE, sets=(KERNELS, BEST, PLAIN, FAST))
    assert matrix.choices == [
        (SMALL, [Choice(KERNELS), Choice(BEST, ("plain",))]),
        (LARGE, [Choice(KERNELS), Choice(BEST, ("fast",)), Choice(PLAIN)]),
    ]


def test_what_a_core_lacks_is_left_out_with_the_reason() -> None:
    assert chosen(SMALL, LARGE, sets=(BEST, FAST)).left_out == [
        "Cortex-M3 of small lacks the DSP extension (__ARM_FEATURE_DSP), "
        "which kernel set fast requires"
    ]


def test_a_named_pair_that_cannot_run_is_an_error() -> None:
    with pytest.raises(ConfigError) as caught:
        chosen(SMALL, LARGE, sets=(FAST,), strict=True)
    assert caught.value.what == (
        "Cortex-M3 of small lacks the DSP extension (__ARM_FEATURE_DSP), "
        "which kernel set fast requires"
    )
    assert caught.value.where == "--kernels"
    assert caught.value.hint == (
        "Choose another kernel set or target (`harness kernels --target ID`)."
    )
    assert caught.value.exit_code == 2


def test_nothing_left_to_run_is_an_error_in_any_case() -> None:
    with pytest.raises(ConfigError, match="Cortex-M3 of small lacks"):
        chosen(SMALL, sets=(FAST,))


def test_a_macro_of_value_0_is_no_feature() -> None:
    assert FAST.refusal("X", {DSP: "0"})
    assert not FAST.refusal("X", {DSP: "1"})


def test_the_compiler_is_not_asked_where_no_set_depends_on_the_core() -> None:
    def ask(core: Core) -> Mapping[str, str]:
        raise AssertionError(core)

    found = choose([SMALL], [KERNELS, BEST], macros=ask, identity=identity, strict=True)
    assert found.choices == [(SMALL, [Choice(KERNELS), Choice(BEST)])]
