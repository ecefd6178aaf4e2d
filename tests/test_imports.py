"""Imports inside the library run one way, and `import zimg` loads next to nothing."""

import ast
import subprocess
import sys
from collections.abc import Iterator
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
    {"image"},
    {"io"},
    {"view"},
    {"swc"},
    {"skeletons"},
    {"tracing"},
    {"workers"},
    {"phantom", "diagnosis"},
    {"cli"},
)
RANK = {name: rank for rank, row in enumerate(ORDER) for name in row}
# Anybody may import them.
LEAVES = {"_progress": {"_errors"}, "_probe": set(), "neutube_json": set()}
ANYTHING = {"__init__", "testing"}  # the lazy names, and the lanes that only tests import

HOST_DOOR = LIBRARY / "ops" / "transfer.py"  # `to_host` returns a NumPy array: it must name it

FRAMEWORKS = {"cupy", "cupyx", "jax", "jaxlib", "tensorflow", "torch"}
FORMAT_LIBRARIES = {"h5py", "imagecodecs", "tifffile", "zarr"}
HEAVY = {"numpy", "rich", "scipy", "tqdm", "typer", "array_api_compat", "array_api_extra"}


class Import(NamedTuple):
    """One imported module, and whether it is imported when the file is."""

    target: str
    at_top: bool


def imports_of(path: Path) -> Iterator[Import]:
    """Every import statement of a file, `from zimg import x` resolved to `zimg.x`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    inner = {
        child for node in ast.walk(tree) if isinstance(node, functions) for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: zimg/ uses absolute imports"
            package = node.module or ""
            targets = [f"zimg.{a.name}" for a in node.names] if package == "zimg" else [package]
        else:
            continue
        yield from (Import(target, node not in inner) for target in targets)


def room_of(path: Path) -> str:
    """The folder or the module directly below `zimg/` that a file belongs to."""
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def library_files() -> list[Path]:
    return sorted(LIBRARY.rglob("*.py"))


def allowed_rooms(room: str, *, at_top: bool) -> set[str]:
    """Which rooms of the library a file in `room` may import."""
    if room in LEAVES:
        return LEAVES[room] | {room}
    below = {name for name, rank in RANK.items() if rank <= RANK[room]} | set(LEAVES)
    inside_a_call = {"io"} if room == "image" and not at_top else set()  # ZImg(path) reads a file
    return below | inside_a_call


@pytest.mark.parametrize("path", library_files(), ids=lambda p: str(p.relative_to(LIBRARY)))
def test_a_file_imports_only_rooms_below_its_own(path: Path) -> None:
    room = room_of(path)
    if room in ANYTHING:
        return
    assert room in RANK or room in LEAVES, f"give the new room {room!r} a place in ORDER"
    for target, at_top in imports_of(path):
        package, _, rest = target.partition(".")
        if package == "zimg":
            other = rest.partition(".")[0]
            assert other in allowed_rooms(room, at_top=at_top), f"{path} imports {target}"


@pytest.mark.parametrize("path", library_files(), ids=lambda p: str(p.relative_to(LIBRARY)))
def test_no_file_of_the_library_names_a_framework_or_its_hooks_in_an_import(path: Path) -> None:
    targets = {target for target, _ in imports_of(path)}
    assert not {t for t in targets if t.partition(".")[0] in FRAMEWORKS}
    assert not {t for t in targets if t.startswith(("zimg.backends", "zimg.conformance"))}


@pytest.mark.parametrize("room", ["ops", "kernels"])
def test_primitives_and_kernels_import_neither_numpy_nor_scipy(room: str) -> None:
    found = {
        f"{path.name}: {target}"
        for path in (LIBRARY / room).rglob("*.py")
        for target, _ in imports_of(path)
        if path != HOST_DOOR and target.partition(".")[0] in {"numpy", "scipy"}
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
