"""The examples of the documents run, and the guide to arrays prints what it says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guides import run_guide

DOCS = Path(__file__).resolve().parents[1] / "docs"
SCRIPTS = {
    "torch_training": ("torch",),
    "mixed_session": ("torch", "jax"),
    "filter_network": ("torch",),
}


def need(*frameworks: str) -> None:
    for framework in frameworks:
        pytest.importorskip(framework, reason=f"the example uses {framework}")


def output_of(name: str, folder: Path) -> str:
    """What an example prints, run as somebody would run it who downloaded it."""
    need(*SCRIPTS[name])
    script = DOCS / "examples" / f"{name}.py"
    done = subprocess.run(
        [sys.executable, script, folder], capture_output=True, text=True, timeout=300, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_script_is_tested_and_shown_on_the_page_of_its_name() -> None:
    found = {path.stem for path in (DOCS / "examples").glob("*.py")}
    assert found == set(SCRIPTS)
    for name in found:
        page = (DOCS / "examples" / f"{name}.md").read_text(encoding="utf-8")
        assert f"<!-- run {name}.py -->" in page


@pytest.mark.slow
def test_training_on_patches_lowers_the_loss_and_finds_the_neuron(tmp_path: Path) -> None:
    printed = output_of("torch_training", tmp_path)
    losses = [float(loss) for loss in re.findall(r"loss (\d\.\d+)", printed)]
    assert losses[-1] < losses[0] / 2
    assert float(re.findall(r"known neuron: (\d\.\d+)", printed)[0]) > 0.3
    assert (tmp_path / "prediction.ome.tif").is_file()


@pytest.mark.slow
def test_a_session_in_three_frameworks_shares_what_it_says_and_saves_a_tree(tmp_path: Path) -> None:
    printed = output_of("mixed_session", tmp_path)
    told = re.findall(r"^(.*?) +(shared|copied|refused): ", printed, flags=re.MULTILINE)
    assert dict(told) == {
        "NumPy to JAX": "shared",
        "filter in JAX": "copied",
        "JAX to NumPy": "shared",
        "JAX to Torch, no copy": "refused",
        "JAX to Torch": "copied",
        "Torch to Torch": "shared",
    }
    assert (tmp_path / "neurite.swc").is_file()


@pytest.mark.slow
def test_a_filter_network_makes_traces_of_a_test_set_better(tmp_path: Path) -> None:
    printed = output_of("filter_network", tmp_path)
    before, after = re.findall(r"(\d\.\d\d)(?:,|$)", printed.splitlines()[-1])
    assert float(after) > float(before) + 0.1


def test_the_guide_to_arrays_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    need("torch", "jax")
    monkeypatch.chdir(tmp_path)
    result = run_guide("arrays.md")
    assert result.attempted > 10
    assert result.failed == 0, capsys.readouterr().out
