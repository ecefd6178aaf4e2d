"""The stages of a run: tasks that have no record yet are done, records give the rest."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from zimg._progress import Cancel, Reporter, reporter
from zimg.blocked import stats
from zimg.blocked.block import Decisions, Parameters
from zimg.blocked.packing import pack_pieces, unpack_pieces
from zimg.blocked.pieces import Piece
from zimg.blocked.plan import Block, Plan
from zimg.blocked.records import Record
from zimg.blocked.rounds import Task, continue_block, tasks_of
from zimg.blocked.session import RESULT, SUMMARY, Session
from zimg.blocked.source import Volume
from zimg.blocked.stitch import Stitcher
from zimg.blocked.workers import Run
from zimg.swc import ZSwc


def one_of(name: str, value: str, accepted: tuple[str, ...]) -> None:
    """Raise a `ValueError` unless a word is one of those accepted."""
    if value not in accepted:
        raise ValueError(f"{name} must be one of {', '.join(accepted)}, got {value!r}")


@dataclass(frozen=True)
class Work:
    """What all stages share."""

    volume: Volume
    plan: Plan
    parameters: Parameters
    session: Session
    run: Run
    report: Reporter

    def done(
        self,
        stage: str,
        kind: str,
        function: Callable[..., Record],
        tasks: Mapping[str, tuple[Any, ...]],
    ) -> dict[str, Record]:
        """The records of all keys of a stage; see `done_records`."""
        return done_records(self.session, self.run, stage, kind, function, tasks)


def done_records(
    session: Session,
    run: Run,
    stage: str,
    kind: str,
    function: Callable[..., Record],
    tasks: Mapping[str, tuple[Any, ...]],
) -> dict[str, Record]:
    """The records of all keys of a stage; those that are missing are computed.

    Parameters
    ----------
    session, run
        Where records are, and how tasks are run.
    stage, kind
        The name of the stage for progress, and of its folder.
    function, tasks
        The task and its arguments by key.
    """
    run.report.stage(stage, len(tasks))
    found: dict[str, Record] = {}
    for key in tasks:
        record = session.load(kind, key)
        if record is not None:
            found[key] = record
            run.report.advance()
    missing = {key: task for key, task in tasks.items() if key not in found}
    for key, record in run.results(function, missing):
        session.save(kind, key, record)
        found[key] = record
        run.report.advance()
    return {key: found[key] for key in tasks}


# Rounds -----------------------------------------------------------------------------------------


def continue_rounds(
    work: Work,
    stitcher: Stitcher,
    decisions: Decisions | None,
    most: int,
    skipped: set[int],
) -> int:
    """Continue open ends until none is left; returns the number of rounds."""
    for number in range(1, most + 1):
        tasks = tasks_of(stitcher, work.plan, work.parameters.z_to_xy)
        for block in skipped & tasks.keys():
            for strand, end in tasks.pop(block).keys.tolist():
                stitcher.strands[strand].open[end] = False
        if not tasks:
            return number - 1
        arguments = {
            f"{block:06d}": (
                work.volume,
                work.plan.block(block),
                decisions,
                work.parameters,
                task,
            )
            for block, task in tasks.items()
        }
        kind = f"rounds/{number:02d}"
        records = work.done(f"continue: round {number}", kind, round_task, arguments)
        pieces = [piece for record in records.values() for piece in unpack_pieces(record)]
        for piece in sorted(pieces, key=lambda p: _order(stitcher, p)):
            strand, end, _ = piece.key
            stitcher.accept_continuation(
                strand, end, piece.chain, (-number, len(stitcher.strands)), unread=piece.open[1]
            )
    return most


def _order(stitcher: Stitcher, piece: Piece) -> tuple[Any, ...]:
    strand, end, _ = piece.key
    return (stitcher.strands[strand].key, strand, end)


def round_task(
    volume: Volume,
    block: Block,
    decisions: Decisions | None,
    parameters: Parameters,
    task: Task,
    *,
    cancel: Cancel | None = None,
) -> Record:
    """Task: the open ends of one block."""
    own = decisions or stats.box_thresholds(volume, block.roi)
    found = continue_block(volume, block, own, parameters, task, reporter(None, cancel))
    return pack_pieces(found)


# Result -----------------------------------------------------------------------------------------


def in_image_voxels(tree: ZSwc, volume: Volume) -> ZSwc:
    """The tree of a reduced or repeated volume in the voxels of the image."""
    rx, ry, rz = volume.factors
    flat = volume.shape[0] == 1
    scale = (float(rx), float(ry), 0.0 if flat else float(rz))
    if scale == (1.0, 1.0, 1.0):
        return tree
    return tree.scaled(scale, radius=float(np.sqrt(rx * ry)))


def planes_of(volume: Volume) -> int:
    """Planes of the image before downsampling."""
    stated = getattr(volume, "planes", None)
    return int(stated) if stated is not None else volume.shape[0] * volume.factors[2]


def write_result(session: Session, tree: ZSwc, summary: Mapping[str, Any]) -> Path:
    """Write the tree and its summary into the session."""
    path = session.folder / RESULT
    header = f"Generated by zimg-xp {version('zimg-xp')}"
    if summary["skipped"]:
        header += f"; blocks that could not be read: {summary['skipped']}"
    tree.save(path, precision=6, renumber=True, header=header)
    text = json.dumps(dict(summary), indent=2, sort_keys=True) + "\n"
    session.replace(SUMMARY, text.encode())
    session.log("finished", **summary)
    return path
