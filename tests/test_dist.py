"""Distributions are the same bytes for the same source, and state their version and addresses."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOT_SOURCE = (".*", "build", "dist", "site", "*.egg-info", "__pycache__", "zimg-demo")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HOME = PROJECT["urls"]["Homepage"]


def build(source: Path, folder: Path, **environment: str) -> dict[str, str]:
    """SHA-256 of each file that a build makes, by name."""
    command = [sys.executable, str(source / "tools" / "build_dist.py"), "--no-isolation"]
    command += ["--source", str(source), "--outdir", str(folder)]
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in folder.iterdir()}


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / "zimg").exists(), reason="builds the source, which is not here")
def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("build", reason="the package `build` makes the wheel")
    pytest.importorskip("setuptools_scm", reason="setuptools-scm makes the version")
    found = []
    for number, mode in enumerate((0o644, 0o600)):
        source = tmp_path / f"source{number}"
        shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*NOT_SOURCE))
        for path in source.rglob("*.py"):
            os.utime(path, (1e9 + number, 1e9 + number))
        (source / "README.md").chmod(mode)
        environment = {"SETUPTOOLS_SCM_PRETEND_VERSION": "1.2.3", "SOURCE_DATE_EPOCH": "1700000000"}
        found.append(build(source, tmp_path / f"dist{number}", **environment))
    assert found[0] == found[1]
    assert set(found[0]) == {"zimg_xp-1.2.3.tar.gz", "zimg_xp-1.2.3-py3-none-any.whl"}


def test_the_installed_version_is_one_and_the_module_states_it() -> None:
    import zimg

    assert zimg.__version__ == version("zimg-xp")
    assert "version" in PROJECT["dynamic"]


@pytest.mark.parametrize("name", ["recipe/recipe.yaml", "mkdocs.yml", "README.md", "CITATION.cff"])
def test_every_file_states_the_addresses_of_the_project(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    stated = set(re.findall(r"https://github\.com/[\w-]+/zimg\b", text))
    assert stated == {HOME}
    pages = set(re.findall(r"https://[\w-]+\.github\.io/zimg\b", text))
    assert pages <= {PROJECT["urls"]["Documentation"]}


def test_the_address_is_changed_in_one_place(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "tools/address.py", "README.md", "CITATION.cff", "mkdocs.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("CONTRIBUTING.md", "recipe/recipe.yaml", "docs/index.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("https://github.com/nobody/zimg/blob/main/LICENSE\n")
    run = [sys.executable, "tools/address.py"]
    answer = subprocess.run(
        [*run, "--check"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert answer.stdout.split() == ["CONTRIBUTING.md", "recipe/recipe.yaml", "docs/index.md"]
    assert answer.returncode
    toml = tmp_path / "pyproject.toml"
    text = toml.read_text().replace(f'Source = "{HOME}"', 'Source = "https://github.com/we/zimg"')
    toml.write_text(text)
    subprocess.run(run, cwd=tmp_path, check=True, capture_output=True)
    for path in (toml, *tmp_path.glob("*.md"), tmp_path / "mkdocs.yml"):
        owners = re.findall(r"github(?:usercontent)?\.com/([\w-]+)/zimg", path.read_text())
        assert set(owners) == {"we"}, path.name
    assert subprocess.run([*run, "--check"], cwd=tmp_path, check=False).returncode == 0


def test_all_files_of_the_checkout_have_the_address() -> None:
    command = [sys.executable, str(ROOT / "tools" / "address.py"), "--check"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout) == (0, "")


def test_links_of_the_readme_work_on_a_package_index() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links
    assert [link for link in links if not link.startswith("https://")] == []
    site, files = PROJECT["urls"]["Documentation"] + "/", f"{HOME}/blob/main/"
    pages = [link.removeprefix(site).strip("/") for link in links if link.startswith(site)]
    assert pages
    docs = ROOT / "docs"
    named = ("{}.md", "{}/README.md", "{}/index.md")
    missing = [p for p in pages if not any((docs / n.format(p)).exists() for n in named)]
    missing += [
        link
        for link in links
        if link.startswith(files) and not (ROOT / link.removeprefix(files)).exists()
    ]
    assert missing == []


def test_the_bill_of_materials_has_each_requirement_with_a_licence(tmp_path: Path) -> None:
    path = tmp_path / "sbom.json"
    command = [sys.executable, str(ROOT / "tools" / "sbom.py"), "--output", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    bill = json.loads(path.read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    names = {each["name"] for each in bill["components"]}
    assert {"numpy", "scipy", "tifffile", "zarr", "imagecodecs", "typer", "rich", "tqdm"} <= names
    licences = {each["licenses"][0]["license"]["name"] for each in bill["components"]}
    assert not [name for name in licences if re.search(r"\b[AL]?GPL", name)]
    known = {bill["metadata"]["component"]["bom-ref"], *(c["bom-ref"] for c in bill["components"])}
    assert {ref for each in bill["dependencies"] for ref in each["dependsOn"]} <= known
