"""A headless Chromium, where one is installed, that tells what its page complained of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

_FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
_WATCH = """
window.refused = [];
document.addEventListener('securitypolicyviolation', (event) => refused.push(event.violatedDirective));
"""


class Browser:
    """One page at a time."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver
        self._command("Page.addScriptToEvaluateOnNewDocument", source=_WATCH)

    def _command(self, name: str, **values: Any) -> None:
        self._driver.execute_cdp_cmd(name, values)

    def look(self, width: int = 1200, height: int = 900, dark: bool = False, script: bool = True) -> None:
        """As a screen of that size shows pages from now on."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._command("Emulation.setEmulatedMedia", features=[scheme])
        self._command("Emulation.setScriptExecutionDisabled", value=not script)
        self._command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def open(self, file: Path, fragment: str = "") -> None:
        """From nothing, so that a fragment alone loads it anew too."""
        self._driver.get("about:blank")
        self._driver.get_log("browser")
        self._driver.get(file.as_uri() + fragment)

    def complaints(self) -> list[str]:
        """What the console was told since the page was opened, and what its policy refused."""
        return [entry["message"] for entry in self._driver.get_log("browser")] + self.run("return refused")

    def run(self, script: str, *values: Any) -> Any:
        return self._driver.execute_script(script, *values)

    def press(self, *keys: str) -> None:
        """Keys, one after the other, on what has the focus."""
        for key in keys:
            ActionChains(self._driver, duration=0).send_keys(key).perform()

    def find(self, css: str) -> WebElement:
        return self._driver.find_element(By.CSS_SELECTOR, css)

    def shown(self) -> list[str]:
        """The ids of the questions that are shown."""
        return self.run(
            "return [...document.querySelectorAll('details')].filter(q => !q.hidden).map(q => q.id)"
        )

    def opened(self) -> list[str]:
        return self.run("return [...document.querySelectorAll('details[open]')].map(q => q.id)")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Skips the test where Chromium or its driver is missing."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip("chromium and chromedriver are not installed: apt-get install chromium chromium-driver")
    options = Options()
    options.binary_location = program
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in _FLAGS:
        options.add_argument(flag)
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Browser(chrome)
    finally:
        chrome.quit()
