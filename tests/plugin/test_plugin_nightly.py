"""A nightly under pytest: a test for each case of the plan, and pytest's own exit codes."""

from __future__ import annotations

import json
import shutil

import pytest
from devices.mps2_firmware import needs_qemu

from harness.results import open_store
from harness.results.baseline import write_baseline
from harness.results.observing import observations_of

QUIET = ("-p", "no:cacheprovider")
PLAN = """\
[matrix]
targets = ["mps2-an500"]
kernels = ["reference"]
models = ["mlp-digits", "lenet-digits"]
limit = 1
"""


@needs_qemu
@pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="needs arm-none-eabi-gcc")
def test_verdicts_are_tests_and_exit_codes_are_pytests(project: pytest.Pytester) -> None:
    plan, other = project.path / "nightly.toml", "def test_something_else(): pass"
    plan.write_text(PLAN)
    project.makepyfile(test_other=other)
    first = project.runpytest_subprocess("--nightly=nightly.toml", "-v", *QUIET)
    first.assert_outcomes(passed=2, deselected=1)
    assert first.ret == pytest.ExitCode.OK
    first.stdout.fnmatch_lines(
        ["nightly.toml::mlp-digits-mps2-an500-reference PASSED*", "Verdict: new", "Rig"]
    )

    # Held to a faster mlp-digits, and to a lenet-digits of another compiler.
    store = open_store(project.path / "results" / "harness.db")
    (run,) = store.runs()
    assert store.tags() == {run.id: ("nightly",)}
    file = project.path / "fast.json"
    write_baseline(file, observations_of(store, [run]))
    content = json.loads(file.read_text())
    compiler = content["common"].pop("compiler")
    for case in content["cases"]:
        mlp = case["model"] == "mlp-digits"
        case["compiler"] = compiler if mlp else "another one"
        case["metrics"]["instructions"]["value"] *= 0.9 if mlp else 1
    file.write_text(json.dumps(content))
    plan.write_text(f'baseline = "fast.json"\n{PLAN}')
    second = project.runpytest_subprocess(
        "--nightly=nightly.toml", "--junitxml=night.xml", "-rA", *QUIET
    )
    second.assert_outcomes(failed=1, errors=1, deselected=1)
    assert second.ret == pytest.ExitCode.TESTS_FAILED
    second.stdout.fnmatch_lines(["regression: instructions: * (+11.11 %)"])
    second.stdout.fnmatch_lines(["not comparable: compiler: another one -> *"])
    second.stdout.no_fnmatch_line("*Traceback*")
    assert "regression: instructions" in (project.path / "night.xml").read_text()
    assert len(store.runs()) == 2


@pytest.mark.parametrize(
    ("plan", "words", "message"),
    [
        ('[matrix]\ntarget = ["x"]\n', (), "*BadDefinition: nightly.toml*"),
        ('[matrix]\ntargets = ["mps2-an5000"]\n', (), "*UnknownName: *mps2-an5000*"),
        (PLAN, ("-n2",), "*--nightly measures its plan in one process*"),
    ],
)
def test_what_cannot_be_is_an_error_of_usage(
    project: pytest.Pytester, plan: str, words: tuple[str, ...], message: str
) -> None:
    (project.path / "nightly.toml").write_text(plan)
    project.makepyfile(test_other="def test_something_else(): pass")
    result = project.runpytest_subprocess("--nightly=nightly.toml", *words, *QUIET)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])
