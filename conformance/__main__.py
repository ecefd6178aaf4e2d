"""``python -m zimg.conformance [--backend NAME]``: the contract, tried on this machine."""

import argparse
import sys
from importlib.util import find_spec

import pytest

from zimg.testing import LANES


class OnlyFramework:
    """Leave out the tests of other frameworks' lanes; those without a lane stay."""

    def __init__(self, framework: str) -> None:
        self.framework = framework

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Keep what belongs to the framework."""
        kept: list[pytest.Item] = []
        left_out: list[pytest.Item] = []
        for item in items:
            lane = getattr(item, "callspec", None) and item.callspec.params.get("lane")  # type: ignore[attr-defined]
            fits = lane is None or lane.framework == self.framework
            (kept if fits else left_out).append(item)
        items[:] = kept
        config.hook.pytest_deselected(items=left_out)


def main(arguments: list[str] | None = None) -> int:
    """Run the suite of the installed package; return pytest's exit status."""
    frameworks = sorted({lane.framework for lane in LANES})
    parser = argparse.ArgumentParser(prog="python -m zimg.conformance", description=__doc__)
    parser.add_argument("--backend", choices=frameworks, help="only the lanes of this framework")
    options, rest = parser.parse_known_args(arguments)
    if options.backend and find_spec(options.backend) is None:
        parser.error(f"--backend {options.backend}: the package is not installed")
    plugins = [OnlyFramework(options.backend)] if options.backend else []
    asked = ["--pyargs", "zimg.conformance", "-ra", "--import-mode=importlib", *rest]
    return int(pytest.main(asked, plugins=plugins))


if __name__ == "__main__":
    sys.exit(main())
