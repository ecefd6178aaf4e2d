"""The scripts of the migration pages run, and find what was drawn."""

import re
from pathlib import Path

import numpy as np
import pytest

import zimg
from tests.checkout import loaded
from zimg.cli import main
from zimg.cli.demo import as_image
from zimg.phantom import neuron

migrate = loaded("benchmarks/migrate.py")
DOCS = Path(__file__).resolve().parents[1] / "docs" / "migrate"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def execute(script: str) -> None:
    exec(compile(script, "page", "exec"), {"__name__": "page"})


def recall(tree: zimg.ZSwc, gold: zimg.ZSwc, tolerance: float, z: float = 1.0) -> float:
    tree.unit = gold.unit = None
    agreement = zimg.compare(tree, gold, tolerance=tolerance, step=tolerance, voxel_size=(1, 1, z))
    assert agreement.precision > 0.9
    return agreement.recall


def test_the_class_and_the_function_trace_as_from_neutube(folder: Path) -> None:
    gold = migrate.write_cell(folder)["cell.swc"]
    blocks = migrate.code("neutube")
    execute(blocks["before and after: the class"])
    by_class = zimg.ZSwc("cell.swc")
    first, _, rest = blocks["after: the function"].partition("# the results of neuTube")
    execute(f"{first}\ntree.save('cell.swc')")
    np.testing.assert_allclose(zimg.ZSwc("cell.swc").xyz, by_class.xyz, atol=1e-3)
    assert recall(by_class, gold, 2.0, 2.0) > 0.9
    execute(f"import zimg{rest}")
    assert recall(zimg.ZSwc("cell.swc"), gold, 2.0, 2.0) > 0.9


def test_labels_become_the_trees_that_kimimaro_is_used_for(folder: Path) -> None:
    gold = migrate.write_labels(folder)
    execute(migrate.LOAD_LABELS + migrate.code("kimimaro")["after"])
    for name, tree in gold.items():
        assert recall(zimg.ZSwc(name), tree, 80.0) > 0.8


def test_many_files_are_traced_as_by_pyneutube(capsys: pytest.CaptureFixture[str]) -> None:
    for seed, name in enumerate(("a.tif", "b.tif")):
        zimg.write(name, as_image(neuron(seed, (28, 128, 128))))
    execute(migrate.code("pyneutube")["after"])
    printed = capsys.readouterr().out
    assert "a.tif" in printed
    assert {"a.swc", "b.swc"} <= {path.name for path in Path("swc").iterdir()}


def test_the_calls_of_the_table_on_pyneutube_run() -> None:
    drawn = neuron(0, (28, 128, 128))
    zimg.write("a.nii.gz", as_image(drawn))
    Path("in").mkdir()
    for name in ("in/a.tif", "in/b.tif"):
        zimg.write(name, as_image(drawn))
    rows = re.findall(r"\| `(zimg[^`]+)`", (DOCS / "pyneutube.md").read_text(encoding="utf-8"))
    assert len(rows) >= 5
    execute(f"import zimg\n{rows[0]}")
    assert len(zimg.ZSwc("a.swc"))
    command = next(row for row in rows if row.startswith("zimg trace in/"))
    with pytest.raises(SystemExit, match=r"^0$"):
        main(command.removeprefix("zimg ").replace("in/*.tif", "in/a.tif in/b.tif").split())
    assert Path("out/a.swc").exists()
    assert Path("pages").exists()
