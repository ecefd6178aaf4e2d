"""Damaged files of every format give an error of ours or an image, quickly and in little memory."""

import os
import sys

import pytest

from tests.io.fuzzing import fuzz, variants

# A few per format; more of them, each run others: ZIMG_FUZZ=2000 ZIMG_FUZZ_SEED=5000.
COUNT = int(os.environ.get("ZIMG_FUZZ", "25"))
SEED = int(os.environ.get("ZIMG_FUZZ_SEED", "0"))


@pytest.mark.skipif(sys.platform == "win32", reason="memory and pipes are asked for as on Unix")
@pytest.mark.parametrize("suffix", variants())
def test_a_damaged_file_is_an_error_or_an_image(suffix: str) -> None:
    outcomes = dict(fuzz(suffix, COUNT, SEED))
    assert len(outcomes) == COUNT
    assert {s: told for s, told in outcomes.items() if told not in ("image", "error")} == {}
