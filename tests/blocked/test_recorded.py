"""Several blocks against the whole volume on the recorded volumes of the reference."""

import json
import os
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import tifffile

import zimg
from tests.blocked import volumes
from zimg.swc import ZSwc

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        "ZIMG_REFERENCE_DATA" not in os.environ, reason="needs the recorded data of the reference"
    ),
]

TRACED = {
    "accurate": ["a_bifurcation_u8", "b_crossing_u8", "c_star_soma_u8", "d_aniso_z3_u8", "e_dim_u8",
                 "g_gap_u8", "g2_gap_long_u8", "h_flat2d_u8", "j_sparse_u8", "k_thick_u8",
                 "l_parallel_u8", "m_dense_u8", "n_parallel_clean_u8", "o_thick_down_u8"],
    "reference": ["a_bifurcation_u8", "b_crossing_u8", "c_star_soma_u8", "d_aniso_z3_u8",
                  "e_dim_u8", "g_gap_u8", "g2_gap_long_u8", "j_sparse_u8", "k_thick_u8",
                  "l_parallel_u8", "m_dense_u8"],
}  # fmt: skip
"""Volumes that are larger than a block of 64 voxels and have a trace, by mode."""

SOMA_CUT = ("reference", "c_star_soma_u8")
"""A face cuts the soma, which has a radius of 8 voxels and is traced as several short chains."""


@cache
def recorded(name: str) -> tuple[Any, float]:
    """Voxels and z:xy ratio of a recorded volume."""
    folder = Path(os.environ["ZIMG_REFERENCE_DATA"]) / "autotrace"
    parameters = json.loads((folder / f"{name}.params.json").read_text())
    voxels = tifffile.imread(folder / f"{name}.tif")
    return voxels.reshape((-1, *voxels.shape[-2:])), float(parameters.get("zr", 1.0))


def both_ways(name: str, mode: str, session: Path) -> tuple[ZSwc, ZSwc, float]:
    """The tree of blocks of 64 voxels, that of the whole volume, and the z:xy ratio."""
    voxels, ratio = recorded(name)
    rule: dict[str, Any] = {"orphan": "reference"} if mode == "reference" else {"trees": "relative"}
    whole = zimg.trace(voxels, mode=mode, z_to_xy=ratio)
    found = volumes.run(voxels, session, mode=mode, z_to_xy=ratio, **rule)
    assert found.summary["blocks"] >= 2
    return found.tree, whole, ratio


@pytest.mark.parametrize(
    ("mode", "name"), [(mode, name) for mode, names in TRACED.items() for name in names]
)
def test_blocks_of_64_voxels_give_the_cable_of_the_whole_volume(
    mode: str, name: str, tmp_path: Path
) -> None:
    found, whole, ratio = both_ways(name, mode, tmp_path / "s")
    spacing = (1.0, 1.0, ratio)
    agreement = zimg.compare(found, whole, tolerance=2.0, voxel_size=spacing)
    least = 0.92 if (mode, name) == SOMA_CUT else 0.97
    assert agreement.a_to_b.within >= least
    assert agreement.b_to_a.within >= least
    assert found.total_length(spacing) == pytest.approx(whole.total_length(spacing), rel=0.09)
    assert len(found.roots) == len(whole.roots)


@pytest.mark.parametrize("mode", ["accurate", "reference"])
def test_noise_alone_has_no_trace(mode: str, tmp_path: Path) -> None:
    voxels, _ = recorded("i_noise_only_u8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", zimg.TraceWarning)
        assert len(zimg.trace(voxels, mode=mode)) == 0
    assert len(volumes.run(voxels, tmp_path / "s", mode=mode).tree) == 0
