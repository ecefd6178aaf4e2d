"""What compiling costs: ``python -m benchmarks.first_call`` writes ``first_call.json``.

Each row is a new process that traces, or skeletonizes, a generated volume twice: seconds by which
the first call takes longer than the second, for an empty cache of machine code, for a full one, for
two processes that begin with one empty cache at once, and where no cache can be written.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.summary import FOLDER, about

PROGRAM = """
import json, sys
from time import perf_counter, process_time
import zimg
from benchmarks.arbours import arbour
from benchmarks.volumes import neuron

tracing = sys.argv[1] == "trace"
volume = neuron() if tracing else arbour("1e4")

def cost():
    wall, cpu = perf_counter(), process_time()
    tree = zimg.trace(volume, mode="reference") if tracing else zimg.skeletonize(volume)
    return perf_counter() - wall, process_time() - cpu, len(tree)

first, second = cost(), cost()
print(json.dumps({"wall": first[0] - second[0], "cpu": first[1] - second[1], "nodes": first[2]}))
"""

Figures = dict[str, float]


def run(what: str, cache: Path) -> Figures:
    """One process."""
    environment = os.environ | {"ZIMG_CACHE_DIR": str(cache)}
    command = [sys.executable, "-c", PROGRAM, what]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    figures: Figures = json.loads(done.stdout)
    return figures


def rows(what: str) -> dict[str, list[Figures]]:
    """All cases of one kind of work."""
    with tempfile.TemporaryDirectory() as name:
        alone, together = Path(name) / "alone", Path(name) / "together"
        blocked = Path(name) / "file" / "no_folder"
        blocked.parent.write_bytes(b"")
        found = {"empty cache": [run(what, alone)], "full cache": [run(what, alone)]}
        with ThreadPoolExecutor(2) as pool:
            found["two at once, empty cache"] = list(pool.map(run, [what] * 2, [together] * 2))
        found["the same cache, full"] = [run(what, together)]
        found["no cache can be written"] = [run(what, blocked)]
    return found


def main() -> None:
    """Print all rows, and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", action="store_true", help="write the figures of the docs")
    options = parser.parse_args()
    found = {what: rows(what) for what in ("trace", "skeletonize")}
    for what, cases in found.items():
        for case, runs in cases.items():
            times = ", ".join(f"{it['cpu']:.2f} CPU s, {it['wall']:.2f} s" for it in runs)
            sys.stdout.write(f"{what}, {case}: {times}\n")
    if options.docs:
        text = json.dumps(
            about("python -m benchmarks.first_call --docs") | {"first": found}, indent=1
        )
        (FOLDER / "first_call.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
