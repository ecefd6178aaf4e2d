"""A process that is killed while it saves leaves the old image or the new one, whole."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from zimg.io.format import Format
from zimg.io.formats.table import FORMATS

# A run of fifty each takes minutes: ZIMG_KILLS=50 asks for it.
KILLS = int(os.environ.get("ZIMG_KILLS", "2"))
WRITTEN = {
    suffix: each
    for each in FORMATS
    if each.writer
    for suffix in (each.write_suffixes or each.suffixes)[:1]
} | {".mha": next(each for each in FORMATS if each.name == "MetaImage")}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
@pytest.mark.parametrize("suffix", WRITTEN)
def test_a_kill_leaves_the_old_image_or_the_new_one(suffix: str, tmp_path: Path) -> None:
    written: Format = WRITTEN[suffix]
    if written.missing:
        pytest.skip(f"{', '.join(written.missing)} not installed")
    done = subprocess.run(
        [
            sys.executable,
            Path(__file__).with_name("killing.py"),
            tmp_path / f"a{suffix}",
            str(KILLS),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told["found"]) <= {"old", "new"}
    assert sum(told["found"].values()) == KILLS
    assert not [name for name in told["leftovers"] if name.startswith(".")]
