"""What wrapping and exporting a large array costs: microseconds and bytes, for each framework.

Run it with ``python benchmarks/container.py [--gibibytes 1]``. Memory is counted twice:
by what Python allocates, and by how much the process grows.
"""

import argparse
import gc
import importlib
import importlib.util
import resource
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from zimg import ZImg
from zimg.arrays.host import aligned_zeros
from zimg.arrays.interop import framework_name

FRAMEWORKS = ("numpy", "torch", "jax", "array_api_strict", "cupy")
REPEATS = 100
PAGES = Path("/proc/self/statm")


def resident_bytes() -> int:
    """Memory of this process now, or its peak where the system does not tell."""
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


def tell(text: str) -> None:
    """Write one line of the table."""
    sys.stdout.write(text + "\n")


def line(what: str, call: Callable[[], Any]) -> None:
    """Print the cost of one call."""
    try:
        microseconds = fastest(call)
        peak, growth = allocated(call)
    except (TypeError, ValueError) as error:
        tell(f"{what:44} {error}")
        return
    tell(f"{what:44} {microseconds:9.1f} us {peak:9,d} B by Python {growth:12,d} B resident")


def main() -> None:
    """Print a table: wrap, then export to each framework without a copy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gibibytes", type=float, default=1.0)
    planes = max(1, round(parser.parse_args().gibibytes * 512))
    installed = [name for name in FRAMEWORKS if importlib.util.find_spec(name)]
    host = aligned_zeros((1, planes, 1024, 1024), "uint16")
    host[...] = 1
    tell(f"{host.nbytes / 2**30:g} GiB of uint16")
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
