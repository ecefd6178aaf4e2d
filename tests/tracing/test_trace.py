"""`zimg.trace` on small volumes with a known answer, on every framework, and what it refuses."""

import threading
import warnings

import numpy as np
import pytest

import zimg
from zimg._errors import ZCancellationException
from zimg.image import ZImg
from zimg.ops import upload
from zimg.swc.comparing import compare
from zimg.testing import LANES, bring_home, lane_parameters
from zimg.tracing import trace
from zimg.tracing.automatic import TraceWarning
from zimg.tracing.config import TraceConfig

WIDE = lane_parameters(tuple(each for each in LANES if each.id in ("numpy", "torch", "jax")))
SHAPE = (24, 48, 64)
STRAIGHT = [((8.0, 20.0, 10.0), (54.0, 28.0, 14.0))]
FORK = [
    ((6.0, 24.0, 12.0), (30.0, 24.0, 12.0)),
    ((30.0, 24.0, 12.0), (56.0, 8.0, 10.0)),
    ((30.0, 24.0, 12.0), (56.0, 40.0, 14.0)),
]


def tubes(lines, *, shape=SHAPE, radius=2.0, z_to_xy=1.0):
    """Tubes of about 170 grey values with a soft wall on a noisy background of about 15.

    In cleaner ones of this size the reference's threshold lies above the tube.
    """
    z, y, x = np.meshgrid(*map(np.arange, shape), indexing="ij")
    points = np.stack([x, y, z * z_to_xy], axis=-1).astype(np.float64)
    nearest = np.full(shape, np.inf)
    for start, end in np.array(lines):
        along = np.clip((points - start) @ (end - start) / ((end - start) ** 2).sum(), 0.0, 1.0)
        away = np.linalg.norm(points - start - along[..., None] * (end - start), axis=-1)
        nearest = np.minimum(nearest, away)
    signal = 15.0 + 170.0 / (1.0 + np.exp(3.0 * (nearest - radius)))
    signal += np.random.default_rng(0).normal(0.0, 8.0, shape)
    return np.clip(signal, 0.0, 255.0).round().astype(np.uint8)


def noise():
    """A signal without a tube."""
    return np.random.default_rng(1).poisson(12.0, SHAPE).astype(np.uint8)


def known(lines):
    """The tree of the lines: each starts at the end of the first, the first at nothing."""
    points = np.concatenate([np.linspace(start, end, 40) for start, end in np.array(lines)])
    parent = np.arange(len(points)) - 1
    parent[40::40] = 39
    return zimg.ZSwc.from_arrays(points, np.full(len(points), 2.0), parent)


def assert_covers(tree, lines):
    """One tree that follows the lines within a voxel and ends where they end."""
    assert len(tree.roots) == 1
    found = compare(tree, known(lines), step=0.5, tolerance=1.0)
    assert (
        found.precision > 0.9
    )  # the rest is where the tubes' round ends are longer than the lines
    assert found.recall > 0.9
    assert found.a_to_b.max < 4.0
    corners = np.array(lines).reshape(-1, 3)
    away = np.linalg.norm(tree.xyz[:, None] - corners, axis=-1).min(axis=0)
    assert away.max() < 4.0


@pytest.mark.parametrize("lane", WIDE, indirect=True)
@pytest.mark.parametrize("mode", ["accurate", "reference"])
@pytest.mark.parametrize("lines", [STRAIGHT, FORK], ids=["straight", "fork"])
def test_a_tube_is_found_within_a_voxel(xp, device, lines, mode):
    volume = tubes(lines)
    array = upload(volume, on=device, xp=xp)
    tree = trace(array, mode=mode)
    assert_covers(tree, lines)
    np.testing.assert_array_equal(bring_home(array), volume)


@pytest.mark.parametrize("mode", ["accurate", "reference"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_floats_of_16_bits_are_traced_as_floats_of_32(dtype, mode):
    torch = pytest.importorskip("torch")
    single = torch.from_numpy(tubes(STRAIGHT)).to(torch.float32)
    half = single.to(getattr(torch, dtype))
    assert trace(half, mode=mode) == trace(half.to(torch.float32), mode=mode)


@pytest.mark.parametrize("dtype", ["uint16", "float32", "int16"])
def test_other_voxels_give_the_same_tube(dtype):
    volume = tubes(STRAIGHT).astype(dtype)
    volume *= np.asarray(1 if dtype == "int16" else 3, dtype)
    assert_covers(trace(volume), STRAIGHT)


def test_the_byte_order_of_an_array_does_not_matter():
    volume = tubes(STRAIGHT)
    assert trace(volume.astype(">u2")) == trace(volume.astype("<u2"))


def test_anisotropic_voxels_give_positions_in_planes():
    volume = tubes(STRAIGHT, shape=(14, 48, 64), z_to_xy=2.0)
    in_planes = [tuple(np.array(point) / [1, 1, 2]) for point in STRAIGHT[0]]
    assert_covers(trace(volume, z_to_xy=2.0), [in_planes])


def test_downsampling_gives_positions_in_voxels_of_the_input():
    volume = tubes(STRAIGHT).repeat(2, 0).repeat(2, 1).repeat(2, 2)
    tree = trace(volume, downsample=(2, 2, 2))
    found = compare(tree, known(2.0 * np.array(STRAIGHT) + 0.5), tolerance=3.0)
    assert len(tree.roots) == 1
    assert found.precision > 0.9
    assert found.recall > 0.95
    assert np.median(tree.radius) == pytest.approx(4.0, abs=1.5)


@pytest.mark.parametrize("lane", WIDE, indirect=True)
def test_nothing_gives_an_empty_tree(xp, device):
    for volume in (noise(), np.zeros(SHAPE, np.uint8), np.full(SHAPE, 9, np.uint8)):
        array = upload(volume, on=device, xp=xp)
        with pytest.warns(TraceWarning, match="nothing was traced"):
            assert len(trace(array)) == 0
        assert len(trace(array, mode="reference")) == 0


@pytest.mark.parametrize("shape", [(3, 5, 6), (1, 1, 1), (2, 9, 9), (40, 3, 3)])
def test_a_volume_smaller_than_a_segment_gives_a_tree_without_an_error(shape):
    volume = np.random.default_rng(1).integers(0, 255, shape).astype(np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TraceWarning)
        tree = trace(volume)
    assert (tree.xyz >= -11.0).all()
    assert (tree.xyz <= np.array(shape[::-1]) + 10.0).all()


def test_a_single_plane_is_traced_in_its_plane():
    plane = tubes([((8.0, 20.0, 0.0), (54.0, 28.0, 0.0))], shape=(1, 48, 64))
    tree = trace(plane[0])
    assert (tree.xyz[:, 2] == 0.0).all()
    assert tree == trace(plane)


def test_an_image_is_traced_by_channel_time_and_voxel_size():
    volume = tubes(STRAIGHT)
    empty = np.zeros_like(volume)
    image = ZImg(np.stack([np.stack([empty] * 2), np.stack([empty, volume])]), layout="TCZYX")
    assert trace(image, channel=1, time=1) == trace(volume)
    with pytest.warns(TraceWarning, match="invert"):
        assert len(trace(image, channel=0, time=1)) == 0


@pytest.mark.parametrize(
    ("arguments", "error", "names"),
    [
        ({"z_to_xy": 0.0}, ValueError, "z_to_xy"),
        ({"z_to_xy": -1.0}, ValueError, "z_to_xy"),
        ({"z_to_xy": np.nan}, ValueError, "z_to_xy"),
        ({"channel": 1}, ValueError, "channel"),
        ({"time": 2}, ValueError, "time"),
        ({"mode": "fast"}, ValueError, "mode"),
        ({"clutter": "drop"}, ValueError, "clutter"),
        ({"trees": "two"}, ValueError, "trees"),
        ({"mode": "reference", "trees": "all"}, ValueError, "trees"),
        ({"mode": "reference", "invert": True}, ValueError, "invert"),
        ({"dtype": "float16"}, ValueError, "dtype"),
        ({"downsample": (2, 2)}, ValueError, "downsample"),
        ({"downsample": (0, 1, 1)}, ValueError, "downsample"),
        ({"downsample": (1.5, 1, 1)}, ValueError, "downsample"),
        ({"level": 99}, ValueError, "level"),
        ({"config": {"tag": "trace configuration", "extra": {}}}, ValueError, "extra"),
        ({"overrides": {"minAutoScor": 0.4}}, ValueError, "minAutoScor"),
        ({"overrides": {"minAutoScore": "high"}}, TypeError, "minAutoScore"),
        ({"overrides": {"seedMethod": 3}}, ValueError, "seedMethod"),
        ({"config": TraceConfig(), "level": 1}, ValueError, "level"),
        ({"progress": 3}, TypeError, "progress"),
    ],
)
def test_a_wrong_argument_is_named_in_one_line_before_any_work(arguments, error, names):
    with pytest.raises(error, match=names) as caught:
        trace(np.zeros((8, 8, 8), np.uint8), **arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("signal", "error"),
    [
        (np.full((4, 5, 6), np.nan, np.float32), ValueError),
        (np.full((4, 5, 6), np.inf, np.float32), ValueError),
        (np.zeros((2, 3, 4, 5), np.uint8), ValueError),
        (np.zeros(9, np.uint8), ValueError),
        (np.zeros((4, 0, 6), np.uint8), ValueError),
        (np.zeros((4, 5, 6), bool), TypeError),
        (np.zeros((4, 5, 6), complex), TypeError),
        ("volume.tif", ValueError),
        (None, ValueError),
    ],
)
def test_what_cannot_be_traced_is_refused_in_one_line(signal, error):
    with pytest.raises(error) as caught:
        trace(signal)
    assert "\n" not in str(caught.value)


def test_cancelling_stops_the_work():
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(ZCancellationException):
        trace(tubes(STRAIGHT), cancel=cancel)


def test_cancelling_in_the_middle_stops_the_stage():
    cancel, told = threading.Event(), []

    def on_progress(stage, done, total):
        told.append((stage, done, total))
        if stage == "grow chains":
            cancel.set()

    with pytest.raises(ZCancellationException):
        trace(tubes(STRAIGHT), progress=on_progress, cancel=cancel)
    assert told[-1][0] == "grow chains"


def test_progress_reports_the_stages_in_order_and_all_of_each():
    told = []
    trace(tubes(STRAIGHT), progress=lambda *step: told.append(step))
    stages = list(dict.fromkeys(stage for stage, _, _ in told))
    assert stages[:4] == ["preprocess", "find seeds", "score seeds", "grow chains"]
    assert stages[-1] == "build tree"
    done = [step for step in told if step[0] == "score seeds"]
    assert done[-1][1] == done[-1][2]


def test_the_same_volume_gives_the_same_tree():
    volume = tubes(FORK)
    assert trace(volume) == trace(volume)
