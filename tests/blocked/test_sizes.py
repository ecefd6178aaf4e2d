"""Block sizes, memory, and sources of every kind."""

import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr

import zimg
from tests.blocked import volumes
from zimg import ZImg, ZImgRegion, ZImgSource
from zimg.arbour import Arbour
from zimg.blocked.block import Decisions, trace_block
from zimg.blocked.ladder import Ladder
from zimg.blocked.opening import volume_source
from zimg.blocked.parameters import Parameters
from zimg.blocked.plan import Box, Plan, make_plan, memory_of
from zimg.blocked.stats import Thresholds

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("core", [512, 128, 75, (64, 90, 40), 64])
def test_cores_of_any_size_give_the_same_cable(core: Any, tmp_path: Path) -> None:
    gold = volumes.fork().tree
    whole = zimg.trace(volumes.fork_voxels(), mode="reference")
    found = volumes.run(volumes.fork_voxels(), tmp_path / "s", core=core).tree
    both = zimg.compare(found, whole, tolerance=2.0)
    assert both.a_to_b.within >= 0.98
    assert both.b_to_a.within >= 0.98
    assert found.total_length() == pytest.approx(whole.total_length(), rel=0.03)
    assert len(found.roots) == len(whole.roots) == len(gold.roots) == 1


@pytest.mark.slow
@pytest.mark.parametrize("core", [64, 96])
def test_many_trees_stay_apart_and_whole(core: int, tmp_path: Path) -> None:
    arbour = Arbour.grown((80, 160, 224), trees=3, length=260, seed=3, noise=6.0)
    options = {"threshold_mode": "fixed", "background": 12, "threshold": 45}
    voxels = arbour.volume()
    whole = volumes.run(voxels, tmp_path / "whole", core=512, **options).tree
    found = volumes.run(voxels, tmp_path / "blocks", core=core, **options).tree
    both = zimg.compare(found, whole, tolerance=2.0)
    assert both.a_to_b.within >= 0.98
    assert both.b_to_a.within >= 0.98
    assert found.total_length() == pytest.approx(whole.total_length(), rel=0.03)


def test_the_plan_covers_every_voxel_once_and_reads_a_halo() -> None:
    plan = make_plan((50, 130, 300), core=(100, 64, 64), halo=32)
    seen = np.zeros(plan.shape, np.int8)
    for number, block in enumerate(plan.blocks()):
        assert block == plan.block(number)
        seen[block.core.slices] += 1
        for axis in range(3):
            assert block.roi.low[axis] == max(0, block.core.low[axis] - plan.halo[axis])
        middle = [(a + b) / 2 for a, b in zip(block.core.low, block.core.high, strict=True)]
        assert plan.owner(middle) == number
    assert (seen == 1).all()
    assert plan.counts == (1, 3, 3)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"halo": 31}, "halo must be 32 or more, got 31"),
        ({"core": 0}, "core size must be 1 or more"),
        ({"core": 60, "halo": 32}, "at least twice the halo"),
        ({"core": "large"}, "core must be a number of voxels"),
        ({"core": "auto"}, "core must be a number of voxels, or 'auto' with memory_limit"),
        ({"core": "auto", "memory_limit": 1e6}, "no core of 128 voxels or more fits"),
        ({"core": 512, "memory_limit": 1e9, "workers": 4}, "memory_limit 1e.09 bytes is too small"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        make_plan((2000, 2000, 2000), **options)


def test_auto_takes_the_largest_core_that_fits() -> None:
    plan = make_plan((4000, 4000, 4000), core="auto", memory_limit=8e9, workers=2)
    assert plan.core == (384, 384, 384)
    assert memory_of(plan, 2, 1) <= 8e9 < memory_of(Plan(plan.shape, (512,) * 3, plan.halo), 2, 1)


MEMORY = """
import resource, sys
from tests.blocked import volumes
source, session, limit = sys.argv[1:4]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = volumes.run(source, session, core=128, executor=2, memory_limit=float(limit),
                    threshold_mode="fixed", background=12, threshold=45)
print(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, found.summary["blocks"])
"""


@pytest.mark.slow
def test_memory_is_that_of_the_blocks_under_way(tmp_path: Path) -> None:
    path, shape = tmp_path / "tall.ome.zarr", (192, 192, 544)
    x = np.arange(20.0, 520.0, 4.0)
    line = np.stack([x, 96 + 10 * np.sin(x / 40), 96 + 0 * x], axis=1)
    Arbour.of_paths(shape, [line], noise=2.0).write(path)
    limit = memory_of(make_plan(shape, core=128, halo=32), 2, 1)
    assert limit == 2 * 192**3 * 16
    with pytest.raises(ValueError, match="too small for 2 worker"):
        volumes.run(path, tmp_path / "s", core=128, executor=2, memory_limit=limit - 1)
    command = [sys.executable, "-c", MEMORY, str(path), str(tmp_path / "s"), str(limit)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    before, after, blocks = map(int, answer.stdout.split())
    kernels = 150 * 2**20  # code of Numba and SciPy, and the batches of rows, whatever the block
    assert blocks == 20
    assert (after - before) * 1024 <= limit + kernels


@pytest.mark.parametrize("mode", ["reference", "accurate"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_arrays_of_a_block_take_what_the_plan_says(mode: str, dtype: Any, tmp_path: Path) -> None:
    x = np.arange(20.0, 140.0, 4.0)
    line = np.stack([x, 80 + 0 * x, 80 + 0 * x], axis=1)
    voxels = Arbour.of_paths((160, 160, 160), [line], noise=1.0).volume().astype(dtype)
    np.save(tmp_path / "voxels.npy", voxels)
    plan = make_plan(voxels.shape)
    volume = volume_source(np.load(tmp_path / "voxels.npy", mmap_mode="r"))
    fixed: Decisions = Thresholds(12.0, 45.0, 20)
    if mode == "accurate":
        fixed = Ladder(None, 12.0, 1.0, 100.0, 1.0, (65.0, 42.0))
    parameters = Parameters(volume.shape, 1.0, zimg.TraceConfig(spTest=False, recover=1))
    trace_block(volume, plan.block(0), fixed, parameters)  # compiled code is loaded
    tracemalloc.start()
    try:
        found = trace_block(volume, plan.block(0), fixed, parameters)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.pieces
    assert peak <= memory_of(plan, 1, np.dtype(dtype).itemsize)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory, store: Path) -> dict[str, Any]:
    """The fork in every accepted form."""
    voxels, folder = volumes.fork_voxels(), tmp_path_factory.mktemp("forms")
    tifffile.imwrite(folder / "fork.tif", voxels)
    planes = []
    for number, plane in enumerate(voxels):
        planes.append(folder / f"plane{number:03d}.tif")
        tifffile.imwrite(planes[-1], plane)
    two = np.stack([np.zeros_like(voxels), voxels])[:, None]
    tifffile.imwrite(folder / "two.ome.tif", two, metadata={"axes": "TCZYX"})
    array = zarr.create_array(str(folder / "a.zarr"), data=voxels, chunks=(32, 32, 32))
    return {
        "store": store,
        "tiff": folder / "fork.tif",
        "source": ZImgSource(folder / "fork.tif"),
        "list": ZImgSource([str(p) for p in planes], zimg.Dimension.Z),
        "handle": zimg.open(store),
        "image": ZImg(voxels[None]),
        "numpy": voxels,
        "zarr": array,
        "two": folder / "two.ome.tif",
    }


FORMS = ["tiff", "source", "list", "handle", "image", "numpy", "zarr", "dask"]


@pytest.mark.parametrize("form", FORMS)
def test_every_kind_of_source_gives_the_same_tree(
    form: str, sources: dict[str, Any], expected: dict[str, bytes], tmp_path: Path
) -> None:
    if form == "dask":
        dask = pytest.importorskip("dask.array")
        source = dask.from_array(sources["numpy"], chunks=(36, 56, 50))
    else:
        source = sources[form]
    found = volumes.run(source, tmp_path / "s", z_to_xy=1.0)
    assert found.path.read_bytes() == expected["result.swc"]


def test_channel_and_time_are_chosen(
    sources: dict[str, Any], expected: dict[str, bytes], tmp_path: Path
) -> None:
    found = volumes.run(sources["two"], tmp_path / "s", time=1, z_to_xy=1.0)
    assert found.path.read_bytes() == expected["result.swc"]
    assert len(volumes.run(sources["two"], tmp_path / "0", time=0).tree) == 0
    with pytest.raises(zimg.ZException, match="invalid channel/time selection"):
        volumes.run(sources["two"], tmp_path / "2", time=2)


def test_a_region_is_traced_as_an_image_of_its_own(store: Path, tmp_path: Path) -> None:
    region = ZImgRegion((20, 0, 0, 0, 0), (180, -1, -1, -1, -1))
    part = volumes.fork_voxels()[:, :, 20:180]
    one = volumes.run(ZImgSource(store, region), tmp_path / "region")
    other = volumes.run(part, tmp_path / "array")
    assert len(one.tree) > 0
    assert one.path.read_bytes() == other.path.read_bytes()


def test_a_reduced_volume_reads_the_same_in_any_box(store: Path) -> None:
    whole = volume_source(store, downsample=(2, 2, 1))
    everything = whole.read(Box((0, 0, 0), whole.shape))
    box = Box((3, 5, 17), (30, 25, 80))
    assert whole.shape == (36, 28, 96)
    assert np.abs(everything[box.slices].astype(int) - whole.read(box)).max() <= 1


def test_a_stored_level_is_read_instead_of_reducing(tmp_path: Path) -> None:
    path = tmp_path / "levels.ome.zarr"
    volumes.fork().write(path, chunk=(32, 32, 32), halve=("x", "y"))
    volume = volume_source(path, downsample=(2, 2, 1))
    assert volume.level == 1  # type: ignore[attr-defined]
    stored = zarr.open_array(str(path / "1"), mode="r")
    assert np.array_equal(volume.read(Box((0, 0, 0), volume.shape)), stored[0, 0])
    options = {"threshold_mode": "fixed", "background": 12, "threshold": 45}
    found = volumes.run(path, tmp_path / "s", downsample=(2, 2, 1), z_to_xy=1.0, **options)
    agreement = zimg.compare(found.tree, volumes.fork().tree, tolerance=4.0)
    assert agreement.b_to_a.within >= 0.85  # the branch is too short at half the size
