"""Hook of the docs build: comments on pages become scripts, what they print, and what they draw.

``<!-- run NAME.py -->``      a script of `examples`: what it prints, and its source
``<!-- draw NAME.py -->``     a script of `pictures` or `gallery`: source, picture, printed text
``<!-- picture NAME.py -->``  its picture alone
``<!-- printed NAME.py -->``  what it prints alone
``<!-- gallery -->``          all scripts of `gallery`
``<!-- formats -->``          the table of the registered formats
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

sys.path.append(str(Path(__file__).parent))
from formats_table import table

DOCS = Path(__file__).parent
EXAMPLES = DOCS / "examples"
COMMENT = re.compile(
    r"^<!-- (run|draw|picture|printed|gallery|formats)(?: (\w+\.py))? -->$", re.MULTILINE
)
HEADING = re.compile(r'^"""([^\n]+?)\.?(?:\n\n(.*?)\n)?"""\n', flags=re.DOTALL)
DRAWN = Path(tempfile.mkdtemp(prefix="zimg-docs-"))
SECONDS = 600


def scripts() -> list[Path]:
    """Scripts that draw, those of the pages before those of the gallery."""
    return [*sorted((DOCS / "pictures").glob("*.py")), *sorted((DOCS / "gallery").glob("*.py"))]


def on_files(files: Files, config: MkDocsConfig, **_: object) -> Files:
    """Draw all pictures in one process, which imports and compiles once, and add them."""
    command = [sys.executable, str(DOCS / "drawing.py"), str(DRAWN), *map(str, scripts())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode:
        raise PluginError(f"a picture of the docs cannot be drawn:\n{done.stderr}")
    for script in scripts():
        picture = DRAWN / f"{script.stem}.png"
        if picture.exists():
            address = f"drawn/{picture.name}"
            files.append(File.generated(config, address, abs_src_path=str(picture)))
    return files


def on_post_build(**_: object) -> None:
    """Remove the pictures, which are in the site now."""
    shutil.rmtree(DRAWN, ignore_errors=True)


def on_page_markdown(markdown: str, page: Any, **_: object) -> str:
    """Replace the comments of a page; a script that fails ends the build."""
    up = "../" * page.file.src_uri.count("/")

    def replaced(found: re.Match[str]) -> str:
        kind, name = found[1], found[2]
        if kind == "run":
            return _run(EXAMPLES / name)
        if kind == "gallery":
            return _gallery(up)
        if kind == "formats":
            return table()
        if kind == "printed":
            return f"```text\n{_printed(_script(name))}```"
        return _drawn(_script(name), up, source=kind == "draw")

    return COMMENT.sub(replaced, markdown)


def _run(script: Path) -> str:
    """Source and output of a script, in Markdown."""
    done = subprocess.run(  # a fresh interpreter, like that of somebody who tries it
        [sys.executable, script], capture_output=True, text=True, timeout=SECONDS
    )
    if done.returncode:
        raise PluginError(f"example {script.name} failed:\n{done.stderr}")
    source = script.read_text(encoding="utf-8")
    return f"What it prints:\n\n```text\n{done.stdout}```\n\nThe script:\n\n```python\n{source}```"


def _script(name: str) -> Path:
    return next(path for path in scripts() if path.name == name)


def _parts(script: Path) -> tuple[str, str, str]:
    """Title, description and code of a script: its docstring is not shown as code."""
    text = script.read_text(encoding="utf-8")
    found = HEADING.match(text)
    if found is None:
        raise PluginError(f"{script.name} must begin with a docstring")
    return found[1], " ".join((found[2] or "").split()), text[found.end() :].strip("\n")


def _drawn(script: Path, up: str, *, source: bool) -> str:
    title, _, code = _parts(script)
    printed = _printed(script)
    parts = [f"```python\n{code}\n```"] if source else []
    if (DRAWN / f"{script.stem}.png").exists():
        parts.append(f"![{title}]({up}drawn/{script.stem}.png){{ loading=lazy }}")
    if printed and source:
        parts.append(f"```text\n{printed}```")
    return "\n\n".join(parts)


def _printed(script: Path) -> str:
    results = json.loads((DRAWN / "drawn.json").read_text())[script.stem]
    return str(results["printed"])


def _gallery(up: str) -> str:
    """Small pictures that lead to the examples below them."""
    tiles, examples = [], []
    for script in sorted((DOCS / "gallery").glob("*.py")):
        title, description, _ = _parts(script)
        anchor = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
        small = f"![{title}]({up}drawn/{script.stem}.png){{ loading=lazy }}"
        tiles.append(f"[{small}<span>{title}</span>](#{anchor})")
        link = f"[`{script.name}`]({up}gallery/{script.name})"
        body = _drawn(script, up, source=True)
        examples.append(f"## {title} {{ #{anchor} }}\n\n{description} {link}\n\n{body}")
    grid = '<div class="zimg-gallery" markdown>\n\n' + "\n".join(tiles) + "\n\n</div>"
    return "\n\n".join([grid, *examples])
