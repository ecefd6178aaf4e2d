"""A target is the old file or the new one, whatever happens in between."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from zimg._errors import ZException
from zimg.io.disk import atomic
from zimg.io.disk.atomic import atomic_folder, atomic_path, recovered
from zimg.io.disk.leftovers import hidden_name


def test_a_finished_block_creates_the_file_and_nothing_else(tmp_path: Path) -> None:
    with atomic_path(tmp_path / "tree.swc") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".swc"
        temporary.write_text("new")
    assert (tmp_path / "tree.swc").read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["tree.swc"]


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_an_error_leaves_the_old_file_and_no_temporary_one(
    tmp_path: Path, error: BaseException
) -> None:
    target = tmp_path / "image.ome.tif"
    target.write_text("old")

    def fail_half_way() -> None:
        with atomic_path(target) as temporary:
            assert temporary.name.endswith(".ome.tif")
            temporary.write_text("half")
            raise error

    with pytest.raises(type(error)):
        fail_half_way()
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["image.ome.tif"]


def test_permissions_of_the_old_file_are_kept_and_new_files_follow_the_umask(
    tmp_path: Path,
) -> None:
    old, new, plain = tmp_path / "old", tmp_path / "new", tmp_path / "plain"
    old.write_text("old")
    old.chmod(0o640)
    for target in (old, new):
        with atomic_path(target) as temporary:
            temporary.write_text("x")
    plain.write_text("x")
    assert old.stat().st_mode & 0o777 == 0o640
    assert new.stat().st_mode == plain.stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    with atomic_path(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert target.read_text() == "new"


@pytest.mark.parametrize("name", ["n" * 251 + ".swc", "神" * 83 + ".swc", "n." + "s" * 253])
def test_a_name_of_the_longest_length_can_be_written(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    with atomic_path(target) as temporary:
        temporary.write_text("x")
    assert target.read_text() == "x"


def test_unwritable_places_are_named_in_one_line(tmp_path: Path) -> None:
    for target in (tmp_path / "missing" / "a.swc", tmp_path):
        with pytest.raises(ZException, match="cannot write") as caught, atomic_path(target):
            pass
        assert str(target) in str(caught.value)
        assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_what_replaces_a_file_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    original = atomic._flush

    def noted(path: Path) -> None:
        flushed.append(path.suffix)
        original(path)

    monkeypatch.setattr(atomic, "_flush", noted)
    header = tmp_path / "a.mhd"
    for number in range(2):  # the data of a header has another name each time
        data = tmp_path / f"a-{number}.raw"
        for path, beside in ((data, header), (header, None)):
            with atomic_path(path, beside=beside) as temporary:
                temporary.write_text("x")
        assert [suffix for suffix in flushed if suffix] == [".raw", ".mhd"] * number


MARKS = ("mark",)


def filled(folder: Path, text: str) -> None:
    for name in ("mark", "a", "b/c"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


def content(folder: Path) -> set[str]:
    return {path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("exchanging", [True, False])
def test_a_folder_is_replaced_as_a_whole(
    tmp_path: Path, exchanging: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exchanging:
        monkeypatch.setattr(atomic, "_exchange", lambda _one, _other: False)
    for text in ("old", "new"):
        with atomic_folder(tmp_path / "a.zarr", MARKS) as folder:
            filled(folder, text)
        assert content(tmp_path / "a.zarr") == {text}
        assert [p.name for p in tmp_path.iterdir()] == ["a.zarr"]


def test_an_error_leaves_the_old_folder_and_no_temporary_one(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "a.zarr", MARKS) as folder:
        filled(folder, "old")

    def fail_half_way() -> None:
        with atomic_folder(tmp_path / "a.zarr", MARKS) as folder:
            filled(folder, "half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_half_way()
    assert content(tmp_path / "a.zarr") == {"old"}
    assert [p.name for p in tmp_path.iterdir()] == ["a.zarr"]


def test_an_exchange_interrupted_between_two_names_is_undone_at_the_next_look(
    tmp_path: Path,
) -> None:
    target = tmp_path / "a.zarr"
    with atomic_folder(target, MARKS) as folder:
        filled(folder, "old")
    target.rename(atomic._aside(target))  # what a kill after the first of two renamings leaves
    assert recovered(target)
    assert content(target) == {"old"}
    assert not recovered(tmp_path / "never.zarr")


# Writes half of a file, or of a folder, and is killed; or waits, when told to.
HALF = """
import os, signal, sys
from zimg.io.disk.atomic import atomic_folder, atomic_path
kind, target, then = sys.argv[1:]
with atomic_path(target) if kind == "file" else atomic_folder(target, ("mark",)) as half:
    (half if kind == "file" else half / "mark").write_text("half")
    if then == "wait":
        print("ready", flush=True)
        sys.stdin.read()
    else:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", 9))
"""


def save_new(kind: str, target: Path) -> None:
    if kind == "file":
        with atomic_path(target) as temporary:
            temporary.write_text("new")
    else:
        with atomic_folder(target, MARKS) as folder:
            filled(folder, "new")


@pytest.mark.skipif(os.name == "nt", reason="it is not told there which processes live")
@pytest.mark.parametrize(
    ("kind", "name"),
    [("folder", "a.zarr"), ("file", "a.ome.tif"), ("file", "image"), ("file", "神" * 80)],
)
def test_what_killed_processes_left_is_removed_at_the_next_writing_of_that_target(
    tmp_path: Path, kind: str, name: str
) -> None:
    target, other = tmp_path / name, tmp_path / f"b{name}"
    for each in (target, other):
        subprocess.run([sys.executable, "-c", HALF, kind, str(each), "die"], check=False)
    assert len(list(tmp_path.iterdir())) == 2
    assert not target.exists()
    save_new(kind, target)
    assert target.exists()
    assert len(list(tmp_path.iterdir())) == 2  # what is left of the other one stays
    save_new(kind, other)
    assert set(tmp_path.iterdir()) == {target, other}


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_living_processes_are_writing_is_left_to_them(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "a.zarr"
    command = [sys.executable, "-c", HALF, kind, str(target), "wait"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"ready"
        save_new(kind, target)
        save_new(kind, target)
        assert len(list(tmp_path.iterdir())) == 2
        process.communicate()
        assert process.returncode == 0
    assert [p.name for p in tmp_path.iterdir()] == ["a.zarr"]
    assert {"half"} == ({target.read_text()} if kind == "file" else content(target))


def test_files_that_only_look_like_ours_stay(tmp_path: Path) -> None:
    target = tmp_path / "a.tif"
    hidden = hidden_name(target, ".tif")
    process = hidden.name.split(".")[2].rpartition("-")[2]
    names = [
        hidden.name.replace(f"-{process}.", "-999999999."),  # of ours, and nobody has that number
        hidden.name.replace(".a.", ".b.").replace(f"-{process}.", "-999999999."),
        hidden.name.replace(f"-{process}.", "x-999999999."),
        ".a.tif",
        ".a.tmp.tif",
    ]
    for name in names:
        (tmp_path / name).write_text("x")
    save_new("file", target)
    assert {p.name for p in tmp_path.iterdir()} == {"a.tif", *names[1:]}


REPLACING = """
import sys
from pathlib import Path
from zimg.io.disk.atomic import atomic_folder
number = 0
while True:
    number += 1
    with atomic_folder(sys.argv[1], ("mark",)) as folder:
        for name in ("mark", "a", "b"):
            (folder / name).write_text(str(number))
    if number == 1:
        print("ready", flush=True)
"""


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_a_kill_at_any_moment_leaves_the_old_folder_or_the_new(tmp_path: Path, kills: int) -> None:
    target = tmp_path / "a.zarr"
    for kill in range(kills):
        command = [sys.executable, "-c", REPLACING, str(target)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == b"ready"
            time.sleep(0.001 * (kill % 10))
            process.kill()
        assert target.exists() or recovered(target)
        assert len(list(target.iterdir())) == 3
        assert len(content(target)) == 1
