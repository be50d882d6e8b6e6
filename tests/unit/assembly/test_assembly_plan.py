"""Which cases a run consists of."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from harness import assembly
from harness.domain.plan import Mode
from harness.errors import ConfigError

needs_compiler = pytest.mark.skipif(
    not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"
)


def kernels(target: str, **wanted: Any) -> list[str]:
    cases = assembly.plan(targets=[target], models=["mlp-digits"], **wanted)
    return [case.kernels for case in cases]


def pairs(**wanted: list[str]) -> list[tuple[str, str]]:
    cases = assembly.plan(targets=["mps2-an500"], models=["mlp-digits"], **wanted)
    return [(case.kernel_set.id, case.variant.id) for case in cases]


def test_defaults_are_the_kernel_sets_that_say_so_the_reference_first() -> None:
    assert pairs() == [("reference", "O2"), ("cmsis-nn", "O2")]


def test_a_variant_of_a_library_is_left_out_where_the_library_is_not_called() -> None:
    assert pairs(builds=["O2", "single-rounding"]) == [
        ("reference", "O2"),
        ("cmsis-nn", "O2"),
        ("cmsis-nn", "single-rounding"),
    ]


def test_a_variant_of_a_target_s_defines_is_left_out_where_there_are_none() -> None:
    cases = assembly.plan(
        targets=["mps2-an500", "openmv-h7"],
        models=["mlp-digits"],
        kernel_sets=["reference"],
        builds=["O2", "nocache"],
    )
    assert [(case.target.id, case.variant.id) for case in cases] == [
        ("mps2-an500", "O2"),
        ("openmv-h7", "O2"),
        ("openmv-h7", "nocache"),
    ]


def test_a_variant_no_target_is_left_for() -> None:
    with pytest.raises(ConfigError) as caught:
        pairs(builds=["nocache"])
    assert caught.value.what == (
        "build variant nocache changes HARNESS_CACHES, which mps2-an500 lacks"
    )
    assert "`harness targets`" in caught.value.hint


def test_a_run_that_names_no_target_takes_no_real_board() -> None:
    cases = assembly.plan(models=["mlp-digits"], kernel_sets=["reference"])
    assert {case.target.machine for case in cases} >= {"qemu"}
    assert "board" not in {case.target.machine for case in cases}


def test_a_variant_no_kernel_set_is_left_for() -> None:
    with pytest.raises(ConfigError) as caught:
        pairs(kernel_sets=["reference"], builds=["single-rounding"])
    assert "changes the library cmsis-nn, which kernel set reference does not call" in str(
        caught.value
    )
    assert "`harness kernels`" in caught.value.hint
    assert caught.value.exit_code == 2


@needs_compiler
@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("mps2-an385", ["cmsis-nn (= cmsis-nn-scalar)"]),
        ("mps2-an386", ["cmsis-nn (= cmsis-nn-dsp)", "cmsis-nn-scalar"]),
        ("mps2-an500", ["cmsis-nn (= cmsis-nn-dsp)", "cmsis-nn-scalar"]),
    ],
)
def test_all_kernel_sets_a_core_can_run_each_build_once(target: str, expected: list[str]) -> None:
    heard: list[str] = []
    found = kernels(target, kernel_sets=["all"], on_note=heard.append)
    assert found == ["reference", *expected]
    assert heard[-1].startswith("left out: Cortex-")
    assert heard[-1].endswith(
        f"of {target} lacks Helium (MVE) (__ARM_FEATURE_MVE), "
        "which kernel set cmsis-nn-mve requires"
    )
    assert len(heard) == (2 if target == "mps2-an385" else 1)


@needs_compiler
def test_the_first_of_two_names_names_the_case() -> None:
    asked = ["cmsis-nn-dsp", "cmsis-nn", "cmsis-nn-dsp"]
    (case,) = assembly.plan(targets=["mps2-an500"], models=["mlp-digits"], kernel_sets=asked)
    assert (case.kernel_set.id, case.aliases) == ("cmsis-nn-dsp", ("cmsis-nn",))
    assert case.label == "mlp-digits · mps2-an500 · cmsis-nn-dsp (= cmsis-nn)"


@needs_compiler
def test_a_named_set_on_a_named_target_that_cannot_run_it() -> None:
    with pytest.raises(ConfigError) as caught:
        kernels("mps2-an385", kernel_sets=["cmsis-nn-dsp"])
    assert caught.value.what == (
        "Cortex-M3 of mps2-an385 lacks the DSP extension (__ARM_FEATURE_DSP), "
        "which kernel set cmsis-nn-dsp requires"
    )
    assert caught.value.exit_code == 2


@needs_compiler
def test_a_named_set_runs_on_those_simulated_boards_that_can() -> None:
    heard: list[str] = []
    cases = assembly.plan(models=["mlp-digits"], kernel_sets=["cmsis-nn-dsp"], on_note=heard.append)
    assert {"mps2-an386", "mps2-an500"} <= {case.target.id for case in cases}
    assert "mps2-an385" not in {case.target.id for case in cases}
    assert [note for note in heard if "Cortex-M3 of mps2-an385" in note] == heard


SAMPLE = Path(__file__).parents[3] / "targets" / "mps2-an500.toml"


def test_a_run_that_names_no_target_leaves_out_those_that_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "targets").mkdir()
    for name, line in (("taken", ""), ("left-out", "default = false\n")):
        text = line + SAMPLE.read_text().replace('id = "mps2-an500"', f'id = "{name}"')
        (tmp_path / "targets" / f"{name}.toml").write_text(text)
    monkeypatch.setenv("HARNESS_PATH", str(tmp_path))
    cases = assembly.plan(models=["mlp-digits"], kernel_sets=["reference"])
    ids = {case.target.id for case in cases}
    assert "taken" in ids
    assert "left-out" not in ids
    (named,) = assembly.plan(targets=["left-out"], models=["mlp-digits"], kernel_sets=["reference"])
    assert named.target.id == "left-out"


def test_a_run_that_names_no_target_needs_nothing_that_start_does_not_install() -> None:
    cases = assembly.plan(models=["mlp-digits"], kernel_sets=["reference"])
    assert {case.target.machine for case in cases} == {"qemu"}
    assert "openmv-h7-renode" in {target.id for target in assembly.list_targets()}


def test_accuracy_mode_has_no_warm_up_and_refuses_repeats() -> None:
    (case,) = assembly.plan(
        targets=["mps2-an500"], kernel_sets=["reference"], models=["mlp-digits"], mode=Mode.ACCURACY
    )
    assert (case.mode, case.warmup, case.repeat) == (Mode.ACCURACY, 0, 1)
    with pytest.raises(ConfigError) as caught:
        assembly.plan(models=["mlp-digits"], repeat=3, mode=Mode.ACCURACY)
    assert str(caught.value) == (
        "--repeat: accuracy mode runs each input once and measures nothing; 3 repeats were asked\n"
        "  -> Leave --repeat out, or take --mode latency."
    )
