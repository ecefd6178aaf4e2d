"""``zimg trace --blocked`` and ``zimg session``."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import zimg
from tests.blocked import volumes
from zimg.blocked.session import locked
from zimg.cli import main
from zimg.cli.trace_blocked import bytes_of, core_of

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "fork.ome.zarr"
    volumes.fork().write(path, chunk=(32, 32, 32))
    return path


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Call the command; its exit code and what it printed."""

    def call(*arguments: Any) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return int(left.value.code or 0), out, err

    return call


BLOCKS = ("--blocked", "--core", "64", "--halo", "32")


def test_a_file_is_traced_in_blocks_shown_and_resumed(
    run: Run, store: Path, tmp_path: Path
) -> None:
    session, output = tmp_path / "s", tmp_path / "a.swc"
    code, out, err = run("trace", store, "-o", output, *BLOCKS, "--session", session, "--json")
    assert code == 0, err
    assert "blocks: " in err
    told = json.loads(out)
    assert told["summary"]["blocks"] == 3
    assert told["trees"] == 1
    tree = zimg.ZSwc(output)
    assert zimg.compare(tree, volumes.fork().tree, tolerance=2.0).b_to_a.within >= 0.95
    status = json.loads(run("session", session, "--json")[1])
    assert status["state"] == "finished"
    passes = {name: 3 for name in status["done"] if name.startswith("passes/")}
    assert status["done"] == {"blocks": 3, "somata": 3, "statistics": 1, **passes}
    assert "blocks: 3 of 3" in run("session", session)[1]
    code, _, err = run("trace", store, "-o", tmp_path / "b.swc", *BLOCKS, "--session", session)
    assert (code, "--resume continues it" in err) == (1, True)
    options = ("--session", session, "--resume", "-q", "--workers", "2")
    assert run("trace", store, "-o", tmp_path / "b.swc", *BLOCKS, *options) == (0, "", "")
    assert (tmp_path / "b.swc").read_bytes() == output.read_bytes()


def test_a_region_keeps_the_coordinates_of_the_image(run: Run, store: Path, tmp_path: Path) -> None:
    options = ("--session", tmp_path / "s", "--region", "20:,:,:", "-q")
    assert run("trace", store, "-o", tmp_path / "a.swc", *BLOCKS, *options)[0] == 0
    tree = zimg.ZSwc(tmp_path / "a.swc")
    assert zimg.compare(tree, volumes.fork().tree, tolerance=2.0).a_to_b.within >= 0.9


def test_a_session_that_is_running_or_stopped_reports_it(
    run: Run, store: Path, tmp_path: Path
) -> None:
    session = tmp_path / "s"
    volumes.run(store, session)
    with locked(session / "lock"):
        assert json.loads(run("session", session, "--json")[1])["state"] == "running"
    (session / "result.swc").unlink()
    (session / "blocks" / "000001.rec").unlink()
    status = json.loads(run("session", session, "--json")[1])
    assert (status["state"], status["done"]["blocks"], status["blocks"]) == ("stopped", 2, 3)
    (session / "errors.json").write_text('{"000001": "cannot read"}')
    code, out, _ = run("session", session)
    assert code == 0
    assert "failed 000001: cannot read" in out


@pytest.mark.parametrize(
    ("options", "code", "why"),
    [
        (("--blocked",), 2, "--blocked needs --session DIR"),
        (("--session", "s"), 2, "--session needs --blocked"),
        (("--blocked", "--session", "s", "--core", "1,2"), 2, "must be a number, X,Y,Z or auto"),
        (("--blocked", "--session", "s", "--core", "auto"), 2, "memory_limit"),
        (
            ("--blocked", "--session", "s", "--memory-limit", "much"),
            2,
            "must be a number of bytes such as 8G",
        ),
        (("--blocked", "--session", "s", "--memory-limit", "1M"), 2, "memory_limit 1.05e"),
        (("--blocked", "--session", "s", "--preview", "a.png"), 2, "no --preview"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    options: tuple[str, ...], code: int, why: str, run: Run, store: Path, tmp_path: Path
) -> None:
    placed = [str(tmp_path / "s") if option == "s" else option for option in options]
    found, _, err = run("trace", store, "-o", tmp_path / "a.swc", *placed)
    assert (found, why in err) == (code, True), err
    assert not (tmp_path / "s").exists()
    assert not (tmp_path / "a.swc").exists()


def test_a_folder_that_is_no_session_is_named(run: Run, tmp_path: Path) -> None:
    code, _, err = run("session", tmp_path)
    assert code == 1
    assert f"{tmp_path} is not a session" in err
    (tmp_path / "manifest.json").write_text('{"format_version": 2}')
    assert "neuTube's C++ library" in run("session", tmp_path)[2]


def test_a_scheduler_that_is_not_there_is_named(run: Run, store: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    import dask

    del distributed
    options = ("--session", tmp_path / "s", "--scheduler", "tcp://127.0.0.1:1")
    with dask.config.set({"distributed.comm.timeouts.connect": "0.5s"}):
        code, _, err = run("trace", store, "-o", tmp_path / "a.swc", *BLOCKS, *options)
    assert code == 1
    assert "cannot reach the scheduler tcp://127.0.0.1:1" in err


def test_sizes_are_read_from_their_texts() -> None:
    assert core_of("128") == 128
    assert core_of("1,2,3") == (1, 2, 3)
    assert bytes_of("8G") == bytes_of("8GiB") == 8 * 2**30
    assert bytes_of("512") == 512
    assert bytes_of(None) is None
