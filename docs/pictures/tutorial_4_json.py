"""What each command prints with --json."""

import contextlib
import io
import json
import re

from zimg.cli import main

SHORTEST = 3


def shortened(value):
    """The value with long lists cut off."""
    if isinstance(value, dict):
        return {name: shortened(item) for name, item in value.items()}
    if isinstance(value, list):
        more = ["..."] if len(value) > SHORTEST else []
        return [shortened(item) for item in value[: 1 if more else SHORTEST]] + more
    return value


def flat(found):
    """A list of numbers or words on one line."""
    return f"[{' '.join(found[1].split())}]"


for command in (
    "info tutorial.tif",
    "formats",
    "convert tutorial.tif tutorial.ome.zarr --overwrite -q",
    "trace tutorial.tif -o cli.swc -q",
    "skeletonize tutorial.tif -o mask.swc --threshold 90 -q",
    "check tutorial.swc",
    "subtract tutorial.swc gold.swc -o rest.swc --overwrite",
    "compare tutorial.swc gold.swc",
    "doctor",
):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        main([*command.split(), "--json"])
    if printed.getvalue():
        print(f"$ zimg {command} --json")
        lines = json.dumps(shortened(json.loads(printed.getvalue())), indent=1)
        print(re.sub(r"\[\s+([^][{}]*?)\s+\]", flat, lines), end="\n\n")
