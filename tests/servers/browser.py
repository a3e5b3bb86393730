"""Chromium without a window, driven by WebDriver (W3C); both are packages of Debian."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from tests.servers.debian import install

_SWITCHES = (
    "--headless=new",
    "--no-sandbox",  # root has none
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


@contextmanager
def browser(folder: Path) -> Iterator[Chrome]:
    """A browser with a new profile in `folder`, for which there is no other host than this one."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        install("chromium", "chromium-driver")
    options = ChromeOptions()
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.binary_location = str(shutil.which("chromium"))
    for switch in (*_SWITCHES, f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(switch)
    log = str(folder / "chromedriver.log")
    driver = Chrome(options, Service(str(shutil.which("chromedriver")), log_output=log))
    try:
        yield driver
    finally:
        driver.quit()
