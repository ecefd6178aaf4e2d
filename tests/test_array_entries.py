"""Public entries give the same tree for the same voxels in any form, and refuse what has none."""

import numpy as np
import pytest

import zimg
from zimg.phantom import neurite

VOLUME = neurite().volume[:, :40, :40].copy()
MASK = (VOLUME > 100).astype(np.uint8)

ENTRIES = {
    "trace_path": (VOLUME, lambda x: zimg.trace_path(x, (5.0, 20.0, 16.0), (30.0, 20.0, 16.0))),
    "skeletonize": (MASK, zimg.skeletonize),
    "skeletonize_labels": (MASK, lambda x: zimg.skeletonize_labels(x)[1]),
}


def read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


def negative_bit(x):
    """A view whose memory holds the negated values."""
    torch = pytest.importorskip("torch")
    host = torch.from_numpy(x.astype(np.float32))
    return torch.complex(torch.zeros_like(host), -host).conj().imag


def bfloat16(x):
    torch = pytest.importorskip("torch")
    return torch.from_numpy(x.astype(np.float32)).to(torch.bfloat16)


def with_gradient(x):
    return pytest.importorskip("torch").from_numpy(x.astype(np.float32)).requires_grad_()


class OnlyDLPack:
    """Memory that is known by DLPack alone."""

    def __init__(self, x):
        self.__dlpack__, self.__dlpack_device__ = x.__dlpack__, x.__dlpack_device__


def in_jax(x):
    return pytest.importorskip("jax.numpy").asarray(x)


def in_dask(x):
    return pytest.importorskip("dask.array").from_array(x)


INTEGERS = {
    "big-endian": lambda x: x.astype(">u2"),
    "read-only": read_only,
    "strided": lambda x: np.repeat(x, 2, axis=2)[:, :, ::2],
    "fortran": np.asfortranarray,
    "reversed": lambda x: x[::-1].copy()[::-1],
    "int64": lambda x: x.astype(np.int64),
    "uint64": lambda x: x.astype(np.uint64),
    "dask": in_dask,
    "jax": in_jax,
    "memoryview": memoryview,
    "dlpack": OnlyDLPack,
}
FLOATS = {
    "big-endian floats": lambda x: x.astype(">f4"),
    "float16": lambda x: x.astype(np.float16),
    "bfloat16": bfloat16,
    "negative bit": negative_bit,
    "gradient": with_gradient,
}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("form", [*INTEGERS, *FLOATS])
def test_the_form_of_an_array_does_not_matter(entry, form):
    if form in FLOATS and entry == "skeletonize_labels":
        pytest.skip("labels are integers")
    values, function = ENTRIES[entry]
    found = function({**INTEGERS, **FLOATS}[form](values))
    expected = function(values)
    assert len(found) == len(expected) > 2
    np.testing.assert_allclose(found.xyz, expected.xyz, atol=1e-4)
    np.testing.assert_allclose(found.radius, expected.radius, atol=1e-4)


@pytest.mark.parametrize("entry", ENTRIES)
def test_masked_arrays_and_objects_are_refused(entry):
    values, function = ENTRIES[entry]
    with pytest.raises(TypeError, match="MaskedArray"):
        function(np.ma.masked_array(values, mask=values > 0))
    with pytest.raises(TypeError, match="object voxels"):
        function(values.astype(object))


def nested(x):
    torch = pytest.importorskip("torch")
    return torch.nested.nested_tensor([torch.from_numpy(plane * 1.0) for plane in x])


def sparse(x):
    return pytest.importorskip("torch").from_numpy(x).to_sparse()


def meta(x):
    return pytest.importorskip("torch").from_numpy(x).to("meta")


def deleted(x):
    array = in_jax(x.copy())
    array.delete()
    return array


WITHOUT_VOXELS = {
    nested: (TypeError, "nested Tensor"),
    sparse: (TypeError, r"layout torch.sparse_coo"),
    meta: (ValueError, "meta has no values"),
    deleted: (ValueError, "deleted or donated"),
    np.ndarray.tolist: (ValueError, "needs a ZImg or a .* got list"),
}


@pytest.mark.filterwarnings("ignore:.*nested tensors is in prototype stage")
@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("form", WITHOUT_VOXELS)
def test_arrays_without_voxels_are_refused_in_one_line(entry, form):
    values, function = ENTRIES[entry]
    kind, told = WITHOUT_VOXELS[form]
    with pytest.raises(kind, match=told) as caught:
        function(form(values))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("entry", ENTRIES)
def test_arrays_inside_transformations_are_refused_in_one_line(entry):
    jax, torch = pytest.importorskip("jax"), pytest.importorskip("torch")
    values, function = ENTRIES[entry]
    for transformed, given in (
        (jax.jit(function), values),
        (jax.vmap(function), values[None]),
        (torch.vmap(function), torch.from_numpy(values)[None]),
    ):
        with pytest.raises(TypeError, match=r"call this function outside of") as caught:
            transformed(given)
        assert "\n" not in str(caught.value)


def test_an_array_is_not_written_without_an_image(tmp_path):
    with pytest.raises(TypeError, match="write needs a ZImg, got ndarray"):
        zimg.write(tmp_path / "a.tif", VOLUME)
    assert list(tmp_path.iterdir()) == []


def test_a_contact_sheet_refuses_a_masked_volume():
    tree = zimg.trace_path(VOLUME, (5.0, 20.0, 16.0), (30.0, 20.0, 16.0))
    with pytest.raises(TypeError, match="MaskedArray"):
        zimg.contact_sheet([tree], [np.ma.masked_array(VOLUME, mask=VOLUME > 3)])
