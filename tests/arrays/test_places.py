"""Frameworks and devices that are asked for by name are checked before anything is read."""

import numpy as np
import pytest

import zimg

VOLUME = np.zeros((4, 8, 8), np.uint8)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.tif"
    zimg.write(path, zimg.ZImg(VOLUME, layout="ZYX"))
    return path


@pytest.mark.parametrize("framework", ["numpy", "torch", "jax", "array_api_strict"])
@pytest.mark.parametrize("device", ["nonsense", "cuda:99", "", 3])
def test_unknown_devices_are_refused_before_anything_is_decoded(
    file, monkeypatch, framework, device
):
    pytest.importorskip(framework)
    monkeypatch.setattr("zimg.io.reading.decode", None)
    for take in (zimg.read, zimg.open):
        with pytest.raises(ValueError, match=f"{framework} has no device") as caught:
            take(file, framework=framework, device=device)
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match=f"{framework} has no device"):
        zimg.patches(VOLUME, shape=(2, 4, 4), framework=framework, device=device)
    with pytest.raises(ValueError, match=f"{framework} has no device"):
        zimg.ZImg(VOLUME, layout="ZYX").to(framework, device=device)


def test_unknown_frameworks_are_refused_before_anything_is_decoded(file, monkeypatch):
    monkeypatch.setattr("zimg.io.reading.decode", None)
    for take in (zimg.read, zimg.open):
        with pytest.raises(ValueError, match="unknown framework 'tensorflo'"):
            take(file, framework="tensorflo")


def test_devices_of_jax_that_are_not_there_are_answered_by_those_that_are():
    pytest.importorskip("jax")
    with pytest.raises(ValueError, match=r"'cpu:7': it lists .*cpu:0"):
        zimg.ZImg(VOLUME, layout="ZYX").to("jax", device="cpu:7")
