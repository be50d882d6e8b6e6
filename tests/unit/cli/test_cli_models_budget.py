"""`harness models budget`: what it takes, what it says, and how it ends."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from command_line import CommandLine, command_line

from harness.cli.budget_option import parsed_budget
from harness.domain.budget import Budget
from harness.errors import ConfigError

MODEL = "mlp-digits"


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return command_line(monkeypatch, capsys)


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("flash=250KB,ram=250KiB,macs=60M", Budget(250_000, 256_000, 60_000_000)),
        ("ram=1024", Budget(ram=1024)),
        ("macs = 1.5k", Budget(macs=1500)),
        ("flash=1MiB, ram=0.5mb", Budget(flash=1_048_576, ram=500_000)),
    ],
)
def test_limits_are_read_with_their_units(text: str, budget: Budget) -> None:
    assert parsed_budget(text) == budget


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("rom=1KB", "'rom=1KB' names none of flash, ram, macs"),
        ("ram=1KB,ram=2KB", "ram stands twice in 'ram=1KB,ram=2KB'"),
        ("ram=lots", "ram=lots is no number with one of B, KB, KIB, MB, MIB"),
        ("macs=3KB", "macs=3KB is no number with one of K, M, G"),
        ("ram=-1KB", "ram=-1KB is no number"),
        ("", "'' names none of flash, ram, macs"),
    ],
)
def test_other_limits_are_refused(text: str, what: str) -> None:
    with pytest.raises(ConfigError, match=f"^--budget: {what}") as raised:
        parsed_budget(text)
    assert raised.value.hint == "Write it as in --budget flash=250KB,ram=250KiB,macs=60M."


def test_a_budget_that_is_kept_ends_with_0(harness: CommandLine) -> None:
    ended = harness("models", "budget", MODEL, "--budget", "flash=250KB,ram=250KB,macs=60M")
    assert ended.code == 0
    assert "fail" not in ended.out


def test_without_a_budget_nothing_has_passed(harness: CommandLine) -> None:
    ended = harness("models", "budget", MODEL)
    assert ended.code == 0
    assert "pass" not in ended.out
    assert re.search(r"^all +no budget$", ended.out, re.MULTILINE)


def test_one_that_is_not_ends_with_1_and_says_where(harness: CommandLine) -> None:
    ended = harness("models", "budget", MODEL, "--budget", "macs=1", "--json")
    assert ended.code == 1
    *nodes, whole = json.loads(ended.out)["rows"]
    assert (whole["pass"], whole["above"]) == (False, ["macs"])
    assert whole["budget"] == {"flash": None, "ram": None, "macs": 1}
    sums = [sum(node["macs"] for node in nodes[: i + 1]) for i in range(len(nodes))]
    assert [node["pass"] for node in nodes] == [total <= 1 for total in sums]
    assert sum(node["macs"] for node in nodes) == whole["macs"]


def test_narrow_weights_can_be_what_fits(harness: CommandLine) -> None:
    def flash(bits: int) -> int:
        ended = harness("models", "budget", MODEL, "--json")
        return int(json.loads(ended.out)["rows"][-1][f"rom_bytes_{bits}_bit"])

    limit = f"flash={flash(4)}"
    assert flash(2) < flash(4) < flash(8)
    assert harness("models", "budget", MODEL, "--budget", limit).code == 1
    assert harness("models", "budget", MODEL, "--budget", limit, "--bits", "4").code == 0


def test_widths_that_are_not_told(harness: CommandLine) -> None:
    ended = harness("models", "budget", MODEL, "--bits", "3")
    assert (ended.code, "weights of 3 bits are not told" in ended.err) == (2, True)


def test_rows_are_saved(harness: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "budget.csv"
    assert harness("models", "budget", MODEL, "--save", path).code == 0
    with path.open() as file:
        assert [row["operator"] for row in csv.DictReader(file)][-1] == "all"
