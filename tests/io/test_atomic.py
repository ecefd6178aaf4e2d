"""A target is the old file or the new one, whatever happens in between."""

from pathlib import Path

import pytest

from zimg._errors import ZException
from zimg.io.atomic import atomic_path


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


def test_a_name_of_the_longest_length_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / ("n" * 251 + ".swc")
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
