"""Images as layers of napari and back, without napari: layers are data, options and type."""

import numpy as np
import pytest

from zimg import VoxelSizeUnit, ZImg


def image(times: int, channels: int, depth: int) -> ZImg:
    rng = np.random.default_rng(0)
    found = ZImg([rng.random((channels, depth, 4, 5)).astype("float32") for _ in range(times)])
    info = found.info
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = 0.5, 0.25, 2.0
    info.voxelSizeUnit = VoxelSizeUnit.mm
    info.timeStamps = [3.0 * time for time in range(times)]
    found.info = info
    return found


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("depth", [1, 6])
def test_layers_give_the_image_back(times, channels, depth):
    first = image(times, channels, depth)
    layers = first.to_napari()
    assert len(layers) == channels
    assert all(len(options["scale"]) == data.ndim for data, options, _ in layers)
    again = ZImg.from_napari(layers)
    np.testing.assert_array_equal(np.stack(again.data), np.stack(first.data))
    assert again.info.voxelSizeXInUm() == pytest.approx(500)
    assert again.info.voxelSizeYInUm() == pytest.approx(250)


def test_one_layer_is_an_image_and_layers_that_differ_are_refused():
    layers = image(1, 2, 3).to_napari(name="cell")
    assert [options["name"] for _, options, _ in layers] == ["cell channel 0", "cell channel 1"]
    assert ZImg.from_napari(layers[0]).info.numChannels == 1
    with pytest.raises(ValueError, match="one size and type"):
        ZImg.from_napari([layers[0], (layers[1][0][:2], *layers[1][1:])])
    with pytest.raises(ValueError, match="layer of points"):
        ZImg.from_napari((np.zeros((3, 3)), {}, "points"))


def test_a_tensor_on_a_device_is_copied_to_the_host():
    xp = pytest.importorskip("array_api_strict")
    data = xp.ones((1, 3, 4, 5), dtype=xp.float32, device=xp.Device("device1"))
    ((pixels, _, _),) = ZImg(data).to_napari()
    assert type(pixels) is np.ndarray
