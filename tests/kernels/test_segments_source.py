"""The kernels of ``segments.cu``: compiled as C++ they give what the generic bodies give.

The same text is compiled for GPUs by ``nvcc`` where that is installed. It has not run on a GPU.
"""

import ctypes
import inspect
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from zimg.backends import _segments  # type: ignore[import-not-found]
from zimg.conformance import segments  # type: ignore[import-not-found]

from zimg.kernels.pack import Layout
from zimg.tracing.fit import fit_segments
from zimg.tracing.scorer import score_segments

COMPILER = shutil.which("g++") or shutil.which("clang++")
NVCC = shutil.which("nvcc")
LARGE = ("int", "long long")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The kernels as a shared library for some macros, compiled once."""
    if COMPILER is None:
        pytest.skip("neither g++ nor clang++ is installed")
    folder = tmp_path_factory.mktemp("segments")
    made: dict[tuple[str, ...], ctypes.CDLL] = {}

    def load(options: tuple[str, ...]) -> ctypes.CDLL:
        if options not in made:
            target = folder / f"{len(made)}.so"
            text = folder / "segments.cpp"
            text.write_text(_segments.source(), encoding="utf-8")
            flags = ("-std=c++14", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")
            subprocess.run([COMPILER, *flags, *options, text, "-o", target], check=True)
            made[options] = ctypes.CDLL(str(target))
        return made[options]

    return load


def call(function: Any, count: int, given: tuple[Any, ...], *more: Any) -> None:
    """Call a function of the library: arrays as pointers, numbers by their NumPy type."""
    passed: list[Any] = [ctypes.c_int(count)]
    held = [np.ascontiguousarray(x) if _is_array(x) else x for x in (*given, *more)]
    for each in held:
        if _is_array(each):
            passed.append(ctypes.c_void_p(each.ctypes.data))
        else:
            passed.append(
                ctypes.c_int(each) if isinstance(each, np.int32) else ctypes.c_double(each)
            )
    function(*passed)


def _is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray) or (isinstance(x, np.floating) and not isinstance(x, float))


def arrays(template: Any) -> Any:
    """A template whose sums are arrays too, as on a device."""
    return type(template)(*(np.asarray(each).reshape(-1) for each in template))


def options_of(words: Any, layout: Layout, template: Any, index: str = "int") -> tuple[str, ...]:
    size = words.size if index == "int" else 2**31
    return _segments.macros(layout, template.inner.dtype.name, size)


SCORES = [case for case in segments.scores() if case.kwargs["what"] in _segments.WHAT]


@pytest.mark.parametrize("case", SCORES, ids=lambda case: case.id)
def test_scores_are_those_of_the_generic_body(library: Any, case: Any) -> None:
    words, raw, template = case.args
    layout, what = case.kwargs["layout"], case.kwargs["what"]
    rows = np.ascontiguousarray(raw.value)
    wanted = inspect.unwrap(score_segments)(words, rows, template, layout=layout, what=what)
    number, width = _segments.WHAT[what]
    found = np.full((len(rows), width), -7.0)
    parts = arrays(template)
    call(
        library(options_of(words, layout, template)).score_all,
        len(rows),
        _segments.given(words, layout, parts),
        *(parts.inside, np.int32(number), np.int32(width), rows, found),
    )
    np.testing.assert_allclose(found, wanted, rtol=case.rtol, atol=case.rtol)


@pytest.mark.parametrize("index", LARGE)
@pytest.mark.parametrize("case", segments.fits(), ids=lambda case: case.id)
def test_fits_are_those_of_the_generic_body(library: Any, case: Any, index: str) -> None:
    words, raw, template = case.args
    layout, rows = case.kwargs["layout"], np.array(raw.value)
    wanted, steps = inspect.unwrap(fit_segments)(words, rows, template, layout=layout)
    fitted, accepted = rows.copy(), np.zeros(len(rows), np.int32)
    call(
        library(options_of(words, layout, template, index)).fit_all,
        len(rows),
        _segments.given(words, layout, arrays(template)),
        *(fitted, accepted),
    )
    fitted[:, 1:3] %= 2.0 * np.pi
    assert accepted.tolist() == steps.tolist()
    assert accepted.max() > 3
    np.testing.assert_allclose(fitted, wanted, rtol=1e-6, atol=1e-6)


def test_a_template_of_too_many_points_is_refused() -> None:
    words, _, template = segments.fits()[0].args
    large = type(template)(*(np.resize(each, 300) for each in template))
    with pytest.raises(ValueError, match="300 points; the kernel takes at most 256"):
        _segments.given(words, segments.fits()[0].kwargs["layout"], large)


def test_the_number_of_threads_is_the_one_that_is_compiled_for() -> None:
    assert f"__launch_bounds__({_segments.THREADS})" in _segments.source()


@pytest.mark.skipif(NVCC is None, reason="nvcc is not installed")
@pytest.mark.parametrize(
    ("kind", "real"), [(0, "float"), (1, "float"), (2, "float"), (0, "double")]
)
def test_the_kernels_compile_for_gpus_without_spilling(
    tmp_path: Path, kind: int, real: str, record_property: Any
) -> None:
    text = tmp_path / "segments.cu"
    text.write_text(_segments.source(), encoding="utf-8")
    macros = (f"-DREAL={real}", f"-DKIND={kind}", "-DINDEX=int")
    flags = ("-std=c++17", "-arch=sm_80", "-cubin", "-Xptxas", "-v", "-o", tmp_path / "x.cubin")
    done = subprocess.run(
        [str(NVCC), *flags, *macros, text], check=True, capture_output=True, text=True
    )
    said = done.stdout + done.stderr
    print(said)  # noqa: T201 -- registers, spills and shared memory, shown by `pytest -s`
    record_property("ptxas", said)
    registers = [int(n) for n in re.findall(r"Used (\d+) registers", said)]
    assert len(registers) == 2
    assert max(registers) <= 128  # four blocks of 128 threads fit the registers of a processor
    assert not re.search(r"[1-9]\d* bytes spill", said)
