"""Pages: every public name is on an API page, every page can be found, no link is broken."""

import re
from pathlib import Path

import pytest

import zimg

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
NAVIGATION = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
TEXTS = [*(DOCS / page for page in PAGES), *(ROOT / f"{n}.md" for n in ("README", "CONTRIBUTING"))]
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)(?:#[^)]*)?\)")


def test_every_public_name_is_on_an_api_page() -> None:
    shown = "".join(path.read_text(encoding="utf-8") for path in (DOCS / "api").glob("*.md"))
    found = set(re.findall(r"^::: zimg\.(\w+)$", shown, flags=re.MULTILINE))
    assert found >= {*zimg.__all__, "open"} - {"__version__"}


def test_the_navigation_has_every_page_and_no_other() -> None:
    listed = set(re.findall(r"[\w/-]+\.md", NAVIGATION))
    decisions = {page for page in PAGES if page.startswith("decisions/0")}
    assert listed - decisions == set(PAGES) - decisions
    assert listed <= set(PAGES)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_to_files(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    broken = [link for link in LINK.findall(text) if not (path.parent / link).exists()]
    assert not broken


@pytest.mark.parametrize(
    "path",
    [path for path in TEXTS if "decisions" not in path.parts],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_a_page_says_what_the_reference_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if re.search(r"\bthe reference\b", text, flags=re.IGNORECASE):
        assert "PyPI package `zimg`" in " ".join(text.split())
