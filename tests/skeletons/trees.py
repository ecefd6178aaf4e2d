"""What the tests of skeletons compare."""

import numpy as np

from zimg import ZSwc


def assert_same(tree: ZSwc, expected: ZSwc) -> None:
    """All columns are the same, to the last bit."""
    for name in ("xyz", "radius", "parent", "type", "id"):
        np.testing.assert_array_equal(getattr(tree, name), getattr(expected, name), err_msg=name)
