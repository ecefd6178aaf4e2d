"""A format of another package, registered by an entry point, is used like all others."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = """
import numpy as np
from zimg.io.format import Format
from zimg.io.scenes.whole import WholeScene
from zimg.values import ZImgInfo

TOY = Format(
    name="Toy",
    formats=(),
    suffixes=(".toy",),
    signatures=((0, b"TOY1"),),
    reader="toy:Reader",
    writer="toy",
)

class Reader:
    name = "Toy"
    def __init__(self, path, format):
        def whole():
            return np.frombuffer(path.read_bytes()[6:], np.uint8).reshape(1, 1, height, width)
        height, width = path.read_bytes()[4:6]
        info = ZImgInfo(width, height)
        self.scenes = (WholeScene(info, np.dtype(np.uint8), whole, width * height),)
    def close(self):
        pass

def check(info, parameters):
    pass

def write(path, pixels, parameters):
    plane = pixels.slab(0, 0, 1)[0, 0]
    path.write_bytes(b"TOY1" + bytes(plane.shape) + plane.tobytes())
"""

SCRIPT = """
import numpy as np, zimg
plane = np.arange(12, dtype=np.uint8).reshape(3, 4)
zimg.write("a.toy", zimg.ZImg(plane, layout="YX"))
assert (zimg.read("a.toy").data[0][0, 0] == plane).all()
open("b.bin", "wb").write(open("a.toy", "rb").read())
assert (zimg.read("b.bin").data[0][0, 0] == plane).all()
print([each.name for each in zimg.doctor().formats][-1])
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder that Python finds packages in, with one that registers a format."""
    site = tmp_path / "site"
    info = site / "toy-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "toy.py").write_text(PACKAGE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[zimg.formats]\ntoy = toy:TOY\n")
    return site


def run(script: str, site: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=site.parent,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_it_is_written_read_by_content_and_listed(site: Path) -> None:
    done = run(SCRIPT, site)
    assert (done.returncode, done.stdout) == (0, "Toy\n"), done.stderr


@pytest.mark.parametrize("target", ["toy:missing", "gone:TOY", "toy:PI"])
def test_one_that_cannot_be_loaded_is_left_out_with_a_warning(site: Path, target: str) -> None:
    (site / "toy.py").write_text(PACKAGE + "\nPI = 3\n")
    text = f"[zimg.formats]\ntoy = {target}\n"
    (site / "toy-1.0.dist-info" / "entry_points.txt").write_text(text)
    done = run("import zimg; print(len(zimg.doctor().formats))", site)
    assert done.returncode == 0, done.stderr
    assert "the format toy cannot be loaded" in done.stderr
