"""Accurate mode in blocks: decisions are those of the whole volume."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zimg
from tests.blocked import volumes
from zimg.arbour import Arbour
from zimg.blocked import BlockedResult, stats
from zimg.blocked.ladder import Ladder, whole_ladder
from zimg.blocked.opening import volume_source
from zimg.blocked.packing import unpack_decisions, unpack_pieces
from zimg.blocked.passes import _earlier, first_levels, next_levels
from zimg.blocked.records import Record, decoded
from zimg.phantom import neuron
from zimg.swc import ZSwc
from zimg.tracing.labels import label_trace


def run(source: Any, session: Path, **options: Any) -> BlockedResult:
    return volumes.run(source, session, **{"mode": "accurate", "trees": "relative", **options})


def same(one: ZSwc, other: ZSwc) -> bool:
    return (
        np.array_equal(one.xyz, other.xyz)
        and np.array_equal(one.radius, other.radius)
        and np.array_equal(one.parent, other.parent)
        and np.array_equal(one.type, other.type)
    )


VOLUMES = {
    "fork": lambda: volumes.fork_voxels(),
    "dark": lambda: 255 - volumes.fork_voxels(),
    "floats": lambda: (volumes.fork_voxels() / np.float32(300.0)).astype(np.float32),
    "a plane": lambda: volumes.fork_voxels()[18:19],
    "two planes": lambda: volumes.fork_voxels()[18:20],
}


@pytest.mark.parametrize("name", VOLUMES)
def test_one_block_gives_the_tree_of_the_whole_volume_node_for_node(
    name: str, tmp_path: Path
) -> None:
    voxels, invert = VOLUMES[name](), name == "dark"
    whole = zimg.trace(voxels, invert=invert)
    found = run(voxels, tmp_path / "s", core=512, invert=invert).tree
    assert len(whole) > 0
    assert same(found, whole)


@pytest.mark.slow
def test_a_soma_becomes_the_same_node_in_one_block_and_in_four(tmp_path: Path) -> None:
    phantom = neuron()
    whole = zimg.trace(phantom.volume, z_to_xy=phantom.z_to_xy)
    options = {"z_to_xy": phantom.z_to_xy}
    one = run(phantom.volume, tmp_path / "one", core=512, **options).tree
    four = run(phantom.volume, tmp_path / "four", core=100, **options)
    assert same(one, whole)
    assert four.summary["somata"] == 1
    both = zimg.compare(four.tree, whole, tolerance=2.0, voxel_size=(1, 1, phantom.z_to_xy))
    assert both.a_to_b.within >= 0.95
    assert both.b_to_a.within >= 0.95


def test_blocks_give_the_cable_of_the_whole_volume(tmp_path: Path) -> None:
    whole = zimg.trace(volumes.fork_voxels())
    found = run(volumes.fork_voxels(), tmp_path / "s")
    both = zimg.compare(found.tree, whole, tolerance=2.0)
    assert found.summary["blocks"] == 3
    assert len(found.tree.roots) == 1
    assert both.a_to_b.within >= 0.98
    assert both.b_to_a.within >= 0.98


@pytest.mark.parametrize("executor", [1, 3])
def test_workers_do_not_change_the_files(executor: int, store: Path, tmp_path: Path) -> None:
    run(store, tmp_path / "one")
    run(store, tmp_path / "other", executor=executor)
    assert volumes.files_of(tmp_path / "one") == volumes.files_of(tmp_path / "other")


def test_a_killed_session_is_resumed_to_the_same_files(store: Path, tmp_path: Path) -> None:
    run(store, tmp_path / "one")
    run(store, tmp_path / "s")
    for name in ("blocks/000001.rec", "stats.rec", "somata/000002.rec"):
        (tmp_path / "s" / name).unlink(missing_ok=True)
    run(store, tmp_path / "s")
    assert volumes.files_of(tmp_path / "one") == volumes.files_of(tmp_path / "s")


@pytest.mark.parametrize("name", ["fork", "dark", "floats"])
def test_decisions_from_many_cubes_are_near_those_of_the_whole(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voxels, invert = VOLUMES[name](), name == "dark"
    whole = whole_ladder(volume_source(voxels), invert=invert)
    monkeypatch.setattr(stats, "ONE_CUBE", 0)
    monkeypatch.setattr(stats, "CUBE", 48)
    found = run(voxels, tmp_path / "s", invert=invert)
    sampled = stored(tmp_path / "s")
    assert sampled.unit == whole.unit
    assert sampled.background == pytest.approx(whole.background, abs=1.5 / whole.unit)
    assert sampled.top == pytest.approx(whole.top, rel=0.05)
    assert sampled.sigma == pytest.approx(whole.sigma, rel=0.2)
    assert len(sampled.levels) == pytest.approx(len(whole.levels), abs=1)
    agreement = zimg.compare(found.tree, volumes.fork().tree, tolerance=2.0)
    assert agreement.b_to_a.within >= 0.95


def stored(session: Path) -> Ladder:
    """The decisions in a session."""
    found = unpack_decisions(record_at(session / "stats.rec", "stats", ""))
    assert isinstance(found, Ladder)
    return found


def record_at(path: Path, kind: str, key: str) -> Record:
    """A record of a session."""
    data = path.read_bytes()
    return decoded(data, kind, key, json.loads(data.split(b"\n")[0])["manifest"])


@pytest.mark.parametrize(
    "voxels",
    [
        np.zeros((40, 40, 140), np.uint8),
        np.full((40, 40, 140), 9, np.uint16),
        np.random.default_rng(1).normal(20, 4, (40, 48, 140)).astype(np.uint8),
    ],
    ids=["zeros", "constant", "noise"],
)
def test_nothing_to_trace_gives_an_empty_tree(voxels: np.ndarray, tmp_path: Path) -> None:
    found = run(voxels, tmp_path / "s")
    assert len(found.tree) == 0
    assert found.path.exists()


def test_all_trees_are_kept_unless_asked_otherwise(tmp_path: Path) -> None:
    long = np.stack([np.arange(10.0, 180, 4), np.full(43, 14.0), np.full(43, 18.0)], axis=1)
    short = np.stack([np.arange(10.0, 50, 4), np.full(10, 44.0), np.full(10, 18.0)], axis=1)
    voxels = Arbour.of_paths((36, 56, 192), [long, short]).volume()
    counts = {
        trees: len(run(voxels, tmp_path / trees, trees=trees).tree.roots)
        for trees in ("all", "relative", "single")
    }
    assert counts == {"all": 2, "relative": 1, "single": 1}


@pytest.mark.parametrize(
    ("options", "error", "why"),
    [
        ({"threshold_mode": "auto"}, ValueError, "threshold_mode and orphan are for mode"),
        ({"orphan": 5.0}, ValueError, "threshold_mode and orphan are for mode"),
        ({"mode": "best"}, ValueError, "mode must be one of"),
        ({"clutter": "much"}, ValueError, "clutter must be one of"),
        ({"mode": "reference", "trees": "single"}, ValueError, "trees must be"),
        ({"mode": "reference", "trees": "all", "invert": True}, ValueError, "invert must be"),
        (
            {
                "mode": "reference",
                "trees": "all",
                "overrides": {"enhanceMask": True},
                "threshold_mode": "fixed",
                "threshold": 40,
            },
            ValueError,
            "no threshold for enhanceMask",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    options: dict[str, Any], error: type[Exception], why: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=why):
        run(volumes.fork_voxels(), tmp_path / "s", **options)
    assert not (tmp_path / "s").exists()


def dim_and_bright() -> np.ndarray:
    """A bright fibre through all blocks, and one of a quarter of its brightness in the last one."""
    x = np.arange(12.0, 180.0, 4.0)
    long = np.stack([x, np.full(len(x), 16.0), np.full(len(x), 18.0)], axis=1)
    short = np.stack([x[x > 130], np.full((x > 130).sum(), 44.0), np.full((x > 130).sum(), 18.0)])
    tree = Arbour.of_paths((36, 56, 192), [long, short.T]).tree
    brightness = np.where(tree.xyz[:, 1] > 30, 0.25, 1.0)
    return Arbour((36, 56, 192), tree, brightness, noise=2.0).volume()


@pytest.mark.parametrize("core", [512, 64])
def test_the_ladder_ends_where_it_does_in_the_whole_volume(core: int, tmp_path: Path) -> None:
    voxels = dim_and_bright()
    whole = zimg.trace(voxels, trees="all")
    found = run(voxels, tmp_path / "s", trees="all", core=core)
    both = zimg.compare(found.tree, whole, tolerance=2.0)
    assert found.summary["levels"] == whole.metadata["findings"]["levels"]
    assert len(found.summary["levels"]) < len(stored(tmp_path / "s").levels)
    assert len(found.tree.roots) == 2
    assert both.a_to_b.within >= 0.98
    assert both.b_to_a.within >= 0.98


def test_the_levels_of_a_pass_do_not_depend_on_the_order_of_blocks(tmp_path: Path) -> None:
    ladder = Ladder(None, 12.0, 1.0, 100.0, 0.5, (65.0, 42.0, 27.0, 18.0, 12.0, 7.5, 5.0))
    assert first_levels(ladder) == (65.0, 42.0, 27.0, 18.0)
    run(dim_and_bright(), tmp_path / "s")
    pieces = [
        piece.chain
        for path in sorted((tmp_path / "s" / "blocks").glob("*.rec"))
        for piece in unpack_pieces(record_at(path, "blocks", path.stem))
        if piece.inside
    ]
    assert len(pieces) >= 2
    found = next_levels(ladder, 4, pieces, longest_side=100.0)
    assert found == next_levels(ladder, 4, pieces[::-1], longest_side=100.0)
    assert found == (12.0,)
    assert next_levels(ladder, 5, pieces, longest_side=100.0) == ()
    # One level at a time without chains, or with chains shorter than a neuron.
    assert next_levels(ladder, 0, [], longest_side=100.0) == (65.0,)
    assert next_levels(ladder, 5, pieces, longest_side=2000.0) == (7.5,)


def test_a_block_of_noise_is_not_seeded(tmp_path: Path) -> None:
    voxels = np.random.default_rng(1).normal(20, 2, (36, 56, 192)).astype(np.uint8)
    voxels[:, :, :64] = dim_and_bright()[:, :, :64]
    found = run(voxels, tmp_path / "s")
    assert len(found.tree) > 0
    last = record_at(tmp_path / "s" / "blocks" / "000002.rec", "blocks", "000002")
    assert last.values["seeds"] == 0


@pytest.mark.parametrize("end", [60.0, 64.0, 67.0, 70.0])
def test_a_free_end_near_a_face_is_cut_as_in_the_whole_volume(end: float, tmp_path: Path) -> None:
    x = np.linspace(14.0, end, 20)
    line = np.stack([x, np.full(20, 28.0), np.full(20, 18.0)], axis=1)
    voxels = Arbour.of_paths((36, 56, 192), [line], noise=4.0).volume()
    whole = zimg.trace(voxels).xyz[:, 0].max()
    found = run(voxels, tmp_path / "s").tree
    assert len(found.roots) == 1
    assert found.xyz[:, 0].max() == pytest.approx(whole, abs=1.5)


def test_a_later_pass_knows_what_was_traced_across_a_face(tmp_path: Path) -> None:
    run(dim_and_bright(), tmp_path / "s")
    found = _earlier([record_at(tmp_path / "s" / "blocks" / "000000.rec", "blocks", "000000")])
    assert found.chains == 1
    mask = np.zeros((36, 56, 192), np.uint8)
    label_trace(mask, found.rows, 1.0)
    assert (mask[18, 16, 16:90] > 0).all()  # the fibre, which crosses the face at 63.5


def test_a_session_killed_between_passes_is_resumed_to_the_same_files(tmp_path: Path) -> None:
    voxels = dim_and_bright()
    run(voxels, tmp_path / "one")
    expected = volumes.files_of(tmp_path / "one")
    assert any(name.startswith("passes/01/") for name in expected)
    run(voxels, tmp_path / "s", executor=2)
    assert volumes.files_of(tmp_path / "s") == expected
    for path in [*(tmp_path / "s" / "passes").rglob("*.rec"), tmp_path / "s" / "result.swc"]:
        path.unlink()
    (tmp_path / "s" / "blocks" / "000001.rec").write_bytes(b"damaged")
    run(voxels, tmp_path / "s")
    assert volumes.files_of(tmp_path / "s") == expected
