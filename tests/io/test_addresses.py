"""TIFF and CZI files at an address: the same pixels, and no more bytes than a region needs."""

import http.server
import pickle
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import zimg
from tests.io.making import block, described, pages
from zimg import FileFormat, ZException, ZImg, ZImgRegion
from zimg.io.disk.remote import RemoteBytes, Stream

pytest.importorskip("obstore", reason="the extra cloud is not installed")


class Server(http.server.ThreadingHTTPServer):
    """Serves a folder in ranges, and counts what it sends."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.sent, self.requests, self.heads = folder, 0, 0, 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers HEAD, and GET with a range."""

    server: Server

    def do_HEAD(self) -> None:
        self.server.heads += 1
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path = self.server.folder / self.path.lstrip("/")
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        start, end = (int(found[1]), int(found[2]) + 1) if found else (0, len(data))
        part = data[start : min(end, len(data))]
        self.send_response(206 if found else 200)
        if found:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
        self.end_headers()
        if body:
            self.server.sent += len(part)
            self.server.requests += 1
            self.wfile.write(part)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def large(path: Path) -> np.ndarray:
    """A tiled file of some megabytes with levels."""
    data = np.random.default_rng(0).integers(0, 999, (1, 6, 1024, 900)).astype(np.uint16)
    zimg.write(path, ZImg(data))
    return data


@pytest.mark.parametrize("name", ["a.tif", "a.ome.tif", "a.czi"])
def test_a_file_at_an_address_is_the_file(name, server, tmp_path):
    if name == "a.czi":
        czi = pytest.importorskip("pylibCZIrw.czi")
        with czi.create_czi(str(tmp_path / name)) as document:
            for z in range(3):
                plane = np.arange(600, dtype=np.uint16).reshape(20, 30, 1) + z
                document.write(plane, plane={"T": 0, "Z": z, "C": 0})
    else:
        data = np.random.default_rng(0).integers(0, 999, (2, 3, 20, 30)).astype(np.uint16)
        ZImg(data).save(tmp_path / name)
    here, there = zimg.read(tmp_path / name), zimg.read(f"{server.address}/{name}")
    np.testing.assert_array_equal(there.data[0], here.data[0])
    assert there.info == here.info
    assert zimg.ZImg.readImgInfos(f"{server.address}/{name}") == [here.info]


def test_a_region_fetches_what_it_needs(server, tmp_path):
    data = large(tmp_path / "a.ome.tif")
    size = (tmp_path / "a.ome.tif").stat().st_size
    region = ZImgRegion((100, 200, 2, 0, 0), (140, 230, 3, 1, 1))
    found = zimg.read(f"{server.address}/a.ome.tif", region=region)
    np.testing.assert_array_equal(found.data[0], data[:, 2:3, 200:230, 100:140])
    assert server.sent < size / 10
    assert server.requests < 20


def test_a_handle_keeps_what_it_fetched_and_can_be_pickled(server, tmp_path):
    data = large(tmp_path / "a.ome.tif")
    with zimg.open(f"{server.address}/a.ome.tif") as handle:
        part = handle[0, 0, 1, 10:20, 10:20]
        before = server.sent
        np.testing.assert_array_equal(part.data[0][0, 0], data[0, 1, 10:20, 10:20])
        again = pickle.loads(pickle.dumps(handle))
    with again:
        np.testing.assert_array_equal(again[0, 0, 5].data[0][0, 0], data[0, 5])
    assert server.sent > before


def test_dask_reads_blocks_from_an_address(server, tmp_path):
    pytest.importorskip("dask.array")
    data = large(tmp_path / "a.ome.tif")
    with zimg.open(f"{server.address}/a.ome.tif") as handle:
        pixels = handle.to_dask()
    np.testing.assert_array_equal(np.asarray(pixels[0, 0, 3, :50, :50]), data[0, 3, :50, :50])


def test_what_cannot_be_read_is_identified_by_address(server, tmp_path):
    for name, told in {
        "missing.tif": r"missing\.tif",
        "a.nrrd": "as OME-Zarr",  # a store by the name of it
        "a.tif?token=1": "query or fragment",
    }.items():
        with pytest.raises(ZException, match=told):
            zimg.read(f"{server.address}/{name}")
    with pytest.raises(ZException, match=r"cannot read gopher://h/a\.tif as TIFF: unsupported"):
        zimg.read("gopher://h/a.tif")
    with pytest.raises(ZException, match=r"can only be read as TIFF, .* not as ITKImage"):
        zimg.read(f"{server.address}/a.nrrd", format=FileFormat.ITKImage)
    large(tmp_path / "a.tif")
    (tmp_path / "cut.tif").write_bytes((tmp_path / "a.tif").read_bytes()[:-5000])
    with pytest.raises(ZException, match=r"cut\.tif"):
        zimg.read(f"{server.address}/cut.tif")


def two_files(folder: Path, other: str = "b.ome.tif") -> np.ndarray:
    """An OME-TIFF whose second channel is in another file."""
    data = np.arange(6 * 600, dtype=np.uint16).reshape(6, 20, 30)
    blocks = block("a.ome.tif", 0, "0") + block(other, 1, "1")
    pages(folder / "a.ome.tif", data[:3], described(blocks))
    pages(folder / "b.ome.tif", data[3:], described(blocks))
    return data.reshape(2, 3, 20, 30)


def test_companions_are_read_from_the_same_address(server, tmp_path):
    data = two_files(tmp_path)
    image = zimg.read(f"{server.address}/a.ome.tif")
    np.testing.assert_array_equal(image.data[0], data)
    asked = server.heads
    assert asked <= 4  # not once for each plane


def test_planes_in_other_files_are_reported_as_missing(server, tmp_path):
    two_files(tmp_path)
    (tmp_path / "b.ome.tif").unlink()
    with pytest.raises(ZException, match=r"refers to b\.ome\.tif: the server has no such file; "):
        zimg.read(f"{server.address}/a.ome.tif")


@pytest.mark.parametrize("other", ["../b.ome.tif", "/b.ome.tif", "c/../../b.ome.tif"])
def test_companions_outside_the_folder_are_not_requested(other, server, tmp_path):
    (tmp_path / "inner").mkdir()
    two_files(tmp_path / "inner", other)
    (tmp_path / "inner" / "b.ome.tif").rename(tmp_path / "b.ome.tif")
    with pytest.raises(ZException, match="missing: z=0 c=1 t=0"):
        zimg.read(f"{server.address}/inner/a.ome.tif")


@pytest.mark.parametrize("name", ["a.ome.tif", "a.ome.zarr"])
def test_a_bucket_is_read_with_the_settings_of_the_environment(name, server, tmp_path, monkeypatch):
    settings = {"ENDPOINT_URL": server.address, "REGION": "nowhere", "SKIP_SIGNATURE": "true"}
    for key, value in (settings | {"ALLOW_HTTP": "true"}).items():
        monkeypatch.setenv(f"AWS_{key}", value)
    (tmp_path / "cells").mkdir()
    data = np.arange(600, dtype=np.uint16).reshape(1, 1, 20, 30)
    zimg.write(tmp_path / "cells" / name, ZImg(data))
    np.testing.assert_array_equal(zimg.read(f"s3://cells/{name}").data[0], data)
    with pytest.raises(ZException, match=r"absent\.tif as TIFF: the server has no such file$"):
        zimg.read("s3://cells/absent.tif")


def test_a_stream_is_read_as_a_file_is(server, tmp_path):
    content = np.random.default_rng(0).bytes(300_000)
    (tmp_path / "a.bin").write_bytes(content)
    file = RemoteBytes(f"{server.address}/a.bin")
    stream = Stream(file, "a.bin")
    assert stream.seek(-10, 2) == len(content) - 10
    assert stream.read(100) == content[-10:]
    assert (stream.seek(70_000), stream.read(1000), stream.tell()) == (
        70_000,
        content[70_000:71_000],
        71_000,
    )
    assert file.read(0, len(content)) == content
    with pytest.raises(ZException, match="truncated or damaged"):
        file.read(len(content) - 5, 6)
    file.close()
