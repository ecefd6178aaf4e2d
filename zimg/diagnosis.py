"""What works on this machine: frameworks, devices, formats, and what would add the others.

Each framework is imported in a process of its own, all at once, so that one that hangs or crashes
is a line of the report and nothing worse.
"""

import json
import os
import platform
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

EXTRAS = {
    "numpy": "",
    "torch": "torch",
    "jax": "jax",
    "cupy": "cupy12",  # for CUDA 12; cupy13 for CUDA 13
    "array_api_strict": "conformance",
    "dask": "dask",
}
"""Frameworks that are looked for, and the extra that brings each."""

COMPILER = "numba"
"""What compiles the kernels that trace and skeletonize on CPUs."""

TIME_LIMIT = 120.0
"""Seconds until an import is given up; a cold one of a large framework takes tens of them."""

_PROBE = Path(__file__).with_name("_probe.py")


@dataclass(frozen=True, slots=True)
class FrameworkFinding:
    """One array framework.

    Attributes
    ----------
    name
        Name to import.
    version
        Empty when it does not work.
    devices, notes
        What it says about itself, one text each.
    hooks
        ``registered``, ``none``, or why they cannot be imported; generic code is used then.
    problem
        Why it does not work; empty when it does.
    install
        Command that would add it; empty when it is installed.
    """

    name: str
    version: str = ""
    devices: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    hooks: str = "none"
    problem: str = ""
    install: str = ""


@dataclass(frozen=True, slots=True)
class FormatFinding:
    """One kind of file: whether it is read and written, what is missing, and what would add it."""

    name: str
    suffixes: tuple[str, ...]
    reads: bool
    writes: bool
    missing: tuple[str, ...] = ()
    install: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What works on a machine; prints as a table.

    Attributes
    ----------
    python, system, zimg
        Versions; `zimg` is ``not installed`` when it runs from a folder that nothing installed.
    frameworks, formats
        What was found, in the order of the table.
    compiled
        The compiler of the CPU kernels, and what it offers here.
    problem
        Why the core does not work; empty when it does.
    """

    python: str
    system: str
    zimg: str
    frameworks: tuple[FrameworkFinding, ...]
    formats: tuple[FormatFinding, ...]
    compiled: FrameworkFinding
    problem: str = ""

    def __repr__(self) -> str:
        return "\n".join(
            [
                f"zimg {self.zimg}, Python {self.python}, {self.system}",
                *([f"the core does not work: {self.problem}"] if self.problem else []),
                *["", "frameworks"],
                *(f"  {each.name:<18}{_framework_text(each)}" for each in self.frameworks),
                *["", "compiled CPU kernels", f"  {COMPILER:<18}{_compiler_text(self.compiled)}"],
                *["", "formats"],
                *(f"  {each.name:<18}{_format_text(each)}" for each in self.formats),
            ]
        )


def doctor() -> Diagnosis:
    """Find out what works on this machine; takes as long as importing the slowest framework.

    Returns
    -------
    Diagnosis
        Frameworks with versions, devices and hooks, formats, and the commands that would add what
        is missing. Nothing that is broken makes this fail.
    """
    with ThreadPoolExecutor(len(EXTRAS) + 1) as pool:
        compiled = pool.submit(find_framework, COMPILER)
        frameworks = tuple(pool.map(find_framework, EXTRAS))
    numpy = next(each for each in frameworks if each.name == "numpy")
    # A NumPy whose import crashes would end this process as well.
    formats, problem = ((), f"numpy: {numpy.problem}") if numpy.problem else find_formats()
    system = f"{platform.system()} {platform.machine()}"
    return Diagnosis(
        platform.python_version(),
        system,
        _version(),
        frameworks,
        formats,
        compiled.result(),
        problem,
    )


def find_framework(name: str, *, seconds: float = TIME_LIMIT) -> FrameworkFinding:
    """Import a framework in another process and ask it about itself.

    Parameters
    ----------
    name
        Name to import.
    seconds
        Time limit.
    """
    if not _is_found(name):
        return FrameworkFinding(name, problem="not installed", install=_install(name))
    try:
        answer = subprocess.run(
            [sys.executable, "-P", str(_PROBE), name],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        return FrameworkFinding(name, problem=f"its import takes more than {seconds:g} s")
    except OSError as error:
        return FrameworkFinding(name, problem=f"cannot start {sys.executable!r}: {error}")
    return _read(name, answer)


def find_formats() -> tuple[tuple[FormatFinding, ...], str]:
    """Formats as they are registered, and why they cannot be found (empty when they can)."""
    try:
        from zimg.io.formats.table import FORMATS
    except Exception as error:  # a broken package of the core; the report is about that
        return (), f"{type(error).__name__}: {error}"
    found = [
        FormatFinding(
            each.name,
            each.suffixes or each.marks,
            bool(each.reader) and not each.missing,
            bool(each.writer) and not each.missing,
            each.missing,
            _install_extra(each.extra) if each.missing else "",
        )
        for each in FORMATS
    ]
    return tuple(found), ""


def _is_found(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):  # loaded half by the program that asks
        return True


def _environment() -> dict[str, str]:
    """The environment of a probe: what this process can import, and no memory taken in advance."""
    paths = os.pathsep.join(path for path in sys.path if path)
    return {**os.environ, "PYTHONPATH": paths, "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


def _read(name: str, answer: "subprocess.CompletedProcess[str]") -> FrameworkFinding:
    """What a probe found, or how it failed."""
    if answer.returncode < 0:
        return FrameworkFinding(name, problem=f"its import crashes ({_signal(-answer.returncode)})")
    lines = answer.stdout.strip().splitlines() if not answer.returncode else []
    try:
        found = json.loads(lines[-1])
        devices, notes = tuple(found["devices"]), tuple(found["notes"])
        return FrameworkFinding(name, found["version"], devices, notes, found["hooks"])
    except (IndexError, KeyError, TypeError, ValueError):
        said = [line for line in answer.stderr.splitlines() if line.strip()][-1:]
        return FrameworkFinding(name, problem=said[0].strip() if said else "it ends unexpectedly")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _install(name: str) -> str:
    """Command that adds a framework or the compiler."""
    return "pip install numba" if name == COMPILER else _install_extra(EXTRAS.get(name))


def _install_extra(extra: str | None) -> str:
    return f'pip install "zimg-xp[{extra}]"' if extra else "pip install zimg-xp"


def _version() -> str:
    try:
        return version("zimg-xp")
    except PackageNotFoundError:
        return "not installed"


def _framework_text(found: FrameworkFinding) -> str:
    if found.problem:
        return "; ".join(filter(None, [found.problem, found.install]))
    hooks = {"none": "generic code", "registered": "native hooks"}
    told = hooks.get(found.hooks, f"hooks cannot be imported ({found.hooks})")
    return "; ".join([found.version, *found.devices, *found.notes, told])


def _compiler_text(found: FrameworkFinding) -> str:
    if not found.problem and found.devices:
        return "; ".join([found.version, *found.devices, *found.notes])
    said = [found.problem, *found.notes, "tracing takes several times as long", found.install]
    return "; ".join(filter(None, said))


def _format_text(found: FormatFinding) -> str:
    if found.missing:
        return f"needs {', '.join(found.missing)}; {found.install}"
    able = [word for word, can in (("read", found.reads), ("written", found.writes)) if can]
    return f"{' and '.join(able) or 'neither read nor written':<17} {' '.join(found.suffixes)}"
