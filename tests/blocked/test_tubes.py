"""`enhanceMask` in blocks: the filter's answer, its thresholds and the cable stay the same."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zimg
from tests.blocked import volumes
from tests.blocked.test_accurate import same, stored
from zimg.blocked import masks, stats
from zimg.blocked.ladder import whole_ladder
from zimg.blocked.opening import volume_source
from zimg.blocked.packing import unpack_decisions
from zimg.blocked.plan import SMALLEST_HALO, make_plan
from zimg.blocked.records import decoded
from zimg.blocked.stats import Thresholds
from zimg.kernels.tubular import tubular

ENHANCED = {"enhanceMask": True}


def traced(source: Any, session: Path, mode: str, **options: Any) -> Any:
    return volumes.run(source, session, mode=mode, overrides=ENHANCED, **options)


@pytest.mark.parametrize("z_to_xy", [0.5, 1.0, 2.5])
def test_the_answer_in_a_core_is_that_of_the_whole_volume(z_to_xy: float) -> None:
    voxels = np.random.default_rng(1).integers(0, 200, (70, 60, 110), np.uint8)
    whole = tubular(voxels, z_to_xy=z_to_xy)
    assert np.array_equal(masks.answer_of(voxels, z_to_xy), whole)
    assert max(masks.reach_of(1.0)) <= SMALLEST_HALO
    plan = make_plan(voxels.shape, core=(64, 64, 128), halo=32, z_to_xy=z_to_xy)
    for block in plan.blocks():
        answer = masks.answer_of(voxels[block.roi.slices], z_to_xy)
        inner = tuple(
            slice(a - o, b - o)
            for a, b, o in zip(block.core.low, block.core.high, block.roi.low, strict=True)
        )
        assert np.array_equal(answer[inner], whole[block.core.slices])


@pytest.mark.parametrize("planes", [slice(None), slice(18, 19)])
@pytest.mark.parametrize("mode", ["reference", "accurate"])
def test_one_block_gives_the_tree_of_the_whole_volume_node_for_node(
    mode: str, planes: slice, tmp_path: Path
) -> None:
    voxels = volumes.fork_voxels()[planes]
    whole = zimg.trace(voxels, mode=mode, overrides=ENHANCED)
    choice = {"orphan": "reference"} if mode == "reference" else {"trees": "relative"}
    found = traced(voxels, tmp_path / "s", mode, core=512, **choice).tree
    assert len(whole) > 0
    assert same(found, whole)


@pytest.mark.parametrize("mode", ["reference", "accurate"])
def test_blocks_give_the_cable_of_the_whole_volume(mode: str, tmp_path: Path) -> None:
    voxels = volumes.fork_voxels()
    whole = zimg.trace(voxels, mode=mode, overrides=ENHANCED)
    found = traced(voxels, tmp_path / "s", mode)
    both = zimg.compare(found.tree, whole, tolerance=2.0)
    assert found.summary["blocks"] == 3
    assert len(found.tree.roots) == len(whole.roots)
    assert both.a_to_b.within >= 0.98
    assert both.b_to_a.within >= 0.98


@pytest.fixture
def many_cubes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statistics from cubes of 48 voxels, as of a volume that is too large for one."""
    monkeypatch.setattr(stats, "ONE_CUBE", 0)
    monkeypatch.setattr(stats, "CUBE", 48)


def test_thresholds_from_many_cubes_are_those_of_the_whole_volume(
    many_cubes: None, tmp_path: Path
) -> None:
    del many_cubes
    volume = volume_source(volumes.fork_voxels())
    whole = whole_ladder(volume, invert=False, enhanced=1.0)
    traced(volumes.fork_voxels(), tmp_path / "accurate", "accurate")
    found = stored(tmp_path / "accurate")
    assert len(found.tubes) == pytest.approx(len(whole.tubes), abs=1)
    assert found.tubes == pytest.approx(whole.tubes[: len(found.tubes)], rel=0.02)
    traced(volumes.fork_voxels(), tmp_path / "reference", "reference")
    rule = _thresholds(tmp_path / "reference")
    one = stats.whole_thresholds(volume, 1.0)
    assert rule.threshold == one.threshold
    assert rule.tubes[0] == pytest.approx(one.tubes[0], rel=0.05)
    assert rule.smallest == one.smallest


def _thresholds(session: Path) -> Thresholds:
    data = (session / "stats.rec").read_bytes()
    manifest = json.loads(data.split(b"\n")[0])["manifest"]
    found = unpack_decisions(decoded(data, "stats", "", manifest))
    assert isinstance(found, Thresholds)
    return found


def test_workers_and_kills_do_not_change_the_files(many_cubes: None, tmp_path: Path) -> None:
    del many_cubes
    traced(volumes.fork_voxels(), tmp_path / "one", "reference")
    traced(volumes.fork_voxels(), tmp_path / "other", "reference", executor=3)
    assert volumes.files_of(tmp_path / "one") == volumes.files_of(tmp_path / "other")
    (tmp_path / "other" / "stats.rec").unlink()
    next((tmp_path / "other" / "statistics").glob("tubes-*.rec")).unlink()
    traced(volumes.fork_voxels(), tmp_path / "other", "reference")
    assert volumes.files_of(tmp_path / "one") == volumes.files_of(tmp_path / "other")
