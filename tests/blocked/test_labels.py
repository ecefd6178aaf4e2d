"""Skeletons of segmentations in blocks."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zimg
from tests.blocked import volumes
from zimg.arbour import Arbour
from zimg.blocked import BlockedSkeletonizer
from zimg.blocked.session import SessionMismatchError
from zimg.swc import ZSwc

SHAPE = (48, 80, 144)


def fibre(*points: tuple[float, float, float]) -> np.ndarray:
    """Points along straight lines, 2 voxels apart."""
    parts = []
    for a, b in pairwise(points):
        steps = max(2, int(np.linalg.norm(np.subtract(b, a)) / 2))
        parts.append(np.array(a) + np.linspace(0, 1, steps)[:, None] * np.subtract(b, a))
    return np.concatenate(parts)


FIBRES = {
    7: fibre((8, 20, 20), (136, 24, 24)),
    9: fibre((20, 40, 30), (60, 60, 20), (100, 40, 36), (134, 66, 30)),
    12: fibre((20, 8, 40), (34, 9, 40)),
    300: fibre((120, 60, 10), (136, 70, 12)),
}


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    """Four bodies, two of which cross several blocks of 48 voxels."""
    out = np.zeros(SHAPE, np.uint16)
    for label, points in FIBRES.items():
        arbour = Arbour.of_paths(SHAPE, [points], noise=0.0, background=0.0, signal=200.0)
        out[arbour.volume() > 100] = label
    return out


def run(source: Any, session: Path, **options: Any) -> dict[int, ZSwc]:
    return BlockedSkeletonizer(source, session, **{"core": 48, "halo": 16, **options}).run()


def same(one: ZSwc, other: ZSwc) -> bool:
    return (
        np.array_equal(one.xyz, other.xyz)
        and np.array_equal(one.radius, other.radius)
        and np.array_equal(one.parent, other.parent)
    )


@pytest.mark.parametrize("downsample", [None, (2, 2, 2)])
def test_bodies_that_fit_give_the_trees_of_the_whole_volume(
    downsample: Any, labels: np.ndarray, tmp_path: Path
) -> None:
    whole = zimg.skeletonize_labels(labels, downsample=downsample)
    found = run(labels, tmp_path / "s", downsample=downsample, largest=10**9)
    assert list(found) == list(whole) == sorted(FIBRES)
    assert all(same(found[label], whole[label]) for label in whole)


def test_bodies_larger_than_a_block_are_cut_and_mended(labels: np.ndarray, tmp_path: Path) -> None:
    whole = zimg.skeletonize_labels(labels)
    found = run(labels, tmp_path / "s", largest=5000)
    assert list(found) == sorted(FIBRES)
    assert (tmp_path / "s" / "parts").exists()
    for label in (7, 9):
        assert len(found[label].roots) == 1
        both = zimg.compare(found[label], whole[label], tolerance=3.0)
        assert both.a_to_b.within >= 0.95
        assert both.b_to_a.within >= 0.95
    assert same(found[300], whole[300])


def test_a_body_stays_one_tree_where_a_block_holds_only_a_corner_of_it(tmp_path: Path) -> None:
    volume = np.zeros((20, 100, 100), np.uint8)
    points = fibre((10, 52, 10), (47, 49, 10), (52, 47, 10), (50, 10, 10))
    drawn = Arbour.of_paths(volume.shape, [points], noise=0.0, background=0.0)
    volume[drawn.volume() > 50] = 1
    found = run(volume, tmp_path / "s", largest=1, core=(48, 48, 48))[1]
    assert len(found.roots) == 1
    assert found.total_length() == pytest.approx(80.0, rel=0.1)


@pytest.mark.parametrize("executor", [1, 3, "processes"])
def test_workers_do_not_change_the_trees(executor: Any, labels: np.ndarray, tmp_path: Path) -> None:
    import tifffile

    tifffile.imwrite(tmp_path / "labels.tif", labels)
    options = {"executor": executor}
    if executor == "processes":
        options = {"executor": 2, "processes": True}
    one = run(tmp_path / "labels.tif", tmp_path / "one", largest=5000)
    other = run(tmp_path / "labels.tif", tmp_path / "other", largest=5000, **options)
    assert all(same(one[label], other[label]) for label in one)
    assert volumes.files_of_records(tmp_path / "one") == volumes.files_of_records(
        tmp_path / "other"
    )


def test_a_session_is_resumed_and_refused_for_other_options(
    labels: np.ndarray, tmp_path: Path
) -> None:
    session = tmp_path / "s"
    first = run(labels, session, largest=5000)
    (session / "parts" / "000001.rec").unlink()
    (session / "bodies" / "000000-0000.rec").write_bytes(b"broken")
    again = run(labels, session, largest=5000)
    assert all(same(first[label], again[label]) for label in first)
    assert list(session.rglob("*.bad-1"))
    with pytest.raises(SessionMismatchError, match="largest"):
        run(labels, session, largest=5000 + 1)


def test_labels_are_chosen_and_unknown_ones_named(labels: np.ndarray, tmp_path: Path) -> None:
    assert list(run(labels, tmp_path / "s", ids=[12, 7])) == [12, 7]
    with pytest.raises(ValueError, match="the volume has no label 5, 6"):
        run(labels, tmp_path / "t", ids=[5, 6])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"core": 47, "downsample": (2, 2, 2)}, "multiple of the reduction 2, got 47"),
        ({"radius": "round"}, "radius"),
        ({"executor": 2, "processes": True}, "not sent to other processes"),
    ],
)
def test_arguments_without_meaning_are_refused(
    change: dict[str, Any], why: str, labels: np.ndarray, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=why):
        run(labels, tmp_path / "s", **change)


def test_labels_that_are_no_integers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="labels must be integers, got float32"):
        run(np.zeros((4, 4, 4), np.float32), tmp_path / "s")


def test_a_volume_without_bodies_gives_none(tmp_path: Path) -> None:
    assert run(np.zeros((50, 50, 50), np.uint8), tmp_path / "s") == {}
