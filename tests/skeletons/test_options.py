"""Options: spellings, presets, and the numbers that follow from them."""

from typing import Any

import pytest

from zimg import SkeletonizeConfig, ZException, neutube_json
from zimg.skeletons.options import resolve_options


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({"lengthThreshold": 7}, "minimalLength", 7.0),
        ({"minimalLength": 3, "lengthThreshold": 7}, "minimalLength", 7.0),
        ({"finalLengthThreshold": 2.5}, "finalMinimalLength", 2.5),
        ({"distanceThreshold": 9}, "maximalDistance", 9.0),
        ({"grayOp": 2}, "levelOp", 2),
        ({"grayOp": 2, "levelOp": 1}, "levelOp", 1),
        ({"resolution": [2, 9, 3]}, "resolution", (2.0, 3.0)),
        ({"skeletonize": {"rebase": True}}, "rebase", True),
    ],
)
def test_both_spellings_are_read_and_one_wins(
    given: dict[str, Any], name: str, value: object
) -> None:
    assert getattr(resolve_options(given), name) == value


def test_lengths_and_sizes_follow_the_reduction() -> None:
    options = resolve_options(
        {"downsampleInterval": [3, 3, 3], "minimalLength": 40, "minimalObjectSize": 128}
    )
    assert (options.factors, options.scale) == ((4, 4, 4), 4.0)
    assert (options.shortest, options.smallest) == (10.0, 2)
    uneven = SkeletonizeConfig(downsampleInterval=(1, 3, 0))
    assert uneven.scale == pytest.approx(2.0)
    assert SkeletonizeConfig(downsampleInterval=(-4, 0, 0)).factors == (1, 1, 1)
    assert SkeletonizeConfig(finalMinimalLength=60).shortest == 60


def test_intervals_given_beside_a_configuration_replace_its_own() -> None:
    assert resolve_options("FLYEM_SKELETONIZE", downsample=(0, 1, 2)).factors == (1, 2, 3)


def test_a_preset_is_known_by_name_and_by_its_mapping() -> None:
    assert resolve_options("SKELETONIZE") == resolve_options(neutube_json.SKELETONIZE)


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"downsampleInterval": [1, 2]}, ValueError, "3 numbers"),
        ({"downsampleInterval": [1, 2, 0.5]}, TypeError, "integers where"),
        ({"rebase": 1}, TypeError, "rebase must be bool"),
        ({"level": "2"}, TypeError, "level must be"),
        ({"level": float("nan")}, ValueError, "finite"),
        ({"minimalLength": float("inf")}, ValueError, "finite"),
        ([1], TypeError, "mapping"),
        ("no_such_preset", ZException, "no_such_preset"),
    ],
)
def test_what_the_reference_ignores_is_refused(given, error, told) -> None:
    with pytest.raises(error, match=told):
        resolve_options(given)
