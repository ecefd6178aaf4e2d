"""One HTML page for a traced image: pictures, settings, findings, stages, warnings."""

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from zimg._typing import Array
from zimg.cli.outcome import Outcome
from zimg.io.disk.atomic import atomic_path
from zimg.swc import ZSwc
from zimg.view import overlay
from zimg.view.png import png_bytes

PIXELS = 900
"""Longer side of each picture."""

STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:95em;padding:0 1em}"
    "img{max-width:100%;height:auto}figure{margin:0;flex:1 1 30em}"
    ".pictures{display:flex;flex-wrap:wrap;gap:1em}"
    "table{border-collapse:collapse}td,th{text-align:left;padding:.15em 1.2em .15em 0}"
    "th{font-weight:normal;opacity:.7}.warning{background:#fff3cd;color:#533f03;padding:.5em 1em}"
)


def write_report(
    folder: Path, outcome: Outcome, volume: Array, tree: ZSwc, *, z_to_xy: float
) -> Path:
    """Write the page of one image, which needs no other file.

    Parameters
    ----------
    folder
        Where the page goes, under the name of the SWC file with the ending ``.html``.
    outcome
        What the command did.
    volume, tree, z_to_xy
        What was traced, the tree in its voxels, and the ratio of these.
    """
    path = page_path(folder, Path(outcome.output))
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        temporary.write_text(page(outcome, volume, tree, z_to_xy=z_to_xy), encoding="utf-8")
    return path


def page_path(folder: Path, output: Path) -> Path:
    """The page in a folder for the image whose tree is written to `output`."""
    return folder / f"{output.stem}.html"


def page(outcome: Outcome, volume: Array, tree: ZSwc, *, z_to_xy: float) -> str:
    """Content of the page."""
    title = escape(Path(outcome.input).name)
    notes = "".join(f'<p class="warning">{escape(line)}</p>' for line in outcome.warnings)
    pictures = "".join(
        _figure(volume, shown, caption, z_to_xy)
        for shown, caption in ((ZSwc(), "image"), (tree, "image and tree"))
    )
    counts = {name: getattr(outcome, name) for name in ("seeds", "chains", "nodes", "trees")}
    length = {"length": f"{outcome.length:.1f} voxels", "seconds": round(outcome.seconds, 2)}
    settings = dict(tree.metadata.get("settings", {}))
    configuration = settings.pop("config", {})
    tables = [
        ("Result", {"file": outcome.output} | counts | length),
        ("Trees", _tree_lengths(tree, z_to_xy)),
        ("Findings", outcome.findings),
        ("Settings", settings),
        ("Configuration", configuration),
        ("Stages, seconds", {name: round(took, 3) for name, took in outcome.stages.items()}),
    ]
    body = "".join(_table(name, rows.items()) for name, rows in tables if rows)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1>{notes}"
        f'<div class="pictures">{pictures}</div>{body}</body></html>\n'
    )


def _figure(volume: Array, tree: ZSwc, caption: str, z_to_xy: float) -> str:
    picture = png_bytes(overlay(volume, tree, z_to_xy=z_to_xy, longest_side=PIXELS))
    data = b64encode(picture).decode("ascii")
    return (
        f'<figure><img alt="{escape(caption)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _tree_lengths(tree: ZSwc, z_to_xy: float) -> Mapping[str, str]:
    """Length of each tree, the longest first."""
    spacing = (1.0, 1.0, z_to_xy)
    lengths = sorted((part.total_length(spacing) for part in tree.trees()), reverse=True)
    return {f"tree {n}": f"{length:.1f} voxels" for n, length in enumerate(lengths, start=1)}


def _table(title: str, rows: Iterable[tuple[str, Any]]) -> str:
    lines = "".join(
        f"<tr><th>{escape(name.replace('_', ' '))}</th><td>{escape(_shown(value))}</td></tr>"
        for name, value in rows
    )
    return f"<h2>{escape(title)}</h2><table>{lines}</table>"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, list):
        return ", ".join(_shown(item) for item in value)
    return json.dumps(value) if isinstance(value, dict) else str(value)
