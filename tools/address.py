"""Copy the address of the project to every file: `python tools/address.py [--check]`.

The addresses are those of `Source` and `Documentation` in pyproject.toml.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILES = (
    *("pyproject.toml", "README.md", "CITATION.cff", "CONTRIBUTING.md", "mkdocs.yml"),
    "recipe/recipe.yaml",
)
NAME = r"[\w.-]+"
FORMS = (
    re.compile(rf"https://github\.com/{NAME}/zimg\b"),
    re.compile(rf"https://raw\.githubusercontent\.com/{NAME}/zimg\b"),
    re.compile(rf"https://{NAME}\.github\.io/zimg\b"),
)


def addresses() -> tuple[str, str, str]:
    """Repository, raw files and pages of the project, as pyproject.toml states them."""
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    raw = urls["Source"].replace("https://github.com/", "https://raw.githubusercontent.com/")
    return urls["Source"], raw, urls["Documentation"]


def rewritten(text: str) -> str:
    """Text with the addresses of pyproject.toml in place of its own."""
    for form, address in zip(FORMS, addresses(), strict=True):
        text = form.sub(address, text)
    return text


def main() -> int:
    """Rewrite the files, or with ``--check`` only name those that differ."""
    pages = (page.relative_to(ROOT).as_posix() for page in sorted((ROOT / "docs").rglob("*.md")))
    wrong = 0
    for name in (*FILES, *pages):
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        if rewritten(text) == text:
            continue
        wrong += 1
        sys.stdout.write(f"{name}\n")
        if "--check" not in sys.argv:
            path.write_text(rewritten(text), encoding="utf-8")
    return wrong if "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
