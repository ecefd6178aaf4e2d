"""The current device follows the first argument, and memory that is kept can be given back."""

from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
from zimg.conformance.certify.counting import replaced  # type: ignore[import-not-found]

import zimg
from zimg._dispatch import hooks_for
from zimg.ops import gather
from zimg.ops.placing import on_device_of_first
from zimg.phantom import neurite


@pytest.fixture
def entered():
    """First arguments of the contexts that are open, and of all that have been, on NumPy."""
    seen = SimpleNamespace(now=[], ever=[])

    @contextmanager
    def context(x, /, **_):
        seen.ever.append(x)
        seen.now.append(x)
        yield
        seen.now.pop()

    with replaced(hooks_for("numpy"), "device_entered", context):
        yield seen


def test_a_primitive_runs_on_the_device_of_its_first_argument(entered):
    x = np.arange(5)
    gather(x, np.asarray([1]))
    assert entered.ever[0] is x
    assert entered.now == []


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_public_entry_runs_on_the_device_of_its_image(entered, wrapped):
    volume = neurite().volume[:, :20, :20]

    @on_device_of_first
    def shape_of(given):
        assert len(entered.now) == 1
        return given.data[0].shape if wrapped else given.shape

    given = zimg.ZImg(volume, layout="ZYX") if wrapped else volume
    assert shape_of(given)[-3:] == volume.shape
    assert entered.now == []


def test_what_is_no_array_reaches_the_function():
    with pytest.raises(ValueError, match="needs a ZImg or a"):
        zimg.trace("a.tif")


@pytest.mark.parametrize("entry", ["trace", "trace_from", "trace_path", "skeletonize"])
def test_public_entries_keep_their_names_and_signatures(entry):
    function = getattr(zimg, entry)
    assert function.__name__ == entry
    assert function.__wrapped__.__doc__ == function.__doc__


def test_memory_is_given_back_by_frameworks_that_are_imported():
    released = []
    with replaced(hooks_for("numpy"), "release_memory", lambda: released.append(1)):
        zimg.free_device_memory()
    assert released == [1]
    zimg.free_device_memory()  # frameworks without a pool
