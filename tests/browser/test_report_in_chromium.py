"""The page in a real browser: drawn, sorted, filtered, readable on any screen and on paper."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders.report_contents import without_pictures
from selenium.webdriver.common.keys import Keys

from harness.report.html import render

VIEWS = [(scheme, width) for scheme in ("light", "dark") for width in (390, 1280)]
SIMULATED = "//section[h2[starts-with(., 'Counted on simulators')]]"

PLOTS = """
return [...document.querySelectorAll('.plot')].map((plot) => {
  const box = plot.querySelector('svg.main-svg')?.getBoundingClientRect();
  const inside = plot.getBoundingClientRect();
  const marks = plot.querySelectorAll('.plot-container .trace, .heatmaplayer image, .lines path');
  return { wide: box?.width ?? 0, high: box?.height ?? 0, room: inside.width, marks: marks.length,
           label: plot.getAttribute('aria-label') };
});
"""
CLIPPED = """
return [...document.querySelectorAll('.plot')].flatMap((plot) => {
  const frame = plot.getBoundingClientRect();
  return [...plot.querySelectorAll('.xtick text, .ytick text, .xtitle, .ytitle, .legendtext')]
    .filter((text) => {
      const box = text.getBoundingClientRect();
      return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1
        || box.top < frame.top - 1 || box.bottom > frame.bottom + 1);
    })
    .map((text) => `${plot.getAttribute('aria-label')}: ${text.textContent}`);
});
"""
CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d');
const rgb = (colour) => { canvas.fillStyle = '#000'; canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3); };
const light = (colour) => rgb(colour).map((part) => part / 255)
  .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
const ground = (one) => { for (; one; one = one.parentElement) {
  const colour = getComputedStyle(one).backgroundColor;
  if (colour !== 'rgba(0, 0, 0, 0)') return colour; } return 'white'; };
return [...document.querySelectorAll('h1, h2, p, td, th button, li, a, label, caption, .quiet')]
  .filter((one) => one.offsetParent && one.textContent.trim())
  .map((one) => { const [a, b] = [light(getComputedStyle(one).color), light(ground(one))]
    .sort((x, y) => y - x); return [(a + 0.05) / (b + 0.05), one.textContent.slice(0, 40)]; })
  .sort((x, y) => x[0] - y[0])[0];
"""
TEXT_CONTRAST = """
return [...document.querySelectorAll('.plot')].flatMap((plot) =>
  [...plot.querySelectorAll('.xtick text, .legendtext')].slice(0, 3).map((text) =>
    [getComputedStyle(text).fill, getComputedStyle(plot.querySelector('.main-svg')).background]));
"""


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_everything_is_drawn_and_can_be_read(opened: Any, scheme: str, width: int) -> None:
    page = opened(scheme, width)
    assert_drawn(page, width)
    assert page.complaints() == []
    assert_readable(page, dark=scheme == "dark")


def assert_drawn(page: Any, width: int) -> None:
    plots = page.run(PLOTS)
    assert len(plots) == 14
    for plot in plots:
        assert plot["wide"] > 250, plot
        assert plot["high"] > 100, plot
        assert plot["wide"] <= plot["room"] + 1, plot
        assert plot["marks"] > 0, plot
    assert page.run(CLIPPED) == []
    assert page.run("return document.documentElement.scrollWidth") == width


def assert_readable(page: Any, dark: bool) -> None:
    least, where = page.run(CONTRAST)
    assert least >= 4.5, where  # WCAG 2.2, 1.4.3
    ground = page.run("return getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(20, 24, 29)" if dark else "rgb(255, 255, 255)")
    inks = {ink for ink, _ in page.run(TEXT_CONTRAST)}
    assert inks == {"rgb(230, 234, 238)" if dark else "rgb(26, 32, 39)"}


def test_plots_follow_when_the_scheme_changes(opened: Any) -> None:
    page = opened("light")
    ink = "return getComputedStyle(document.querySelector('.plot .xtick text')).fill"
    before = page.run(ink)
    features = [{"name": "prefers-color-scheme", "value": "dark"}]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    page.driver.execute_async_script("setTimeout(arguments[0], 300)")
    assert page.run(ink) != before


def column(page: Any, title: str) -> list[str]:
    """The texts of a column of the simulators' table, as the rows stand."""
    table = page.driver.find_element("xpath", f"{SIMULATED}//table")
    script = """
      const place = [...arguments[0].tHead.rows[0].cells]
        .findIndex((cell) => cell.textContent.trim() === arguments[1]);
      return [...arguments[0].tBodies[0].rows].filter((row) => !row.hidden)
        .map((row) => row.cells[place].textContent);"""
    found = page.run(script, table, title)
    assert isinstance(found, list)
    return found


def head(page: Any, title: str) -> Any:
    return page.driver.find_element("xpath", f"{SIMULATED}//th[normalize-space()='{title}']")


def values(texts: list[str]) -> list[float]:
    return [float(text.replace(",", "")) for text in texts if not text.startswith("-")]


def test_a_click_sorts_by_number_and_another_turns_it_round(opened: Any, tables: Path) -> None:
    page = opened(page=tables)
    before = values(column(page, "instructions"))
    button = head(page, "instructions").find_element("css selector", "button")
    button.click()
    rising = column(page, "instructions")
    assert values(rising) == sorted(before)
    assert rising[-1].startswith("-")  # what is missing stays last
    assert head(page, "instructions").get_attribute("aria-sort") == "ascending"
    button.click()
    falling = column(page, "instructions")
    assert values(falling) == sorted(before, reverse=True)
    assert falling[-1].startswith("-")
    assert head(page, "instructions").get_attribute("aria-sort") == "descending"


def test_the_keyboard_sorts_too(opened: Any, tables: Path) -> None:
    page = opened(page=tables)
    button = head(page, "model").find_element("css selector", "button")
    button.send_keys(Keys.ENTER)
    assert column(page, "model") == sorted(column(page, "model"))
    button.send_keys(Keys.SPACE)
    assert column(page, "model") == sorted(column(page, "model"), reverse=True)
    region = page.driver.find_element("xpath", f"{SIMULATED}//div[@role='region']")
    assert region.get_attribute("tabindex") == "0"


def test_words_filter_rows_and_the_number_left_is_told(opened: Any, tables: Path) -> None:
    page = opened(page=tables)
    box = page.driver.find_element("xpath", f"{SIMULATED}//input")
    told = page.driver.find_element("xpath", f"{SIMULATED}//output")
    assert told.text == "61 rows"
    box.send_keys("KWS an500")
    assert set(column(page, "target")) == {"mps2-an500 (M7)"}
    assert told.text == "3 of 61 rows"
    box.send_keys(" nothing-like-it")
    assert column(page, "target") == []
    assert told.text == "0 of 61 rows"
    box.clear()
    box.send_keys(Keys.SPACE)
    assert told.text == "61 rows"


def test_a_wide_table_scrolls_within_its_frame_on_a_phone(opened: Any, tables: Path) -> None:
    page = opened("light", 390, tables)
    frame = page.driver.find_element("xpath", f"{SIMULATED}//div[@role='region']")
    assert page.run("return arguments[0].scrollWidth > arguments[0].clientWidth", frame)
    page.run("arguments[0].scrollLeft = 400", frame)
    assert page.run("return arguments[0].scrollLeft", frame) == 400
    assert page.run("return document.documentElement.scrollWidth") == 390


def test_paper_shows_what_is_folded_and_the_screen_stays_as_it_was(opened: Any) -> None:
    page = opened("dark")
    assert not page.run("return document.querySelector('details').open")
    page.run(
        "addEventListener('beforeprint', () => { window.seen = ["
        "document.querySelector('details').open,"
        "document.querySelector('.plot .main-svg').style.background]; })"
    )
    printed = page.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert base64.b64decode(printed["data"]).startswith(b"%PDF-")
    assert page.run("return window.seen") == [True, "rgb(255, 255, 255)"]
    assert not page.run("return document.querySelector('details').open")
    assert page.complaints() == []


def test_a_script_in_a_models_name_does_not_run(opened: Any, tmp_path: Path) -> None:
    name = "</script><script>window.taken = 1</script><img src=x onerror='window.taken = 2'>"
    content = without_pictures()
    renamed = tuple(replace(one, model=name) for one in content.records)
    file = tmp_path / "nasty.html"
    file.write_text(render(replace(content, records=renamed)), encoding="utf-8")
    page = opened(page=file)
    assert page.run("return window.taken ?? null") is None
    assert name in column(page, "model")
    assert page.all("td img, .plot img") == []
    assert page.complaints() == []
