"""What the README shows works as it stands there."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest
import tifffile

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.filterwarnings("default::zimg.tracing.automatic.TraceWarning")  # cell.tif is dark
def test_the_example_runs_and_finds_one_tube(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    torch = pytest.importorskip("torch", reason="the example uses torch")
    torch.manual_seed(0)
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    (tmp_path / "example.py").write_text(code, encoding="utf-8")
    tifffile.imwrite(tmp_path / "cell.tif", np.zeros((5, 20, 30), np.uint8))
    monkeypatch.chdir(tmp_path)
    runpy.run_path("example.py")
    assert "nodes in 1 tree" in capsys.readouterr().out
    assert {"cell.swc", "tube.swc"} <= {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs"])
def test_every_relative_link_leads_to_a_file(document: str) -> None:
    start = ROOT / document
    pages = [start] if start.is_file() else sorted(start.rglob("*.md"))
    links = [
        (page, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
        if "://" not in target
    ]
    assert not [
        f"{page}: {target}" for page, target in links if not (page.parent / target).exists()
    ]


def test_the_commands_of_the_readme_are_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`", README)) <= targets
