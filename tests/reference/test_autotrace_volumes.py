"""Traces of drawn volumes agree with what the reference recorded for them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

import zimg
from zimg.swc.comparing import compare

VOLUMES = (
    "a_bifurcation_u8",
    "b_crossing_u8",
    "d_aniso_z3_u8",
    "f_star_u16",
    "g_gap_u8",
    "j_sparse_u8",
    "l_parallel_u8",
)
"""Volumes whose result does not hang on the last bit of a score; report_autotrace.py has all."""


@pytest.fixture(scope="module")
def folder() -> Path:
    if "ZIMG_REFERENCE_DATA" not in os.environ:
        pytest.skip("ZIMG_REFERENCE_DATA is not set")
    return Path(os.environ["ZIMG_REFERENCE_DATA"]) / "autotrace"


@pytest.fixture(scope="module")
def manifest(folder: Path) -> dict[str, Any]:
    volumes: dict[str, Any] = json.loads((folder / "manifest.json").read_text())["volumes"]
    return volumes


def traced(path: Path, z_to_xy: float) -> zimg.ZSwc:
    return zimg.trace(zimg.read(path), z_to_xy=z_to_xy, dtype="float64", mode="reference")


@pytest.mark.slow
@pytest.mark.parametrize("name", VOLUMES)
def test_the_tree_is_the_reference_s_and_as_near_to_gold(
    name: str, folder: Path, manifest: dict[str, Any]
) -> None:
    entry = manifest[name]
    spacing = (1.0, 1.0, entry["z_to_xy"])
    tree = traced(folder / entry["file"], entry["z_to_xy"])
    expected = zimg.ZSwc(folder / entry["runs"]["default"]["swc"])
    gold = zimg.ZSwc(folder / entry["gold"])
    agreement = compare(tree, expected, voxel_size=spacing)
    assert agreement.precision >= 0.95
    assert agreement.recall >= 0.95
    own, theirs = (compare(each, gold, voxel_size=spacing).f1 for each in (tree, expected))
    assert own >= theirs - 0.01


@pytest.mark.parametrize("name", ["h_flat2d_u8", "i_noise_only_u8"])
def test_volumes_without_a_neurite_give_an_empty_tree(
    name: str, folder: Path, manifest: dict[str, Any]
) -> None:
    entry = manifest[name]
    assert not entry["runs"]["default"]["has_result"]
    assert len(traced(folder / entry["file"], entry["z_to_xy"])) == 0
