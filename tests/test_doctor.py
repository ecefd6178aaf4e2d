"""The report on a machine: what it finds, and that nothing broken makes it fail."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import zimg
from zimg import diagnosis
from zimg.cli import main
from zimg.diagnosis import Diagnosis, doctor, find_formats, find_framework
from zimg.io.format import Format
from zimg.io.formats import table
from zimg.io.formats.table import FORMATS


def broken(folder: Path, name: str, code: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that can be found, with this content."""
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder)])
    return name


def test_numpy_works_on_the_cpu_with_its_hooks() -> None:
    found = find_framework("numpy")
    assert (found.version, found.devices, found.hooks) == (np.__version__, ("cpu",), "registered")
    assert not found.problem


def test_jax_says_whether_64_bit_types_are_on(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jax")
    monkeypatch.setenv("JAX_ENABLE_X64", "1")
    assert find_framework("jax").notes[0] == "64-bit types on"


def test_jax_says_whether_compiled_programs_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("jax")
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    assert "lost at exit (JAX_COMPILATION_CACHE_DIR=" in find_framework("jax").notes[1]
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path))
    assert find_framework("jax").notes[1] == f"compiled programs kept in {tmp_path}"


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("raise ImportError('no libcudart.so.12')", "ImportError: no libcudart.so.12"),
        ("import os; os.abort()", "the import crashes (SIGABRT)"),
        ("import os; os.kill(os.getpid(), 11)", "the import crashes (SIGSEGV)"),
        ("import os; os._exit(0)", "the probe ended unexpectedly"),
    ],
)
def test_a_framework_that_cannot_be_imported_is_a_line_of_the_report(
    code: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_framework(broken(tmp_path, "fragile_framework", code, monkeypatch))
    assert found.problem == problem
    assert not found.version


def test_a_framework_that_hangs_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = broken(tmp_path, "endless_framework", "import time; time.sleep(60)", monkeypatch)
    assert find_framework(name, seconds=0.5).problem == "the import takes more than 0.5 s"


def test_what_a_framework_prints_does_not_disturb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "__version__ = '1.5'; print('{welcome}', end='')"
    found = find_framework(broken(tmp_path, "loud_framework", code, monkeypatch))
    assert (found.version, found.hooks, found.problem) == ("1.5", "none", "")


def test_a_framework_that_is_missing_comes_with_its_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(diagnosis.EXTRAS, "absent_framework", "absent")
    found = find_framework("absent_framework")
    assert found.problem == "not installed"
    assert found.install == 'pip install "zimg-xp[absent]"'


def test_formats_are_those_that_are_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    needy = Format(
        "Needy", (), (".needy",), reader="x:y", extra="needs", requires=("absent_package",)
    )
    monkeypatch.setattr(table, "FORMATS", (*FORMATS, needy))
    found, problem = find_formats()
    assert not problem
    assert [each.name for each in found] == [each.name for each in (*FORMATS, needy)]
    assert found[-1].missing == ("absent_package",)
    assert found[-1].install == 'pip install "zimg-xp[needs]"'
    assert not found[-1].reads
    for each, format in zip(found, FORMATS, strict=False):
        able = (bool(format.reader), bool(format.writer))
        assert (each.reads, each.writes) == (able if not format.missing else (False, False))


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for NumPy and one that is missing only; importing the others takes seconds."""
    monkeypatch.setattr(diagnosis, "EXTRAS", {"numpy": "", "absent_framework": "absent"})


@pytest.mark.usefixtures("_quick")
def test_the_report_is_a_table() -> None:
    found = zimg.doctor()
    assert isinstance(found, Diagnosis)
    lines = repr(found).splitlines()
    assert lines[0].startswith(f"zimg {zimg.__version__}, Python 3.")
    assert f"  numpy             {np.__version__}; cpu; native hooks" in lines
    assert any('not installed; pip install "zimg-xp[absent]"' in line for line in lines)
    assert any(line.startswith("  TIFF") and ".tif" in line for line in lines)
    assert any(line.startswith("  OME-Zarr in a zip file  ") for line in lines)


@pytest.mark.usefixtures("_quick")
def test_a_broken_core_is_reported_and_is_the_one_failure_of_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "zimg.io.formats.table", None)
    assert "zimg.io.formats.table" in doctor().problem
    with pytest.raises(SystemExit) as left:
        main(["doctor"])
    assert left.value.code == 1
    assert "the core does not work" in capsys.readouterr().err


@pytest.mark.usefixtures("_quick")
def test_the_command_prints_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["doctor", "--json"])
    assert left.value.code == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in found["frameworks"]] == ["numpy", "absent_framework"]
    assert [each["name"] for each in found["formats"]] == [each.name for each in FORMATS]


def test_the_compiler_is_found_with_its_threads_and_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("numba")
    monkeypatch.setenv("ZIMG_COMPILED", "1")
    monkeypatch.setenv("ZIMG_THREADS", "3")
    monkeypatch.setenv("ZIMG_CACHE_DIR", str(tmp_path))
    found = find_framework("numba")
    assert found.devices == ("3 threads",)
    assert str(tmp_path) in found.notes[0]


@pytest.mark.usefixtures("_quick")
def test_the_report_reports_why_compiled_code_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZIMG_COMPILED", "0")
    line = next(line for line in repr(doctor()).splitlines() if line.startswith("  numba"))
    assert "switched off by ZIMG_COMPILED=0" in line
    assert "several times as long" in line
