"""The compiled CPU module: switch, cache, threads and status.

Functions of the modules ``_compiled_*.py`` next to this file are compiled by Numba, for whatever
array the CPU can view. Numba is imported when the first of them is needed, and no earlier.
Hooks ask `load` for such a module and use the generic body where the answer is None.
"""

import hashlib
import multiprocessing
import os
import platform
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryFile
from types import ModuleType
from typing import Any, TypeVar

from zimg.ops.rows import usable_cores

SWITCH = "ZIMG_COMPILED"
"""Environment variable: ``0`` switches the compiled module off."""

CACHE = "ZIMG_CACHE_DIR"
"""Environment variable: the folder of the machine code, instead of the user's cache folder."""

THREADS = "ZIMG_THREADS"
"""Environment variable: the number of threads, instead of one for each usable core."""

VIEWED = frozenset(
    [
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "int8",
        "int16",
        "int32",
        "int64",
        "float16",
        "float32",
        "float64",
    ]
)
"""Names of the dtypes that NumPy has as well."""

Function = TypeVar("Function", bound=Callable[..., Any])
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Status:
    """Whether compiled code is used.

    Attributes
    ----------
    problem
        Why it is not used; empty when it is.
    numba
        Version of Numba; empty when it is not used.
    cache
        Folder of the machine code; empty where every process compiles anew.
    threads
        Threads that share the work of one call.
    """

    problem: str = ""
    numba: str = ""
    cache: str = ""
    threads: int = 1


def load(name: str) -> ModuleType | None:
    """A module of compiled functions, or None if only the generic bodies can be used.

    Parameters
    ----------
    name
        A neighbour of this module, such as ``_compiled_tube``.
    """
    return None if status().problem else _module(name)


@cache
def _module(name: str) -> ModuleType:
    return import_module(f"{__package__}.{name}")


def status() -> Status:
    """Whether compiled code is used, or the reason why not; compiles a small function as a test."""
    if os.environ.get(SWITCH, "1") == "0":
        return Status(f"switched off by {SWITCH}=0")
    problem, version = _tried()
    folder = cache_folder()
    return Status(problem, version, str(folder) if folder else "", threads())


@cache
def _tried() -> tuple[str, str]:
    """Reason why nothing can be compiled (empty if it can), and the version of Numba."""
    try:
        numba = import_module("numba")
        answer = jit(_successor)(1)
    except Exception as error:  # whatever a broken or missing package raises: the fallback works
        lines = str(error).strip().splitlines()
        return f"{type(error).__name__}: {lines[0] if lines else ''}", ""
    return ("" if answer == 2 else f"Numba computed 1 + 1 = {answer}"), str(numba.__version__)


def _successor(number: int) -> int:
    return number + 1


def jit(function: Function, /, **options: Any) -> Function:
    """Compile a function at its first call: without the interpreter lock, kept in the cache.

    Division by zero gives infinity or NaN instead of an error. Machine code is kept for each
    combination of argument types.

    Parameters
    ----------
    function
        Function of arrays and numbers at the top of its module.
    options
        More options of ``numba.njit``, such as ``fastmath``.
    """
    numba: Any = import_module("numba")
    folder = cache_folder()
    options = {"nogil": True, "error_model": "numpy", "cache": folder is not None, **options}
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder or "")  # read when a function is decorated
    try:
        compiled: Function = numba.njit(**options)(function)
    finally:
        numba.config.CACHE_DIR = before
    return compiled


@cache
def cache_folder() -> Path | None:
    """Cache folder for the machine code of this version; None if it is not writable.

    Its name depends on the sources, because Numba compares that of the called function alone.
    """
    folder = _user_cache() / "zimg" / f"compiled-{_fingerprint()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except OSError:
        return None
    return folder


def _user_cache() -> Path:
    """The cache folder of the user."""
    if chosen := os.environ.get(CACHE):
        return Path(chosen)
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises without a home
    if platform.system() == "Windows":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
    if platform.system() == "Darwin":
        return home / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")


def _fingerprint() -> str:
    """Hash of the sources of the compiled functions and of the version of NumPy."""
    digest = hashlib.sha256(str(import_module("numpy").__version__).encode())
    for source in sorted(Path(__file__).parent.glob("_compiled*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def threads() -> int:
    """Threads per call; 1 in a worker process, because its siblings use the other cores."""
    if chosen := os.environ.get(THREADS, ""):
        return max(1, int(chosen)) if chosen.isdecimal() else 1
    return 1 if multiprocessing.parent_process() else usable_cores()


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers, thread_name_prefix="zimg")


if hasattr(os, "register_at_fork"):  # the threads of a pool do not survive a fork
    os.register_at_fork(after_in_child=_pool.cache_clear)


def each(work: Callable[[Item], None], items: Iterable[Item]) -> None:
    """Run independent tasks that release the interpreter lock on all threads.

    `work` must not call this function itself: its threads could all be waiting for one another.
    """
    items, workers = list(items), threads()
    if workers == 1 or len(items) < 2:
        for item in items:
            work(item)
    else:
        list(_pool(workers).map(work, items))


def parts(count: int, least: int) -> list[slice]:
    """Split `count` rows evenly for `each`: a few parts per thread, of `least` rows or more."""
    workers = threads()
    number = 1 if workers == 1 else max(1, min(4 * workers, count // max(1, least)))
    edges = [count * part // number for part in range(number + 1)]
    return [slice(a, b) for a, b in pairwise(edges)]
