"""Benchmarks of tracing in blocks: example of the manual, workers, slow storage, kills.

Run as ``python -m benchmarks.blocked PART FOLDER [options]``; every part prints one JSON object.

- ``generate``: the store of 1.5e9 voxels with known trees, and these as SWC.
- ``readme``: the example of the manual as written, in its own process, and its agreement.
- ``accurate``: ``readme`` with ``worker.setMode("accurate")``.
- ``workers``: one and two workers, threads and processes.
- ``reference``: the worker of the reference and this one on one file, each in its own process;
  `ZIMG_REFERENCE_PYTHON` names an interpreter that has the reference installed.
- ``slow``: storage with 50 ms per chunk, with 1, 4 and 16 threads.
- ``kills``: a process is killed 20 times at random moments, then finished; the bytes must agree.
- ``stitch``: synthetic records of 10,648 blocks are stitched; time and memory.
- ``costs``: CPU seconds of a block per voxel and per voxel of cable.
- ``labels``: skeletons of a segmentation of 5e8 voxels, in blocks and at once.
"""

import argparse
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import zimg
from benchmarks.blocked_costs import costs, labels, stitch
from benchmarks.rival import INTERPRETER
from zimg.arbour import Arbour
from zimg.blocked import BlockedTracer
from zimg.blocked.opening import volume_source
from zimg.blocked.plan import Box, make_plan
from zimg.blocked.source import Volume

ROOT = Path(__file__).resolve().parents[1]
SHAPE = (1000, 1000, 1500)
CABLE: dict[str, Any] = {"trees": 24, "length": 2500.0, "radius": 4.0, "seed": 11}

README = """
import zimg
worker = zimg.ZNeutubeBlockedAutoTrace()
worker.setInputImageSource(zimg.ZImgSource("large_signal.ome.zarr"))
worker.setSelectedChannelTime(0, 0)
worker.setSignalDownsampleRatio([2, 2, 1])
worker.setTraceConfig(zimg.neutube_json.TRACE_CONFIG)
worker.setOutputSessionDir("session")
worker.setOutputSwcPath("large_signal.swc")
worker.run()
"""


def large() -> Arbour:
    """Create the trees of the large store."""
    return Arbour.grown(SHAPE, **CABLE)


def generate(folder: Path) -> dict[str, Any]:
    """Write the store chunk by chunk, with a level at half the size in x and y."""
    began, arbour = time.perf_counter(), large()
    arbour.tree.save(folder / "gold.swc")
    arbour.write(folder / "large_signal.ome.zarr", chunk=(64, 128, 128), halve=("x", "y"))
    bytes_ = sum(p.stat().st_size for p in (folder / "large_signal.ome.zarr").rglob("*"))
    return {
        "voxels": int(np.prod(SHAPE)),
        "cable": arbour.tree.total_length(),
        "seconds": time.perf_counter() - began,
        "bytes": bytes_,
    }


def accurate(folder: Path) -> dict[str, Any]:
    """Run the example of the manual in accurate mode."""
    return readme(folder, README.replace("worker.run", 'worker.setMode("accurate")\nworker.run'))


def readme(folder: Path, script: str = README) -> dict[str, Any]:
    """Run the example of the manual; the memory is that of the whole process."""
    shutil.rmtree(folder / "session", ignore_errors=True)
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], cwd=folder, check=True)
    seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    tree, gold = zimg.ZSwc(folder / "large_signal.swc"), zimg.ZSwc(folder / "gold.swc")
    summary = json.loads((folder / "session" / "summary.json").read_text())
    result: dict[str, Any] = {
        "seconds": seconds,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_bytes": used.ru_maxrss * 1024,
        "summary": summary,
    }
    for tolerance in (2.0, 3.0, 4.0):
        both = zimg.compare(tree, gold, tolerance=tolerance)
        result[f"within {tolerance}"] = [both.a_to_b.within, both.b_to_a.within]
    plan = make_plan((SHAPE[0], SHAPE[1] // 2, SHAPE[2] // 2))
    read = sum(int(np.prod(block.roi.shape)) for block in plan.blocks())
    result["reads_per_voxel"] = read / int(np.prod(plan.shape))
    return result


def middle(folder: Path) -> Path:
    """Return a store of 256 x 384 x 384 voxels with known trees, written if missing."""
    path = folder / "middle.ome.zarr"
    if not path.exists():
        arbour = Arbour.grown((256, 384, 384), trees=10, length=600.0, radius=3.0, seed=5)
        arbour.tree.save(folder / "middle.swc")
        arbour.write(path, chunk=(64, 64, 64))
    return path


def timed(source: Any, session: Path, **options: Any) -> dict[str, Any]:
    """Measure one run."""
    shutil.rmtree(session, ignore_errors=True)
    began = time.perf_counter()
    given = {"mode": "reference", "core": 128, "halo": 32, **options}
    found = BlockedTracer(source, session, **given).run()
    return {
        "seconds": round(time.perf_counter() - began, 2),
        "summary": dict(found.summary),
        "bytes": found.path.read_bytes(),
    }


def workers(folder: Path) -> dict[str, Any]:
    """Compare one and two workers."""
    path, result = middle(folder), {}
    runs = {
        "inline": {},
        "1 thread": {"executor": 1},
        "2 threads": {"executor": 2},
        "1 process": {"executor": 1, "processes": True},
        "2 processes": {"executor": 2, "processes": True},
    }
    seen = set()
    for name, options in runs.items():
        measured = timed(path, folder / "s", **options)
        seen.add(measured.pop("bytes"))
        result[name] = measured["seconds"]
    gold = zimg.ZSwc(folder / "middle.swc")
    tree = zimg.ZSwc(folder / "s" / "result.swc")
    both = zimg.compare(tree, gold, tolerance=2.0)
    return {
        "seconds": result,
        "one result": len(seen) == 1,
        "precision": both.a_to_b.within,
        "recall": both.b_to_a.within,
    }


COMPARED = """
import json, resource, sys, time
import zimg
worker = zimg.ZNeutubeBlockedAutoTrace()
worker.setInputImageSource(zimg.ZImgSource("middle.tif"))
worker.setSelectedChannelTime(0, 0)
worker.setTraceConfig(zimg.neutube_json.TRACE_CONFIG)
worker.setOutputSessionDir(sys.argv[1])
worker.setOutputSwcPath(sys.argv[1] + ".swc")
if len(sys.argv) > 2:
    worker.setBlockCoreSize(int(sys.argv[2]))
    worker.setBlockHalo(32)
def used():
    measured = resource.getrusage(resource.RUSAGE_SELF)
    return measured.ru_utime + measured.ru_stime, measured.ru_maxrss * 1024
(cpu, _), began = used(), time.perf_counter()
worker.run()
wall = time.perf_counter() - began
print(json.dumps({"wall": wall, "cpu": used()[0] - cpu, "peak_bytes": used()[1]}))
"""


def reference(folder: Path) -> dict[str, Any]:
    """Compare the reference with one block and with 18 blocks of this library."""
    voxels = zimg.read(middle(folder))
    voxels.save(folder / "middle.tif")
    theirs, ours = os.environ[INTERPRETER], sys.executable
    runs = {"reference": [theirs], "ours": [ours], "ours in 18 blocks": [ours, "128"]}
    gold = zimg.ZSwc(folder / "middle.swc")
    measured = {}
    for name, (python, *more) in runs.items():
        session = f"compared {name}"
        shutil.rmtree(folder / session, ignore_errors=True)
        command = [python, "-c", COMPARED, session, *more]
        answer = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        tree = zimg.ZSwc(folder / f"{session}.swc")
        both = zimg.compare(tree, gold, tolerance=2.0)
        measured[name] = json.loads(answer.stdout.splitlines()[-1]) | {
            "trees": len(tree.roots),
            "precision": both.a_to_b.within,
            "recall": both.b_to_a.within,
        }
    return measured


@dataclass(frozen=True)
class SlowVolume:
    """Volume whose reads take a fixed time per chunk of 64 x 64 x 64 voxels."""

    inner: Volume
    seconds: float
    factors: tuple[int, int, int] = (1, 1, 1)
    portable: bool = True

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along z, y, x."""
        return self.inner.shape

    @property
    def dtype(self) -> Any:
        """Voxel type."""
        return self.inner.dtype

    @property
    def name(self) -> str:
        """Name of the volume in messages."""
        return f"slow {self.inner.name}"

    def read(self, box: Box) -> Any:
        """Read a box after the time that its chunks take in sequence."""
        counts = [-(-b // 64) - a // 64 for a, b in zip(box.low, box.high, strict=True)]
        time.sleep(self.seconds * int(np.prod(counts)))
        return self.inner.read(box)

    def identity(self) -> dict[str, Any]:
        """Return that of the inner volume."""
        return self.inner.identity()

    def fingerprint(self) -> dict[str, Any]:
        """Return that of the inner volume."""
        return self.inner.fingerprint()


def slow(folder: Path) -> dict[str, Any]:
    """Compare numbers of threads with slow storage."""
    volume = SlowVolume(volume_source(middle(folder)), 0.05)
    options = {"threshold_mode": "fixed", "background": 12, "threshold": 45}
    found = {n: timed(volume, folder / "s", executor=n, **options) for n in (1, 4, 16)}
    return {f"{n} threads": measured["seconds"] for n, measured in found.items()}


KILLED = """
import sys
from zimg.blocked import BlockedTracer
from zimg.blocked.block import trace_block
from zimg.blocked.parameters import Parameters
BlockedTracer(sys.argv[1], sys.argv[2], mode="reference", core=128, halo=32, executor=2).run()
"""


def kills(folder: Path) -> dict[str, Any]:
    """Kill a resuming run 20 times at different moments, then finish it."""
    path, session = middle(folder), folder / "killed"
    clean = timed(path, folder / "s")["bytes"]
    shutil.rmtree(session, ignore_errors=True)
    moments = random.Random(1)
    done = 0
    for _ in range(20):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path), str(session)], cwd=ROOT
        )
        time.sleep(moments.uniform(0.5, 6.0))
        done += process.poll() is not None
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run([sys.executable, "-c", KILLED, str(path), str(session)], cwd=ROOT, check=True)
    return {
        "kills": 20 - done,
        "same bytes": (session / "result.swc").read_bytes() == clean,
        "left over": [p.name for p in session.rglob("*.tmp-*")],
    }


PARTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "generate": generate,
    "readme": readme,
    "accurate": accurate,
    "workers": workers,
    "reference": reference,
    "slow": slow,
    "kills": kills,
    "stitch": stitch,
    "costs": costs,
    "labels": labels,
}


def main() -> None:
    """Run one part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    sys.stdout.write(json.dumps(PARTS[given.part](given.folder), indent=2) + "\n")


if __name__ == "__main__":
    main()
