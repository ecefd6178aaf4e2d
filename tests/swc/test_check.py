"""Each kind of finding, from files that load and files that do not."""

from pathlib import Path

import numpy as np
import pytest

from zimg import ZException
from zimg.swc import ZSwc
from zimg.swc.check import check_file
from zimg.swc.text import read_swc

ROOT = "1 2 0 0 0 1 -1\n"


@pytest.mark.parametrize(
    ("text", "kind", "line", "node"),
    [
        ("1 2 0 0 0 1 1\n", "cycle", 1, 1),
        (ROOT + "1 2 5 5 5 1 -1\n", "duplicate id", 2, 1),
        (ROOT + "2 2 0 nan 0 1 1\n", "not finite", 2, None),
        (ROOT + "-3 2 1 0 0 1 1\n", "negative id", 2, -3),
        (ROOT + "2 2 0 0\n", "malformed line", 2, None),
        (ROOT + "2 2 zero 0 0 1 1\n", "malformed line", 2, None),
    ],
)
def test_an_error_is_what_the_reader_refuses(text, kind, line, node) -> None:
    found = [(f.kind, f.line, f.id) for f in check_file(text) if f.is_error]
    assert found == [(kind, line, node)]
    with pytest.raises(ZException, match=f"line {line}"):
        read_swc(text)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("text", "kind", "line", "node"),
    [
        (ROOT + "2 2 1 0 0 1 1 9\n", "unusual form", 2, None),
        (ROOT + "2.0 2 1 0 0 1 1\n", "unusual form", 2, None),
        ("2 2 1 0 0 1 1\n" + ROOT, "parent after child", 1, 2),
        (ROOT + "2 2 1 0 0 0 1\n", "radius not positive", 2, 2),
        (ROOT + "2 2 0 0 0 1 1\n", "zero-length edge", 2, 2),
        (ROOT + "2 1 1 0 0 1 1\n3 1 2 0 0 1 2\n", "soma not at a root", 2, 2),
        (ROOT + "2 2 1 0 0 1 -1\n", "several roots", None, None),
        ("\n# nothing\n", "no nodes", None, None),
    ],
)
def test_a_warning_is_about_what_is_accepted(text, kind, line, node) -> None:
    assert [(f.kind, f.line, f.id, f.is_error) for f in check_file(text)] == [
        (kind, line, node, False)
    ]
    read_swc(text)


def test_a_missing_parent_makes_a_root_more() -> None:
    kinds = [f.kind for f in check_file(ROOT + "2 2 1 0 0 1 9\n")]
    assert kinds == ["several roots", "missing parent"]


def test_a_sound_file_has_no_findings_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "tree.swc").write_text(ROOT + "2 2 1 0 0 1 1\n")
    assert check_file(tmp_path / "tree.swc") == []
    with pytest.raises(ZException, match="missing"):
        check_file(tmp_path / "missing.swc")


def test_the_columns_of_a_tree_are_checked() -> None:
    tree = ZSwc.from_arrays(np.arange(9).reshape(3, 3), 1, [-1, 0, 1])
    assert tree.check() == []
    tree.id[:] = [4, 4, -2]
    tree.radius[0] = 0
    tree.xyz[1] = tree.xyz[0]
    tree.xyz[2, 0] = np.inf
    found = {(f.kind, f.id) for f in tree.check()}
    assert found == {
        ("duplicate id", 4),
        ("negative id", -2),
        ("radius not positive", 4),
        ("zero-length edge", 4),
        ("not finite", -2),
    }
