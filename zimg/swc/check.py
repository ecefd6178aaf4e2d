"""Errors and doubtful entries of an SWC file or a tree, as a list."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zimg.swc.columns import NO_PARENT, cycles_in, depth_first
from zimg.swc.reading import content, cycle_text, first_of_id, rows_of_parents
from zimg.swc.records import SHOWN, Defects, Records, parse_records
from zimg.swc.soma import SOMA
from zimg.swc.table import NodeTable

Rows = NDArray[np.int64]
Text = Callable[[int], str]
Kind = Literal[
    "malformed line",
    "unusual form",
    "negative id",
    "duplicate id",
    "not finite",
    "cycle",
    "missing parent",
    "parent after child",
    "radius not positive",
    "zero-length edge",
    "soma not at a root",
    "several roots",
    "no nodes",
]
ERRORS = ("malformed line", "negative id", "duplicate id", "not finite", "cycle")


@dataclass(frozen=True)
class Finding:
    """One error or doubtful entry.

    Attributes
    ----------
    kind
        Kind of the problem.
    line
        Line in the file, from 1; None for a tree, or for a file as a whole.
    id
        Id of the node; None if it is unknown, or if no single node is concerned.
    text
        Description.
    """

    kind: Kind
    line: int | None
    id: int | None
    text: str

    @property
    def is_error(self) -> bool:
        """Whether reading the file fails; otherwise the entry is accepted, but doubtful."""
        return self.kind in ERRORS


def check_file(path_or_text: str | os.PathLike[str]) -> list[Finding]:
    r"""List the errors and doubtful entries of an SWC file, even if it cannot be loaded.

    Parameters
    ----------
    path_or_text
        File, or the content of one as a string with at least one line end.

    Returns
    -------
    list of Finding
        In the order of the lines.

    Raises
    ------
    ZException
        If the file cannot be read.

    Examples
    --------
    >>> for finding in check_file("1 3 0 0 0 1 2\n2 3 1 0 0 0 1\n"):
    ...     print(finding.line, finding.kind, finding.text, sep=": ")
    1: cycle: parents form a cycle: 1 -> 2 -> 1
    1: parent after child: the parent 2 is in a later line
    2: radius not positive: radius is 0
    """
    name, text = content(path_or_text)
    lines = _Lines(name)
    records = parse_records(text, lines)
    known = records.only(records.named)
    findings = lines.findings + _of_nodes(known, rows_of_parents(known), in_file=True)
    return sorted(findings, key=lambda finding: (finding.line or 0, finding.id or 0))


def check_tree(tree: NodeTable) -> list[Finding]:
    """List the errors and doubtful entries of the columns of a forest; see `check_file`."""
    rows = np.arange(len(tree))
    sound = np.ones(len(tree), dtype=bool)
    records = Records(
        line=rows,
        id=tree.id,
        type=tree.type,
        parent=tree.parent_id,
        reals=np.column_stack([tree.xyz, tree.radius]),
        comments=[],
        named=sound,
        usable=sound,
    )
    return _of_nodes(records, tree.parent, in_file=False)


class _Lines(Defects):
    """Collects the defects of single lines as findings."""

    def __init__(self, name: str) -> None:
        super().__init__(name, skip_errors=True)
        self.findings: list[Finding] = []

    def error(self, line: int, what: str) -> None:
        kind: Kind = "not finite" if " is not finite" in what else "malformed line"
        self.findings.append(Finding(kind, line, None, what[: 2 * SHOWN]))

    def note(self, line: int, what: str, *, tolerated: bool = False) -> None:  # noqa: ARG002
        self.findings.append(Finding("unusual form", line, None, what))


def _of_nodes(records: Records, parent: Rows, *, in_file: bool) -> list[Finding]:
    """Findings about nodes and their links, `parent` being rows of `records`."""
    lines, ids = records.line.tolist(), records.id.tolist()
    found = [
        Finding(kind, lines[row] if in_file else None, ids[row], text(row))
        for about in (_values(records, "line" if in_file else "row"), _links(records, parent))
        for kind, rows, text in about
        for row in rows.tolist()
    ]
    return found + _of_all(parent)


def _values(records: Records, place: str) -> Iterator[tuple[Kind, Rows, Text]]:
    """Problems of single nodes: kind, rows, and the description of a row."""
    ids, radius, line = records.id, records.reals[:, 3], records.line
    first = first_of_id(records)
    repeated = np.flatnonzero(first != np.arange(len(first)))
    unknown = np.flatnonzero(~np.isfinite(records.reals).all(axis=1))
    flat = np.flatnonzero((radius <= 0) & records.usable)
    yield "negative id", np.flatnonzero(ids < 0), lambda row: f"negative id {ids[row]}"
    yield (
        "duplicate id",
        repeated,
        lambda row: f"id {ids[row]} is already used in {place} {line[first[row]]}",
    )
    yield "not finite", unknown, lambda _: "a position or radius is not finite"
    yield "radius not positive", flat, lambda row: f"radius is {radius[row]:g}"


def _links(records: Records, parent: Rows) -> Iterator[tuple[Kind, Rows, Text]]:
    """Problems of nodes and their parents."""
    names, xyz = records.parent, records.reals[:, :3]
    cycles = {cycle[0]: cycle for cycle in cycles_in(parent, depth_first(parent))}
    missing = np.flatnonzero((parent < 0) & (names != NO_PARENT))
    late = np.flatnonzero(parent > np.arange(len(parent)))
    edge = np.flatnonzero((parent >= 0) & records.usable)
    edge = edge[records.usable[parent[edge]] & (parent[edge] != edge)]
    point = edge[(xyz[edge] == xyz[parent[edge]]).all(axis=1)]
    above = records.type[parent[edge]]
    soma = edge[(records.type[edge] == SOMA) & (above != SOMA)]
    yield "cycle", np.array(list(cycles), np.int64), lambda row: cycle_text(records, cycles[row])
    yield "missing parent", missing, lambda row: f"the parent {names[row]} does not exist"
    yield (
        "parent after child",
        late,
        lambda row: f"the parent {names[row]} is in a later line",
    )
    yield "zero-length edge", point, lambda row: f"same position as the parent {names[row]}"
    yield "soma not at a root", soma, lambda row: f"soma node below {names[row]}, which is not soma"


def _of_all(parent: Rows) -> list[Finding]:
    """Findings about the forest as a whole."""
    if not len(parent):
        return [Finding("no nodes", None, None, "the file has no nodes")]
    roots = int((parent < 0).sum())
    return [Finding("several roots", None, None, f"{roots} roots")] if roots > 1 else []
