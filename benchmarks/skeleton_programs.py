"""Alternate runs of skeletonization: this library, the reference and kimimaro.

Each is a process that lives on. `ZIMG_REFERENCE_PYTHON` and `ZIMG_KIMIMARO_PYTHON` name
interpreters that have the other two; a tool without interpreter takes no part.
"""

import json
import os
import sys
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.pairs import Answers, Players

TOOLS = ("ours", "reference", "kimimaro")
VARIABLES = {"reference": "ZIMG_REFERENCE_PYTHON", "kimimaro": "ZIMG_KIMIMARO_PYTHON"}

# Parameters of kimimaro are those of its documentation for electron microscopy, in nm.
PROGRAM = '''
import json, resource, sys, time
import numpy as np

tool, folder = sys.argv[1:]
if tool == "kimimaro":
    import kimimaro
    import tifffile
else:
    import zimg

PARAMETERS = {"scale": 1.5, "const": 300, "pdrf_scale": 100000, "pdrf_exponent": 4,
              "soma_acceptance_threshold": 3500, "soma_detection_threshold": 750,
              "soma_invalidation_const": 300, "soma_invalidation_scale": 2, "max_paths": 300}
SIZE = 8.0


def mask_of_one(request):
    if tool == "kimimaro":
        return teasar(tifffile.imread(request["volume"]) > 0)
    if request.get("framework", "numpy") != "numpy":
        image = zimg.read(request["volume"], framework=request["framework"])
        return {1: zimg.skeletonize(image, config=request["config"])}
    worker = zimg.ZNeutubeSkeletonize()
    worker.setInputImagePath(request["volume"])
    config = request["config"]
    named = isinstance(config, str)
    worker.setSkeletonizeConfig(getattr(zimg.neutube_json, config) if named else config)
    worker.setOutputSwcPath(tool + ".swc")
    worker.run()
    return {}


def all_labels(request):
    if tool == "kimimaro":
        return teasar(tifffile.imread(request["volume"]))
    return zimg.skeletonize_labels(zimg.read(request["volume"]), config=request["config"])


def teasar(volume):
    labels = np.asarray(volume).astype(np.uint32).T
    return kimimaro.skeletonize(labels, teasar_params=PARAMETERS, anisotropy=(SIZE,) * 3,
                                dust_threshold=0, progress=False, parallel=1)


def segments(skeleton):
    """Ends of all edges, x y z in voxels."""
    if tool == "kimimaro":
        points, edges = skeleton.vertices / SIZE, skeleton.edges
        return points[edges[:, 0]], points[edges[:, 1]]
    rows = np.flatnonzero(skeleton.parent >= 0)
    return skeleton.xyz[rows], skeleton.xyz[skeleton.parent[rows]]


def coverage(found, volume):
    """Length of all skeletons, and the share of it inside of the own label."""
    length = inside = 0.0
    for label, skeleton in found.items():
        starts, ends = segments(skeleton)
        lengths = np.sqrt(((ends - starts) ** 2).sum(1))
        count = np.maximum(1, np.ceil(2 * lengths)).astype(int)
        edge = np.repeat(np.arange(len(count)), count)
        place = (np.arange(len(edge)) - (np.cumsum(count) - count)[edge] + 0.5) / count[edge]
        points = np.rint(starts[edge] + (ends - starts)[edge] * place[:, None]).astype(int)
        points = np.clip(points, 0, np.array(volume.shape)[::-1] - 1)
        own = volume[points[:, 2], points[:, 1], points[:, 0]] == label
        length += lengths.sum()
        inside += ((lengths / count)[edge] * own).sum()
    return {"length": float(length), "inside": float(inside / max(length, 1e-9)),
            "bodies": len(found)}


def most_memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


before = most_memory()
print("ready", flush=True)
for line in sys.stdin:
    request = json.loads(line)
    work = all_labels if request.get("what") == "labels" else mask_of_one
    began, cpu = time.perf_counter(), time.process_time()
    found = work(request)
    answer = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu,
              "memory": most_memory() - before}
    if request.get("what") == "labels":
        import tifffile
        answer.update(coverage(found, tifffile.imread(request["volume"])))
    print("took", json.dumps(answer), flush=True)
'''


class Tools(Players):
    """The tools that are there, to be used as a context.

    Parameters
    ----------
    folder
        Where all work; files are named relative to it.
    chosen
        Names of the tools that take part if they are there.
    """

    def __init__(self, folder: Path, chosen: tuple[str, ...] = TOOLS) -> None:
        python = {"ours": sys.executable}
        python |= {tool: os.environ[name] for tool, name in VARIABLES.items() if name in os.environ}
        self.names = [tool for tool in chosen if tool in python]
        super().__init__({tool: python[tool] for tool in self.names}, PROGRAM, folder)

    def run(
        self, request: dict[str, Any], rounds: int, *, skipped: tuple[str, ...] = ()
    ) -> Answers:
        """Ask all by turns."""
        names = [name for name in self.names if name not in skipped]
        return self.turns(names, json.dumps(request), rounds)

    def medians(
        self, request: dict[str, Any], rounds: int, *, skipped: tuple[str, ...] = ()
    ) -> dict[str, float]:
        """Median seconds of each."""
        answers = self.run(request, rounds, skipped=skipped)
        return {name: median(it["seconds"] for it in own) for name, own in answers.items()}
