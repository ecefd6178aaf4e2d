"""The commands for trees: what they print, what they write, and their exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest

from zimg import ZException, ZSwc, ZSwcSubtract
from zimg.cli.app import main
from zimg.view import differences

CHAIN = "".join(f"{n} 2 {10 * n} 0 0 1 {n - 1 or -1}\n" for n in range(1, 8))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a.swc").write_text(CHAIN)
    (tmp_path / "b.swc").write_text("1 2 40 0 0 3 -1\n")
    (tmp_path / "cycle.swc").write_text("1 2 0 0 0 1 1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def code(*arguments: str) -> int:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    return int(exit_.value.code or 0)


@pytest.mark.usefixtures("folder")
def test_check_fails_for_errors_only_and_names_the_line(capsys) -> None:
    assert code("check", "a.swc") == 0
    assert code("check", "a.swc", "cycle.swc") == 1
    assert "error: line 1: node 1: parents form a cycle: 1 -> 1" in capsys.readouterr().out
    assert code("check", "cycle.swc", "--json") == 1
    (finding,) = json.loads(capsys.readouterr().out)["cycle.swc"]
    assert (finding["kind"], finding["line"], finding["error"]) == ("cycle", 1, True)


@pytest.mark.usefixtures("folder")
def test_subtract_writes_what_is_left(capsys) -> None:
    assert code("subtract", "a.swc", "b.swc", "-o", "out.swc") == 0
    assert capsys.readouterr().out == "out.swc: 6 of 7 nodes left\n"
    assert ZSwc("out.swc").id.tolist() == [1, 2, 3, 5, 6, 7]
    assert code("subtract", "a.swc", "b.swc", "-o", "out.swc", "--overwrite", "--json") == 0
    counts = {"file": "a.swc", "output": "out.swc", "nodes_before": 7, "nodes": 6}
    assert json.loads(capsys.readouterr().out) == counts


@pytest.mark.usefixtures("folder")
def test_compare_reports_scores_and_fails_under_the_one_requested(capsys) -> None:
    assert code("compare", "a.swc", "a.swc", "--fail-under", "1") == 0
    assert "f1                   1.0000" in capsys.readouterr().out
    assert code("compare", "a.swc", "b.swc", "--fail-under", "0.5", "--json") == 1
    scores = json.loads(capsys.readouterr().out)
    assert scores["precision"] == 5 / 61
    assert scores["length_ratio"] is None
    assert code("compare", "a.swc", "b.swc", "--voxel-size", "1,1") == 2


@pytest.mark.usefixtures("folder")
def test_the_worker_checks_its_settings_in_the_order_of_the_reference() -> None:
    worker = ZSwcSubtract()
    steps: tuple[tuple[Any, Any, str], ...] = (
        (worker.setOutputSwcFilename, "out.swc", "Output SWC file can not be empty."),
        (worker.setInputSwcFilename, "a.swc", "Input SWC file can not be empty."),
        (worker.setSubtractSwcFilenames, ["b.swc"], "Subtract SWC list can not be empty."),
    )
    for setting, value, message in steps:
        with pytest.raises(ZException, match=message):
            worker.run()
        setting(value)
    assert worker.run() == (6, 7)
    with pytest.raises(TypeError, match="filenames must be a sequence"):
        worker.setSubtractSwcFilenames("b.swc")


def test_the_task_of_the_worker_is_that_of_the_reference(folder: Path) -> None:
    task = {
        "log_file": "",
        "input_swc": "a.swc",
        "subtract_swcs": ["a.swc"],
        "output_swc": "out.swc",
    }
    (folder / "task.json").write_text(json.dumps(task))
    worker = ZSwcSubtract()
    worker.loadTask("task.json")
    worker.saveTask("again.json")
    assert json.loads((folder / "again.json").read_text()) == task
    assert worker.run() == (0, 7)
    assert (folder / "out.swc").read_text() == "#id type x y z radius parentID\n"


def test_compare_draws_what_is_false_and_missed(folder: Path) -> None:
    assert code("compare", "a.swc", "b.swc", "--preview", "p.png") == 0
    assert (folder / "p.png").read_bytes().startswith(b"\x89PNG")
    assert code("compare", "a.swc", "a.swc", "--preview", "a.swc") == 2
    assert (folder / "a.swc").read_text() == CHAIN
    assert code("compare", "a.swc", "b.swc", "--preview", "no/folder/p.png") == 1
    assert code("compare", "a.swc", "b.swc", "--preview", "p.png") == 1
    assert code("compare", "a.swc", "b.swc", "--preview", "p.png", "--overwrite") == 0


@pytest.mark.parametrize(
    ("sizes", "unit"), [("1,1,1", "voxels"), ("1,1,0", "voxels"), ("0.5,0.5,2", "µm")]
)
def test_lengths_in_a_picture_of_differences_have_the_unit_of_the_voxel_size(
    folder: Path, monkeypatch: pytest.MonkeyPatch, sizes: str, unit: str
) -> None:
    seen = []

    def remember(*marked: Any, **options: Any) -> Any:
        seen.append(options["unit"])
        return differences(*marked, **options)

    monkeypatch.setattr("zimg.cli.compare.differences", remember)
    assert code("compare", "a.swc", "b.swc", "--voxel-size", sizes, "--preview", "p.png") == 0
    assert seen == [unit]
    assert (folder / "p.png").exists()
