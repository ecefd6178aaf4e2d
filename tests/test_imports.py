"""Imports inside the library run one way and in no circle; `import zimg` loads next to nothing."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

LIBRARY = Path(__file__).resolve().parents[1] / "zimg"

# Each row may import itself and the rows above it.
ORDER = (
    {"_errors", "_typing"},
    {"_dispatch"},
    {"ops"},
    {"kernels"},
    {"values"},
    {"arrays"},
    {"io"},
    {"view"},
    {"swc"},
    {"image"},
    {"skeletons", "tracing"},
    {"blocked"},
    {"workers"},
    {"bioio", "learning", "napari"},
    {"phantom", "arbour", "diagnosis"},
    {"cli"},
)
RANK = {name: rank for rank, row in enumerate(ORDER) for name in row}
# Anybody may import them.
LEAVES = {
    "_json": set(),
    "_signatures": set(),
    "_progress": {"_errors"},
    "_probe": set(),
    "neutube_json": set(),
}
# The lazy names, the command as a module, and the lanes that only tests import.
ANYTHING = {"__init__", "__main__", "testing"}
# Both name modules in tables and import them when asked: public names, and file formats.
TABLES = {"__init__.py", "io/formats/table.py"}

# These return NumPy arrays, so they name NumPy.
HOST_DOORS = {LIBRARY / "ops" / "transfer.py", LIBRARY / "ops" / "memory.py"}

# The command that runs the suite on the machine of its user imports it, when it is asked to.
RUNS_THE_SUITE = {("certify.py", "zimg.conformance.certify.command")}

FRAMEWORKS = {"cupy", "cupyx", "jax", "jaxlib", "tensorflow", "torch"}
FORMAT_LIBRARIES = {"h5py", "imagecodecs", "tifffile", "zarr"}
HEAVY = {"numpy", "rich", "scipy", "tqdm", "typer", "array_api_compat", "array_api_extra"}


class Import(NamedTuple):
    """One imported module, and whether a statement imports it or a string names it."""

    target: str
    by_string: bool = False


def imports_of(path: Path) -> Iterator[Import]:
    """Every import of a file, in functions too, `from zimg import x` resolved to `zimg.x`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: zimg/ uses absolute imports"
            package = node.module or ""
            names = [f"{package}.{alias.name}" for alias in node.names]
            yield from (Import(n if module_path(n) else package) for n in names)
        elif isinstance(node, ast.Call) and called(node) in {"import_module", "__import__"}:
            texts = (n.value for n in ast.walk(node) if isinstance(n, ast.Constant))
            yield from (Import(t, by_string=True) for t in texts if isinstance(t, str))


def called(node: ast.Call) -> str:
    """Last part of the name of the function that is called."""
    return str(getattr(node.func, "id", None) or getattr(node.func, "attr", ""))


def module_path(name: str) -> Path | None:
    """The file of a module of the library; None for a name that is not a module of it."""
    if name.partition(".")[0] != "zimg":
        return None
    place = LIBRARY.parent / name.replace(".", "/")
    return next((p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file()), None)


def room_of(path: Path) -> str:
    """The folder or the module directly below `zimg/` that a file belongs to."""
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def library_files() -> list[Path]:
    return sorted(LIBRARY.rglob("*.py"))


def allowed_rooms(room: str) -> set[str]:
    """Which rooms of the library a file in `room` may import."""
    if room in LEAVES:
        return LEAVES[room] | {room}
    row = RANK[room]
    below = {name for name, rank in RANK.items() if rank < row}
    return below | {room} | set(LEAVES)


def test_files_import_only_rooms_below_their_own() -> None:
    offenders = []
    for path in library_files():
        room = room_of(path)
        if room in ANYTHING:
            continue
        assert room in RANK or room in LEAVES, f"give the new room {room!r} a place in ORDER"
        for target, _ in imports_of(path):
            package, _, rest = target.partition(".")
            if (path.name, target) in RUNS_THE_SUITE:
                continue
            if package == "zimg" and rest.partition(".")[0] not in allowed_rooms(room):
                offenders.append(f"{path.relative_to(LIBRARY)} imports {target}")
    assert not offenders


def test_only_the_two_tables_name_modules_of_the_library_in_strings() -> None:
    offenders = [
        f"{path.relative_to(LIBRARY)}: {target}"
        for path in library_files()
        for target, by_string in imports_of(path)
        if by_string and target.startswith("zimg.")
        if str(path.relative_to(LIBRARY)) not in TABLES
    ]
    assert not offenders


def test_imports_form_no_circle() -> None:
    graph = {
        str(path.relative_to(LIBRARY)): {
            str(found.relative_to(LIBRARY))
            for target, _ in imports_of(path)
            if (found := module_path(target)) and found != path
        }
        for path in library_files()
        if room_of(path) not in ANYTHING
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_no_file_of_the_library_names_a_framework_or_its_hooks_in_an_import() -> None:
    offenders = [
        f"{path.relative_to(LIBRARY)}: {target}"
        for path in library_files()
        for target, by_string in imports_of(path)
        if (not by_string and target.partition(".")[0] in FRAMEWORKS)
        or target.startswith(("zimg.backends", "zimg.conformance"))
        if (path.name, target) not in RUNS_THE_SUITE
    ]
    assert not offenders


@pytest.mark.parametrize("room", ["ops", "kernels"])
def test_primitives_and_kernels_import_neither_numpy_nor_scipy(room: str) -> None:
    found = {
        f"{path.name}: {target}"
        for path in (LIBRARY / room).rglob("*.py")
        for target, _ in imports_of(path)
        if path not in HOST_DOORS and target.partition(".")[0] in {"numpy", "scipy"}
    }
    assert not found


def test_the_command_alone_imports_typer_and_rich() -> None:
    users = {
        room_of(path)
        for path in library_files()
        for target, _ in imports_of(path)
        if target.partition(".")[0] in {"typer", "rich"}
    }
    assert users <= {"cli"}


def loaded_by(statement: str) -> set[str]:
    """Top-level names of the modules in a fresh interpreter after `statement`."""
    code = f"{statement}; import sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return set(answer.stdout.split())


def test_importing_the_library_loads_no_framework_no_format_and_no_numpy() -> None:
    assert "zimg" in (loaded := loaded_by("import zimg"))
    assert not loaded & (FRAMEWORKS | FORMAT_LIBRARIES | HEAVY)


@pytest.mark.parametrize("name", ["ZImg", "read", "ZSwc", "trace", "ZNeutubeAutoTrace"])
def test_using_a_public_name_loads_no_framework(name: str) -> None:
    assert not loaded_by(f"import zimg; zimg.{name}") & FRAMEWORKS
