"""Running extremes against their definition."""

import pytest

from zimg.ops import cumulative_max, cumulative_min
from zimg.testing import bring_home


@pytest.mark.parametrize("count", [0, 1, 2, 3, 8, 9])
def test_each_value_is_the_extreme_so_far(xp, device, count):
    drawn = [(7 * i * i) % 11 for i in range(count)]
    x = xp.asarray(drawn, dtype=xp.int32, device=device)
    highest, lowest = bring_home(cumulative_max(x)), bring_home(cumulative_min(x))
    assert highest.tolist() == [max(drawn[: i + 1]) for i in range(count)]
    assert lowest.tolist() == [min(drawn[: i + 1]) for i in range(count)]


def test_columns_run_on_their_own(xp, device):
    x = xp.asarray([[1, 5], [3, 2], [2, 9]], dtype=xp.float32, device=device)
    assert bring_home(cumulative_max(x)).tolist() == [[1, 5], [3, 5], [3, 9]]
