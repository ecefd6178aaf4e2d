"""Unit costs in blocks: one block, stitching of synthetic records, skeletons of labels."""

import resource
import shutil
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import zarr

import zimg
from zimg.arbour import Arbour
from zimg.blocked import BlockedSkeletonizer
from zimg.blocked.block import trace_block
from zimg.blocked.cutting import cut_chain
from zimg.blocked.opening import volume_source
from zimg.blocked.packing import pack_pieces
from zimg.blocked.parameters import Parameters
from zimg.blocked.pieces import Cut, Piece, limits, moved
from zimg.blocked.plan import Plan, make_plan
from zimg.blocked.records import encoded
from zimg.blocked.stats import Thresholds, box_thresholds
from zimg.blocked.stitch import Stitcher
from zimg.tracing.chains import Chain

CORE = 512


def pieces_of(plan: Plan, fibres: int) -> Iterator[Piece]:
    """Yield the pieces of all blocks: each block is one of eight variants, moved to its place."""
    small = Plan((3 * CORE,) * 3, plan.core, plan.halo)
    variants = [_variant(small, fibres, seed) for seed in range(8)]
    for block in plan.blocks():
        offset = np.array(block.core.low[::-1], np.float64) - CORE
        for piece in variants[block.number % 8]:
            cuts = [c and Cut(c.axis, c.plane + offset[c.axis]) for c in piece.cuts]
            key = (block.number, *piece.key[1:])
            yield Piece(key, moved(piece.chain, offset), piece.inside, (cuts[0], cuts[1]))


def _variant(plan: Plan, fibres: int, seed: int) -> list[Piece]:
    """Create the pieces of the middle block of 27."""
    block, error = plan.block(13), np.random.default_rng(seed)
    core, roi = (limits(box, plan.shape, 1.0) for box in (block.core, block.roi))
    found: list[Piece] = []
    for number in range(fibres):
        axis = number % 3
        others = [a for a in range(3) if a != axis]
        place = np.random.default_rng(number).uniform(CORE + 40, CORE + 470, 2)
        along = np.arange(block.roi.low[0] + 1.0, block.roi.high[0] - 12.0, 5.0)
        rows = np.zeros((len(along), 8))
        rows[:, 0], rows[:, 3], rows[:, 4] = 3.0, 1.0, 11.0
        rows[:, 1:3] = [(np.pi / 2, np.pi / 2), (np.pi / 2, np.pi), (0.0, 0.0)][axis]
        rows[:, 5 + axis] = along
        rows[:, [5 + a for a in others]] = place + error.normal(0, 0.3, 2)
        count = len(rows)
        score, ones = np.full(count, 0.7), np.ones(count)
        chain = Chain(rows, ones.astype(np.int8), np.zeros(count), score, ones)
        found += cut_chain(chain, (block.number, number), core, roi)
    return found


def stitch(folder: Path, side: int = 22, fibres: int = 3) -> dict[str, Any]:
    """Stitch synthetic records of ``side ** 3`` blocks with fibres along x, y and z.

    Every block has its own error of 0.3 voxels and its halo.
    """
    del folder
    plan = Plan((side * CORE,) * 3, (CORE,) * 3, (64,) * 3)
    pieces = list(pieces_of(plan, fibres))
    segments = sum(len(piece.chain) for piece in pieces)
    some = pieces[:200]
    record = len(encoded(pack_pieces(some), "blocks", "0", "0")) / sum(len(p.chain) for p in some)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    stitcher = Stitcher(pieces, plan, z_to_xy=1.0, low_score=0.3)
    stitched = time.process_time() - began
    chains, links = stitcher.result()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "blocks": len(plan),
        "pieces": len(pieces),
        "segments": segments,
        "bytes per segment on disk": record,
        "stitch cpu seconds": stitched,
        "milliseconds per piece": stitched / len(pieces) * 1000,
        "memory of the records": before * 1024,
        "memory peak": peak * 1024,
        "peak bytes per segment": peak * 1024 / segments,
        "chains": len(chains),
        "expected": fibres * side * side,
        "links": len(links),
    }


def labels(folder: Path, shape: tuple[int, int, int] = (640, 900, 900)) -> dict[str, Any]:
    """Skeletonize a segmentation of 5e8 voxels in blocks and at once."""
    array = _segmentation(folder / "labels.zarr", shape)
    shutil.rmtree(folder / "labels", ignore_errors=True)
    zimg.skeletonize_labels(array[:64, :128, :128])  # compiled code is loaded
    before = time.process_time()
    found = BlockedSkeletonizer(array, folder / "labels", core=256, halo=64).run()
    blocks = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    before = time.process_time()
    whole = zimg.skeletonize_labels(array[:])
    once = time.process_time() - before
    same = [label for label in whole if _same(found[label], whole[label])]
    cut = {label: zimg.compare(found[label], whole[label], tolerance=3.0) for label in whole}
    return {
        "voxels": int(np.prod(shape)),
        "bodies": len(whole),
        "cable": sum(tree.total_length() for tree in whole.values()),
        "cpu seconds in blocks": blocks,
        "cpu seconds at once": once,
        "peak bytes in blocks": peak,
        "peak bytes at once": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "node for node": len(same),
        "one tree each": sum(len(tree.roots) == 1 for tree in found.values()),
        "worst within 3 voxels": min(
            min(both.a_to_b.within, both.b_to_a.within) for both in cut.values()
        ),
    }


def _segmentation(path: Path, shape: tuple[int, int, int], bodies: int = 80) -> Any:
    """Draw random trees as labels, chunk by chunk."""
    if path.exists():
        return zarr.open_array(str(path), mode="r")
    array = zarr.create_array(str(path), shape=shape, chunks=(64, 128, 128), dtype="uint16")
    sizes = np.random.default_rng(3).uniform(200.0, 900.0, bodies)
    style: dict[str, Any] = {"noise": 0.0, "background": 0.0}
    drawn = [
        Arbour.grown(shape, trees=1, length=length, radius=4.0, seed=seed, **style)
        for seed, length in enumerate(sizes)
    ]
    for corner in product(*(range(0, n, c) for n, c in zip(shape, (64, 128, 128), strict=True))):
        high = [min(a + c, n) for a, c, n in zip(corner, (64, 128, 128), shape, strict=True)]
        voxels = np.zeros([b - a for a, b in zip(corner, high, strict=True)], np.uint16)
        for label, arbour in enumerate(drawn, 1):
            if arbour._edges_in(corner, high):
                voxels[arbour.box(corner, high) > 50] = label
        if voxels.any():
            array[tuple(slice(a, b) for a, b in zip(corner, high, strict=True))] = voxels
    return zarr.open_array(str(path), mode="r")


def _same(one: zimg.ZSwc, other: zimg.ZSwc) -> bool:
    return np.array_equal(one.xyz, other.xyz) and np.array_equal(one.parent, other.parent)


def costs(folder: Path) -> dict[str, Any]:
    """Measure the CPU seconds of a block per voxel and per voxel of cable."""
    del folder
    measured = {}
    for name, trees in {"sparse": 1, "dense": 16}.items():
        arbour = Arbour.grown((256, 256, 256), trees=trees, length=800.0, seed=4)
        voxels = arbour.volume()
        volume = volume_source(voxels)
        plan = make_plan(volume.shape)
        config = zimg.TraceConfig(spTest=False, recover=1, maxEucDist=10.0)
        parameters = Parameters(volume.shape, 1.0, config)
        thresholds = Thresholds(12.0, 45.0, 0)
        trace_block(volume, plan.block(0), thresholds, parameters)  # compiled code is loaded
        began = time.process_time()
        found = trace_block(volume, plan.block(0), thresholds, parameters)
        traced = time.process_time() - began
        began = time.process_time()
        decided = box_thresholds(volume, plan.block(0).roi)
        measured[name] = {
            "cable": arbour.tree.total_length(),
            "block cpu seconds": traced,
            "statistics cpu seconds": time.process_time() - began,
            "threshold": decided.threshold,
            "seeds": found.seeds,
            "record bytes": len(encoded(pack_pieces(found.pieces), "blocks", "0", "0")),
        }
    more = measured["dense"]["cable"] - measured["sparse"]["cable"]
    extra = measured["dense"]["block cpu seconds"] - measured["sparse"]["block cpu seconds"]
    per_cable = extra / more
    rest = measured["sparse"]["block cpu seconds"] - per_cable * measured["sparse"]["cable"]
    return {
        **measured,
        "microseconds per voxel": rest / 256**3 * 1e6,
        "milliseconds per voxel of cable": per_cable * 1e3,
        "statistics, microseconds per voxel": measured["dense"]["statistics cpu seconds"]
        / 256**3
        * 1e6,
    }
