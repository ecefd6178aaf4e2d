"""The guide to skeletons prints what it says, and names every option and preset."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from tests.guides import run_guide
from zimg import SkeletonizeConfig, neutube_json
from zimg.skeletons.options import resolve_options

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "skeletonizing.md").read_text("utf-8")
WITHOUT_EFFECT = {"interpolating", "usingOriginalSignal", "autoGrayThreshold"}


def test_the_guide_to_skeletons_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    result = run_guide("skeletonizing.md")
    assert result.attempted > 10
    assert result.failed == 0, capsys.readouterr().out


def test_every_option_is_in_the_table() -> None:
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", GUIDE, flags=re.M))))
    options = {option.name for option in fields(SkeletonizeConfig)} - WITHOUT_EFFECT
    assert options <= named


def test_presets_are_as_the_table_says() -> None:
    rows = re.findall(r"^\| (`[A-Z_0-9`, ]+) \| (\w+) \| (\d+) \| (\d+) \| (\d+) \|$", GUIDE, re.M)
    seen = set()
    for names, reduction, *numbers in rows:
        for name in re.findall(r"\w+", names):
            options = resolve_options(name)
            factor = 1 if reduction == "none" else int(reduction)
            assert options.factors == (factor,) * 3
            told = (options.minimalLength, options.minimalObjectSize, options.maximalDistance)
            assert told == tuple(map(int, numbers))
            assert options.keepingSingleObject
            assert options.rebase
            assert options.fillingHole
            seen.add(name)
    presets = (name for name in dir(neutube_json) if not name.endswith("_TEXT"))
    assert seen == {name for name in presets if "SKELETONIZE" in name}
