"""The guide to trees prints what it says."""

import doctest
import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "trees.md"


def test_the_guide_to_trees_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for package in ("torch", "networkx", "pandas"):
        pytest.importorskip(package, reason="the guide uses it")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```pycon\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    guide = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, GUIDE.name, None, 0)
    result = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(guide)
    assert result.attempted > 30
    assert result.failed == 0, capsys.readouterr().out
