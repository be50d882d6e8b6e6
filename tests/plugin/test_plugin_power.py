"""Energies in benchmark tests: the number, why there is none, and a meter that went away."""

from __future__ import annotations

import pytest

TESTS = """
    import pytest

    pytestmark = [
        pytest.mark.harness(model="lenet-digits", kernels="cmsis-nn", limit=1),
        pytest.mark.power,
    ]

    def test_energy(measure_energy, power_meter, bench):
        assert power_meter.meter == "virtual:ppk2"
        energy = measure_energy()
        assert energy.origin == "simulated"
        # 10 mA at 3 V for 1 ns each; between two inferences the input is copied.
        assert energy.energy_j == pytest.approx(0.03 * 1e-9 * bench.instructions, rel=5e-3)
        assert energy is measure_energy()
"""
TWO_CASES = """
    import pytest

    pytestmark = pytest.mark.power

    @pytest.mark.harness(limit=1)
    def test_one(measure_energy):
        measure_energy()

    @pytest.mark.harness(limit=2)
    def test_two(measure_energy):
        measure_energy()

    @pytest.mark.harness(limit=1)
    def test_counts_are_there(bench):
        assert bench.instructions > 0
"""
WORDS = (
    "-p",
    "no:cacheprovider",
    "--target=mps2-an500",
    "--power-windows=1",
    "--power-window=0.02",
)
ONE_MODEL = ("--model=mlp-digits", "--kernels=reference")


@pytest.fixture(autouse=True)
def no_meter_of_the_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_POWER_METER", raising=False)


def test_a_test_gets_the_energy_of_its_case(project: pytest.Pytester) -> None:
    project.makepyfile(TESTS)
    result = project.runpytest(*WORDS, "--strict-markers", "--power-meter=virtual:ppk2")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["Simulated energy: a virtual meter, not a measurement*"])


@pytest.mark.parametrize(
    ("more", "outcome", "line"),
    [
        ("-rs", {"skipped": 1}, "*no energy was measured: no power meter*"),
        ("--require-power", {"failed": 1}, "EnergyMissing: *no energy: no power meter*"),
    ],
)
def test_without_a_meter_it_is_skipped_and_with_require_power_it_fails(
    project: pytest.Pytester, more: str, outcome: dict[str, int], line: str
) -> None:
    project.makepyfile(TWO_CASES)
    result = project.runpytest(*WORDS, *ONE_MODEL, "-k", "test_one", more)
    result.assert_outcomes(**outcome, deselected=2)
    result.stdout.fnmatch_lines([line])


def test_after_a_meter_was_unplugged_the_next_tests_are_skipped_with_the_reason(
    project: pytest.Pytester,
) -> None:
    project.makepyfile(TWO_CASES)
    meter = "--power-meter=virtual:ppk2?unplug_after=3000"
    result = project.runpytest(*WORDS, *ONE_MODEL, meter, "-rs")
    result.assert_outcomes(failed=1, skipped=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "no energy: invalid: DISCONNECTED: *",
            "*SKIPPED*the power meter was lost in an earlier test: *",
        ]
    )
