"""Studies of masks, visual wake words and keywords: files, options, inputs, and what they say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from builders.records import case_record as record

from harness import assembly
from harness.assembly.studies import Workbench, study
from harness.assembly.studies._figures import answer_figures, count_figure, seconds, share
from harness.assembly.studies._kws_inputs import FILE, write_inputs
from harness.assembly.studies.kws_family import rows as keyword_rows
from harness.assembly.studies.openmv_lenet import metered_figures
from harness.domain.bubble import Bubble
from harness.domain.measurement import Measurement, Missing
from harness.domain.study import Figure, RowResult
from harness.domain.units import Fidelity, Unit
from harness.errors import BadDataset, ConfigError, UnknownName
from harness.report.html.page import render_sections
from harness.report.study import study_rows, study_sections

NAMES = ("mask-resnet9", "vww-budget", "kws-family")


@pytest.mark.parametrize("name", NAMES)
def test_without_any_file_a_study_lists_what_it_needs(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match=f"no row of {name} has all its files") as raised:
        assembly.reproduce(name, tmp_path, results=str(tmp_path / "r.db"))
    for needed in assembly.study_files(name):
        assert f"{needed.path}  from {needed.origin}" in str(raised.value)
        assert "github.com/" in needed.origin
    assert raised.value.hint == "Put the files there, or name another folder with --data."


@pytest.mark.parametrize("name", NAMES)
def test_every_published_number_has_a_source(name: str) -> None:
    assert study(name).TITLE
    assert all(needed.origin for row in study(name).rows() for needed in row.needs)


def test_options_are_those_of_the_study(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="memory-klass"):
        assembly.reproduce("kws-family", tmp_path, options={"memory-klass": "80KB"})
    with pytest.raises(UnknownName):
        assembly.reproduce("mask-resnet9", tmp_path, options={"memory-class": "80KB"})


def test_a_share_stands_with_its_interval() -> None:
    # Wilson's score of 53 of 59, worked out apart: centre 0.8738, half width 0.0790.
    assert share(53, 59) == "53 of 59 = 89.8 % [79.5..95.3]"


def test_a_simulator_gives_no_time() -> None:
    simulated = record(fidelity=Fidelity.SIMULATED, target_id="mps2-an500")
    assert seconds(simulated) is None
    assert count_figure(simulated).quantity == "instructions per inference"


def test_limits_are_small_where_something_is_simulated(tmp_path: Path) -> None:
    def bench(*targets: str, limit: int | None = None) -> Workbench:
        return Workbench(
            data=tmp_path,
            bench=assembly.Bench(tmp_path / "r.db"),
            targets=targets,
            kernel_sets=["cmsis-nn"],
            limit=limit,
        )

    assert bench("openmv-h7").limit_on_devices(3) is None
    assert bench("openmv-h7", "mps2-an500").limit_on_devices(3) == 3
    assert bench("mps2-an500", limit=7).limit_on_devices(3) == 7


def test_keyword_inputs_have_the_class_that_their_names_say(
    test_data: Path, tmp_path: Path
) -> None:
    labels = test_data / "models/arm-kws/labels.txt"
    model = test_data / "models/mlperf-tiny/kws_ref_model.tflite"
    write_inputs(test_data / "sets/kws01", model, labels, tmp_path)
    whole = np.load(tmp_path / FILE.format(frames=49))
    half = np.load(tmp_path / FILE.format(frames=25))
    names = labels.read_text().split()
    lines = (test_data / "sets/kws01/y_labels.csv").read_text().splitlines()
    for line, label in zip(lines, whole["labels"], strict=True):
        said = line.split(",")[0].split("_")[2].lower()
        assert said == names[label].strip("_")
    # A byte q of the set stands for 0.584702551 * (q - 83), by the model's input.
    first = np.frombuffer(
        (test_data / "sets/kws01" / lines[0].split(",")[0]).read_bytes(), np.int8
    ).astype(float)
    assert np.allclose(whole["inputs"][0], 0.5847 * (first - 83), atol=0.02)
    assert whole["inputs"].shape == (1000, 490)
    assert half["inputs"].shape == (1000, 250)
    frames = whole["inputs"][7].reshape(49, 10)
    assert (half["inputs"][7].reshape(25, 10) == frames[::2]).all()


def test_labels_of_other_models_are_refused(test_data: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("yes\nno\n")
    model = test_data / "models/mlperf-tiny/kws_ref_model.tflite"
    with pytest.raises(BadDataset, match="the classes _silence_, _unknown_, down, go") as raised:
        write_inputs(test_data / "sets/kws01", model, labels, tmp_path)
    assert raised.value.hint == "Take the labels file of Arm's keyword models."


def test_a_model_above_the_memory_class_is_left_out(test_data: Path, tmp_path: Path) -> None:
    bench = Workbench(
        data=test_data,
        bench=assembly.Bench(tmp_path / "r.db"),
        targets=["mps2-an500"],
        kernel_sets=["cmsis-nn"],
        options={"memory-class": "7KB"},
    )
    row = keyword_rows()[0]
    with pytest.raises(ConfigError, match="there is no memory class 7KB") as raised:
        list(row.measure(bench))
    assert raised.value.hint == "Choose one of 80KB, 200KB, 500KB."


BUBBLES = (
    Bubble("large", 2_000_000, 0.9, 100, 4096, "litert"),
    Bubble("small", 1_000_000, 0.8, 100, 1024, "litert"),
)


def test_the_plot_has_a_bubble_for_each_model_its_area_by_weights() -> None:
    result = RowResult("a row", (Figure("accuracy", "90 %"),), BUBBLES)
    *_, plot = study_sections("title", [result])
    (figure,) = plot.figures
    large, small = figure.data
    assert (large["x"], large["y"]) == ([2_000_000], [90.0])
    # Four times the weights are twice the diameter.
    assert large["marker"]["size"][0] == 2 * small["marker"]["size"][0]
    (table,) = plot.tables
    assert [row[0].text for row in table.rows] == ["small", "large"]
    page = render_sections(study_sections("title", [result]), "title")
    assert page.count('class="plot"') == 1
    assert json.dumps(study_rows([result]))


def test_records_become_figures_only_of_what_they_have() -> None:
    one = replace(record(), readings=())
    figures = [count_figure(one), *answer_figures(one)]
    assert all(figure.measured == "" for figure in figures)


def metered(quantity: str, value: float, unit: Unit, fidelity: Fidelity) -> Measurement:
    method = "alignment gate; 3.3 V"
    return Measurement(quantity, value, unit, 5, value, value, fidelity, "PPK2 7", method)


def test_a_meter_gives_the_current_and_what_a_battery_lasts() -> None:
    silicon = Fidelity.SILICON
    readings = (
        metered("mean_current", 0.0512, Unit.AMPERES, silicon),
        metered("charge_per_inference", 1.2e-3, Unit.COULOMBS, silicon),
    )
    current, life = metered_figures(record(fidelity=silicon, readings=readings))
    assert current.measured == "51.2 mA"
    assert "PPK2 7, alignment gate; 3.3 V" in current.how
    # 1.2 mC / 60 s + 2.06 uA = 22.06 uA; 1 Ah / 22.06 uA / 8766 h = 5.17.
    assert life.measured == "5.2 years"
    assert "2.06 uA is assumed" in life.how


def test_a_virtual_meter_gives_no_battery() -> None:
    simulated = Fidelity.SIMULATED
    readings = (
        metered("mean_current_sim", 0.01, Unit.AMPERES, simulated),
        metered("charge_per_inference_sim", 1e-4, Unit.COULOMBS, simulated),
    )
    (current,) = metered_figures(record(fidelity=simulated, readings=readings))
    assert current.measured == "10 mA (simulated)"
    assert current.published
    assert current.published.not_comparable == "a simulated board draws no current"


def test_without_a_meter_there_is_a_reason() -> None:
    (current,) = metered_figures(record(fidelity=Fidelity.SILICON, readings=()))
    assert current.measured == ""
    assert current.how == "no power meter: `--power-meter` names one, or rig.toml"
    lost = Missing("energy_per_inference", "GATE_NO_RISE: no edge")
    (current,) = metered_figures(record(fidelity=Fidelity.SILICON, readings=(lost,)))
    assert current.how == "GATE_NO_RISE: no edge"
