"""JSON files that users hand over: tasks, configurations, and what damaged ones raise."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import zimg
from zimg import ZException

IMAGE = np.zeros((3, 20, 20), np.uint8)

READERS: dict[str, Callable[[Path], object]] = {
    "trace task": lambda path: zimg.ZNeutubeAutoTrace().loadTask(path),
    "skeletonize task": lambda path: zimg.ZNeutubeSkeletonize().loadTask(path),
    "subtract task": lambda path: zimg.ZSwcSubtract().loadTask(path),
    "trace configuration": lambda path: zimg.trace(IMAGE, config=path),
    "skeletonize configuration": lambda path: zimg.skeletonize(IMAGE, config=path),
    "precomputed": lambda path: zimg.ZSwc.from_precomputed(path.parent),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("text", ["[" * 100_000 + "]" * 100_000, '{"a":' * 100_000, "{", "\0"])
def test_json_that_cannot_be_parsed_is_an_error_that_names_the_file(
    tmp_path: Path, reader: str, text: str
) -> None:
    path = tmp_path / "info"
    path.write_text(text)
    with pytest.raises(ZException, match="info"):
        READERS[reader](path)


@pytest.mark.parametrize("name", ["minAutoScore", "minSeedScore", "maxEucDist"])
def test_an_option_that_is_not_a_number_is_refused(tmp_path: Path, name: str) -> None:
    config = zimg.TraceConfig()
    with pytest.raises(ValueError, match=f"{name} must be a number, not NaN"):
        setattr(config, name, float("nan"))
    with pytest.raises(ValueError, match=name):
        zimg.trace(IMAGE, overrides={name: float("nan")})
    path = tmp_path / "config.json"
    key = name.replace("minAutoScore", "minimalScoreAuto").replace("minSeed", "minimalScoreSeed")
    key = key.removesuffix("Score") if key.startswith("minimal") else key
    path.write_text(f'{{"tag": "trace_config", "default": {{"{key}": NaN}}}}')
    with pytest.raises(ValueError, match=key):
        zimg.trace(IMAGE, config=path)
