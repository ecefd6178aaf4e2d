"""Run scripts that draw, all in one process, and keep the figure and the text that each leaves.

python docs/drawing.py FOLDER SCRIPT...
"""

import io
import json
import os
import runpy
import sys
import traceback
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

DOTS = 80
"""Dots per inch of the pictures: small files that are sharp enough on a page."""


def draw(script: Path, folder: Path) -> dict[str, object]:
    """Run one script; its figure becomes a PNG file under its name."""
    plt.close("all")
    printed, began = io.StringIO(), perf_counter()
    with redirect_stdout(printed), warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        runpy.run_path(str(script))
    figures = len(plt.get_fignums())
    if figures > 1:
        raise RuntimeError(f"{script.name} must leave one figure, not {figures}")
    if figures:
        plt.savefig(folder / f"{script.stem}.png", dpi=DOTS, bbox_inches="tight", pad_inches=0.02)
    elif not printed.getvalue():
        raise RuntimeError(f"{script.name} draws and prints nothing")
    return {"printed": printed.getvalue(), "seconds": perf_counter() - began}


def main(target: Path, scripts: list[Path]) -> None:
    """Run scripts in one folder, so that one can read what another has written."""
    results, failures = {}, 0
    with TemporaryDirectory() as scratch:
        os.chdir(scratch)
        for path in scripts:
            try:
                results[path.stem] = draw(path, target)
            except Exception:
                failures += 1
                sys.stderr.write(f"{path.name} failed:\n{traceback.format_exc(limit=-3)}\n")
        os.chdir(target)
    (target / "drawn.json").write_text(json.dumps(results))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    folder, *names = (Path(name).resolve() for name in sys.argv[1:])
    main(folder, names)
