"""The compiled module: its switch, its cache, its threads, and that nobody pays for it unasked."""

import os
import subprocess
import sys
import threading
from importlib import import_module
from typing import Any

import numpy as np
import pytest

_compiled: Any = import_module("zimg.backends._compiled")


def answer(code: str, **environment: str) -> str:
    """What a new interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    "code", ["import zimg", "import zimg.tracing", "import zimg.backends._numpy"]
)
def test_an_import_does_not_load_numba(code):
    assert answer(f"{code}\nimport sys; print('numba' in sys.modules)") == "False"


STATUS = "from zimg.backends import _compiled; print(_compiled.status())"


def test_the_switch_is_named_as_the_reason():
    assert "ZIMG_COMPILED=0" in answer(STATUS, ZIMG_COMPILED="0")


def test_a_broken_package_is_a_reason_and_no_error(tmp_path):
    (tmp_path / "numba.py").write_text("raise ImportError('numpy is too new')", encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), *sys.path])
    assert "ImportError: numpy is too new" in answer(STATUS, PYTHONPATH=path)


def test_machine_code_is_kept_where_the_user_says(tmp_path):
    pytest.importorskip("numba")
    assert str(tmp_path) in answer(STATUS, ZIMG_CACHE_DIR=str(tmp_path))
    assert list(tmp_path.rglob("*.nbc"))


def test_a_folder_that_cannot_be_made_costs_the_cache_only(tmp_path):
    pytest.importorskip("numba")
    (tmp_path / "file").write_text("", encoding="utf-8")
    told = answer(STATUS, ZIMG_CACHE_DIR=str(tmp_path / "file" / "below"))
    assert "problem=''" in told
    assert "cache=''" in told


@pytest.mark.parametrize(("said", "count"), [("3", 3), ("0", 1), ("many", 1)])
def test_the_number_of_threads_can_be_chosen(monkeypatch, said, count):
    monkeypatch.setenv("ZIMG_THREADS", said)
    assert _compiled.threads() == count


def test_parts_cover_all_rows_once(monkeypatch):
    monkeypatch.setenv("ZIMG_THREADS", "2")
    for count in (1, 7, 64, 1000):
        rows = np.concatenate([np.arange(count)[part] for part in _compiled.parts(count, 16)])
        np.testing.assert_array_equal(rows, np.arange(count))
    assert len(_compiled.parts(1000, 16)) == 8
    assert len(_compiled.parts(31, 16)) == 1


def test_an_error_of_a_thread_reaches_the_caller(monkeypatch):
    monkeypatch.setenv("ZIMG_THREADS", "2")
    seen = []

    def work(item):
        seen.append((item, threading.current_thread().name))
        if item == 3:
            raise KeyError(item)

    with pytest.raises(KeyError):
        _compiled.each(work, range(4))
    assert {item for item, _ in seen} >= {3}


def test_the_summary_of_a_trace_reports_why_compiled_code_was_not_used():
    from zimg.cli.outcome import Outcome, summary

    figures = {"seeds": 3, "chains": 1, "nodes": 8, "trees": 1, "length": 20.0, "z_to_xy": 1.0}
    files = {"input": "a.tif", "output": "a.swc", "preview": None}
    for reason, said in (("switched off", True), ("", False)):
        outcome = Outcome(**files, **figures, seconds=1.0, stages={}, slow_because=reason)
        assert ("(no compiled code: switched off)" in summary(outcome)) is said
