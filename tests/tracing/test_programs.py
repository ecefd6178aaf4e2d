"""JAX compiles nothing anew for a volume of another shape where the CPU can view its memory."""

import numpy as np
import pytest

import zimg
from zimg.phantom import neurite

SHAPES = ((32, 64, 80), (30, 62, 80), (32, 60, 75), (32, 64, 72), (31, 63, 79))
"""Shapes whose packed volumes are padded to one length, the first of which compiles everything."""


@pytest.mark.slow
@pytest.mark.parametrize("compiled", ["0", "1"])
def test_a_new_shape_compiles_at_most_three_programs(compiled, monkeypatch):
    jax = pytest.importorskip("jax")
    from zimg.conformance.certify.counting import counted  # type: ignore[import-not-found]

    monkeypatch.setenv("ZIMG_COMPILED", compiled)
    volume = neurite().volume
    parts = [np.ascontiguousarray(volume[:z, :y, :x]) for z, y, x in SHAPES]
    programs = []
    with counted("jax") as ledger:
        for number, part in enumerate(parts):
            ledger.enter(str(number))
            zimg.trace(jax.device_put(part), mode="reference")
            programs.append(ledger.now.programs)
    assert max(programs[1:]) <= 3, programs
