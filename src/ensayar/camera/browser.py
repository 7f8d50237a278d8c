"""Debian's Chromium, headless, looking at one page of the machine.

Every name leads to that one port of the machine and everything else nowhere, so that a page cannot show what the
reader's machine would not have. Size, scale, language, time zone and schemes are fixed; fonts are this computer's.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import time
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any, NoReturn

from ensayar.errors import InfrastructureError, ScreenshotError
from ensayar.screenshots import SCHEMES

try:
    from selenium import webdriver
    from selenium.common.exceptions import TimeoutException, WebDriverException
    from selenium.webdriver.chrome.service import Service

    from ensayar.camera.comparing import compare, normal  # it has Pillow
except ModuleNotFoundError as missing:
    MESSAGE = f"screenshots need what is not installed ({missing.name})"
    raise InfrastructureError(MESSAGE, 'pip install "ensayar[screenshots]"') from missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ensayar.album import Box
    from ensayar.screenshots import Screenshot, Target

_LOAD_SECONDS = 60.0
"""Under emulation a page may take its time."""
_SETTLE_SECONDS = 10.0
_STILL_SECONDS = 15.0
_PAUSE = 0.15
_ERROR = 400
_FLAGS = (
    "--headless",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_BOXES = """
return [...document.querySelectorAll(arguments[0])].map(each => each.getBoundingClientRect())
  .filter(each => each.width > 0 && each.height > 0).map(each => [each.left, each.top, each.right, each.bottom]);
"""
_STATUS = "return performance.getEntriesByType('navigation')[0]?.responseStatus ?? 0"


@dataclass(frozen=True, slots=True)
class Taken:
    """What the browser saw."""

    pictures: dict[str, bytes]
    """Scheme to PNG."""
    masked: dict[str, dict[str, tuple[Box, ...]]]
    """Scheme to selector to the boxes of what it matches, within the picture: they are not compared."""
    browser: str
    """Its name and version."""


def program(name: str) -> str:
    """Where the program called *name* is.

    :raises InfrastructureError: nowhere.
    """
    path = shutil.which(name)
    if path is None:
        message = f"screenshots need “{name}”, which is not on this computer"
        raise InfrastructureError(message, "apt-get install chromium chromium-driver")
    return path


def take(shot: Screenshot, goal: Target, port: int, language: str) -> Taken:
    """The resolved *shot* in each scheme, of the page behind *port* of this computer.

    :param language: what the browser says that its user reads.
    :raises ScreenshotError: the page cannot be shown, answers with an error, or does not hold still.
    :raises InfrastructureError: there is no browser, or it fails.
    """
    with _opened(goal, port, language) as driver:
        try:
            view = _View(driver, shot, goal)
            seen = {scheme: view.see(scheme) for scheme in SCHEMES}
            version = driver.capabilities["browserVersion"]
        except WebDriverException as error:
            raise _broken(error) from error
    return Taken(
        {scheme: picture for scheme, (picture, _) in seen.items()},
        {scheme: masked for scheme, (_, masked) in seen.items()},
        f"Chromium {version}",
    )


@contextlib.contextmanager
def _opened(goal: Target, port: int, language: str) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = program("chromium")
    service = Service(program("chromedriver"))
    place = f"{goal.host}:{goal.port}"
    # the browser keeps the address that the article shows, also in the header “Host”
    rules = f"MAP {place} 127.0.0.1:{port}, MAP * ~NOTFOUND"
    for flag in (*_FLAGS, f"--host-resolver-rules={rules}", f"--accept-lang={language}"):
        options.add_argument(flag)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's own demand
    try:
        driver = webdriver.Chrome(options=options, service=service)
    except WebDriverException as error:
        raise _broken(error) from error
    try:
        driver.set_page_load_timeout(_LOAD_SECONDS)
        driver.set_script_timeout(_SETTLE_SECONDS * 2)
        yield driver
    finally:
        with contextlib.suppress(WebDriverException):
            driver.quit()


def _broken(error: WebDriverException) -> InfrastructureError:
    return InfrastructureError(f"the browser failed: {_line(error)}", "run the command again")


def _line(error: WebDriverException) -> str:
    return next((line for line in str(error.msg or error).split("\n") if line.strip()), "").strip()


class _View:
    """One page in one browser."""

    def __init__(self, driver: webdriver.Chrome, shot: Screenshot, goal: Target) -> None:
        self._driver = driver
        self._shot = shot
        self._goal = goal

    def see(self, scheme: str) -> tuple[bytes, dict[str, tuple[Box, ...]]]:
        """The page in *scheme*, and the boxes of what is not compared."""
        wanted = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        features = [{"name": name, "value": value} for name, value in wanted.items()]
        size = {"width": self._shot.width, "height": self._shot.height}
        self._command("Emulation.setEmulatedMedia", features=features)
        self._command("Emulation.setDeviceMetricsOverride", **size, deviceScaleFactor=1, mobile=False)
        self._command("Emulation.setTimezoneOverride", timezoneId="UTC")
        self._visit()
        script = resources.files("ensayar.camera").joinpath("settle.js").read_text(encoding="utf-8")
        try:
            self._driver.execute_async_script(script, _SETTLE_SECONDS)
        except TimeoutException as error:
            self._fail(f"{self._goal.url} does not come to rest", error)
        return self._still()

    def _command(self, name: str, **arguments: object) -> Any:  # noqa: ANN401  (the protocol's own types)
        return self._driver.execute_cdp_cmd(name, arguments)

    def _visit(self) -> None:
        url = self._goal.url
        try:
            self._driver.get(url)
        except TimeoutException as error:
            self._fail(f"{url} was not loaded within {_LOAD_SECONDS:.0f} s", error)
        except WebDriverException as error:
            if "net::ERR_" not in _line(error):
                raise
            self._fail(f"{url} cannot be shown: {_line(error).rpartition(' ')[2]}", error)
        status = self._driver.execute_script(_STATUS)
        if status >= _ERROR:
            self._fail(f"{url} answers with status {status}")
        if not status or self._driver.current_url.startswith("chrome-error:"):
            self._fail(f"{url} cannot be shown; is anything there by then?")

    def _still(self) -> tuple[bytes, dict[str, tuple[Box, ...]]]:
        """The page once it looks twice the same, but for what is masked."""
        until = time.monotonic() + _STILL_SECONDS
        before, earlier = self._picture(), self._masked()
        while True:
            time.sleep(_PAUSE)
            after, masked = self._picture(), self._masked()
            boxes = [box for each in (earlier, masked) for found in each.values() for box in found]
            if compare(before, after, boxes).share == 0:
                return normal(after), masked
            if time.monotonic() > until:
                self._fail(f"{self._goal.url} does not hold still; say what moves with “:mask: selector”")
            before, earlier = after, masked

    def _picture(self) -> bytes:
        return self._driver.get_screenshot_as_png()

    def _masked(self) -> dict[str, tuple[Box, ...]]:
        masked: dict[str, tuple[Box, ...]] = {}
        for selector in self._shot.masks:
            try:
                found = self._driver.execute_script(_BOXES, selector)
            except WebDriverException as error:
                if "valid selector" not in str(error):
                    raise
                self._fail(f"“:mask: {selector}” is no selector of CSS", error)
            if not found:
                self._fail(f"“:mask: {selector}” matches nothing that can be seen; correct or remove it")
            boxes = (self._within(*each) for each in found)
            masked[selector] = tuple(box for box in boxes if box[0] < box[2] and box[1] < box[3])
        return masked

    def _within(self, left: float, top: float, right: float, bottom: float) -> Box:
        """The pixels of the picture that a box of the page touches."""
        width, height = self._shot.width, self._shot.height
        return (
            max(0, math.floor(left)),
            max(0, math.floor(top)),
            min(width, math.ceil(right)),
            min(height, math.ceil(bottom)),
        )

    def _fail(self, message: str, cause: Exception | None = None) -> NoReturn:
        raise ScreenshotError(self._shot.location, self._shot.after, self._shot.name, message) from cause
