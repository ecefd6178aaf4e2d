"""Result of ``zimg trace``: the JSON object and the summary lines."""

from dataclasses import dataclass, field
from typing import Any

from zimg.cli.showing import counted
from zimg.tracing.findings import sentence


@dataclass(frozen=True)
class Outcome:
    """Result of one call, printed as a JSON object.

    `length` is in voxels of the x, y plane, `seconds` are of the whole call, `findings` and
    `warnings` those of `zimg.tracing.pipeline.TraceReport`; `slow_because` is empty when compiled
    code was used, or on frameworks without any. `error` is the reason of a failure of one image of
    several; the other fields are then empty.
    """

    input: str
    output: str
    preview: str | None = None
    seeds: int = 0
    chains: int = 0
    nodes: int = 0
    trees: int = 0
    length: float = 0.0
    z_to_xy: float = 1.0
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    mode: str = "accurate"
    findings: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    slow_because: str = ""
    error: str = ""


def summary(outcome: Outcome) -> str:
    """Summarize the result in one line, and the findings of accurate mode in another."""
    counts = counted(
        seed=outcome.seeds, chain=outcome.chains, node=outcome.nodes, tree=outcome.trees
    )
    found = "" if outcome.nodes else " (nothing found)"
    length = f"length {outcome.length:.1f} voxels"
    slow = f" (no compiled code: {outcome.slow_because})" if outcome.slow_because else ""
    line = f"{outcome.output}: {counts}{found}, {length}, {outcome.seconds:.1f} s{slow}"
    return "\n  ".join(filter(None, [line, sentence(outcome.findings)]))
