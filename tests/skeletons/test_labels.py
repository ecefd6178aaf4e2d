"""`zimg.skeletonize_labels`: each body as if it were alone."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import zimg
from tests.skeletons.trees import assert_same
from zimg import ZCancellationException, ZImg
from zimg.ops import upload
from zimg.skeletons import runs
from zimg.skeletons.runs import LabelRuns


def bodies() -> np.ndarray:
    """Two rods that touch, one apart, one voxel, and a tube with a hole."""
    labels = np.zeros((16, 40, 50), np.uint16)
    labels[5:9, 3:9, 2:40] = 7
    labels[5:9, 9:14, 2:30] = 3
    labels[10:15, 20:30, 5:45] = 65535
    labels[12, 24:26, 10:40] = 9
    labels[0, 0, 0] = 2
    return labels


CONFIGS: list[Any] = [
    None,
    "SKELETONIZE",
    "FLYEM_SKELETONIZE",
    {"minimalLength": 3, "downsampleInterval": [2, 1, 0], "fillingHole": True},
    {"minimalLength": 3, "removingBorder": True, "minimalObjectSize": 20},
    {"minimalLength": 3, "levelOp": 2, "level": 0},
    {"minimalLength": 3, "level": 5},
]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_every_body_has_the_tree_that_it_has_alone(config: Any) -> None:
    labels = bodies()
    found = zimg.skeletonize_labels(labels, config=config)
    assert list(found) == [2, 3, 7, 9, 65535]
    for label, tree in found.items():
        assert_same(tree, zimg.skeletonize(labels == label, config=config))


@settings(max_examples=30, deadline=None)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 7), st.integers(1, 9)),
           elements=st.integers(0, 2)),
    st.sampled_from(CONFIGS[3:]),
)  # fmt: skip
def test_bodies_of_any_shape_are_as_they_are_alone(labels: np.ndarray, config: Any) -> None:
    for label, tree in zimg.skeletonize_labels(labels, config=config).items():
        assert_same(tree, zimg.skeletonize(labels == label, config=config))


def test_bodies_requested_come_in_the_order_asked() -> None:
    assert list(zimg.skeletonize_labels(bodies(), ids=[65535, 7])) == [65535, 7]


def test_negative_labels_are_bodies_where_they_are_named() -> None:
    labels = bodies().astype(np.int32)
    labels[labels == 7] = -4
    assert list(zimg.skeletonize_labels(labels)) == [2, 3, 9, 65535]
    assert_same(zimg.skeletonize_labels(labels, ids=[-4])[-4], zimg.skeletonize_labels(bodies())[7])


def test_without_bodies_there_are_no_trees() -> None:
    assert zimg.skeletonize_labels(np.zeros((3, 4, 5), np.uint8)) == {}


def test_an_image_and_a_plane_of_it_are_taken() -> None:
    plane = bodies()[6]
    for taken in (plane, ZImg(plane[None, :, :], layout="ZYX")):
        assert set(zimg.skeletonize_labels(taken)) == {3, 7}


def test_radii_in_space_are_those_of_a_single_body() -> None:
    options: dict[str, Any] = {"radius": "euclidean", "config": {"resolution": [1, 3]}}
    tree = zimg.skeletonize_labels(bodies(), ids=[7], **options)[7]
    assert_same(tree, zimg.skeletonize(bodies() == 7, **options))


def test_an_error_names_the_type_that_was_given():
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match="labels must be integers, got bfloat16"):
        zimg.skeletonize_labels(torch.zeros((4, 5, 6), dtype=torch.bfloat16))


@pytest.mark.parametrize(
    ("labels", "options", "error", "told"),
    [
        (bodies().astype(np.float32), {}, TypeError, "labels must be integers, got float32"),
        (bodies() > 0, {}, TypeError, "labels must be integers, got bool"),
        (bodies(), {"ids": [7, 8, 1]}, ValueError, "no body with label 1, 8"),
        (bodies(), {"ids": [0]}, ValueError, "no body with label 0"),
        (bodies(), {"radius": "round"}, ValueError, "'planar' or 'euclidean'"),
        (bodies()[0, 0], {}, ValueError, r"\(Z, Y, X\)"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    labels: np.ndarray, options: dict[str, Any], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        zimg.skeletonize_labels(labels, **options)


def test_progress_counts_bodies_and_work_stops_when_it_is_cancelled() -> None:
    cancel, seen = threading.Event(), []

    def watch(stage: str, done: int, total: int | None) -> None:
        seen.append((stage, done, total))
        if done == 2:
            cancel.set()

    with pytest.raises(ZCancellationException):
        zimg.skeletonize_labels(bodies(), progress=watch, cancel=cancel)
    assert seen[-1] == ("bodies", 2, 5)


def test_frameworks_give_the_trees_of_numpy(lane: Any, xp: Any, device: Any) -> None:
    if lane.id not in ("numpy", "torch", "torch-cuda", "jax", "cupy"):
        pytest.skip("a device that the host cannot read")
    found = zimg.skeletonize_labels(xp.asarray(bodies(), device=device))
    for label, tree in zimg.skeletonize_labels(bodies()).items():
        assert_same(found[label], tree)


@pytest.mark.parametrize("kind", ["processes", "executor"])
def test_bodies_on_workers_are_those_of_one_process(kind: str) -> None:
    labels, config = bodies(), {"minimalLength": 3}
    expected = zimg.skeletonize_labels(labels, config=config)
    told: list[tuple[str, int, int | None]] = []
    with ThreadPoolExecutor(2) as executor:
        found = zimg.skeletonize_labels(
            labels,
            config=config,
            workers=2 if kind == "processes" else executor,
            progress=lambda *step: told.append(step),
        )
        assert executor.submit(int).result() == 0  # it stays open
    assert list(found) == list(expected)
    assert all(found[label] == tree for label, tree in expected.items())
    assert told[-1] == ("bodies", len(expected), len(expected))


def test_work_on_workers_stops_when_it_is_cancelled() -> None:
    cancel = threading.Event()
    with ThreadPoolExecutor(1) as executor, pytest.raises(ZCancellationException):
        zimg.skeletonize_labels(
            bodies(), workers=executor, cancel=cancel, progress=lambda *_: cancel.set()
        )


def test_workers_are_a_number_from_1_up() -> None:
    with pytest.raises(
        ValueError, match="workers must be a number of at least 1 or an executor, got 0"
    ):
        zimg.skeletonize_labels(bodies(), workers=0)


@pytest.mark.parametrize("framework", ["torch", "jax"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "int64", "uint64"])
def test_a_device_sends_the_runs_of_bodies(framework: str, dtype: str) -> None:
    pytest.importorskip(framework)
    from zimg.conformance.certify.budgets import _namespace  # type: ignore[import-not-found]
    from zimg.conformance.certify.counting import counted  # type: ignore[import-not-found]
    from zimg.conformance.certify.pretending import pretended_gpu  # type: ignore[import-not-found]

    labels = (bodies() % 200).astype(dtype)
    labels[labels == 7] = np.iinfo(dtype).max if dtype != "int64" else 7
    xp = _namespace(framework)
    if framework == "jax" and dtype.endswith("64"):
        pytest.skip("JAX has 64-bit integers switched off")
    given = upload(labels, on=None, xp=xp)
    with pretended_gpu(framework), counted(framework) as ledger:
        found = LabelRuns.of(given)
    expected = LabelRuns.of(labels)
    assert found.labels == expected.labels
    for name in ("first", "begin", "length"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert ledger.total.round_trips == 3
    assert ledger.total.downloaded < labels.size


def test_runs_of_several_parts_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    labels = bodies().astype(np.int32)
    monkeypatch.setattr(runs, "PART", 3 * 40 * 50)
    found, expected = LabelRuns.of(torch.from_numpy(labels)), LabelRuns.of(labels)
    np.testing.assert_array_equal(found.begin, expected.begin)
    np.testing.assert_array_equal(found.length, expected.length)
