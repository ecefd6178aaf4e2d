"""Connected components against SciPy's, and what labels promise."""

import numpy as np
import pytest
from array_api_extra.testing import lazy_xp_function
from scipy import ndimage

from zimg.kernels.components import components, remove_small
from zimg.kernels.morphology import CONNECTIVITIES
from zimg.ops import upload
from zimg.testing import bring_home

lazy_xp_function(components)
lazy_xp_function(remove_small)

RANK = {6: 1, 18: 2, 26: 3}


def expected(mask, connectivity):
    """SciPy's objects, labelled by 1 + their first flat index."""
    structure = ndimage.generate_binary_structure(3, RANK[connectivity])
    objects, count = ndimage.label(mask, structure)
    first = [np.flatnonzero(objects == label)[0] + 1 for label in range(1, count + 1)]
    return np.concatenate([[0], first]).astype(int)[objects]


def noise(share, shape=(6, 7, 9)):
    return np.random.default_rng(5).random(shape) < share


def spiral():
    """A single path, one voxel wide, that winds through the whole of a plane."""
    mask = np.zeros((3, 15, 15), bool)
    mask[1, ::2, :] = True
    mask[1, 1::4, -1] = True
    mask[1, 3::4, 0] = True
    return mask


@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
@pytest.mark.parametrize("share", [0.1, 0.35])
def test_objects_are_those_of_scipy_labelled_by_their_first_voxel(xp, device, connectivity, share):
    mask = noise(share)
    labels = components(upload(mask, on=device, xp=xp), connectivity=connectivity)
    assert labels.dtype == xp.int32
    np.testing.assert_array_equal(bring_home(labels), expected(mask, connectivity))


@pytest.mark.parametrize("shape", [(1, 30, 30), (30, 1, 30), (30, 30, 1), (17, 18, 19)])
@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
def test_flat_and_large_volumes_agree_with_scipy(shape, connectivity):
    mask = noise(0.3, shape)
    np.testing.assert_array_equal(
        components(mask, connectivity=connectivity), expected(mask, connectivity)
    )


def test_a_winding_path_is_one_object(xp, device):
    labels = bring_home(components(upload(spiral(), on=device, xp=xp), connectivity=6))
    assert np.unique(labels).tolist() == [0, 15 * 15 + 1]


def test_objects_below_the_size_go_and_the_others_stay_whole(xp, device):
    mask = noise(0.1)
    kept = bring_home(remove_small(upload(mask, on=device, xp=xp), 4))
    labels = expected(mask, 26)
    np.testing.assert_array_equal(kept, mask & (np.bincount(labels.reshape(-1))[labels] >= 4))


def test_removal_of_small_objects_is_idempotent(xp, device):
    once = remove_small(upload(noise(0.2), on=device, xp=xp), 5, connectivity=6)
    np.testing.assert_array_equal(
        bring_home(remove_small(once, 5, connectivity=6)), bring_home(once)
    )


def test_an_empty_mask_has_no_objects(xp, device):
    mask = upload(np.zeros((3, 4, 5), bool), on=device, xp=xp)
    assert not bring_home(components(mask)).any()
    assert not bring_home(remove_small(mask, 2)).any()


@pytest.mark.parametrize("find", [components, lambda mask, **k: remove_small(mask, 3, **k)])
def test_a_connectivity_that_no_grid_has_is_refused(find):
    with pytest.raises(ValueError, match="connectivity must be 6, 18 or 26, got 8"):
        find(np.ones((2, 2, 2), bool), connectivity=8)
