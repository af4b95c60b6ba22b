"""Handles SIGTERM, SIGHUP, and SIGCONT after a SIGSTOP, which Textual does not."""

import asyncio
import os
import signal
import termios
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

ALTERNATE_SCREEN = "\x1b[?1049h"


def end_on_signals(end: Callable[[], None]) -> None:
    """Call `end` on SIGTERM and SIGHUP, so that the terminal is restored. Needs a running loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end)


def resume_on_continue(app: App[Any], driver: Driver | None) -> None:
    """On SIGCONT after a SIGSTOP, take over the terminal again. Needs a running loop.

    Textual expects a SIGTSTP before each SIGCONT, for which it leaves the terminal. After a SIGSTOP
    it would start another thread that reads the terminal, and mix up what is typed from then on.
    """
    if isinstance(driver, LinuxDriver) and os.isatty(driver.fileno):
        attributes = termios.tcgetattr(driver.fileno)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCONT, lambda: _continue(app, driver, attributes))


def _continue(app: App[Any], driver: LinuxDriver, attributes: list[Any]) -> None:
    reader = driver._key_thread
    if reader is None or not reader.is_alive():
        driver._sigcont_application()
        app.refresh(layout=True)
        return
    termios.tcsetattr(driver.fileno, termios.TCSANOW, attributes)  # the shell has set its own
    driver.write(ALTERNATE_SCREEN)
    driver._enable_mouse_support()
    driver._enable_bracketed_paste()
    app.screen.refresh(layout=True)
