"""Each rule of resampling by itself, and whole trees beside those of the reference."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from tests.swc.forests import linked
from zimg.swc import ZSwc
from zimg.swc.cleaning import resample_optimal

HERE = Path(__file__).parents[1] / "data" / "autotrace"
PRINTED = 5.0001e-5  # half of the last of six digits below 100


def resampled(x: list[float], radius: list[float]) -> list[tuple[float, float]]:
    """Positions and radii that are left of a chain on the x axis."""
    xyz = np.array(x)[:, None] * [1.0, 0.0, 0.0]
    tree = ZSwc.from_arrays(xyz, radius, np.arange(len(x)) - 1)
    forest = linked(tree)
    resample_optimal(forest)
    return [(forest.position[n][0], forest.radius[n]) for n in forest.depth_first()]


def test_a_node_inside_its_parent_goes() -> None:
    assert resampled([0, 2], [3, 1]) == [(0, 3)]


def test_a_parent_inside_its_child_takes_its_place() -> None:
    assert resampled([0, 2], [1, 3]) == [(2, 3)]


def test_a_tip_that_overlaps_deeply_replaces_a_continuation() -> None:
    assert resampled([0, 10, 11], [1, 2, 2]) == [(0, 1), (11, 2)]


def test_a_continuation_that_overlaps_deeply_is_averaged_into_its_parent() -> None:
    assert resampled([0, 3, 20], [4, 5, 1]) == [(1.5, 4.5), (20, 1)]


def test_a_node_on_the_line_with_the_radius_expected_there_goes() -> None:
    assert resampled([0, 3, 6], [2, 2, 2]) == [(0, 2), (6, 2)]


def test_a_node_with_another_radius_stays() -> None:
    assert resampled([0, 5, 10], [2, 4, 2]) == [(0, 2), (5, 4), (10, 2)]


def test_nodes_that_do_not_touch_stay() -> None:
    assert resampled([0, 10, 20], [2, 2, 2]) == [(0, 2), (10, 2), (20, 2)]


def test_negative_radii_count_as_nothing() -> None:
    assert resampled([0, 1, 2], [-5, -5, -5]) == [(0, 0), (1, 0), (2, 0)]


def assert_resampling_gives(before: Path, after: Path) -> None:
    forest = linked(ZSwc(before))
    resample_optimal(forest)
    ours, expected = forest.to_swc(), ZSwc(after)
    assert len(ours) == len(expected)
    assert ours.parent.tolist() == expected.parent.tolist()
    assert np.abs(ours.xyz - expected.xyz).max() <= PRINTED
    assert np.abs(ours.radius - expected.radius).max() <= PRINTED


@pytest.mark.parametrize("volume", ["c_star_soma_u8", "l_parallel_u8", "m_dense_u8"])
def test_a_recorded_tree_is_resampled_as_by_the_reference(volume: str) -> None:
    assert_resampling_gives(
        HERE / f"{volume}.ref.noresample.swc", HERE / f"{volume}.ref.default.swc"
    )


def test_every_recorded_tree_is_resampled_as_by_the_reference() -> None:
    if "ZIMG_REFERENCE_DATA" not in os.environ:
        pytest.skip("ZIMG_REFERENCE_DATA is not set")
    folder = Path(os.environ["ZIMG_REFERENCE_DATA"]) / "autotrace"
    volumes = json.loads((folder / "manifest.json").read_text())["volumes"]
    compared = 0
    for volume in volumes.values():
        default = volume["runs"].get("default", {}).get("swc")
        plain = volume["runs"].get("noresample", {}).get("swc")
        if default and plain:
            assert_resampling_gives(folder / plain, folder / default)
            compared += 1
    assert compared >= 10
