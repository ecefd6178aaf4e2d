"""Skeletons compared with the reference and kimimaro, and how their cost grows.

``python -m benchmarks.skeletons --labels labels.tif --json out.json`` prints three
tables: generated objects, paired with the reference; all labels of a segmentation, with kimimaro,
and the share of each skeleton's length that is inside of its own label; and how our cost grows with
the size and the length of an object. Ratios are ours / theirs within one round, below 1 is faster
or leaner; tables show medians over rounds, the JSON file has every round, and `--docs` writes
``docs/benchmarks/skeletons.json``. The reference is installed in an environment of its own unless
`--rival` or `ZIMG_REFERENCE_PYTHON` names an interpreter that has it; `ZIMG_KIMIMARO_PYTHON` names
that of kimimaro. Each row has processes of its own, whose first turn does not count.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import tifffile

from benchmarks import rival
from benchmarks.arbours import SIZES, arbour, axon, specks
from benchmarks.pairs import Answers
from benchmarks.skeleton_programs import Tools
from benchmarks.summary import Summary, command

SHORT = {"minimalLength": 5}
BODIES = {
    "minimalLength": 40,
    "keepingSingleObject": True,
    "rebase": True,
    "connectingBranch": False,
}
"""As long as the constant of kimimaro's parameters; like it, every body is kept and none joined."""


JOINED = "SKELETONIZE"
"""Specks are kept and joined across gaps."""

Record = list[dict[str, Any]]


def write(folder: Path, volume: Any) -> Path:
    """The one file of the tools."""
    path = folder / "volume.tif"
    tifffile.imwrite(path, volume, photometric="minisblack")
    return path


def middle(answers: list[dict[str, Any]], key: str = "seconds") -> float:
    """Median over rounds."""
    return median(answer[key] for answer in answers)


def ratio(answers: Answers, other: str, key: str) -> str:
    """Median over rounds of what we take divided by what another does."""
    if other not in answers:
        return ""
    rounds = zip(answers["ours"], answers[other], strict=True)
    return f"{median(a[key] / max(b[key], 1e-9) for a, b in rounds):.2f}"


def played(volume: Any, request: dict[str, Any], rounds: int, tools: tuple[str, ...]) -> Answers:
    """What the tools answer about a volume, in new processes; one turn before does not count."""
    with tempfile.TemporaryDirectory() as name:
        path = write(Path(name), volume)
        with Tools(Path(name), tools) as players:
            first = players.run(request | {"volume": path.name}, 1)
            answers = players.run(request | {"volume": path.name}, rounds)
    for tool, own in answers.items():
        own[0]["first"] = first[tool][0]["seconds"]
    return answers


def paired(volumes: dict[str, Any], rounds: int, record: Record) -> Iterator[str]:
    """Objects compared with the reference."""
    yield "| object | voxels | CPU | wall | memory | CPU s | reference | peak MB | reference |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, volume in volumes.items():
        count = int(np.count_nonzero(volume))
        config = JOINED if "specks" in name else SHORT
        answers = played(volume, {"config": config}, rounds, ("ours", "reference"))
        record.append({"table": "paired", "object": name, "voxels": count, "answers": answers})
        ratios = " | ".join(
            ratio(answers, "reference", key) for key in ("cpu", "seconds", "memory")
        )
        times = " | ".join(cells(answers, "cpu", 1.0, ".3f"))
        memory = " | ".join(cells(answers, "memory", 1e6, ".0f"))
        yield f"| {name} | {count} | {ratios} | {times} | {memory} |"


def cells(answers: Answers, key: str, unit: float, form: str) -> list[str]:
    """Medians of both sides."""
    sides = ("ours", "reference")
    return [format(middle(answers[s], key) / unit, form) if s in answers else "" for s in sides]


def bodies(labels: Any, rounds: int, record: Record) -> Iterator[str]:
    """All labels compared with kimimaro."""
    request = {"what": "labels", "config": BODIES}
    answers = played(labels, request, rounds, ("ours", "kimimaro"))
    record.append({"table": "labels", "answers": answers})
    yield f"\nours / kimimaro, CPU: {ratio(answers, 'kimimaro', 'cpu') or 'not measured'}\n"
    yield "| tool | CPU s | s | bodies | length in voxels | share inside of its label | peak MB |"
    yield "|---|---|---|---|---|---|---|"
    for tool, own in answers.items():
        shares = f"{own[0]['length']:.0f} | {own[0]['inside']:.4f}"
        memory = max(answer["memory"] for answer in own) / 1e6
        times = f"{middle(own, 'cpu'):.2f} | {middle(own):.2f}"
        yield f"| {tool} | {times} | {own[0]['bodies']} | {shares} | {memory:.0f} |"


def growth(
    volumes: dict[str, Any], rounds: int, frameworks: list[str], record: Record
) -> Iterator[str]:
    """Our cost by size and length."""
    yield "\n| object | voxels | framework | CPU s | first call s | ns per voxel | peak MB |"
    yield "|---|---|---|---|---|---|---|"
    for name, volume in volumes.items():
        count = int(np.count_nonzero(volume))
        for framework in frameworks:
            request = {"config": SHORT, "framework": framework}
            own = played(volume, request, rounds, ("ours",))["ours"]
            record.append({"table": "growth", "object": name, "voxels": count, "answers": own})
            cpu = middle(own, "cpu")
            times = f"{cpu:.3f} | {own[0]['first']:.2f} | {cpu / count * 1e9:.0f}"
            memory = max(answer["memory"] for answer in own) / 1e6
            yield f"| {name} | {count} | {framework} | {times} | {memory:.0f} |"


def summarize(record: Record) -> None:
    """Keep the ratios of the paired objects, and of the labels, for the docs."""
    summary = Summary(command())
    for row in record:
        for other in ("reference", "kimimaro"):
            answers = row["answers"]
            if row["table"] != "growth" and other in answers:
                against = "" if other == "reference" else f" ({other})"
                summary.pair(row.get("object", "labels") + against, answers["ours"], answers[other])
    summary.save("skeletons")


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("volumes", type=Path, nargs="*", help="TIFF files of masks to pair as well")
    parser.add_argument("--labels", type=Path, metavar="TIFF", help="segmentation; none, no table")
    parser.add_argument("--sizes", nargs="*", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--paired", nargs="*", choices=list(SIZES), default=["1e4", "1e6"])
    parser.add_argument("--axons", type=int, nargs="*", default=[5000, 20000], help="their lengths")
    parser.add_argument("--specks", type=int, nargs="*", default=[400, 3000], help="how many")
    parser.add_argument("--frameworks", nargs="*", default=["numpy"], help="for the growth of cost")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rival", metavar="PYTHON", help="interpreter that has the reference")
    parser.add_argument("--json", type=Path, help="file for all rounds")
    parser.add_argument("--docs", action="store_true", help="write the figures of the docs")
    return parser.parse_args()


def main() -> None:
    """Print the tables as they grow."""
    options, record = arguments(), list[dict[str, Any]]()
    rival.choose_interpreter(options.rival)
    arbours = {f"arbour {size}": arbour(size) for size in {*options.paired, *options.sizes}}
    axons = {f"axon of {length}": axon(length) for length in options.axons}
    pairs = {name: arbours[name] for name in arbours if name.split()[1] in options.paired} | axons
    pairs |= {f"{count} specks": specks(count) for count in options.specks}
    pairs |= {path.stem: tifffile.imread(path) for path in options.volumes}
    tables = [paired(pairs, options.rounds, record)]
    if options.labels:
        tables.append(bodies(tifffile.imread(options.labels), options.rounds, record))
    grown = {name: arbours[name] for name in arbours if name.split()[1] in options.sizes} | axons
    tables.append(growth(grown, options.rounds, options.frameworks, record))
    for table in tables:
        for line in table:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
            if options.docs and record:
                summarize(record)
    if options.json:
        options.json.write_text(json.dumps(record, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
