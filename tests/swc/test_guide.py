"""The guide to trees prints what it says."""

from pathlib import Path

import pytest

from tests.guides import run_guide


def test_the_guide_to_trees_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for package in ("torch", "networkx", "pandas"):
        pytest.importorskip(package, reason="the guide uses it")
    monkeypatch.chdir(tmp_path)
    result = run_guide("trees.md")
    assert result.attempted > 30
    assert result.failed == 0, capsys.readouterr().out
