"""Patches: the voxels of their box, the tree as it is drawn there, the same from every process."""

import pickle
from functools import partial

import numpy as np
import pytest

import zimg
from zimg import ZImg, ZSwc
from zimg.arrays.export import exported
from zimg.io.parameters import ZImgWriteParameters
from zimg.phantom import neurite

RNG = np.random.default_rng(0)
SHAPE = (4, 8, 12)


def voxels(shape: tuple[int, ...] = (2, 9, 20, 30)) -> np.ndarray:
    return RNG.integers(0, 999, shape).astype(np.uint16)


def tree() -> ZSwc:
    xyz = [[2, 3, 1], [12, 9, 4], [25, 15, 7], [12, 18, 2], [28, 2, 3]]
    return ZSwc.from_arrays(xyz, [2.5, 1.5, 1, 1, 3], [-1, 0, 1, 1, -1])


def test_patches_of_a_grid_cover_the_image_and_hold_its_voxels():
    data = voxels()
    found = zimg.patches(data, shape=SHAPE, channels=slice(0, 2))
    seen = np.zeros(data.shape[1:], bool)
    for number in range(len(found)):
        source, (z, y, x) = found.where(number)
        box = np.s_[z : z + 4, y : y + 8, x : x + 12]
        assert source == 0
        np.testing.assert_array_equal(found[number].image, data[(slice(None), *box)])
        seen[box] = True
    assert seen.all()
    assert len(found) == 3 * 3 * 3
    with pytest.raises(IndexError):
        found[len(found)]


@pytest.mark.parametrize("suffix", [".ome.tif", ".ome.zarr"])
def test_files_and_arrays_give_the_same(suffix, tmp_path):
    data = voxels()
    path = tmp_path / f"a{suffix}"
    chunks = ZImgWriteParameters(chunks=(2, 8, 8)) if suffix == ".ome.zarr" else None
    zimg.write(path, ZImg(data), parameters=chunks)
    make = partial(zimg.patches, targets=tree(), shape=SHAPE, count=6, seed=3)
    sources = [str(path), path, zimg.open(path), ZImg(data), data]
    for key in range(6):
        images, targets = zip(*(make(source)[key] for source in sources), strict=True)
        assert all(np.array_equal(each, images[0]) for each in images)
        assert all(np.array_equal(each, targets[0]) for each in targets)


@pytest.mark.parametrize("values", [1, "tree"])
def test_a_tree_is_drawn_as_in_the_whole_volume(values):
    data, whole = voxels()[0], tree().rasterize((9, 20, 30), values=values, dtype="int32")
    found = zimg.patches(data, tree(), shape=SHAPE, values=values)
    assert whole.any()
    for number in range(len(found)):
        _, (z, y, x) = found.where(number)
        expected = whole[z : z + 4, y : y + 8, x : x + 12]
        np.testing.assert_array_equal(found[number].target, expected)


def test_a_tree_in_micrometres_is_drawn_in_the_voxels_of_the_image(tmp_path):
    image = ZImg(voxels((1, 9, 20, 30)))
    info = image.info
    info.voxelSizeX = info.voxelSizeY = 0.5
    info.voxelSizeZ, info.voxelSizeUnit = 2.0, zimg.VoxelSizeUnit.um
    image.info = info
    tree().to_um(info).save(tmp_path / "a.swc")
    whole = tree().rasterize((9, 20, 30), spacing=(1, 1, 4))
    (patch,) = zimg.patches(image, tmp_path / "a.swc", shape=(9, 20, 30))
    np.testing.assert_array_equal(patch.target, whole)


def test_labels_are_cut_where_the_image_is(tmp_path):
    labels = voxels((1, 9, 20, 30))
    ZImg(labels).save(tmp_path / "labels.tif")
    found = zimg.patches(voxels(), tmp_path / "labels.tif", shape=SHAPE, count=5)
    for number in range(5):
        _, (z, y, x) = found.where(number)
        expected = labels[0, z : z + 4, y : y + 8, x : x + 12]
        np.testing.assert_array_equal(found[number].target, expected)
    with pytest.raises(ValueError, match=r"labels are \(9, 20, 31\), the volume is \(9, 20, 30\)"):
        zimg.patches(voxels(), voxels((9, 20, 31)), shape=SHAPE)


def test_a_key_means_the_same_in_every_copy_and_epochs_differ(tmp_path):
    path = tmp_path / "a.ome.tif"
    ZImg(voxels()).save(path)
    found = zimg.patches([path, voxels()], [tree(), None], shape=SHAPE, count=20, flip=True)
    copy = pickle.loads(pickle.dumps(found))
    for key in (3, (0, 3), (5, 7)):
        assert np.array_equal(found[key].image, copy[key].image)
        assert np.array_equal(found[key].target, copy[key].target)
    assert np.array_equal(found[3].image, found[0, 3].image)
    places = [[found.where((epoch, n)) for n in range(20)] for epoch in range(2)]
    assert places[0] != places[1]
    assert {source for source, _ in places[0]} == {0, 1}


def test_patches_hold_nodes_of_the_tree_as_often_as_asked():
    data = np.zeros((40, 100, 100), np.uint8)
    small = ZSwc.from_arrays([[50, 50, 20]], [2], [-1])
    make = partial(zimg.patches, data, small, shape=SHAPE, count=60)
    assert all(patch.target.any() for patch in make(on_target=1.0))
    assert sum(patch.target.any() for patch in make(on_target=0.0)) < 10


def test_image_and_target_are_flipped_together():
    data = np.arange(9 * 20 * 30, dtype=np.int32).reshape(9, 20, 30)
    found = zimg.patches(data, data, shape=SHAPE, count=20, flip=True)
    plain = zimg.patches(data, data, shape=SHAPE, count=20)
    assert all(np.array_equal(patch.image[0], patch.target) for patch in found)
    assert any(not np.array_equal(a.image, b.image) for a, b in zip(found, plain, strict=True))


@pytest.mark.parametrize(
    ("framework", "device"),
    [("torch", "cpu"), ("jax", "cpu"), ("array_api_strict", "device1"), ("numpy", "cpu")],
)
def test_image_and_target_are_arrays_of_the_framework_on_the_device(framework, device):
    pytest.importorskip(framework)
    data = voxels()
    expected = zimg.patches(data, tree(), shape=SHAPE, count=4)
    found = zimg.patches(data, tree(), shape=SHAPE, count=4, framework=framework, device=device)
    batches = list(found.batches(3, shuffle=False))
    assert [batch.image.shape[0] for batch in batches] == [3, 1]
    for each in (*found[0], *batches[0]):
        assert device in str(each.device).lower()
    for number, patch in enumerate(expected):
        image, target = (exported(x, "numpy", device="cpu") for x in found[number])
        np.testing.assert_array_equal(image, patch.image)
        np.testing.assert_array_equal(target, patch.target)
    first = exported(batches[0].image, "numpy", device="cpu")
    np.testing.assert_array_equal(first[2], expected[2].image)


def test_batches_of_an_epoch_hold_every_patch_once_in_an_order_of_its_own():
    data = np.arange(9 * 20 * 30, dtype=np.int32).reshape(9, 20, 30)
    found = zimg.patches(data, shape=SHAPE)
    orders = []
    for epoch in range(2):
        batches = found.batches(4, epoch=epoch)
        orders.append([int(x) for batch in batches for x in batch.image[:, 0, 0, 0, 0]])
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]
    assert len(set(orders[0])) == len(found)


@pytest.mark.slow
def test_workers_of_torch_give_what_one_process_gives(tmp_path):
    torch = pytest.importorskip("torch")
    phantom = neurite()
    ZImg(phantom.volume, layout="ZYX").save(tmp_path / "a.ome.tif")
    data = zimg.patches(
        tmp_path / "a.ome.tif",
        phantom.tree,
        shape=(8, 16, 16),
        count=8,
        framework="torch",
    )
    found = []
    for workers in (0, 2):
        more = {"persistent_workers": True, "multiprocessing_context": "spawn"} if workers else {}
        loader = torch.utils.data.DataLoader(
            data, batch_size=4, sampler=data.sampler(), num_workers=workers, **more
        )
        found.append([batch for _ in range(2) for batch in loader])
    assert len(found[0]) == 4
    for one, other in zip(*found, strict=True):
        assert torch.equal(one.image, other.image)
        assert torch.equal(one.target, other.target)
    assert not torch.equal(found[0][0].image, found[0][2].image)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"shape": (40, 8, 8)}, r"shape is \(40, 8, 8\)"),
        ({"count": 0}, "count is above 0"),
        ({"on_target": 2.0}, "on_target from 0 to 1"),
        ({"targets": [None, None]}, "1 images and 2 targets"),
        ({"time": 1}, "has 1 time points"),
    ],
)
def test_arguments_without_meaning_are_refused(options, told):
    with pytest.raises(ValueError, match=told):
        zimg.patches(voxels(), **{"shape": SHAPE, **options})
    with pytest.raises(ValueError, match="arrays of 2 to 4 axes"):
        zimg.patches(voxels((2, 3, 4, 5, 6)), shape=SHAPE)
