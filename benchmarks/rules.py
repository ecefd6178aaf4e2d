"""What each rule of accurate mode contributes: every rule off, one at a time.

    ZIMG_REFERENCE_DATA=DATA python -m benchmarks.rules [--set real|synthetic|all]
        [--rules NAME;...] [--json FILE] [NAME...]

A rule is switched off by a constant of its module that makes it void, or by a function that returns
what it is given. Prints F1 within 2 voxels per volume and the mean per rule. `--json` adds the
rows to a file, and leaves out those that are in it.
"""

import argparse
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import zimg
from benchmarks.accuracy import add, cases, has, measure, say


def _same(first: Any, *_: Any, **__: Any) -> Any:
    return first


def _always(*_: Any, **__: Any) -> bool:
    return True


Switch = tuple[str, str, Any]
"""Module of `zimg.tracing`, name, and the value that voids the rule."""

RULES: dict[str, list[Switch] | dict[str, Any]] = {
    "all rules": {},
    "several thresholds": [("ladder", "MOST_LEVELS", 1)],
    "end of the ladder by contrast": [("accurate", "worth_tracing", _always)],
    "end of the ladder by foreground": [("ladder", "MOST_FOREGROUND", 1.0)],
    "noise of masked images": [("noise", "MASKED_SHARE", 2.0), ("noise", "FILLED_SHARE", 2.0)],
    "segments need contrast": [("accurate", "LEAST_CONTRAST", 0.0)],
    "chains need contrast to noise": [("screening", "LEAST_CONTRAST", 0.0)],
    "chains need relative contrast": [("screening", "RELATIVE_CONTRAST", 0.0)],
    "chains need length": [("screening", "SHORTEST", 0.0)],
    "chains are slender": [("screening", "SLENDERNESS", 0.0)],
    "new chains of 20 voxels (27.5)": [("accurate", "SHORTEST_CHAIN", 27.5)],
    "clutter split": {"clutter": "keep"},
    "clutter: ratio of contrasts": [("screening", "SPLIT_RATIO", 0.0)],
    "clutter: many dim chains": [("screening", "SPLIT_CHAINS", 0)],
    "clutter: long bright chains": [("screening", "SPLIT_REACH", 0.0)],
    "distance from what is traced": [("accurate", "neighbourhood", _same)],
    "objects of 27 voxels": [("accurate", "SMALLEST_OBJECT", 1)],
    "chains end at forks": [("grow", "without_straddling", _same)],
    "tips cut at half brightness": [("structure", "with_cut_tips", _same)],
    "trees of 0.3 of the longest": {"trees": "all"},
    "somata": {"soma": False},
    "ends tuned": {"overrides": {"tuneEnd": False}},
}
"""Constants and functions of `zimg.tracing` that void a rule, or options of `zimg.trace`."""


@contextmanager
def without(rule: str) -> Iterator[dict[str, Any]]:
    """A rule switched off; yields the options of `zimg.trace`."""
    off = RULES[rule]
    with ExitStack() as restored:
        for module, name, value in off if isinstance(off, list) else []:
            home = import_module(f"zimg.tracing.{module}")
            restored.callback(setattr, home, name, getattr(home, name))
            setattr(home, name, value)
        yield off if isinstance(off, dict) else {}


def main() -> None:
    """Print the table as it grows."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", default="all")
    parser.add_argument("--rules", default="")
    parser.add_argument("--json", type=Path)
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    warnings.simplefilter("ignore", zimg.TraceWarning)
    chosen = given.rules.split(";") if given.rules else list(RULES)
    for rule in chosen:
        found: dict[str, list[float]] = {}
        for name, case in cases(given.set).items():
            if given.names and name not in given.names:
                continue
            if has(given.json, rule, case.kind, name):
                continue
            with without(rule) as options:
                arguments = {"mode": "accurate", "backend": "numpy", "dtype": "float32"}
                scores, _ = measure(case, {**arguments, "options": options})
            found.setdefault(case.kind, []).append(scores["f1"])
            if given.json:
                row = {key: round(scores[key], 3) for key in ("f1", "cpu")}
                add(given.json, rule, case.kind, name, row=row)
        means = ", ".join(f"{kind} {np.mean(f1):.4f}" for kind, f1 in found.items())
        say(f"{rule:34} {means}")


if __name__ == "__main__":
    main()
