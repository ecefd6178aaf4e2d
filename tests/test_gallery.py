"""Scripts that the build of the docs draws: enough of them, with headings, on pages."""

import ast
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
GALLERY = sorted((DOCS / "gallery").glob("*.py"))
PICTURES = sorted((DOCS / "pictures").glob("*.py"))


def test_the_gallery_has_a_dozen_examples() -> None:
    assert len(GALLERY) >= 12


@pytest.mark.parametrize("script", [*GALLERY, *PICTURES], ids=lambda path: path.stem)
def test_a_script_has_a_heading_and_is_short(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    heading = ast.get_docstring(ast.parse(text)) or ""
    title, _, description = heading.partition("\n\n")
    assert title.endswith(".")
    assert "\n" not in title
    assert bool(description) == (script in GALLERY)
    assert len(text.splitlines()) <= 45
    assert "savefig" not in text  # the build does it


def test_every_picture_is_on_a_page() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md"))
    shown = set(re.findall(r"<!-- (?:draw|picture|printed) (\w+\.py) -->", pages))
    assert shown == {script.name for script in PICTURES}
    assert "<!-- gallery -->" in pages
