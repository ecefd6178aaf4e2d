"""Names of `zimg.io` that give or take images are those of `zimg`."""

import pytest

import zimg
import zimg.io


@pytest.mark.parametrize("name", ["open", "read", "write"])
def test_functions_of_images_have_a_second_name(name: str) -> None:
    assert getattr(zimg.io, name) is getattr(zimg, name)


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match=r"zimg\.io.*nothing"):
        zimg.io.nothing  # noqa: B018
