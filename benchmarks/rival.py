"""The reference in a process of its own: seconds, memory and tree of one automatic trace.

`ZIMG_REFERENCE_PYTHON` names an interpreter that has the reference installed. It is never imported
here: it has our name. CPU seconds of its stages are not in its log, so those of seeds are taken
from a second run, in which nothing is traced (`minAutoScore` out of reach) and nothing recovered:
its CPU seconds, times the share of its wall time that the log gives to scoring seeds. Before that
stage it only makes the mask, and after it nothing is left to do.
"""

import json
import os
import re
import subprocess
import sys
import venv
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

INTERPRETER = "ZIMG_REFERENCE_PYTHON"
VERSION = "1.0.16"
SEEDS = "score/sort seeds"
LINE = re.compile(r"^[IWEF]\d{4} (\d\d):(\d\d):(\d\d\.\d+) .*?\] Auto trace: (.+?)(?: \.\.\.)?$")
DAY = 86400.0

SCRIPT = """
import json, resource, sys, time
import zimg

source, target, z_to_xy, options = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
worker = zimg.ZNeutubeAutoTrace()
worker.setInputImagePath(source)
worker.setOutputSwcPath(target)
worker.setTraceConfig(zimg.neutube_json.TRACE_CONFIG)
worker.setZToXYRatio(z_to_xy)
if options == "seeds":
    overrides = zimg.TraceConfig()
    overrides.spTest, overrides.maxEucDist = False, 10.0
    overrides.recover, overrides.minAutoScore = 0, 1e6
    worker.setAlgoConfigOverrides(overrides)
before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
worker.run()
wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "wall": wall,
    "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    "memory": (after.ru_maxrss - before.ru_maxrss) * 1024,
}))
"""


@dataclass(frozen=True)
class Run:
    """One run of the reference.

    Attributes
    ----------
    wall, cpu
        Seconds of its `run`, reading and writing included; CPU of all threads, user and system.
    memory
        Bytes by which the peak grew during `run`.
    stages
        Wall seconds by stage, as its log has them.
    tree
        The SWC file; it is missing where nothing was found.
    """

    wall: float
    cpu: float
    memory: int
    stages: dict[str, float]
    tree: Path

    @property
    def seed_wall(self) -> float:
        """Wall seconds of fitting, scoring and choosing the seeds of the first pass."""
        return self.stages.get(SEEDS, 0.0)

    @property
    def seed_cpu(self) -> float:
        """CPU seconds of the same, if this is a run of seeds only."""
        return self.cpu * self.seed_wall / self.wall


def trace(volume: Path, target: Path, *, z_to_xy: float = 1.0, seeds_only: bool = False) -> Run:
    """Trace a file with the reference's preset; `seeds_only` stops after its seeds are scored."""
    target.unlink(missing_ok=True)  # where nothing is found, nothing is written
    options = "seeds" if seeds_only else "all"
    arguments = [str(volume), str(target), str(z_to_xy), options]
    command = [os.environ[INTERPRETER], "-c", SCRIPT, *arguments]
    alone = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=target.parent, env=alone
    )
    if done.returncode:
        raise RuntimeError(f"the reference ended with {done.returncode}: {done.stderr[-500:]}")
    lines = (done.stdout + "\n" + done.stderr).splitlines()
    figures: dict[str, Any] = json.loads(next(line for line in lines if line.startswith("{")))
    return Run(stages=stage_seconds(lines), tree=target, **figures)


def choose_interpreter(given: str | None) -> None:
    """Name the interpreter of the reference in the environment; make one where none is given.

    Raises
    ------
    RuntimeError
        When the reference cannot be installed for this version of Python.
    """
    if given or INTERPRETER in os.environ:
        os.environ[INTERPRETER] = given or os.environ[INTERPRETER]
        return
    folder = Path.home() / ".cache" / "zimg" / f"rival-{VERSION}"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    command = [str(python), "-m", "pip", "install", "-q", f"zimg=={VERSION}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(
            f"zimg {VERSION} cannot be installed for {sys.executable}: give --rival an interpreter "
            f"that has it ({done.stderr.strip().splitlines()[-1:]})"
        )
    os.environ[INTERPRETER] = str(python)


def stage_seconds(log: Iterable[str]) -> dict[str, float]:
    """Wall seconds from each stage's line to the next line."""
    marks = []
    for line in log:
        if found := LINE.match(line):
            hours, minutes, seconds, stage = found.groups()
            marks.append((3600 * int(hours) + 60 * int(minutes) + float(seconds), stage))
    return {stage: (end - start) % DAY for (start, stage), (end, _) in pairwise(marks)}
