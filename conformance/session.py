"""Runs the suite by pytest in this process, without output and without local settings."""

import os
import sys
from pathlib import Path

import pytest

from .report import Recorder, Report

EVERY_TEST_COUNTED = 50


class Quiet:
    """Plugin that replaces the report of pytest by a counter on a terminal."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Remove the terminal reporter but keep its options."""
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            config.pluginmanager.unregister(reporter)

    def pytest_runtest_logfinish(self) -> None:
        """Show the number of finished checks."""
        count = len(self.recorder.report.checks)
        if count % EVERY_TEST_COUNTED == 0 and sys.stderr.isatty():
            sys.stderr.write(f"\r{count} checks\r")


def collected(rest: list[str]) -> tuple[int, Report]:
    """Exit status of pytest, and the report; `rest` are further arguments of pytest."""
    here = Path(__file__).parent
    recorder = Recorder()
    own = ["--pyargs", "zimg.conformance", "--import-mode=importlib", "-p", "no:cacheprovider"]
    own += ["-c", os.devnull, "--rootdir", str(here), "--strict-markers"]
    plugins = [recorder] if rest else [recorder, Quiet(recorder)]
    return int(pytest.main([*own, *rest], plugins=plugins)), recorder.report
