"""Help teaches, completion completes, and neither waits for what only a run needs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import CommandLine

import harness as package

HEAVY = {
    "ai_edge_litert",
    "elftools",
    "harness.model",
    "harness.results.store",
    "pandas",
    "pyocd",
    "serial",
    "sqlalchemy",
    "tflite",
}
MAIN = "import sys; from harness.cli import main; sys.argv[0] = 'harness'\n"
TELL = "finally: print('\\n'.join(sys.modules), file=sys.stderr)"


def loaded(*words: str, **environment: str) -> tuple[str, set[str]]:
    """What a command printed, and the modules of `HEAVY` it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", f"{MAIN}try: main()\n{TELL}", *words],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout, HEAVY & set(done.stderr.split())


def completed(line: str) -> tuple[list[str], set[str]]:
    """What bash would offer at the end of `line`, and the heavy modules that took."""
    words = line.split(" ")
    out, heavy = loaded(
        _HARNESS_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1)
    )
    return out.split(), heavy


@pytest.mark.parametrize("words", [("--help",), ("run", "--help"), ("--version",)])
def test_help_is_light(words: tuple[str, ...]) -> None:
    out, heavy = loaded(*words)
    assert out
    assert heavy == set()


DATASETS = ["cifar:", "digits", "folder:", "idx:", "mlperf:"]
DATASETS += ["npy:", "npz:", "random", "sequence:", "wav:"]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("harness run --target mps2-an38", ["mps2-an385", "mps2-an386"]),
        ("harness run -t mps2-an5", ["mps2-an500", "mps2-an505"]),
        ("harness run --kernels re", ["reference"]),
        ("harness run --kernels cmsis-nn-", ["cmsis-nn-dsp", "cmsis-nn-mve", "cmsis-nn-scalar"]),
        ("harness run --model len", ["lenet-digits"]),
        ("harness run --build s", ["single-rounding"]),
        ("harness run --dataset ", DATASETS),
        ("harness run --target nothing-like-it", []),
        ("harness ta", ["targets"]),
    ],
)
def test_completion(line: str, offered: list[str]) -> None:
    found, heavy = completed(line)
    assert found == offered
    assert heavy == set()


def test_completion_of_a_broken_definition_offers_nothing(tmp_path: Path) -> None:
    (tmp_path / "targets").mkdir()
    (tmp_path / "targets" / "bad.toml").write_text("id = ")
    out, _ = loaded(
        _HARNESS_COMPLETE="complete_bash",
        COMP_WORDS="harness run --target mps",
        COMP_CWORD="3",
        HARNESS_PATH=str(tmp_path),
    )
    assert out.split() == []


def test_run_comes_first_and_every_command_has_its_line(harness: CommandLine) -> None:
    ended = harness("--help")
    assert ended.code == 0
    commands = re.findall(r"^│ ([a-z]+)  +[A-Z]", ended.out, re.MULTILINE)
    assert commands[0] == "run"
    assert {"targets", "models", "kernels", "builds", "datasets"} <= set(commands)
    assert "harness run -t mps2-an500 -m net.tflite" in ended.out
    assert "130 interrupted" in " ".join(ended.out.split())


def test_no_words_at_all_show_the_help(harness: CommandLine) -> None:
    ended = harness()
    assert "Usage: harness" in ended.out + ended.err


def test_version(harness: CommandLine) -> None:
    assert harness("--version").out == f"harness {harness_version()}\n"


def harness_version() -> str:
    return package.__version__


def test_help_tells_the_defaults(harness: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    from harness.results import DEFAULT_RESULTS

    text = harness("run", "--help").out
    for default in ("every simulated board", "small bundled ones", "O2", str(DEFAULT_RESULTS), "1"):
        assert re.search(rf"\[default: \(?{re.escape(default)}\)?\]", text), default


@pytest.mark.parametrize("command", ["targets", "models", "kernels", "builds", "datasets"])
@pytest.mark.parametrize("columns", [80, 120])
def test_lists_fit_their_terminal_and_break_no_name(
    harness: CommandLine, monkeypatch: pytest.MonkeyPatch, command: str, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    rows = json.loads(harness(command, "--json").out)
    table = harness(command).out
    assert all(len(line) <= columns for line in table.splitlines())
    for row in rows:
        assert re.search(rf"^{re.escape(row['id'])} ", table, re.MULTILINE)
        assert re.search(rf"(?m)(^|\s){re.escape(row.get('core', row['id']))}(\s|$)", table)


def test_sizes_are_bytes_in_json_and_kib_in_the_table(harness: CommandLine) -> None:
    (row,) = (r for r in json.loads(harness("targets", "--json").out) if r["id"] == "mps2-an500")
    assert row["arena_bytes"] == 1024 * 1024
    table = harness("targets").out
    assert re.search(r"^ *slot +arena$", table.splitlines()[0].rstrip())
    assert re.search(r"KiB +KiB *$", table, re.MULTILINE)
    assert re.search(r"^mps2-an500 .* 1,024 *$", table, re.MULTILINE)


@pytest.mark.parametrize(("boards", "told"), [(0, "board (none here)"), (2, "board (2 here)")])
def test_targets_tell_which_need_a_board_and_how_many_are_here(
    harness: CommandLine, monkeypatch: pytest.MonkeyPatch, folder: Path, boards: int, told: str
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    Path("rig.toml").write_text(
        "".join(
            f'[[board]]\ntarget = "openmv-h7"\nprobe = "{n}"\nport = "usb:{n}"\n'
            for n in range(boards)
        )
    )
    rows = {row["id"]: row for row in json.loads(harness("targets", "--json").out)}
    assert (rows["openmv-h7"]["boards"], rows["mps2-an500"]["boards"]) == (boards, None)
    assert rows["openmv-h7"]["machine"] == "board"
    assert told in next(x for x in harness("targets").out.splitlines() if "openmv-h7 " in x)
