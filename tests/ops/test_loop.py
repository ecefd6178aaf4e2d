"""Loops and compilation: the same source on eager and on traced frameworks."""

from zimg._dispatch import array_namespace
from zimg.ops import barrier, jit, while_loop
from zimg.testing import bring_home

calls: list[float] = []


def halvings(x):
    """How often each value can be halved before it falls below 1."""
    xp = array_namespace(x)

    def body(state):
        left, count = state
        alive = left >= 1.0
        return xp.where(alive, left / 2.0, left), count + xp.astype(alive, count.dtype)

    start = (x, xp.zeros_like(x, dtype=xp.int32))
    return while_loop(lambda state: xp.any(state[0] >= 1.0), body, start, xp=xp)[1]


def scaled(x, *, factor, xp):
    """Note each evaluation of the Python body, then scale."""
    calls.append(factor)
    return barrier((x * factor, x), xp=xp)


def test_a_loop_runs_until_no_value_wants_more(xp, device):
    x = xp.asarray([0.5, 1.0, 7.0, 8.0], dtype=xp.float32, device=device)
    assert bring_home(halvings(x)).tolist() == [0, 1, 3, 4]


def test_a_loop_may_be_part_of_a_compiled_function(xp, device):
    x = xp.asarray([0.5, 1.0, 7.0, 8.0], dtype=xp.float32, device=device)
    assert bring_home(jit(halvings, xp=xp)(x)).tolist() == [0, 1, 3, 4]


def test_keyword_arguments_of_a_compiled_function_are_static(xp, device):
    x = xp.asarray([1.0, 2.0], dtype=xp.float32, device=device)
    for factor in (2.0, 3.0):
        product, same = jit(scaled, xp=xp)(x, factor=factor, xp=xp)
        assert bring_home(product).tolist() == [factor, 2.0 * factor]
        assert bring_home(same).tolist() == [1.0, 2.0]


def test_a_function_is_compiled_once(xp, device, lane):
    x = xp.asarray([1.0, 2.0, 3.0], dtype=xp.float32, device=device)
    calls.clear()
    for _ in range(3):
        jit(scaled, xp=xp)(x, factor=5.0, xp=xp)
    assert len(calls) == (1 if lane.framework == "jax" else 3)
    assert jit(scaled, xp=xp) is jit(scaled, xp=xp)
