"""Inputs for the primitives of tracing: packed volumes of every kind, segments in and across them.

Samples are float32, sums are taken in any order: scores agree to their last digits. A fit stops
where no step helps, so a last digit may end it elsewhere: fits are compared in double precision.
"""

import array_api_compat.numpy as np_xp
import numpy as np
from numpy.typing import NDArray

from zimg.kernels.pack import Layout, pack_volume
from zimg.kernels.template import Template, core_template, full_template, thin_core_template
from zimg.phantom import neurite
from zimg.tracing.orientation import candidates

from .case import Case, Raw

KINDS = ("uint8", "uint16", "float32")
TEMPLATES = {"core": core_template, "thin": thin_core_template}
DEGENERATE = np.array([[1.0, 0.0, 0.0, 1.0, 11.0, 500.0, -40.0, 9.0]])
"""A segment far outside: no sample is valid."""


def scores() -> list[Case]:
    """Every score of segments inside the volume, across its border, and outside."""
    cases = [
        _scored(kind, what, "float32")
        for kind in KINDS
        for what in ("dot", "full", "slices", "centroid", "core", "thin")
    ]
    cases += [_scored(kind, "full", "float64", rtol=1e-9) for kind in KINDS]
    words, layout, template = _volume("uint8", "float32", "full")
    nothing = (words, Raw(np.zeros((0, 8))), template)
    return [*cases, Case("nothing", nothing, {"layout": layout, "what": "full"}, reads_host=True)]


def _scored(kind: str, what: str, dtype: str, *, rtol: float = 2e-4) -> Case:
    name = what if what in TEMPLATES else "full"
    words, layout, template = _volume(kind, dtype, name)
    rows = np.concatenate([_segments(40), DEGENERATE])
    return Case(
        f"{what}-{kind}-{dtype}",
        (words, Raw(rows), template),
        {"layout": layout, "what": what},
        rtol=rtol,
        reads_host=True,
    )


def packs() -> list[Case]:
    """Volumes of every kind; words behind the last row and column are not compared."""
    volumes = [
        np.random.default_rng(5).integers(0, 2**bits, (4, 5, 6)).astype(kind)
        for kind, bits in (("uint8", 8), ("uint16", 16), ("float32", 10), ("int16", 15))
    ]
    given = {"z_to_xy": 2.0, "dtype": np.float32}
    return [Case(v.dtype.name, (v,), given, finish=_read_words, reads_host=True) for v in volumes]


def _read_words(packed: tuple[NDArray[np.generic], Layout]) -> tuple[NDArray[np.generic], object]:
    """Words that kernels read, and the layout."""
    words, layout = packed
    depth, height, width = layout.shape
    grid = words[: (depth + 1) * (height + 1) * (width + 1)]
    grid = grid.reshape((depth + 1, height + 1, width + 1))
    return grid[:, :height, :width], layout


def fits() -> list[Case]:
    """Fits on and near the neurite of a phantom."""
    return [
        Case(
            f"{kind}", (words, Raw(rows), template), {"layout": layout}, rtol=1e-6, reads_host=True
        )
        for kind, rows in (("uint8", _on_neurite(6)), ("uint16", _on_neurite(3)))
        for words, layout, template in [_volume(kind, "float64", "full")]
    ]


def orientations() -> list[Case]:
    """Both searches; so few segments are ranked by sampling on all lanes."""
    angles, rows = candidates(0.0, 0.0), _on_neurite(4)
    rows[:, 1:3] = 0.0
    words, layout, core = _volume("uint8", "float64", "core")
    thin = _volume("uint8", "float64", "thin")[2]
    given = (words, Raw(rows), (core, thin), Raw(angles))
    return [
        Case(name, given, {"layout": layout, "kept": kept}, rtol=1e-9, reads_host=True)
        for name, kept in (("ranked", 24), ("all", 308))
    ]


def growths() -> list[Case]:
    """Strands along a neurite, to their ends, to a mask, and to a limit of segments."""
    words, layout, template = _volume("uint8", "float64", "full")
    rows = _on_neurite(4)
    rows[:, 0], rows[:, 1], rows[:, 2] = 3.0, np.pi / 2, np.pi / 2
    count, signal = np.ones(4, np.int64), np.full(4, 120.0)
    mask = np.zeros(layout.shape, np.uint8)
    mask[:, :, 60:] = 1
    start = [Raw(each) for each in (rows[:, None], count, signal, np.full((4, 3), -1.0))]
    given = {"layout": layout, "limit": 0.3, "contrast": 0.0}
    return [
        Case(
            name,
            (words, *start, Raw(seen), template),
            {**given, "most": most, **more},
            finish=tuple,
            rtol=1e-6,
            reads_host=True,
        )
        for name, seen, most, more in (
            ("ends", mask[:0], 12, {}),
            ("mask", mask, 12, {}),
            ("limit", mask, 2, {}),
            ("contrast", mask, 6, {"contrast": 60.0}),
        )
    ]


def _volume(kind: str, dtype: str, name: str) -> tuple[NDArray[np.generic], Layout, Template]:
    """A packed phantom and a template, on the host."""
    made = TEMPLATES.get(name, full_template)
    compute = np.dtype(dtype)
    words, layout = pack_volume(neurite().volume.astype(kind), z_to_xy=1.0, dtype=compute.type)
    return words, layout, made(dtype=compute.type, xp=np_xp, on="cpu")


def _segments(count: int) -> NDArray[np.float64]:
    """Segments of any size and direction in the phantom and across its border."""
    random, shape = np.random.default_rng(6), np.array(neurite().volume.shape[::-1])
    rows = np.empty((count, 8))
    rows[:, 0], rows[:, 3] = random.uniform(0.5, 4.0, count), random.uniform(0.5, 2.0, count)
    rows[:, 1:3], rows[:, 4] = random.uniform(0.0, 6.3, (count, 2)), 11.0
    rows[:, 5:] = random.uniform(-4.0, 1.0, (count, 3)) + random.uniform(size=(count, 3)) * shape
    return rows


def _on_neurite(count: int) -> NDArray[np.float64]:
    """Segments along the neurite, not quite in its direction."""
    points = neurite().tree.xyz
    chosen = points[np.linspace(8, len(points) - 9, count).astype(np.int64)]
    rows = np.zeros((count, 8))
    rows[:, 0], rows[:, 3], rows[:, 4] = 2.0, 1.0, 11.0
    rows[:, 1], rows[:, 2] = 1.4, 1.7
    rows[:, 5:] = chosen
    return rows
