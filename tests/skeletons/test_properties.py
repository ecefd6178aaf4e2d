"""What a skeleton does not depend on: margins, and, where nothing is a tie, directions of axes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

import zimg
from tests.skeletons.volumes import Mask, labels, stars, volumes
from zimg import ZSwc

EXAMPLES = {"numpy": 25, "torch": 8, "torch-cuda": 20, "cupy": 20, "strict": 2, "jax": 1}
"""By lane: JAX compiles for every number of voxels, and the strict double is slow."""

CONFIGS: tuple[Any, ...] = (
    None,
    "SKELETONIZE",
    {"minimalLength": 5},
    {"minimalLength": 5, "rebase": True, "resolution": [1, 2.5]},
    {"minimalLength": 5, "connectingBranch": False, "resampleSwc": False},
)
ALONE = {"connectingBranch": False, "resampleSwc": False}
MARGINS = st.tuples(*[st.tuples(st.integers(0, 4), st.integers(0, 4))] * 3)
Points = NDArray[np.float64]


@pytest.fixture
def skeleton(xp: Any, device: Any) -> Callable[..., ZSwc]:
    """Skeletonizes a mask on the lane."""
    return lambda mask, config: zimg.skeletonize(xp.asarray(mask, device=device), config=config)


@pytest.fixture
def holds(lane: Any) -> Callable[..., None]:
    """Tries a property on as many examples as the lane can afford."""
    if lane.id not in EXAMPLES:
        pytest.skip("the host cannot read the device, or another lane is the same")

    def check(law: Callable[..., None], *drawn: st.SearchStrategy[Any]) -> None:
        budget = settings(
            max_examples=EXAMPLES[lane.id],
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],  # a smaller example would take minutes to find
        )
        budget(given(*drawn)(law))()

    return check


# How a mask is turned, and where that brings a point (x, y, z) back from.
TURNS: dict[str, tuple[Callable[[Mask], Mask], Callable[[Points, Mask], Points]]] = {
    "x backwards": (
        lambda mask: mask[:, :, ::-1],
        lambda xyz, mask: xyz * (-1, 1, 1) + (mask.shape[2] - 1, 0, 0),
    ),
    "y backwards": (
        lambda mask: mask[:, ::-1],
        lambda xyz, mask: xyz * (1, -1, 1) + (0, mask.shape[1] - 1, 0),
    ),
    "z backwards": (
        lambda mask: mask[::-1],
        lambda xyz, mask: xyz * (1, 1, -1) + (0, 0, mask.shape[0] - 1),
    ),
    "x and y exchanged": (
        lambda mask: mask.transpose(0, 2, 1),
        lambda xyz, _: xyz[:, [1, 0, 2]],
    ),
}


def turned_back(tree: ZSwc, turn: str, mask: Mask) -> ZSwc:
    xyz = TURNS[turn][1](tree.xyz, mask)
    return ZSwc.from_arrays(xyz, tree.radius, tree.parent, type=tree.type)


def assert_same(tree: ZSwc, expected: ZSwc, offset: Any = (0, 0, 0)) -> None:
    """Equal nodes in equal order, moved by x, y, z."""
    np.testing.assert_array_equal(tree.parent, expected.parent)
    np.testing.assert_array_equal(tree.type, expected.type)
    np.testing.assert_allclose(tree.xyz, expected.xyz + offset, atol=1e-9)
    np.testing.assert_allclose(tree.radius, expected.radius, atol=1e-9)


def cropped(mask: Mask) -> tuple[Mask, NDArray[np.int64]]:
    """The box of the objects, and where it begins, x, y, z."""
    places = np.argwhere(mask)
    low, high = places.min(axis=0), places.max(axis=0) + 1
    return mask[tuple(map(slice, low, high))], low[::-1]


def test_background_around_the_box_of_the_objects_changes_nothing(
    skeleton: Callable[..., ZSwc], holds: Callable[..., None]
) -> None:
    def law(mask: Mask, margins: Any, config: Any) -> None:
        box, start = cropped(mask)
        whole = skeleton(mask, config)
        assert_same(whole, skeleton(box, config), start)
        padded = skeleton(np.pad(mask, margins), config)
        assert_same(padded, whole, [before for before, _ in reversed(margins)])

    holds(law, volumes(), MARGINS, st.sampled_from(CONFIGS))


def test_background_of_whole_blocks_changes_nothing_in_a_reduced_volume(
    skeleton: Callable[..., ZSwc], holds: Callable[..., None]
) -> None:
    config = {"minimalLength": 5, "downsampleInterval": [1, 2, 0]}

    def law(mask: Mask) -> None:
        padded = np.pad(mask, [(2, 1), (3, 6), (4, 2)])
        assert_same(skeleton(padded, config), skeleton(mask, config), (4, 3, 2))

    holds(law, volumes())


# Painted balls reach further along x than along y (behaviour of the reference).
@pytest.mark.parametrize("turn", [turn for turn in TURNS if "backwards" in turn])
def test_where_nothing_is_a_tie_the_direction_of_the_axes_does_not_matter(
    turn: str, skeleton: Callable[..., ZSwc], holds: Callable[..., None]
) -> None:
    def law(mask: Mask, config: Any) -> None:
        tree = skeleton(np.ascontiguousarray(TURNS[turn][0](mask)), config)
        assert_same(turned_back(tree, turn, mask), skeleton(mask, config))

    holds(law, stars(), st.sampled_from(CONFIGS))


@pytest.mark.parametrize("turn", [turn for turn in TURNS if "z" not in turn])
def test_with_growth_from_a_far_end_ties_move_lines_inside_of_objects_only(
    turn: str, skeleton: Callable[..., ZSwc], holds: Callable[..., None]
) -> None:
    def law(mask: Mask) -> None:
        tree = skeleton(np.ascontiguousarray(TURNS[turn][0](mask)), "SKELETONIZE")
        found = zimg.compare(turned_back(tree, turn, mask), skeleton(mask, "SKELETONIZE"))
        assert found.a.trees == found.b.trees
        assert abs(found.a.ends - found.b.ends) <= 1
        assert found.esa < 1.5
        assert found.length_ratio == pytest.approx(1.0, abs=0.1)

    holds(law, volumes(long=True))


def test_every_object_longer_than_the_limit_has_a_node(
    skeleton: Callable[..., ZSwc], holds: Callable[..., None]
) -> None:
    def law(mask: Mask, shortest: float) -> None:
        tree = skeleton(mask, {"minimalLength": shortest, **ALONE})
        objects, _ = ndimage.label(mask, np.ones((3, 3, 3)))
        of_node = objects[tuple(np.rint(tree.xyz[:, ::-1]).astype(int).T)]
        for number, box in enumerate(ndimage.find_objects(objects), 1):
            extent = max(part.stop - part.start for part in box)
            # From wherever growth begins, half of the object lies ahead.
            if (extent - 1) / 2 + 1 >= shortest - 2:
                assert number in of_node

    holds(law, volumes(), st.floats(4, 20))  # a voxel alone has a rule of its own


def test_an_object_that_is_to_be_kept_has_a_node_however_short(
    skeleton: Callable[..., ZSwc], holds: Callable[..., None]
) -> None:
    def law(mask: Mask) -> None:
        tree = skeleton(mask, {"minimalLength": 90, "keepingSingleObject": True, **ALONE})
        assert len(tree.roots) == ndimage.label(mask, np.ones((3, 3, 3)))[1]

    holds(law, volumes())


def test_labels_give_the_trees_of_their_masks_one_by_one(
    skeleton: Callable[..., ZSwc], holds: Callable[..., None], xp: Any, device: Any
) -> None:
    def law(volume: Mask, config: Any) -> None:
        found = zimg.skeletonize_labels(xp.asarray(volume, device=device), config=config)
        assert list(found) == np.unique(volume[volume > 0]).tolist()
        for label, tree in found.items():
            assert_same(tree, skeleton((volume == label).astype(np.uint8), config))

    holds(law, labels(), st.sampled_from(CONFIGS))
