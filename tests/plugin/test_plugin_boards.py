"""`pytest --target` of a board that is not there, and beside plugins that have options of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

NOTHING = ("-p", "no:cacheprovider")
BOARD = (*NOTHING, "--target=openmv-h7", "--model=lenet-digits", "--kernels=reference")
LACKING = "it needs a board, and no rig.toml says where one is (looked for rig.toml and *rig.toml)"
OTHER_HAS = "harness: --{0} belongs to another plugin ({1}); ours is --hil-{0}"


@pytest.fixture(autouse=True)
def no_desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user without a rig.toml of their own."""
    monkeypatch.delenv("HARNESS_RIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))


def test_a_board_that_is_not_there_is_an_error_that_names_what_needs_none(
    project: pytest.Pytester, benchmarks: Path
) -> None:
    result = project.runpytest(*BOARD)
    assert result.ret is pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            f"ERROR: BoardNotFound: target openmv-h7: {LACKING}",
            "  -> Connect one and run `harness doctor --write-rig rig.toml`. "
            "Targets that need no board: *mps2-an500*.",
        ]
    )


def test_every_board_that_is_not_there_is_told(project: pytest.Pytester, benchmarks: Path) -> None:
    result = project.runpytest(*BOARD, "--target=nucleo-h743zi")
    result.stderr.fnmatch_lines(
        [
            f"ERROR: BoardNotFound: target openmv-h7: {LACKING}",
            f"target nucleo-h743zi: {LACKING}",
            "  -> Connect one and run *",
        ],
        consecutive=True,
    )


def test_a_board_that_is_not_there_is_a_skip_where_that_is_asked_for(
    project: pytest.Pytester, benchmarks: Path
) -> None:
    result = project.runpytest("-rs", *BOARD, "--missing-board=skip")
    result.assert_outcomes(skipped=2, deselected=1)
    result.stdout.fnmatch_lines(
        [
            f"SKIPPED [[]2[]] test_mine.py: BoardNotFound: target openmv-h7: {LACKING} "
            "-> Connect one and run *. Targets that need no board: *mps2-an500*."
        ]
    )
    assert not (project.path / "results").exists()


def test_a_skip_concerns_only_the_target_whose_board_is_not_there(
    project: pytest.Pytester,
) -> None:
    project.makepyfile("def test_case(harness_case): pass")
    result = project.runpytest(*BOARD, "--target=mps2-an500", "--missing-board=skip")
    result.assert_outcomes(skipped=1, passed=1)


def test_workers_skip_what_their_controller_found_missing(project: pytest.Pytester) -> None:
    project.makepyfile("def test_case(harness_case): pass")
    result = project.runpytest_subprocess(
        *BOARD, "--target=mps2-an500", "--missing-board=skip", "-n1", "-rs"
    )
    result.assert_outcomes(skipped=1, passed=1)
    result.stdout.fnmatch_lines(["SKIPPED * BoardNotFound: target openmv-h7: *"])


def test_what_is_plugged_out_is_told_with_what_is_there(
    project: pytest.Pytester, benchmarks: Path
) -> None:
    rig = project.makefile(
        ".toml",
        mine="""
        [[board]]
        target = "openmv-h7"
        probe = "gdb:127.0.0.1:9"
        port = "usb:NO-SUCH-NUMBER"
        """,
    )
    result = project.runpytest(*BOARD, f"--rig={rig}")
    assert result.ret is pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: BoardNotFound: target openmv-h7: it needs a board, and none is connected: "
            "openmv-h7 behind probe gdb:127.0.0.1:9: a serial port with USB serial number "
            "NO-SUCH-NUMBER is not there; there are: *",
            f"  -> Connect it, or correct {rig} (`harness doctor` shows *",
        ]
    )


def test_a_desk_with_faults_is_told_at_once(project: pytest.Pytester, benchmarks: Path) -> None:
    project.makefile(".toml", rig="[[board]]\ntargt = 'openmv-h7'\n")
    result = project.runpytest(*BOARD)
    assert result.ret is pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: BadDefinition: rig.toml: 4 faults:",
            "*board.0.targt: unknown key (did you mean 'target'?)",
        ]
    )


def test_what_would_run_is_listed_without_a_board(
    project: pytest.Pytester, benchmarks: Path
) -> None:
    result = project.runpytest("--collect-only", "-q", *BOARD)
    result.stdout.fnmatch_lines(["*::test_accuracy[[]lenet-digits-openmv-h7-reference[]]"])


OTHER = """
    def pytest_addoption(parser):
        group = parser.getgroup("embedded", "Another plugin")
        group.addoption("--target", help="the other's")
        group.addoption("--build")

    def pytest_report_header(config):
        return f"the other has {config.getoption('target')} {config.getoption('--build')}"
"""


def installed(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *, entry_point: bool
) -> None:
    """Put `OTHER` where `-p` finds it, or have it loaded as an installed package is."""
    site = project.mkdir("site")
    (site / "other_plugin.py").write_text("\n".join(line[4:] for line in OTHER.splitlines()))
    if entry_point:
        info = site / "other-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[pytest11]\nother = other_plugin\n")
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=":")


def shares_its_options(project: pytest.Pytester, *words: str) -> None:
    """Check that both plugins get what is theirs."""
    project.makepyfile("def test_case(harness_case): assert harness_case.variant.id == 'O3'")
    ours = ("--hil-target=mps2-an500", "--model=lenet-digits", "--kernels=reference")
    both = ("--target=esp32", "--build=fast", "--hil-build=O3")
    result = project.runpytest_subprocess(*words, *NOTHING, *ours, *both)
    result.assert_outcomes(passed=1)
    told = [OTHER_HAS.format(option, "embedded") for option in ("target", "build")]
    for line in ("the other has esp32 fast", *told):
        result.stdout.fnmatch_lines([line])


def test_an_installed_plugin_keeps_its_target(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(project, monkeypatch, entry_point=True)
    shares_its_options(project)


def test_a_plugin_that_is_loaded_before_ours_keeps_its_target(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(project, monkeypatch, entry_point=False)
    shares_its_options(project, "-p", "other_plugin")


def test_a_conftest_comes_last_and_keeps_its_target(project: pytest.Pytester) -> None:
    project.makeconftest(OTHER)
    shares_its_options(project)


def test_without_a_target_the_skip_says_the_name_that_is_ours(
    project: pytest.Pytester, benchmarks: Path
) -> None:
    project.makeconftest(OTHER)
    result = project.runpytest_subprocess("-rs", "--target=esp32", *NOTHING)
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines(
        [
            "SKIPPED [[]2[]] test_mine.py: needs --hil-target=ID (simulated boards need no "
            "hardware: `harness targets` lists them); --target belongs to another plugin (embedded)"
        ]
    )


def test_the_long_names_are_there_in_any_case(project: pytest.Pytester) -> None:
    project.makepyfile("def test_case(harness_case): assert harness_case.limit == 3")
    words = ("--hil-target=mps2-an500", "--hil-model=lenet-digits", "--hil-kernels=reference")
    project.runpytest(*NOTHING, *words, "--hil-limit=3").assert_outcomes(passed=1)


def test_target_in_the_project_s_own_settings(project: pytest.Pytester) -> None:
    project.makepyfile("def test_case(harness_case): pass")
    project.makeini(
        "[pytest]\naddopts = --target mps2-an500 --model=lenet-digits --kernels cmsis-nn"
    )
    project.runpytest(*NOTHING).assert_outcomes(passed=1)


@pytest.mark.parametrize("seconds", ["-1", "soon", "nan", "inf"])
def test_a_wait_that_is_no_number_of_seconds(project: pytest.Pytester, seconds: str) -> None:
    result = project.runpytest(f"--wait-board={seconds}")
    assert result.ret is pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*argument --wait-board: *"])
