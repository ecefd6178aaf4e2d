"""The guide to training prints what it says."""

from pathlib import Path

import pytest

from tests.guides import run_guide


def test_the_guide_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run_guide("learning.md")
    assert result.attempted > 5
    assert result.failed == 0, capsys.readouterr().out
