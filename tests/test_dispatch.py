"""Which framework answers: the one named by `xp`, else that of the first array."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from zimg import _dispatch
from zimg._dispatch import PRIMITIVES, array_namespace, framework_of, hookable, hooks_for


def doubled(x, /, *, xp=None):
    """The generic body."""
    return (xp or array_namespace(x)).add(x, x)


def native_doubled(x, /, *, xp=None):
    """The hook: it says so."""
    return "native", x.shape, xp


@pytest.fixture
def primitive(monkeypatch):
    """A primitive with a hook for array-api-strict, which has no hooks of its own."""
    native = SimpleNamespace(doubled=native_doubled)
    hooks = {"array_api_strict": native}
    monkeypatch.setattr(_dispatch, "hooks_for", hooks.get)
    _dispatch._NATIVE.clear()
    yield hookable(doubled)
    del PRIMITIVES["doubled"]
    _dispatch._NATIVE.clear()


def test_the_lane_has_the_name_of_its_framework(xp, lane):
    assert framework_of(xp) == lane.framework


def test_the_first_array_chooses_the_hook(primitive):
    strict = pytest.importorskip("array_api_strict")
    assert primitive(strict.asarray(1)) == ("native", (), strict)
    assert primitive(np.asarray(2)) == 4


def test_the_keyword_xp_wins_over_the_first_array(primitive):
    strict = pytest.importorskip("array_api_strict")
    assert primitive(np.asarray(2), xp=strict) == ("native", (), strict)


def test_the_generic_body_stays_at_hand(primitive):
    strict = pytest.importorskip("array_api_strict")
    assert int(primitive.__wrapped__(strict.asarray(2))) == 4


def test_two_primitives_of_one_name_are_refused(primitive):
    with pytest.raises(ValueError, match="two primitives are called 'doubled'"):
        hookable(primitive.__wrapped__)


def test_a_framework_without_hooks_has_none():
    assert hooks_for("a framework nobody wrote") is None


def test_arrays_of_two_frameworks_are_refused():
    strict = pytest.importorskip("array_api_strict")
    with pytest.raises(TypeError, match="namespaces"):
        array_namespace(np.zeros(1), strict.zeros(1))


def test_the_array_layer_imports_no_framework():
    code = (
        "import sys, zimg.ops, numpy; zimg.ops.gather(numpy.arange(3), numpy.arange(2));"
        "print(sorted({'torch', 'jax', 'cupy', 'array_api_strict'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
