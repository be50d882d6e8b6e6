"""Benchmark tests that measure, on a simulated board: numbers, failures, the table, workers."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from devices.mps2_firmware import needs_qemu

from harness.results import open_store

pytestmark = [
    needs_qemu,
    pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc"),
]
ROOT = Path(__file__).resolve().parents[2]
QUIET = ("-p", "no:cacheprovider")
ONE = (*QUIET, "--target=mps2-an500", "--model=lenet-digits", "--limit=3")


def runs(project: pytest.Pytester) -> list[list[tuple[str, str]]]:
    """Target and kernel set of each case, by run."""
    store = open_store(project.path / "results" / "harness.db")
    return [
        [(record.target_id, record.kernel_set) for record in store.cases(run.id)]
        for run in store.runs()
    ]


def readme_example() -> str:
    """The example test of harness/README.md."""
    text = (ROOT / "harness" / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?ms)^```python\n(.*?)^```", text)
    (example,) = (block for block in blocks if "def test_accuracy(bench)" in block)
    return example


def test_the_readmes_example_with_a_model_that_is_here(project: pytest.Pytester) -> None:
    example = readme_example()
    shutil.copy(ROOT / "harness" / "bundled" / "lenet-digits.tflite", project.path / "net.tflite")
    mine = example.replace("kws_ref_model.tflite", "net.tflite")
    mine = mine.replace("mlperf:data/kws01", "digits")
    assert mine.count("net.tflite") == mine.count('"digits"') == 1
    project.makepyfile(test_keywords=mine)
    result = project.runpytest_subprocess(
        "--target=mps2-an500", "--limit=40", "test_keywords.py", *QUIET
    )
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*benchmark results*", "net *mps2-an500 (M7)*cmsis-nn*"])
    assert runs(project) == [[("mps2-an500", "cmsis-nn")]]


def test_numbers_that_are_too_small_or_missing_fail_their_test(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        def test_budget(bench):
            assert bench.instructions <= 1000

        def test_no_labels(bench):
            assert bench.accuracy >= 0

        def test_no_board(bench):
            assert bench.cycles <= 1

        def test_good(bench):
            assert bench.inputs == bench.vectors_equal == 3
            assert bench.largest_difference == 0
            assert bench.record.clock_hz == 25_000_000
        """
    )
    result = project.runpytest_subprocess(*ONE, "--kernels=reference", "--dataset=random")
    result.assert_outcomes(failed=3, passed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_budget[[]lenet-digits-mps2-an500-reference[]] _*",
            "E * + *where * = <lenet-digits on mps2-an500 with reference>.instructions",
            "*_ test_no_labels*",
            "accuracy is missing: *",
            "*_ test_no_board*",
            "cycles is missing: *",
        ]
    )
    assert runs(project) == [[("mps2-an500", "reference")]]  # four tests, one measurement


def test_several_targets_end_in_one_table(project: pytest.Pytester, benchmarks: Path) -> None:
    words = ("--target=mps2-an385", "--kernels=cmsis-nn")
    result = project.runpytest_subprocess(*ONE, *words)
    result.assert_outcomes(passed=4, deselected=1)
    result.stdout.fnmatch_lines(
        ["*benchmark results*", "*mps2-an500 (M7)*cmsis-nn*", "*mps2-an385 (M3)*cmsis-nn*"]
    )
    assert runs(project) == [[("mps2-an500", "cmsis-nn"), ("mps2-an385", "cmsis-nn")]]


def test_workers_measure_each_case_once_and_share_the_table(
    project: pytest.Pytester, benchmarks: Path
) -> None:
    pytest.importorskip("xdist")
    result = project.runpytest_subprocess(*ONE, "-n", "2")
    result.assert_outcomes(passed=4)
    text = result.stdout.str()
    assert text.count("benchmark results") == 1
    first_table = text.partition("benchmark results")[2].partition("\n\n")[0]
    assert first_table.count("reference ") == first_table.count("cmsis-nn ") == 1
    found = runs(project)
    assert sorted(case for run in found for case in run) == [
        ("mps2-an500", "cmsis-nn"),
        ("mps2-an500", "reference"),
    ]
    assert text.count("kept as run ") == len(found)


def test_a_schedule_of_the_users_own_is_left_alone(
    project: pytest.Pytester, benchmarks: Path
) -> None:
    pytest.importorskip("xdist")
    words = ("--kernels=cmsis-nn", "-v", "-n", "1", "--dist=loadfile")
    result = project.runpytest_subprocess(*ONE, *words)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["scheduling tests via LoadFileScheduling"])


def test_the_bench_tests_of_this_repository(project: pytest.Pytester) -> None:
    shutil.copy(ROOT / "tests" / "bench" / "test_models.py", project.path)
    result = project.runpytest_subprocess(
        *QUIET, "--target=mps2-an500", "--model=mlp-digits", "--limit=20"
    )
    result.assert_outcomes(passed=4)
