"""Which tests `--target` selects, and on what they run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

NOTHING = ("-p", "no:cacheprovider")


def collected(project: pytest.Pytester, *words: str) -> list[str]:
    """The node ids that `words` select, without the file's name."""
    result = project.runpytest("--collect-only", "-q", *NOTHING, *words)
    assert result.ret in (0, 5), result.outlines
    return [line.partition("::")[2] for line in result.outlines if "::" in line]


def cases(project: pytest.Pytester, *words: str) -> list[str]:
    """The cases of `test_accuracy`."""
    found = (re.fullmatch(r"test_accuracy\[(.*)\]", name) for name in collected(project, *words))
    return [match[1] for match in found if match]


def test_without_a_target_benchmarks_are_skipped_with_the_reason(
    project: pytest.Pytester, benchmarks: Path
) -> None:
    result = project.runpytest("-rs", *NOTHING)
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(
        [
            "SKIPPED [[]2[]] test_mine.py: needs --target=ID (simulated boards need no hardware: "
            "`harness targets` lists them)"
        ]
    )
    result.stdout.no_fnmatch_line("*benchmark results*")


def test_with_a_target_only_benchmarks_are_selected(
    project: pytest.Pytester, benchmarks: Path
) -> None:
    names = collected(project, "--target=mps2-an500", "--model=lenet-digits")
    assert names == [
        "test_accuracy[lenet-digits-mps2-an500-reference]",
        "test_case[lenet-digits-mps2-an500-reference]",
        "test_accuracy[lenet-digits-mps2-an500-cmsis-nn]",
        "test_case[lenet-digits-mps2-an500-cmsis-nn]",
    ]
    result = project.runpytest(
        "--collect-only", *NOTHING, "--target=mps2-an500", "--model=lenet-digits"
    )
    result.stdout.fnmatch_lines(["*4/5 tests collected (1 deselected)*"])


def test_targets_models_and_kernels_make_a_matrix(
    project: pytest.Pytester, benchmarks: Path
) -> None:
    every = [
        f"{model}-{target}-{kernels}"
        for model in ("lenet-digits", "mlp-digits")
        for target in ("mps2-an500", "mps2-an385")
        for kernels in ("reference", "cmsis-nn")
    ]
    found = cases(project, "--target=mps2-an500", "--target=mps2-an385")
    assert sorted(found) == sorted(every)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--model=mlp-digits", "--kernels=reference"], ["mlp-digits-mps2-an500-reference"]),
        (
            ["--model=mlp-digits", "--kernels=cmsis-nn", "--build=single-rounding"],
            ["mlp-digits-mps2-an500-cmsis-nn-single-rounding"],
        ),
        (
            ["--model=mlp-digits", "--kernels=cmsis-nn", "--build=O2", "--build=single-rounding"],
            [
                "mlp-digits-mps2-an500-cmsis-nn",
                "mlp-digits-mps2-an500-cmsis-nn-single-rounding",
            ],
        ),
    ],
)
def test_options_narrow(
    project: pytest.Pytester, benchmarks: Path, words: list[str], expected: list[str]
) -> None:
    assert cases(project, "--target=mps2-an500", *words) == expected


MARKED = """
    import pytest

    pytestmark = pytest.mark.harness(model="lenet-digits", kernels=["cmsis-nn"], limit=7)

    @pytest.mark.harness(dataset="random", repeat=3, warmup=0, build="single-rounding")
    def test_accuracy(harness_case):
        case = harness_case
        assert (case.dataset, case.limit, case.repeat, case.warmup) == {expected}
        assert case.variant.id == {build!r}
"""


def test_marks_narrow_and_the_closer_one_wins(project: pytest.Pytester) -> None:
    project.makepyfile(MARKED.format(expected=("random", 7, 3, 0), build="single-rounding"))
    names = cases(project, "--target=mps2-an500")
    assert names == ["lenet-digits-mps2-an500-cmsis-nn-single-rounding"]
    project.runpytest("--target=mps2-an500", *NOTHING).assert_outcomes(passed=1)


def test_options_win_over_marks(project: pytest.Pytester) -> None:
    project.makepyfile(MARKED.format(expected=("digits", 2, 5, 0), build="O2"))
    words = ["--dataset=digits", "--limit=2", "--repeat=5", "--build=O2", "--model=mlp-digits"]
    assert cases(project, "--target=mps2-an500", *words) == ["mlp-digits-mps2-an500-cmsis-nn"]
    project.runpytest("--target=mps2-an500", *words, *NOTHING).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("words", "kind", "name", "nearest"),
    [
        (["--target=mps2-an5000"], "target", "mps2-an5000", "mps2-an500"),
        (["--kernels=cmsis"], "kernel set", "cmsis", "cmsis-nn"),
        (["--model=lenet-digit"], "model", "lenet-digit", "lenet-digits"),
        (["--build=single-round"], "build variant", "single-round", "single-rounding"),
        (["--dataset=mlpref:x"], "data set", "mlpref", "mlperf"),
    ],
)
def test_names_that_do_not_exist(
    project: pytest.Pytester,
    benchmarks: Path,
    words: list[str],
    kind: str,
    name: str,
    nearest: str,
) -> None:
    target = [] if "--target" in words[0] else ["--target=mps2-an500"]
    result = project.runpytest(*NOTHING, *target, *words)
    assert result.ret is pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [f"ERROR: UnknownName: there is no {kind} {name!r}", f"  -> Use {nearest!r}; there are: *"]
    )


@pytest.mark.parametrize("words", ["--limit=0", "--repeat=0", "--limit=-3", "--limit=few"])
def test_numbers_that_cannot_be(project: pytest.Pytester, benchmarks: Path, words: str) -> None:
    result = project.runpytest("--target=mps2-an500", words)
    assert result.ret is pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*argument {words.partition('=')[0]}: *"])


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        (
            'modle="lenet-digits"',
            "ConfigError: test_marks.py::test_accuracy: the mark `harness` takes model, kernels, "
            "build, dataset, limit, repeat, warmup, all by name",
        ),
        ('"lenet-digits"', "*the mark `harness` takes model, kernels, *"),
        ('model="lenet-digit"', "UnknownName: there is no model 'lenet-digit'"),
    ],
)
def test_marks_that_cannot_be(project: pytest.Pytester, mark: str, message: str) -> None:
    project.makepyfile(
        test_marks=f"""
        import pytest

        @pytest.mark.harness({mark})
        def test_accuracy(bench):
            pass
        """
    )
    result = project.runpytest("--target=mps2-an500", *NOTHING)
    assert result.ret is pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*ERROR collecting test_marks.py*", message, "  -> *"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_mark_is_known_to_strict_pytest(project: pytest.Pytester, benchmarks: Path) -> None:
    result = project.runpytest("--markers", "--strict-markers")
    result.stdout.fnmatch_lines(["@pytest.mark.harness(model=, kernels=, *warmup=): *"])


def test_options_are_in_a_group_of_their_own(project: pytest.Pytester) -> None:
    result = project.runpytest("--help")
    result.stdout.fnmatch_lines(["benchmarks on Cortex-M targets:", "  --target=ID *"])


def test_pytest_without_the_plugin(project: pytest.Pytester) -> None:
    project.makepyfile("def test_plain(): pass")
    project.runpytest_subprocess("-p", "no:harness").assert_outcomes(passed=1)


def test_a_pytest_without_target_loads_nothing_of_a_run(project: pytest.Pytester) -> None:
    """What other plugins load is not ours: the same pytest without this plugin is the measure."""
    project.makepyfile(
        """
        import pathlib, sys

        def test_modules():
            pathlib.Path("modules").write_text("\\n".join(sys.modules))
        """
    )
    loaded = []
    for words in ([], ["-p", "no:harness"]):
        project.runpytest_subprocess(*words).assert_outcomes(passed=1)
        loaded.append(set((project.path / "modules").read_text().split()))
    brought = loaded[0] - loaded[1]
    assert "harness.pytest_plugin.plugin" in brought
    heavy = {"ai_edge_litert", "numpy", "pandas", "pydantic", "pyocd", "sqlalchemy", "typer"}
    assert not brought & {*heavy, "harness.assembly"}


def test_no_fixture_takes_the_name_of_a_well_known_one(project: pytest.Pytester) -> None:
    """pytest-benchmark has `benchmark`, pytest-repeat `--count`: neither is ours."""
    result = project.runpytest("--fixtures", "-q")
    names = {line.split(" ")[0] for line in result.outlines if line and line[0].isalpha()}
    assert {"bench", "harness_case"} <= names
    assert "benchmark" not in names
