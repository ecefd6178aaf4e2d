"""The conformance suite as a command: what it prints, writes and answers."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "guide" / "conformance.md"
QUICK = ("-k", "test_hooks and gather-rows or test_kernels and combine_box-0")


def run(*arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with `path` among the places of packages."""
    environment = dict(os.environ)
    environment.pop("ZIMG_CONFORMANCE", None)
    if path:
        environment["PYTHONPATH"] = str(path)
    return subprocess.run(
        [sys.executable, "-m", "zimg.conformance", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env=environment,
    )


def test_the_command_prints_a_table_and_writes_json_and_html(tmp_path: Path) -> None:
    json_file, html_file = tmp_path / "report.json", tmp_path / "report.html"
    files = ("--json", str(json_file), "--html", str(html_file))
    answer = run("--backend", "array_api_strict", *files, *QUICK)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert re.search(r"^capability +.*strict-device1", answer.stdout, re.M)
    assert "numpy 2" in answer.stdout
    found = json.loads(json_file.read_text())
    assert found["schema"] == 1
    assert found["capabilities"]["kernels"]["strict"]["passed"] > 0
    assert found["total"]["failed"] == 0
    page = html_file.read_text()
    assert "<td" in page
    assert "<script" not in page
    assert "http" not in page


def test_an_unknown_framework_is_refused_by_name() -> None:
    answer = run("--backend", "abacus")
    assert answer.returncode == 2
    assert "abacus" in answer.stderr
    assert "numpy" in answer.stderr


def test_a_device_needs_a_framework() -> None:
    answer = run("--device", "cuda:0")
    assert answer.returncode == 2
    assert "--backend" in answer.stderr


def test_nothing_to_run_is_no_success() -> None:
    assert run("--backend", "numpy", "-k", "no_such_check").returncode == 5


def test_a_missing_extra_is_named() -> None:
    code = (
        "import importlib.util as u, runpy, sys; f = u.find_spec;"
        "u.find_spec = lambda n, *a: None if n == 'hypothesis' else f(n, *a);"
        "runpy.run_module('zimg.conformance', run_name='__main__')"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.returncode == 2
    assert 'pip install "zimg-xp[conformance]"' in answer.stderr


def test_the_example_of_the_guide_adds_a_lane(tmp_path: Path) -> None:
    pytest.importorskip("array_api_strict")
    (module,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.S)
    (entry,) = re.findall(r"```toml\n\[project.entry-points.\"(.*?)```", GUIDE.read_text(), re.S)
    information = tmp_path / "acme-1.0.dist-info"
    information.mkdir()
    (tmp_path / "acme_arrays.py").write_text(module)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    text = "[" + entry.replace('"]', "]").replace('"', "")
    (information / "entry_points.txt").write_text(text)
    report = tmp_path / "report.json"
    answer = run("--backend", "acme_arrays", "--json", str(report), *QUICK, path=tmp_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    found = json.loads(report.read_text())["capabilities"]
    assert found["kernels"]["acme"]["passed"] > 0
