"""Figures of benchmarks: what is kept of the rounds, and what the docs draw from it."""

import json
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

import pytest

from tests.checkout import ROOT, loaded

summary = loaded("benchmarks/summary.py")
Summary, slope_of = summary.Summary, summary.slope_of


@pytest.fixture
def drawing() -> ModuleType:
    """The hook of the docs build."""
    return loaded("docs/draw_benchmarks.py")


def test_ratios_are_medians_of_the_ratios_within_a_round() -> None:
    made = Summary("command")
    ours = [
        {"cpu": 1.0, "seconds": 9.0},
        {"cpu": 2.0, "seconds": 8.0},
        {"cpu": 9.0, "seconds": 1.0},
    ]
    theirs = [
        {"cpu": 2.0, "seconds": 3.0},
        {"cpu": 2.0, "seconds": 2.0},
        {"cpu": 3.0, "seconds": 1.0},
    ]
    made.pair("row", ours, theirs)
    (bar,) = made.bars
    assert (bar.cpu, bar.wall, bar.memory, bar.rounds) == (1.0, 3.0, None, 3)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_slope_is_the_exponent_of_a_power(power: float) -> None:
    made = Summary("command").curve("work", "things", [(n, 3.0 * n**power) for n in (10, 100, 900)])
    assert made.slope == pytest.approx(power, rel=1e-2)
    assert slope_of([0.0, 1.0], [1.0, 1.0 + power]) == pytest.approx(power)


def test_figures_are_drawn_from_the_file(
    drawing: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary, "FOLDER", tmp_path)
    monkeypatch.setattr(drawing, "FOLDER", tmp_path)
    made = Summary("python -m benchmarks.some")
    made.pair("read & write", [{"cpu": 1.0, "wall": 1.0}], [{"cpu": 4.0, "wall": 2.0}])
    made.curve("work", "things", [(10.0, 0.1), (1000.0, 10.0)])
    made.save("some")
    page = drawing.on_page_markdown("before\n<!-- figures some -->\nafter")
    assert page.startswith("before\n")
    assert page.endswith("\nafter")
    assert "python -m benchmarks.some" in page
    assert "slope 1.00" in page
    assert "| read & write | 0.25 | 0.50 |  | 1 | 4 | 1 |" in page
    for line in page.splitlines():
        if line.startswith("<div>"):
            ET.fromstring(line)  # well-formed, and on one line


def test_scores_are_drawn_from_the_tables_of_the_results(drawing: ModuleType) -> None:
    head = f"{drawing.COMPARED} difference |\n|---|---|---|---|---|---|\n"
    rows = "| a | 1 | 1 | 0.9 | 0.4 | + |\n| b | 1 | 1 | 0.8 | | |\n"
    rows += "| **mean** | 1 | 1 | **0.85** | 0.4 | |"
    drawn = drawing.accuracy(f"before\n{head}{rows}\n\nafter")
    svg = ET.fromstring(drawn)[0]
    assert [each.text for each in svg if each.tag == "text"][-2:] == ["a", "mean"]
    places = [float(each.get("cx", "")) for each in svg if each.tag == "circle"][2:]
    assert places[0] < places[1]  # theirs, ours
    assert len(places) == 4
    with pytest.raises(ValueError, match="has no table"):
        drawing.accuracy("nothing")


def test_a_missing_file_ends_the_build(drawing: ModuleType) -> None:
    with pytest.raises(FileNotFoundError):
        drawing.on_page_markdown("<!-- figures nothing -->")


def test_the_page_of_the_docs_can_be_drawn(drawing: ModuleType) -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    drawn = drawing.on_page_markdown(page)
    assert "<!-- figures" not in drawn
    assert drawn.count("<circle") > 50
    for path in (ROOT / "docs" / "benchmarks").glob("*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))["command"].startswith("python -m ")
        assert f"<!-- figures {path.stem} -->" in page
