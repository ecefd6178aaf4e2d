"""The primitives that the array API standard lacks: generic bodies that a framework may replace."""

from zimg.ops.gather import gather
from zimg.ops.loop import barrier, fused, jit, while_loop, wide_types
from zimg.ops.rows import RowPlan, fastest, for_voxels, row_plan, slow_because
from zimg.ops.sampling import sample_linear
from zimg.ops.scan import cumulative_max, cumulative_min
from zimg.ops.segment import compact, scatter_add, scatter_max, scatter_min, scatter_set
from zimg.ops.slabs import cut, in_slabs, parts_of, slabs_of
from zimg.ops.transfer import like, rows_to_host, synchronize, threads, to_host, upload

__all__ = [
    "RowPlan",
    "barrier",
    "compact",
    "cumulative_max",
    "cumulative_min",
    "cut",
    "fastest",
    "for_voxels",
    "fused",
    "gather",
    "in_slabs",
    "jit",
    "like",
    "parts_of",
    "row_plan",
    "rows_to_host",
    "sample_linear",
    "scatter_add",
    "scatter_max",
    "scatter_min",
    "scatter_set",
    "slabs_of",
    "slow_because",
    "synchronize",
    "threads",
    "to_host",
    "upload",
    "while_loop",
    "wide_types",
]
