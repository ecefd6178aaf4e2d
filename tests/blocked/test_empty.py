"""Empty boxes are recognized by missing chunks and are not read."""

import errno
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import zimg
from tests.blocked import volumes
from zimg.blocked.file_volume import FileVolume
from zimg.blocked.opening import volume_source
from zimg.blocked.plan import Box
from zimg.blocked.source import checked_read, known_empty
from zimg.io.formats.ome_zarr.folder import ConfinedStore

CHUNK = 32
FIRST_EMPTY = 192
OPTIONS = {"threshold_mode": "fixed", "background": 12, "threshold": 45, "z_to_xy": 1.0}


@pytest.fixture(scope="module")
def sparse() -> np.ndarray:
    """The fork, followed by whole chunks of zeros, which a store does not contain."""
    nothing = np.zeros((36, 56, 352), np.uint8)
    nothing[:, :, :FIRST_EMPTY] = volumes.fork_voxels()
    return nothing


def zarr_of(voxels: np.ndarray, path: Path, **options: Any) -> Any:
    given = {"chunks": (CHUNK,) * 3, "overwrite": True, **options}
    return zarr.create_array(str(path), data=voxels, **given)


def ome_zarr(voxels: np.ndarray, path: Path, **options: Any) -> Path:
    """A store with one level."""
    group = zarr.create_group(str(path), zarr_format=3)
    scale = [{"type": "scale", "scale": [1.0, 1.0, 1.0]}]
    image: dict[str, Any] = {
        "axes": [{"name": axis, "type": "space"} for axis in "zyx"],
        "datasets": [{"path": "0", "coordinateTransformations": scale}],
    }
    group.attrs["ome"] = {"version": "0.5", "multiscales": [image]}
    zarr_of(voxels, path / "0", **options)
    return path


def zipped(folder: Path) -> Path:
    path = folder.with_suffix(".ozx")
    with zipfile.ZipFile(path, "w") as file:
        for part in sorted(folder.rglob("*")):
            file.write(part, part.relative_to(folder))
    return path


FORMS: dict[str, Callable[[np.ndarray, Path], Any]] = {
    "OME-Zarr": lambda voxels, folder: ome_zarr(voxels, folder / "a.ome.zarr"),
    "OME-Zarr with shards": lambda voxels, folder: ome_zarr(
        voxels, folder / "a.ome.zarr", shards=(64, 64, 256)
    ),
    "OME-Zarr in a zip file": lambda voxels, folder: zipped(
        ome_zarr(voxels, folder / "a.ome.zarr")
    ),
    "Zarr array": lambda voxels, folder: zarr_of(voxels, folder / "a.zarr"),
    "Zarr array with shards": lambda voxels, folder: zarr_of(
        voxels, folder / "a.zarr", shards=(64, 64, 64)
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_box_without_chunks_is_known_to_be_empty(
    form: str, sparse: np.ndarray, tmp_path: Path
) -> None:
    volume = volume_source(FORMS[form](sparse, tmp_path))
    assert volume.shape == sparse.shape
    for low, high, empty in [(192, 352, True), (320, 330, True), (191, 352, False), (0, 64, False)]:
        box = Box((0, 0, low), (36, 56, high))
        assert known_empty(volume, box) == empty, (low, high)
        assert np.array_equal(checked_read(volume, box), sparse[box.slices])


def test_a_fill_value_or_a_disk_that_does_not_answer_says_nothing(
    sparse: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Box((0, 0, 256), (36, 56, 320))
    bright = volume_source(ome_zarr(sparse, tmp_path / "bright.ome.zarr", fill_value=7))
    assert not known_empty(bright, box)
    plain = volume_source(ome_zarr(sparse, tmp_path / "plain.ome.zarr"))
    assert known_empty(plain, box)
    array = volume_source(zarr_of(sparse, tmp_path / "a.zarr"))
    assert known_empty(array, box)

    def stale(*_: Any, **__: Any) -> None:
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(os, "lstat", stale)
    monkeypatch.setattr(Path, "lstat", stale)
    assert not known_empty(plain, box)
    assert not known_empty(array, box)


def test_a_store_without_any_chunk_is_an_error_and_not_empty(tmp_path: Path) -> None:
    path = ome_zarr(np.zeros((36, 56, 192), np.uint8), tmp_path / "a.ome.zarr")
    with pytest.raises(zimg.ZException, match="has no chunks"):
        volumes.run(path, tmp_path / "s", **OPTIONS)


@pytest.mark.parametrize("mode", ["reference", "accurate"])
def test_blocks_without_chunks_are_not_read(
    mode: str, sparse: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ome_zarr(sparse, tmp_path / "a.ome.zarr")
    options: dict[str, Any] = OPTIONS if mode == "reference" else {"mode": mode, "trees": "all"}
    asked: list[Box] = []
    read = FileVolume._stored

    def counted(self: FileVolume, box: Box) -> np.ndarray:
        asked.append(box)
        return read(self, box)

    with monkeypatch.context() as patched:
        patched.setattr(FileVolume, "known_empty", lambda *_: False)
        plain = volumes.run(path, tmp_path / "read", **options)
    monkeypatch.setattr(FileVolume, "_stored", counted)
    found = volumes.run(path, tmp_path / "s", **options)
    assert found.summary["blocks"] == 6
    assert found.path.read_bytes() == plain.path.read_bytes()
    assert volumes.files_of(tmp_path / "s") == volumes.files_of(tmp_path / "read")
    read_for_blocks = [box for box in asked if box.shape != sparse.shape]
    assert read_for_blocks
    assert all(box.low[2] < FIRST_EMPTY for box in read_for_blocks)


def test_the_files_of_a_store_are_requested_where_there_are_chunks_alone(
    sparse: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ome_zarr(sparse, tmp_path / "a.ome.zarr")
    keys: list[str] = []
    read = ConfinedStore.read_now

    def counted(self: ConfinedStore, key: str, part: Any) -> bytes | None:
        keys.append(key)
        return read(self, key, part)

    monkeypatch.setattr(ConfinedStore, "read_now", counted)
    volumes.run(path, tmp_path / "s", **OPTIONS)
    along = {int(key.rpartition("/")[2]) for key in keys if key.startswith("0/c/")}
    # Cores of 64 and halos of 32: the last block that is read begins at 192 - 32.
    assert along == set(range((FIRST_EMPTY + 64 + 32) // CHUNK))


def test_a_reduced_box_is_empty_where_its_margin_is(sparse: np.ndarray, tmp_path: Path) -> None:
    for source in (
        ome_zarr(sparse, tmp_path / "a.ome.zarr"),
        zarr_of(sparse, tmp_path / "a.zarr"),
    ):
        volume = volume_source(source, downsample=(2, 2, 1))
        assert known_empty(volume, Box((0, 0, 100), (36, 28, 176)))
        assert not known_empty(volume, Box((0, 0, 98), (36, 28, 176)))
