"""The examples of results/README.md run, and its tables name what there is."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from builders.records import case_record, run_info

from harness.report.writers.json import SCHEMA
from harness.results import DEFAULT_RESULTS, open_store
from harness.results.schema import SCHEMA_VERSION, Base

README = Path(__file__).parents[3] / "results" / "README.md"


@pytest.fixture
def in_a_folder_with_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store(DEFAULT_RESULTS)
    store.add(store.begin(run_info()), case_record())


@pytest.mark.usefixtures("in_a_folder_with_results")
def test_the_query_gives_what_it_says() -> None:
    (query,) = re.findall(r'sqlite3 results/harness\.db "(.*?)"', README.read_text(), re.DOTALL)
    connection = sqlite3.connect(DEFAULT_RESULTS)
    assert connection.execute(query).fetchall() == [("kws", "cmsis-nn", 7_628_160)]
    connection.close()


@pytest.mark.usefixtures("in_a_folder_with_results")
def test_the_python_example_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    exec(compile(code, README, "exec"), {})
    assert "7,628,160" in capsys.readouterr().out


def test_versions_and_tables_are_the_real_ones() -> None:
    text = README.read_text()
    assert f"The database, schema version {SCHEMA_VERSION}" in text
    assert f'{{"schema": {SCHEMA}, "cases"' in text
    for table in Base.metadata.tables:
        assert f"`{table}`" in text


@pytest.mark.parametrize("path", re.findall(r"`(harness/[\w/]+\.py)`", README.read_text()))
def test_files_it_names_exist(path: str) -> None:
    assert (README.parents[1] / path).exists()
