"""A framework that compiles does so once for volumes of all shapes."""

import logging

import numpy as np
import pytest

from zimg.kernels.fit_lanes import fit_lanes
from zimg.kernels.pack import pack_volume
from zimg.kernels.scores import dot_scores
from zimg.kernels.template import full_template
from zimg.ops import jit, like, to_host
from zimg.testing import LANES, lane_parameters

COMPILING = lane_parameters(tuple(lane for lane in LANES if lane.framework == "jax"))
SHAPES = ((20, 40, 44), (24, 38, 41), (17, 45, 45))
ROW = np.array([[2.0, 0.7, 1.1, 1.2, 11.0, 0.3, 0.6, 0.1, 20.0, 18.0, 8.0]] * 352, np.float32)
"""So many rows no other test compiles for."""


class Programs(logging.Handler):
    """Names of the programs that JAX compiles."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.names = []

    def emit(self, record):
        said = record.getMessage()
        if said.startswith("Finished XLA compilation of"):
            self.names.append(said.split("jit(")[1].split(")")[0])


@pytest.fixture
def programs():
    handler, log = Programs(), logging.getLogger("jax._src.dispatch")
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    yield handler.names
    log.removeHandler(handler)
    log.setLevel(before)


@pytest.mark.parametrize("lane", COMPILING, indirect=True)
@pytest.mark.parametrize("kernel", ["dot", "fit"])
def test_a_kernel_is_one_program_for_volumes_of_all_shapes(xp, device, kernel, programs):
    template = full_template(dtype=xp.float32, xp=xp, on=device)
    for number, shape in enumerate(SHAPES):
        volume = np.random.default_rng(number).integers(0, 250, shape).astype(np.uint8)
        words, layout = pack_volume(
            like(volume, template.inner), z_to_xy=1.0 + number, dtype=xp.float32
        )
        rows = like(ROW, words)
        if kernel == "dot":
            run = jit(dot_scores, xp=xp)
            found = run(words, rows, template, layout=layout, masked=True)
        else:
            count = like(np.asarray([3], np.int32), words)
            plan = {"widths": (32,), "chunk": 288, "unread": 1}
            found = jit(fit_lanes, xp=xp)(words, rows, count, template, layout=layout, **plan)
        assert np.isfinite(to_host(found)).all()
    name = "dot_scores" if kernel == "dot" else "fit_lanes"
    assert programs.count(name) == 1, programs
