"""What the tests of the tube kernels share: precisions, rows, and trilinear sampling by hand."""

import json
from contextlib import nullcontext
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from zimg._dispatch import framework_of
from zimg.kernels.pack import pack_volume
from zimg.kernels.template import full_template
from zimg.ops import upload

DATA = Path(__file__).parents[1] / "data" / "neuroseg"
COLUMNS = ("r1", "theta", "psi", "scale", "h", "x", "y", "z")


@pytest.fixture(scope="session")
def vectors():
    """Function that reads a file of recorded vectors."""
    return lambda name: json.loads((DATA / f"{name}.json").read_text())


@pytest.fixture(scope="session")
def tiny(vectors):
    """Function from a name to the recorded volume without its background, and its z:xy ratio."""

    def read(name):
        facts, raw = vectors("preprocess")["volumes"][name], np.load(DATA / f"{name}.npy")
        background = np.asarray(facts["background"], raw.dtype)
        return np.maximum(raw, background) - background, facts["z_to_xy_ratio"]

    return read


@pytest.fixture(params=["float32", "float64"])
def precision(request, xp, device):
    """Name of the precision of the kernels; JAX computes in 64 bits where it is asked to.

    There each precision is compiled anew, which only comparisons with recorded vectors are worth.
    """
    if framework_of(xp) == "jax":
        import jax

        double = request.param == "float64"
        if double and "vectors" not in request.fixturenames:
            pytest.skip("compiled in float64 for recorded vectors only")
        with jax.enable_x64(True) if double else nullcontext():
            yield request.param
    elif request.param in xp.__array_namespace_info__().dtypes(device=device):
        yield request.param
    else:
        pytest.skip(f"this device has no {request.param}")


@pytest.fixture(scope="session")
def row_of():
    """Function from a recorded segment to the eight numbers of a row."""
    return lambda segment: [segment[name] for name in COLUMNS]


def _relative(rows, z_to_xy):
    rows = np.array(rows, np.float64).reshape(-1, 8)
    origin = np.floor(rows[:, 5:8] / [1.0, 1.0, z_to_xy])
    rows[:, 5:8] -= origin * [1.0, 1.0, z_to_xy]
    return np.concatenate([rows, origin], axis=1)


@pytest.fixture(scope="session")
def relative():
    """Function from rows in trace space to the rows of the kernels, with their own voxels."""
    return _relative


@pytest.fixture
def placed(xp, device, precision):
    """Function: a host volume and rows become packed words, rows, full template and layout."""

    def place(volume, rows, *, z_to_xy=1.0, template=full_template):
        dtype = getattr(xp, precision)
        words, layout = pack_volume(
            upload(np.asarray(volume), on=device, xp=xp), z_to_xy=z_to_xy, dtype=dtype
        )
        placed_rows = upload(_relative(rows, z_to_xy).astype(precision), on=device, xp=xp)
        return words, placed_rows, template(dtype=dtype, xp=xp, on=device), layout

    return place


def _trilinear(volume, points):
    """Value at ``(..., 3)`` points x y z, and whether they lie strictly inside the centres."""
    volume = np.asarray(volume, np.float64)
    limit = np.array(volume.shape[::-1]) - 1.0
    valid = np.all((points > 0) & (points < limit), axis=-1)
    points = np.where(valid[..., None], points, 0.0)
    floor = np.floor(points).astype(int)
    rest = points - floor
    padded, value = np.pad(volume, ((0, 1),) * 3), np.zeros(points.shape[:-1])
    for corner in product((0, 1), repeat=3):
        x, y, z = np.moveaxis(floor + corner, -1, 0)
        share = np.where(corner, rest, 1.0 - rest).prod(-1)
        value += share * padded[z, y, x]
    return np.where(valid, value, 0.0), valid


@pytest.fixture(scope="session")
def trilinear():
    """Function that samples a host volume point by point."""
    return _trilinear
