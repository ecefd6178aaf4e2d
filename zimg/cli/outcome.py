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
    code was used, or where there is none.
    """

    input: str
    output: str
    preview: str | None
    seeds: int
    chains: int
    nodes: int
    trees: int
    length: float
    z_to_xy: float
    seconds: float
    stages: dict[str, float]
    mode: str = "accurate"
    findings: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    slow_because: str = ""


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
