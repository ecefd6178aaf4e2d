"""The primitives that the array API standard lacks: generic bodies that a framework may replace."""

from zimg.ops.gather import gather
from zimg.ops.loop import barrier, jit, while_loop, wide_types
from zimg.ops.rows import RowPlan, fastest, for_voxels, row_plan, slow_because
from zimg.ops.sampling import sample_linear
from zimg.ops.scan import cumulative_max, cumulative_min
from zimg.ops.segment import compact, scatter_add, scatter_max, scatter_min, scatter_set
from zimg.ops.transfer import like, synchronize, threads, to_host, upload

__all__ = [
    "RowPlan",
    "barrier",
    "compact",
    "cumulative_max",
    "cumulative_min",
    "fastest",
    "for_voxels",
    "gather",
    "jit",
    "like",
    "row_plan",
    "sample_linear",
    "scatter_add",
    "scatter_max",
    "scatter_min",
    "scatter_set",
    "slow_because",
    "synchronize",
    "threads",
    "to_host",
    "upload",
    "while_loop",
    "wide_types",
]
