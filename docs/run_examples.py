"""Hook of the docs build: a comment ``run NAME.py`` becomes that script and what it prints."""

import re
import subprocess
import sys
from pathlib import Path

from mkdocs.exceptions import PluginError

EXAMPLES = Path(__file__).with_name("examples")
COMMENT = re.compile(r"^<!-- run (\w+\.py) -->$", flags=re.MULTILINE)


def on_page_markdown(markdown: str, **_: object) -> str:
    """Run the scripts that a page asks for; one that fails ends the build."""
    return COMMENT.sub(lambda found: _shown(EXAMPLES / found[1]), markdown)


def _shown(script: Path) -> str:
    """Source and output of a script, in Markdown."""
    done = subprocess.run(  # a fresh interpreter, like that of somebody who tries it
        [sys.executable, script], capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        raise PluginError(f"example {script.name} failed:\n{done.stderr}")
    source = script.read_text(encoding="utf-8")
    return f"What it prints:\n\n```text\n{done.stdout}```\n\nThe script:\n\n```python\n{source}```"
