"""Report which frameworks, devices and formats work, and how to install the others.

Each framework is imported in a separate process, all at once, so that a hang or crash is only a
line of the report.
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
"""Frameworks to examine, and the extra that installs each."""

COMPILER = "numba"
"""Compiler of the CPU kernels for tracing and skeletonization."""

TIME_LIMIT = 120.0
"""Time limit of an import in seconds; a cold import of a large framework takes tens of seconds."""

_PROBE = Path(__file__).with_name("_probe.py")


@dataclass(frozen=True, slots=True)
class FrameworkFinding:
    """One array framework.

    Attributes
    ----------
    name
        Name to import.
    version
        Version; empty if the framework does not work.
    devices, notes
        Devices and remarks.
    hooks
        ``registered``, ``none``, or the reason why they cannot be imported; generic code is then
        used.
    problem
        Reason why it does not work; empty if it works.
    install
        Command that installs it; empty if it is installed.
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
    """One file format: readable, writable, missing packages, and how to install them."""

    name: str
    suffixes: tuple[str, ...]
    reads: bool
    writes: bool
    missing: tuple[str, ...] = ()
    install: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Diagnosis of a machine; prints as a table.

    Attributes
    ----------
    python, system, zimg
        Versions; `zimg` is ``not installed`` if it runs from a folder without installation.
    frameworks, formats
        Findings in the order of the table.
    compiled
        The compiler of the CPU kernels.
    problem
        Reason why the core does not work; empty if it works.
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
                *(f"  {each.name:<24}{_format_text(each)}" for each in self.formats),
            ]
        )


def doctor() -> Diagnosis:
    """Diagnose this machine; takes as long as importing the slowest framework.

    Returns
    -------
    Diagnosis
        Frameworks with versions, devices and hooks; formats; and commands that install missing
        packages. Broken packages do not raise an error.
    """
    with ThreadPoolExecutor(len(EXTRAS) + 1) as pool:
        compiled = pool.submit(find_framework, COMPILER)
        frameworks = tuple(pool.map(find_framework, EXTRAS))
    numpy = next(each for each in frameworks if each.name == "numpy")
    # If importing NumPy crashes, it would end this process, too.
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
    """Import a framework in another process and examine it.

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
        return FrameworkFinding(name, problem=f"the import takes more than {seconds:g} s")
    except OSError as error:
        return FrameworkFinding(name, problem=f"cannot start {sys.executable!r}: {error}")
    return _read(name, answer)


def find_formats() -> tuple[tuple[FormatFinding, ...], str]:
    """Registered formats, and the reason if they cannot be listed."""
    try:
        from zimg.io.formats.table import FORMATS
    except Exception as error:  # a broken package of the core, which the report describes
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
    """Environment of a probe: the import path of this process, without preallocation of memory."""
    paths = os.pathsep.join(path for path in sys.path if path)
    return {**os.environ, "PYTHONPATH": paths, "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


def _read(name: str, answer: "subprocess.CompletedProcess[str]") -> FrameworkFinding:
    """Result of a probe, or its failure."""
    if answer.returncode < 0:
        return FrameworkFinding(name, problem=f"the import crashes ({_signal(-answer.returncode)})")
    lines = answer.stdout.strip().splitlines() if not answer.returncode else []
    try:
        found = json.loads(lines[-1])
        devices, notes = tuple(found["devices"]), tuple(found["notes"])
        return FrameworkFinding(name, found["version"], devices, notes, found["hooks"])
    except (IndexError, KeyError, TypeError, ValueError):
        last = [line for line in answer.stderr.splitlines() if line.strip()][-1:]
        return FrameworkFinding(
            name, problem=last[0].strip() if last else "the probe ended unexpectedly"
        )


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
    hook_state = hooks.get(found.hooks, f"hooks cannot be imported ({found.hooks})")
    return "; ".join([found.version, *found.devices, *found.notes, hook_state])


def _compiler_text(found: FrameworkFinding) -> str:
    if not found.problem and found.devices:
        return "; ".join([found.version, *found.devices, *found.notes])
    parts = [found.problem, *found.notes, "tracing takes several times as long", found.install]
    return "; ".join(filter(None, parts))


def _format_text(found: FormatFinding) -> str:
    if found.missing:
        return f"needs {', '.join(found.missing)}; {found.install}"
    able = [word for word, can in (("read", found.reads), ("written", found.writes)) if can]
    return f"{' and '.join(able) or 'neither read nor written':<17} {' '.join(found.suffixes)}"
