"""What the image container costs: wrapping and exporting arrays, and arithmetic and resizing.

``python -m benchmarks.container`` first prints what wrapping and exporting a large array takes, for
each framework; memory is counted twice: by what Python allocates, and by how much the process
grows. Then arithmetic and resizing take turns with the reference, which is installed in an
environment of its own unless `--rival` or `ZIMG_REFERENCE_PYTHON` names an interpreter that has it.
Ratios are ours / theirs within one round. ``--docs`` writes ``docs/benchmarks/container.json``.
"""

import argparse
import gc
import importlib
import importlib.util
import resource
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from benchmarks import rival
from benchmarks.pairs import OURS, THEIRS, Pairs
from benchmarks.summary import Summary, command
from zimg import ZImg
from zimg.arrays.host import aligned_zeros
from zimg.arrays.interop import framework_name

FRAMEWORKS = ("numpy", "torch", "jax", "array_api_strict", "cupy")
REPEATS = 100
PAGES = Path("/proc/self/statm")


# Runs in both interpreters: the names that it uses are in both packages.
PROGRAM = """
import json, resource, sys
import zimg
from time import perf_counter, process_time
import numpy as np

random = np.random.default_rng(0)
data = random.integers(0, 251, (1, 16, 512, 512))
other = random.integers(1, 7, (1, 16, 512, 512))

def work(image, second, call):
    if call.startswith("resize"):
        how = getattr(zimg.Interpolant, call.split("_")[1])
        return image.resize(256, 256, 8, how)
    return {"add_image": lambda: image + second, "subtract_image": lambda: image - second,
            "multiply_image": lambda: image * second, "add_3": lambda: image + 3,
            "multiply_0.5": lambda: image * 0.5, "divide_3": lambda: image / 3}[call]()

print("ready", flush=True)
for line in sys.stdin:
    dtype, call = line.split()
    image, second = (zimg.ZImg(array.astype(dtype)) for array in (data, other))
    began, cpu = perf_counter(), process_time()
    result = work(image, second, call)
    answer = {"seconds": perf_counter() - began, "cpu": process_time() - cpu}
    del result, image, second
    print("took", json.dumps(answer), flush=True)
"""
TYPES = ("uint8", "uint16", "float32")
CALLS = ("add_image", "subtract_image", "multiply_image", "add_3", "multiply_0.5", "divide_3")
INTERPOLANTS = ("Linear", "Cubic", "Lanczos3", "Nearest")


def resident_bytes() -> int:
    """Memory of this process now, or its peak on systems that do not report it."""
    if PAGES.exists():
        return int(PAGES.read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def fastest(call: Callable[[], Any]) -> float:
    """Microseconds of the fastest of many calls, the first one left out."""
    call()
    times = []
    for _ in range(REPEATS):
        before = perf_counter_ns()
        call()
        times.append(perf_counter_ns() - before)
    return min(times) / 1000


def allocated(call: Callable[[], Any]) -> tuple[int, int]:
    """Peak of what Python allocates during a call, and growth of the process, in bytes."""
    gc.collect()
    before = resident_bytes()
    tracemalloc.start()
    result = call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    growth = resident_bytes() - before
    del result
    return peak, growth


def show(text: str) -> None:
    """Write one line of the table."""
    sys.stdout.write(text + "\n")


def line(what: str, call: Callable[[], Any]) -> None:
    """Print the cost of one call."""
    try:
        microseconds = fastest(call)
        peak, growth = allocated(call)
    except (TypeError, ValueError) as error:
        show(f"{what:44} {error}")
        return
    show(f"{what:44} {microseconds:9.1f} us {peak:9,d} B by Python {growth:12,d} B resident")


def paired(rounds: int, *, docs: bool) -> None:
    """Print what arithmetic and resizing of 4 million voxels take, ours and theirs."""
    summary = Summary(command())
    show("\n| 16 x 512 x 512 voxels | CPU | wall | ours, CPU s | theirs |\n|---|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as name, Pairs(PROGRAM, Path(name)) as pairs:
        for dtype in TYPES:
            for call in (*CALLS, *(f"resize_{how}" for how in INTERPOLANTS)):
                pair = pairs.run(f"{dtype} {call}", rounds)
                summary.pair(f"{dtype} {call.replace('_', ' ')}", pair.ours, pair.theirs)
                seconds = " | ".join(f"{pair.median(side, 'cpu'):.4f}" for side in (OURS, THEIRS))
                ratios = f"{pair.ratio_of('cpu'):.2f} | {pair.ratio:.2f}"
                show(f"| {dtype} {call} | {ratios} | {seconds} |")
                if docs:
                    summary.save("container")


def main() -> None:
    """Print the requested tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gibibytes", type=float, default=1.0, help="0: no wrapping")
    parser.add_argument("--rounds", type=int, default=5, help="0: no reference")
    parser.add_argument("--rival", help="a Python that has the reference")
    parser.add_argument("--docs", action="store_true", help="write the figures of the docs")
    options = parser.parse_args()
    if options.gibibytes:
        wrapped(options.gibibytes)
    if options.rounds:
        rival.choose_interpreter(options.rival)
        paired(options.rounds, docs=options.docs)


def wrapped(gibibytes: float) -> None:
    """Print a table: wrap, then export to each framework without a copy."""
    planes = max(1, round(gibibytes * 512))
    installed = [name for name in FRAMEWORKS if importlib.util.find_spec(name)]
    host = aligned_zeros((1, planes, 1024, 1024), "uint16")
    host[...] = 1
    show(f"{host.nbytes / 2**30:g} GiB of uint16")
    if "jax" in installed:  # what JAX itself takes, as no export can be faster
        jax = importlib.import_module("jax")
        line("jax.device_put alone", partial(jax.device_put, host, jax.devices("cpu")[0]))
    for source in installed:
        x = ZImg(host).to_arrays(source)[0]
        assert framework_name(x) == source
        line(f"ZImg({source})", partial(ZImg, x, copy_if_needed=False))
        image = ZImg(x)
        for target in (*installed, "memview"):
            line(
                f"{source} to_arrays({target!r})",
                partial(image.to_arrays, target, copy=False),
            )


if __name__ == "__main__":
    main()
