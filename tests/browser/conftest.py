"""Debian's Chromium without a window, in light or dark, as wide as asked for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from builders.report_contents import full, without_pictures
from selenium import webdriver
from selenium.webdriver.common.by import By

from harness.report.html import render

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
DRIVER = shutil.which("chromedriver")
SWITCHES = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--no-first-run", "--hide-scrollbars"),
)
DEADLINE_S = 120
HEIGHT = 900


class Browser:
    """A page in Chromium, and what its console said."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, page: Path, *, scheme: str, width: int) -> None:
        """Open `page` with `scheme` preferred, in a window of `width` CSS pixels."""
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"media": "", "features": [{"name": "prefers-color-scheme", "value": scheme}]},
        )
        size = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.complaints()
        self.driver.get(page.as_uri())

    def complaints(self) -> list[str]:
        """What the console was told since the last call."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]

    def run(self, script: str, *words: object) -> object:
        """The value that JavaScript returns."""
        return self.driver.execute_script(script, *words)

    def all(self, selector: str) -> list[webdriver.remote.webelement.WebElement]:
        """The elements that a CSS selector finds."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)


@contextmanager
def started(profile: Path) -> Iterator[Browser]:
    """A Chromium with a profile of its own, ended with the block."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for switch in (*SWITCHES, f"--user-data-dir={profile}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    try:
        driver.set_page_load_timeout(DEADLINE_S)
        driver.set_script_timeout(DEADLINE_S)
        yield Browser(driver)
    finally:
        driver.quit()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("needs Debian's packages chromium and chromium-driver")
    with started(tmp_path_factory.mktemp("chromium")) as found:
        yield found


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with everything in it."""
    page = tmp_path_factory.mktemp("report") / "report.html"
    page.write_text(render(full()), encoding="utf-8")
    return page


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of the same cases with few plots, which opens sooner."""
    page = tmp_path_factory.mktemp("tables") / "report.html"
    page.write_text(render(without_pictures()), encoding="utf-8")
    return page


Opened = Callable[..., Browser]


@pytest.fixture
def opened(browser: Browser, report: Path) -> Opened:
    """Open the report anew."""

    def open_it(scheme: str = "light", width: int = 1280, page: Path = report) -> Browser:
        browser.open(page, scheme=scheme, width=width)
        return browser

    return open_it
