"""The examples in the docstrings of trees print what they say."""

import doctest
import pkgutil
from importlib import import_module

import numpy as np
import pytest

import zimg
import zimg.swc

MODULES = [f"zimg.swc.{module.name}" for module in pkgutil.iter_modules(zimg.swc.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(
    name: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    module = import_module(name)
    result = doctest.testmod(module, extraglobs={"zimg": zimg, "np": np})
    assert result.failed == 0


def test_the_calls_that_users_make_most_have_an_example() -> None:
    finder = doctest.DocTestFinder(recurse=False)
    for call in (zimg.ZSwc, zimg.compare, zimg.subtract, zimg.ZSwc.rasterize):
        (test,) = finder.find(call, call.__name__, globs={})
        assert test.examples, call.__name__
