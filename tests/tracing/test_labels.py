"""What segments claim in masks: recorded counts, closed forms, and voxels one by one."""

import json
from pathlib import Path

import numpy as np
import pytest

from zimg.tracing.labels import Labeller, boxes, hits, label_trace, marked, rounded, swollen
from zimg.tracing.segments import contains

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "neuroseg" / "labels.json").read_text())
COLUMNS = ("r1", "theta", "psi", "scale", "h", "x", "y", "z")
ROW = np.array([[RECORDED["segment"][name] for name in COLUMNS]])
SHAPE = (64, 64, 64)
UPRIGHT = np.array([2.0, 0.0, 0.0, 1.0, 11.0, 20.0, 20.0, 20.0])


def index_sum(mask):
    return int(np.flatnonzero(mask).sum())


def test_a_trace_claims_half_a_radius_more_and_three_voxels_at_most():
    swelled = swollen(ROW)[0]
    assert swelled[[0, 3]].tolist() == pytest.approx(list(RECORDED["swollen"].values()))
    big = ROW.copy()
    big[0, [0, 3]] = RECORDED["swollen_big"]["r1_in"], RECORDED["swollen_big"]["scale_in"]
    expected = [RECORDED["swollen_big"]["r1"], RECORDED["swollen_big"]["scale"]]
    assert swollen(big)[0, [0, 3]].tolist() == pytest.approx(expected)


def test_the_box_of_a_segment_is_the_recorded_one():
    start, size = boxes(swollen(ROW), 1.0)
    assert start[0].tolist() == RECORDED["box_first_corner"]
    assert size[0].tolist() == RECORDED["box_size"]


def test_the_voxels_of_a_trace_and_of_a_seed_are_the_recorded_ones():
    trace, base = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    label_trace(trace, ROW, 1.0)
    Labeller(ROW, 1.0, limit=1.01).write(base, 0, 2)
    assert (int(trace.sum()), int((base == 2).sum())) == (
        RECORDED["trace_mask_voxels"],
        RECORDED["base_mask_voxels"],
    )
    assert index_sum(trace) == RECORDED["trace_mask_index_sum"]
    assert index_sum(base) == RECORDED["base_mask_index_sum"]


def test_a_label_holds_the_voxels_whose_centres_lie_in_the_segment():
    z, y, x = np.indices((30, 40, 40))
    centres = np.stack([x, y, z], axis=-1).reshape(-1, 3).astype(np.float64)
    row = np.array([2.7, 0.8, 2.1, 1.3, 11.0, 18.3, 21.6, 12.2])
    mask = np.zeros((30, 40, 40), np.uint8)
    Labeller(row[None], 1.0, limit=1.0).write(mask, 0, 1)
    np.testing.assert_array_equal(mask.reshape(-1) > 0, contains(row, centres))


@pytest.mark.parametrize("at", [(-3.0, 10.0, 10.0), (38.0, 39.0, 28.0), (-90.0, 5.0, 5.0)])
def test_labels_are_cut_at_the_faces_of_the_mask(at):
    row = np.array([2.7, 0.8, 2.1, 1.3, 11.0, *at])
    small, large = np.zeros((30, 40, 40), np.uint8), np.zeros((90, 100, 100), np.uint8)
    Labeller(row[None], 1.0, limit=1.0).write(small, 0, 1)
    moved = row + np.repeat([0.0, 30.0], [5, 3])
    Labeller(moved[None], 1.0, limit=1.0).write(large, 0, 1)
    np.testing.assert_array_equal(small, large[30:60, 30:70, 30:70])


def test_later_labels_overwrite_earlier_ones():
    mask = np.zeros(SHAPE, np.uint8)
    labeller = Labeller(ROW, 1.0, limit=1.01)
    labeller.write(mask, 0, 2)
    labeller.write(mask, 0, 1)
    assert set(np.unique(mask)) == {0, 1}


def test_halves_round_away_from_zero():
    points = np.array([0.5, 1.5, 2.49, -0.5, -1.5, -0.4])
    assert rounded(points).tolist() == [1, 2, 2, -1, -2, 0]


def test_marks_are_read_at_the_nearest_voxel_and_never_outside():
    mask = np.zeros((4, 5, 6), np.uint8)
    mask[3, 2, 1] = mask[0, 0, 0] = 1
    points = np.array(
        [[1.4, 2.4, 6.9], [1.6, 2.0, 6.0], [-0.4, 0.0, 0.0], [-0.5, 0.0, 0.0], [99.0, 0.0, 0.0]]
    )
    assert marked(mask, points, 2.0).tolist() == [True, False, True, False, False]


def test_a_segment_hits_marks_up_to_its_radius_and_its_length():
    def hit(*voxel):
        mask = np.zeros((40, 40, 40), np.uint8)
        mask[voxel] = 1
        return hits(mask, UPRIGHT, 1.0)

    assert hit(20, 20, 20)
    assert hit(25, 20, 22)
    assert hit(25, 18, 20)
    assert hit(31, 20, 20)
    assert not hit(25, 20, 23)
    assert not hit(25, 22, 22)
    assert not hit(19, 20, 20)
    assert not hit(32, 20, 20)
