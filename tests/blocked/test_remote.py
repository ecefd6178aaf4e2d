"""Remote stores: reading by workers, retries, errors, identity."""

import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.blocked import volumes
from zimg.blocked import tasks
from zimg.blocked.opening import volume_source
from zimg.blocked.plan import Box
from zimg.blocked.session import SessionMismatchError
from zimg.blocked.tasks import BlockedTraceError

pytest.importorskip("obstore")


class Server(http.server.ThreadingHTTPServer):
    """Serves a folder; some answers can be made to fail."""

    refuses = False
    asked: list[str]

    def __init__(self, folder: Path) -> None:
        self.asked = []
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=str(folder)))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.SimpleHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.server.refuses and "/c/" in self.path:
            self.send_error(401)
            return
        super().do_GET()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def served(store: Path, tmp_path: Path) -> Iterator[Server]:
    """A server of a copy of the small store."""
    shutil.copytree(store, tmp_path / "www" / "fork.ome.zarr")
    with Server(tmp_path / "www") as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("options", [{}, {"executor": 2}, {"executor": 2, "processes": True}])
def test_workers_read_a_store_at_an_address(
    options: dict[str, Any], served: Server, expected: dict[str, bytes], tmp_path: Path
) -> None:
    found = volumes.run(f"{served.address}/fork.ome.zarr", tmp_path / "s", **options)
    assert found.path.read_bytes() == expected["result.swc"]
    assert any("/c/" in path for path in served.asked)


def test_a_server_that_refuses_is_named_and_the_session_resumed(
    served: Server, expected: dict[str, bytes], tmp_path: Path
) -> None:
    address, session = f"{served.address}/fork.ome.zarr", tmp_path / "s"
    served.refuses = True
    with pytest.raises(BlockedTraceError, match=r"cannot read x 0:192.*fork\.ome\.zarr.*401"):
        volumes.run(address, session)
    served.refuses = False
    assert volumes.run(address, session).path.read_bytes() == expected["result.swc"]


def test_a_server_that_does_not_answer_is_asked_again(
    served: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "DELAYS", (0.0,))
    volume = volume_source(f"{served.address}/fork.ome.zarr")
    tracer = volumes.tracer(volume, tmp_path / "s", retries=1)
    handle = volume_source(f"{served.address}/fork.ome.zarr").read(Box((0, 0, 0), (8, 8, 8)))
    assert handle.any()  # it is open already
    manifest = tracer.manifest()
    served.shutdown()
    served.server_close()
    monkeypatch.setattr(type(tracer.settings), "manifest", lambda _: manifest)
    with pytest.raises(BlockedTraceError, match=r"fork\.ome\.zarr"):
        tracer.run()
    lines = (tmp_path / "s" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["retry", "failed"]


def test_a_store_of_another_layout_is_another_source(served: Server, tmp_path: Path) -> None:
    address, session = f"{served.address}/fork.ome.zarr", tmp_path / "s"
    volumes.run(address, session)
    other = tmp_path / "www" / "other.ome.zarr"
    volumes.fork().write(other, chunk=(36, 56, 64))
    with pytest.raises(SessionMismatchError, match=r"fingerprint\.sha256"):
        volumes.run(f"{served.address}/other.ome.zarr", session)
