"""One trace by this library in a process of its own: `python -m benchmarks.ours FILE`.

Prints one line of JSON. The first trace, which compiles on JAX, and a second one are timed; then
the stage of seeds alone: packing the volume, fitting and scoring the seeds, and choosing those
that no better one covers.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time
from typing import TypeVar

import numpy as np

import zimg
from zimg import neutube_json
from zimg._progress import Reporter
from zimg._typing import Array
from zimg.ops import fastest, synchronize
from zimg.tracing.config import resolve_config
from zimg.tracing.mask import make_mask
from zimg.tracing.preprocess import subtract_background
from zimg.tracing.scorer import TubeScorer
from zimg.tracing.seed_scores import commit, score_seeds
from zimg.tracing.seeds import extract_seeds, remove_noise

Result = TypeVar("Result")


@dataclass(frozen=True)
class Run:
    """Seconds of a later trace and of its seeds, of the first call, and bytes of peak memory.

    `memory` is the growth of the peak from before the file is read to after the first trace.
    """

    wall: float
    cpu: float
    seed_wall: float
    seed_cpu: float
    first_wall: float
    first_cpu: float
    memory: int
    nodes: int


def trace(volume: Path, lane: str, dtype: str, *, z_to_xy: float = 1.0) -> Run:
    """Trace a file in a new process of this interpreter.

    A lane is a framework, followed by any of ``/generic`` for one without compiled code, ``/`` and
    a number of threads, and ``/accurate`` for accurate mode instead of that of the reference.
    """
    framework, *forms = lane.split("/")
    environment, mode = dict(os.environ), "reference"
    for form in forms:
        if form == "accurate":
            mode = form
        elif form == "generic":
            environment["ZIMG_COMPILED"] = "0"
        else:
            environment["ZIMG_THREADS"] = form
    options = ["--framework", framework, "--dtype", dtype, "--z-to-xy", str(z_to_xy)]
    options += ["--mode", mode]
    command = [sys.executable, "-m", "benchmarks.ours", str(volume), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise RuntimeError(f"{lane} ended with {done.returncode}: {done.stderr[-500:]}")
    return Run(**json.loads(done.stdout))


def timed(work: Callable[[], Result]) -> tuple[float, float, Result]:
    """Wall seconds, CPU seconds of all threads, and what came out."""
    wall, cpu = perf_counter(), process_time()
    result = work()
    return perf_counter() - wall, process_time() - cpu, result


def seed_stage(volume: Array, z_to_xy: float, dtype: str) -> Callable[[], int]:
    """What is timed for the seeds of the first pass; the mask is made beforehand."""
    signal, _ = subtract_background(volume)
    mask = make_mask(signal)
    if mask is None:
        return lambda: 0
    mask, seeds = remove_noise(mask, extract_seeds(mask))
    synchronize(signal)
    strong = resolve_config(neutube_json.TRACE_CONFIG).minSeedScore

    def work() -> int:
        with TubeScorer(signal, z_to_xy=z_to_xy, dtype=dtype) as scorer:
            exact = dtype == "float64"
            scored = score_seeds(scorer, seeds.points, seeds.value, exact=exact, report=Reporter())
            base = np.zeros(signal.shape, np.uint8)
            return len(commit(scored, seeds.points, base, z_to_xy=z_to_xy, strong=strong).rows)

    return work


def peak() -> int:
    """Most bytes that this process has held so far."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024


def measure(path: Path, framework: str, dtype: str, z_to_xy: float, mode: str) -> Run:
    """Everything that one process measures; reading the file counts, as it does for the rival.

    The seeds are always those of reference mode.
    """
    import_module(framework)
    before = peak()

    def whole() -> int:
        image = zimg.read(path, framework=framework)
        return len(zimg.trace(image, z_to_xy=z_to_xy, dtype=dtype, mode=mode))

    first_wall, first_cpu, nodes = timed(whole)
    memory = peak() - before
    wall, cpu, _ = timed(whole)
    volume = zimg.read(path, framework=framework).data[0][0]
    seed_wall, seed_cpu, _ = timed(seed_stage(fastest(volume), z_to_xy, dtype))
    return Run(wall, cpu, seed_wall, seed_cpu, first_wall, first_cpu, memory, nodes)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("volume", type=Path)
    parser.add_argument("--framework", default="numpy")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--z-to-xy", type=float, default=1.0)
    parser.add_argument("--mode", default="reference")
    given = parser.parse_args()
    run = measure(given.volume, given.framework, given.dtype, given.z_to_xy, given.mode)
    sys.stdout.write(json.dumps(asdict(run)) + "\n")


if __name__ == "__main__":
    main()
