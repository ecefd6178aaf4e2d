"""OME-Zarr as others leave it: replaced while it is read, partly there, zipped, or hostile."""

import functools
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from zarr.codecs import TransposeCodec

import zimg
from zimg import VoxelSizeUnit, ZException, ZImg, ZImgRegion, ZImgWriteParameters
from zimg.io.disk.errors import ReplacedError

VOXELS = np.random.default_rng(0).integers(1, 255, (3, 8, 9)).astype("u1")
SPACE = [{"name": a, "type": "space", "unit": "micrometer"} for a in "zyx"]
SMALL = ZImgWriteParameters(chunks=(1, 16, 16))


def image_at(group: Any, *, paths=("0",), scale=(1, 1, 1), axes=SPACE, data=VOXELS, **more) -> None:
    """Describe an image in a group, and write the array of its full size."""
    change = [{"type": "scale", "scale": list(scale)}]
    datasets = [{"path": path, "coordinateTransformations": change} for path in paths]
    stated = {"version": "0.4", "axes": axes, "datasets": datasets, **more}
    group.attrs["multiscales"] = [stated]
    group.create_array("0", data=data)


def new_group(path: Path, zarr_format: Any = 2) -> Any:
    return zarr.open_group(path, mode="w", zarr_format=zarr_format)


def plate(path: Path, wells: int, fields: int = 1, *, absent: tuple[int, ...] = ()) -> Path:
    """A plate of one row; the wells that are `absent` are listed and not stored."""
    root = new_group(path)
    listed = [{"path": f"A/{k}", "rowIndex": 0, "columnIndex": k} for k in range(wells)]
    root.attrs["plate"] = {"version": "0.4", "wells": listed}
    for k in set(range(wells)) - set(absent):
        well = root.create_group(f"A/{k}")
        well.attrs["well"] = {"version": "0.4", "images": [{"path": str(f)} for f in range(fields)]}
        for f in range(fields):
            image_at(well.create_group(str(f)), data=VOXELS + np.uint8(k))
    return path


class Server(http.server.SimpleHTTPRequestHandler):
    """Counts requests, and lists no folder."""

    def log_message(self, *args: Any) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        self.server.count += 1  # type: ignore[attr-defined]
        super().do_GET()

    def send_error(self, code: int, *args: Any, **options: Any) -> None:
        super().send_error(self.server.absent if code == 404 else code, *args, **options)  # type: ignore[attr-defined]

    def list_directory(self, path: Any) -> None:  # noqa: ARG002
        self.send_error(404)


@pytest.fixture
def server(tmp_path):
    handler = functools.partial(Server, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as opened:
        opened.count, opened.absent = 0, 404  # type: ignore[attr-defined]
        opened.address = f"http://127.0.0.1:{opened.server_port}"  # type: ignore[attr-defined]
        threading.Thread(target=opened.serve_forever, daemon=True).start()
        yield opened
        opened.shutdown()


def test_a_handle_of_a_store_that_was_replaced_reports_it(tmp_path):
    path = tmp_path / "a.ome.zarr"
    for other in (
        np.full((1, 8, 64, 64), 2, np.uint16),
        np.full((1, 8, 64, 64), -2, np.int16),
        np.full((1, 4, 32, 32), 7, np.uint16),
    ):
        zimg.write(path, ZImg(np.ones((1, 8, 64, 64), np.uint16)), parameters=SMALL)
        with zimg.open(path) as handle:
            assert handle[0, 0, 0].data[0].max() == 1
            zimg.write(path, ZImg(other), parameters=SMALL)
            with pytest.raises(ReplacedError, match="replaced while it was open"):
                handle[...]
        assert (zimg.read(path).data[0] == other).all()


def test_a_store_that_is_written_anew_in_its_folder_is_noticed(tmp_path):
    image_at(new_group(tmp_path / "a.zarr"))
    with zimg.open(tmp_path / "a.zarr") as handle:
        image_at(new_group(tmp_path / "a.zarr"), data=VOXELS.astype("u2"))
        with pytest.raises(ReplacedError):
            handle[...]


def test_a_store_that_goes_away_is_not_zeros(tmp_path):
    zimg.write(tmp_path / "a.ome.zarr", ZImg(VOXELS, layout="ZYX"))
    with zimg.open(tmp_path / "a.ome.zarr") as handle:
        shutil.rmtree(tmp_path / "a.ome.zarr")
        with pytest.raises(ReplacedError):
            handle[...]


WRITING = """
import sys, numpy as np, zimg
small = zimg.ZImgWriteParameters(chunks=(1, 16, 16))
images = [zimg.ZImg(np.full((1, 4, 64, 64), value, np.uint16)) for value in (1, 2)]
print("ready", flush=True)
for number in range(30):
    zimg.write(sys.argv[1], images[number % 2], parameters=small)
"""


@pytest.mark.parametrize("name", ["a.ome.zarr", "a.mhd"])
def test_one_writes_and_one_reads_and_no_image_is_mixed(tmp_path, name):
    path, code = tmp_path / name, WRITING
    if name == "a.mhd":
        code = code.replace("small)", "None)").replace("range(30)", "range(100)")
    write = zimg.ZImg(np.full((1, 4, 64, 64), 1, np.uint16))
    zimg.write(path, write)
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        count = 0
        while process.poll() is None:
            values = np.unique(zimg.read(path).data[0])
            assert values.tolist() in ([1], [2])
            count += 1
    assert process.returncode == 0
    assert count > 3
    assert len(list(tmp_path.iterdir())) == (2 if name == "a.mhd" else 1)


def test_orphans_of_a_killed_save_are_removed_and_others_are_not(tmp_path):
    zimg.write(tmp_path / "a.mhd", ZImg(VOXELS, layout="ZYX"))
    for orphan in ("a-00000000.zraw", "a-ffffffff.raw"):
        (tmp_path / orphan).write_bytes(b"left by a process that was killed")
    for other in ("b-00000000.zraw", "a-0000000.zraw", "a-00000000.tif"):
        (tmp_path / other).write_bytes(b"of somebody else")
    (tmp_path / ".a.other-1.01234567.tmp.mhd").write_text("ElementDataFile = a-11111111.zraw\n")
    (tmp_path / "a-11111111.zraw").write_bytes(b"of a process of another machine that writes")
    zimg.write(tmp_path / "a.mhd", ZImg(VOXELS + np.uint8(1), layout="ZYX"))
    left = {each.name for each in tmp_path.iterdir()}
    assert {"a-11111111.zraw", "b-00000000.zraw", "a-0000000.zraw", "a-00000000.tif"} <= left
    assert not {"a-00000000.zraw", "a-ffffffff.raw"} & left
    assert len(left) == 7
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.mhd").data[0][0], VOXELS + np.uint8(1))


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_an_empty_chunk_or_shard_is_an_error_and_not_zeros(tmp_path, version):
    options = ZImgWriteParameters(omeZarrVersion=version, chunks=(1, 4, 4))
    kinds = [options]
    if version == "0.5":
        kinds.append(ZImgWriteParameters(chunks=(1, 4, 4), shards=(2, 8, 8)))
    for number, kind in enumerate(kinds):
        path = tmp_path / f"{number}.ome.zarr"
        zimg.write(path, ZImg(VOXELS, layout="ZYX"), parameters=kind)
        chunk = next(p for p in sorted((path / "0").rglob("0")) if p.is_file())
        chunk.write_bytes(b"")
        with pytest.raises(ZException, match=r"is empty|has 0 bytes"):
            zimg.read(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of POSIX")
def test_pipes_are_refused_as_files_and_as_chunks(tmp_path):
    for name in ("a.tif", "a.mha", "a.nrrd", "a.nii", "a.v3draw", "a.ozx", "a.png"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(ZException, match="is not a regular file"):
            zimg.read(tmp_path / name)
    with pytest.raises(ZException, match="is not a regular file"):
        zimg.read("/dev/null")
    path = tmp_path / "a.ome.zarr"
    zimg.write(path, ZImg(VOXELS, layout="ZYX"))
    for place in ("0/c/0/0/0/0/0", "0/zarr.json", "zarr.json"):
        (path / place).unlink()
        os.mkfifo(path / place)
        with pytest.raises(ZException, match=f"{place} is not a regular file"):
            zimg.read(path)


def test_an_absent_well_is_reported_when_it_is_requested(tmp_path):
    path = plate(tmp_path / "p.zarr", 3, absent=(1,))
    np.testing.assert_array_equal(zimg.read(path).data[0][0], VOXELS)
    np.testing.assert_array_equal(zimg.read(path, scene=2).data[0][0], VOXELS + np.uint8(2))
    with pytest.raises(ZException, match="no Zarr group at 'A/1'"):
        zimg.read(path, scene=1)
    with pytest.raises(ZException, match="has no scene 3: it has 3"):
        zimg.read(path, scene=3)
    infos = ZImg.readImgInfos(path)
    assert [info.width for info in infos] == [9, 0, 9]
    with zimg.open(path) as handle:
        assert [info.width for info in handle.scenes] == [9, 0, 9]


@pytest.mark.parametrize("broken", ["0/.zarray", ".zattrs"])
def test_a_broken_field_leaves_the_others(tmp_path, broken):
    path = plate(tmp_path / "p.zarr", 2, fields=2)
    (path / "A/0/1" / broken).write_text("{")
    np.testing.assert_array_equal(zimg.read(path, scene=2).data[0][0], VOXELS + np.uint8(1))
    with pytest.raises(ZException):
        zimg.read(path, scene=1)


def test_a_field_of_a_plate_costs_its_own_requests(tmp_path, server):
    pytest.importorskip("obstore")
    counts = []
    for wells in (2, 12):
        plate(tmp_path / f"{wells}.zarr", wells, fields=3)
        server.count = 0
        zimg.read(f"{server.address}/{wells}.zarr")
        counts.append(server.count)
    assert counts[0] == counts[1] <= 12
    server.count = 0
    zimg.read(f"{server.address}/12.zarr", scene=35)
    assert server.count <= 12 + 2 * 12


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_forbidden_keys_are_absent(tmp_path, server, zarr_format):
    pytest.importorskip("obstore")
    server.absent = 403
    group = new_group(tmp_path / "a.zarr", zarr_format)
    data = VOXELS.copy()
    group.create_array("0", shape=(6, 8, 9), chunks=(3, 8, 9), dtype="u1", fill_value=7)
    group["0"][:3] = data
    stated = {"axes": SPACE, "datasets": [{"path": "0"}]}
    group.attrs["ome"] = {"version": "0.5", "multiscales": [stated]}
    found = zimg.read(f"{server.address}/a.zarr").data[0][0]
    np.testing.assert_array_equal(found, np.concatenate([data, np.full_like(data, 7)]))
    with pytest.raises(ZException, match=r"no Zarr array at 'its root'.*403, Forbidden"):
        zimg.read(f"{server.address}/b.zarr")


def test_an_absent_level_is_left_out(tmp_path, caplog):
    image_at(new_group(tmp_path / "a.zarr"), paths=("0", "1"))
    np.testing.assert_array_equal(zimg.read(tmp_path / "a.zarr").data[0][0], VOXELS)
    with zimg.open(tmp_path / "a.zarr") as handle:
        assert len(handle.levels) == 1
    assert "level 1 is ignored" in caplog.text


def test_a_store_without_chunks_can_be_left_as_zeros(tmp_path):
    image_at(new_group(tmp_path / "a.zarr"))
    (tmp_path / "a.zarr/0/0.0.0").unlink()
    with pytest.raises(ZException, match="array '0' has no chunks"):
        zimg.read(tmp_path / "a.zarr")
    with pytest.warns(UserWarning, match="array '0'"):
        assert not zimg.read(tmp_path / "a.zarr", errors="fill").data[0].any()


@pytest.mark.parametrize("top", ["", "a.zarr/"])
@pytest.mark.parametrize("name", ["a.ozx", "a.ome.zarr.zip", "A.ZARR.ZIP"])
@pytest.mark.parametrize("pack", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zipped_store_is_read_as_its_folder_is(tmp_path, top, name, pack):
    data = np.random.default_rng(0).integers(0, 99, (2, 5, 40, 50)).astype(np.uint16)
    folder = tmp_path / "folder.ome.zarr"
    shards = ZImgWriteParameters(chunks=(2, 16, 16), shards=(4, 32, 32))
    zimg.write(folder, ZImg(data), parameters=shards)
    with zipfile.ZipFile(tmp_path / name, "w", pack) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, top + str(path.relative_to(folder)))
    region = ZImgRegion((3, 5, 1, 1, 0), (40, 30, 4, 2, 1))
    np.testing.assert_array_equal(zimg.read(tmp_path / name).data[0], data)
    part = zimg.read(tmp_path / name, region=region).data[0]
    np.testing.assert_array_equal(part, data[1:2, 1:4, 5:30, 3:40])
    assert zimg.read(tmp_path / name).info == zimg.read(folder).info


def test_zip_files_that_are_none_or_damaged_are_refused(tmp_path):
    path = tmp_path / "a.ozx"
    zimg.write(tmp_path / "f.ome.zarr", ZImg(VOXELS, layout="ZYX"))
    with zipfile.ZipFile(path, "w") as packed:
        for each in sorted((tmp_path / "f.ome.zarr").rglob("*")):
            if each.is_file():
                packed.write(each, each.relative_to(tmp_path / "f.ome.zarr"))
    data = path.read_bytes()
    for length in range(0, len(data), 97):
        path.write_bytes(data[:length])
        with pytest.raises(ZException, match="cannot read"):
            zimg.read(path)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("readme.txt", "nothing")
    with pytest.raises(ZException, match="no Zarr metadata"):
        zimg.read(path)


def test_boolean_arrays_are_zeros_and_ones(tmp_path):
    image_at(new_group(tmp_path / "a.zarr"), data=VOXELS > 100)
    np.testing.assert_array_equal(
        zimg.read(tmp_path / "a.zarr").data[0][0], (VOXELS > 100).astype(np.uint8), strict=True
    )
    zimg.write(tmp_path / "b.ome.zarr", ZImg(VOXELS > 100, layout="ZYX"))
    np.testing.assert_array_equal(
        zimg.read(tmp_path / "b.ome.zarr").data[0][0], (VOXELS > 100).astype(np.uint8), strict=True
    )


@pytest.mark.parametrize(
    ("scale", "unit", "sizes", "found"),
    [
        ((2, -0.5, -0.25), "micrometer", (0.25, 0.5, 2), VoxelSizeUnit.um),
        ((2, -0.5, 0.5), "micrometer", (0.5, 0.5, 2), VoxelSizeUnit.um),
        ((2, 0.5, 0.5), None, (0.5, 0.5, 2), VoxelSizeUnit.none),
        ((0, 0.5, 0.5), "nanometer", (0.5, 0.5, 0.5), VoxelSizeUnit.nm),
        ((1e-6, 5e-7, 5e-7), "meter", (5e-7, 5e-7, 1e-6), VoxelSizeUnit.m),
        ((2, 0.5, 0.5), "pixel", (0.5, 0.5, 2), VoxelSizeUnit.none),
    ],
)
def test_scales_give_sizes_whatever_their_sign_and_unit(tmp_path, scale, unit, sizes, found):
    axes = [{"name": a, "type": "space", **({"unit": unit} if unit else {})} for a in "zyx"]
    image_at(new_group(tmp_path / "a.zarr"), scale=scale, axes=axes)
    info = zimg.read(tmp_path / "a.zarr").info
    assert (info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ) == sizes
    assert info.voxelSizeUnit == found
    whole = [{"type": "scale", "scale": list(scale)}]
    group = new_group(tmp_path / "b.zarr")
    image_at(group, axes=axes, coordinateTransformations=whole)
    assert zimg.read(tmp_path / "b.zarr").info.voxelSizeZ == sizes[2]


def changed(path: Path, **fields: Any) -> None:
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, **fields}))


def test_claims_are_refused_before_memory_is_taken(tmp_path):
    path = tmp_path / "a.ome.zarr"

    def refused(match: str) -> None:
        tracemalloc.start()
        with pytest.raises(ZException, match=match):
            zimg.read(path)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 200 * 2**20

    def fresh() -> None:
        zimg.write(path, ZImg(VOXELS, layout="ZYX"))

    fresh()
    for axis, match in ((0, "times"), (1, "channels"), (2, "limit"), (4, "limit")):
        shape = [1, 1, 3, 8, 9]
        shape[axis] = 10**12
        changed(path / "0/zarr.json", shape=shape)
        refused(match)
    with pytest.raises(ZException, match="limit"):
        ZImg.readSubBlockLists(path)
    fresh()
    document = json.loads((path / "zarr.json").read_text())
    multiscale = document["attributes"]["ome"]["multiscales"][0]
    multiscale["datasets"] = [{"path": str(number)} for number in range(100_000)]
    (path / "zarr.json").write_text(json.dumps(document))
    refused("has 100000 datasets")
    fresh()
    with (path / "zarr.json").open("ab") as file:
        file.truncate(300_000_000)
    refused("metadata of at most")
    fresh()
    (path / "zarr.json").write_text("[" * 100_000 + "]" * 100_000)
    refused("cannot read")


INTERRUPTED = """
import sys, numpy as np, zimg
class Slow(zimg.ZImgSliceProvider):
    def imgInfo(self): return zimg.ZImgInfo(600, 600, 400, 1, 1, 2)
    def slice(self, z, t): return zimg.ZImg(np.full((1, 1, 600, 600), z, np.uint16))
print("ready", flush=True)
zimg.ZImg.writeImg(sys.argv[1], Slow(), paras=zimg.ZImgWriteParameters(chunks=(1, 32, 32)))
"""


@contextmanager
def heeded() -> Iterator[None]:
    """Let processes started here be interrupted, although a run in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name == "nt", reason="SIGINT is of POSIX")
def test_an_interrupted_save_leaves_nothing_and_complains_of_no_task(tmp_path):
    for number in range(3):
        command = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "a.ome.zarr")]
        pipe = subprocess.PIPE
        with heeded():
            process = subprocess.Popen(command, stdout=pipe, stderr=pipe)
        with process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.readline()
            while not any(tmp_path.iterdir()):
                time.sleep(0.01)
            time.sleep(0.1 + 0.1 * number)
            process.send_signal(signal.SIGINT)
            told = process.stderr.read().decode()
        assert process.returncode != 0
        assert "KeyboardInterrupt" in told
        assert "Task" not in told
        assert list(tmp_path.iterdir()) == []


READING = """
import sys, zimg
zimg.read(sys.argv[1])
print("ready", flush=True)
while True:
    zimg.read(sys.argv[1])
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGINT is of POSIX")
@pytest.mark.parametrize("shards", [None, (2, 64, 64)])
def test_an_interrupted_reading_complains_of_no_task(tmp_path, shards):
    data = np.random.default_rng(0).integers(0, 999, (2, 8, 300, 300)).astype(np.uint16)
    options = ZImgWriteParameters(chunks=(1, 32, 32), shards=shards)
    zimg.write(tmp_path / "a.ome.zarr", ZImg(data), parameters=options)
    command = [sys.executable, "-c", READING, str(tmp_path / "a.ome.zarr")]
    pipe = subprocess.PIPE
    with heeded():
        process = subprocess.Popen(command, stdout=pipe, stderr=pipe)
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        time.sleep(0.15)
        process.send_signal(signal.SIGINT)
        told = process.stderr.read().decode()
    assert "KeyboardInterrupt" in told
    assert "Task" not in told
    assert "cannot schedule" not in told


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [">u2", "<u2", "<f4"])
def test_what_zarr_writes_is_read_as_zarr_reads_it(tmp_path, zarr_format, order, dtype):
    data = np.random.default_rng(0).integers(1, 99, (2, 5, 20, 30)).astype(dtype)
    options: dict[str, Any] = {"order": order} if zarr_format == 2 else {}
    if zarr_format == 3 and order == "F":
        options["filters"] = [TransposeCodec(order=(3, 2, 1, 0))]
    for number, compressors in enumerate((None, "auto")):
        group = new_group(tmp_path / f"{number}.zarr", zarr_format)
        array = group.create_array(
            "0",
            shape=(2, 7, 20, 30),
            chunks=(1, 3, 8, 16),
            dtype=dtype,
            fill_value=5,
            compressors=compressors,
            **options,
        )
        array[:, :5] = data
        axes = [{"name": "c", "type": "channel"}, *SPACE]
        stated = {"version": "0.4", "axes": axes, "datasets": [{"path": "0"}]}
        group.attrs.update({"multiscales": [stated]})
        expected = array[:]
        found = zimg.read(tmp_path / f"{number}.zarr").data[0]
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == np.dtype(dtype).newbyteorder("=")
        region = ZImgRegion((3, 5, 1, 0, 0), (29, 18, 7, 2, 1))
        part = zimg.read(tmp_path / f"{number}.zarr", region=region).data[0]
        np.testing.assert_array_equal(part, expected[:, 1:7, 5:18, 3:29])


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    from zimg.io.formats.ome_zarr import array_writer

    written = array_writer._write_all
    for allowed in range(0, 60, 7):
        left = iter(range(allowed))

        def failing(file: Any, data: Any, left: Any = left) -> None:
            if next(left, None) is None:
                raise OSError(28, "No space left on device")
            written(file, data)

        monkeypatch.setattr(array_writer, "_write_all", failing)
        with pytest.raises(ZException, match="No space left"):
            zimg.write(tmp_path / "a.ome.zarr", ZImg(np.ones((1, 8, 300, 300))), parameters=SMALL)
        assert list(tmp_path.iterdir()) == []
