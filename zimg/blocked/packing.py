"""Conversion of pieces and decisions to records and back."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zimg.blocked.ladder import Ladder
from zimg.blocked.pieces import Cut, Piece, records
from zimg.blocked.records import Record
from zimg.blocked.stats import Thresholds
from zimg.tracing.chains import Chain, End
from zimg.tracing.contrast import ContrastChain

ENDS = list(End)
UNCUT = -1


def pack_pieces(pieces: Sequence[Piece], seeds: int = 0) -> Record:
    """Pack pieces into a record, as a struct of arrays."""
    chains = [piece.chain for piece in pieces]
    arrays: dict[str, NDArray[Any]] = {
        "key": np.array([p.key for p in pieces], np.int64).reshape(-1, 3),
        "inside": np.array([p.inside for p in pieces], np.bool_),
        "open": np.array([p.open for p in pieces], np.bool_).reshape(-1, 2),
        "count": np.array([len(chain) for chain in chains], np.int64),
        "ends": np.array(
            [[ENDS.index(c.head), ENDS.index(c.tail)] for c in chains], np.int8
        ).reshape(-1, 2),
        "cut_axis": np.array([[_axis(cut) for cut in p.cuts] for p in pieces], np.int8).reshape(
            -1, 2
        ),
        "cut_plane": np.array(
            [[_plane(cut) for cut in p.cuts] for p in pieces], np.float64
        ).reshape(-1, 2),
    }
    if chains:
        arrays["rows"] = np.concatenate([chain.segments for chain in chains])
        for name in records(chains[0]):
            arrays[f"record_{name}"] = np.concatenate([getattr(c, name) for c in chains])
    return Record(arrays, {"seeds": seeds, "pieces": len(pieces)})


def unpack_pieces(record: Record) -> list[Piece]:
    """Unpack the pieces of a record."""
    arrays = record.arrays
    if not len(arrays["key"]):
        return []
    bounds = np.concatenate([[0], np.cumsum(arrays["count"])])
    names = [n.removeprefix("record_") for n in arrays if n.startswith("record_")]
    pieces = []
    for place, key in enumerate(arrays["key"].tolist()):
        part = slice(int(bounds[place]), int(bounds[place + 1]))
        head, tail = (ENDS[code] for code in arrays["ends"][place])
        parts = {name: arrays[f"record_{name}"][part] for name in names}
        kind = ContrastChain if "contrast" in names else Chain
        chain = kind(segments=arrays["rows"][part], head=head, tail=tail, **parts)
        cuts = [
            None if axis == UNCUT else Cut(int(axis), float(plane))
            for axis, plane in zip(
                arrays["cut_axis"][place], arrays["cut_plane"][place], strict=True
            )
        ]
        first, last = arrays["open"][place].tolist()
        inside = bool(arrays["inside"][place])
        pieces.append(Piece(tuple(key), chain, inside, (cuts[0], cuts[1]), (first, last)))
    return pieces


def pack_thresholds(found: Thresholds) -> Record:
    """Pack thresholds into a record; floats are stored exactly."""
    values = np.array(
        [found.background, np.nan if found.threshold is None else found.threshold], np.float64
    )
    arrays = {"values": values, "smallest": np.array([found.smallest], np.int64)}
    return Record(arrays | _packed_tubes(found))


def unpack_thresholds(record: Record) -> Thresholds:
    """Unpack the thresholds of a record."""
    background, threshold = record.arrays["values"].tolist()
    smallest = int(record.arrays["smallest"][0])
    known = None if np.isnan(threshold) else threshold
    return Thresholds(background, known, smallest, _tubes(record))


def pack_ladder(found: Ladder) -> Record:
    """Pack the decisions of accurate mode into a record; floats are stored exactly."""
    highest = np.nan if found.highest is None else found.highest
    values = [highest, found.background, found.unit, found.top, found.sigma]
    arrays = {"values": np.array(values), "levels": np.array(found.levels, np.float64)}
    return Record(arrays | _packed_tubes(found))


def unpack_ladder(record: Record) -> Ladder:
    """Unpack the decisions of accurate mode."""
    highest, background, unit, top, sigma = record.arrays["values"].tolist()
    levels = tuple(record.arrays["levels"].tolist())
    known = None if np.isnan(highest) else highest
    return Ladder(known, background, unit, top, sigma, levels, _tubes(record))


def _packed_tubes(found: Thresholds | Ladder) -> dict[str, NDArray[Any]]:
    """Pack the thresholds of the tube response, if any."""
    return {"tubes": np.array(found.tubes, np.float64)} if found.tubes else {}


def _tubes(record: Record) -> tuple[float, ...]:
    return tuple(record.arrays["tubes"].tolist()) if "tubes" in record.arrays else ()


def pack_decisions(found: Thresholds | Ladder) -> Record:
    """Pack the decisions of either mode into a record."""
    return pack_ladder(found) if isinstance(found, Ladder) else pack_thresholds(found)


def unpack_decisions(record: Record) -> Thresholds | Ladder:
    """Unpack the decisions of either mode."""
    return unpack_ladder(record) if "levels" in record.arrays else unpack_thresholds(record)


def _axis(cut: Cut | None) -> int:
    return UNCUT if cut is None else cut.axis


def _plane(cut: Cut | None) -> float:
    return 0.0 if cut is None else cut.plane
