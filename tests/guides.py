"""Guides whose code prints what they say."""

import doctest
import re
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs" / "guide"


def run_guide(name: str) -> doctest.TestResults:
    """Run the ``pycon`` blocks of a guide as one session; what differs is printed."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```pycon\n(.*?)```", text, flags=re.DOTALL)
    guide = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, name, None, 0)
    return doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(guide)
