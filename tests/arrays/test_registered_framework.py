"""A framework of another package, registered by an entry point, is one like all others."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("array_api_strict")

# A namespace with arrays of its own: those of array-api-strict under another name.
NAMESPACE = """
import array_api_strict as strict
import numpy as np
from array_api_strict import *
from array_api_strict import __array_namespace_info__

class Array:
    def __init__(self, host):
        self.host = host
    def __getattr__(self, name):
        return getattr(strict.asarray(self.host), name)
    def __array__(self, dtype=None, copy=None):
        return self.host
    def __array_namespace__(self, api_version=None):
        import acme
        return acme
    def __getitem__(self, key):
        return Array(self.host[key])

def asarray(x, device=None, copy=None):
    host = np.asarray(x)
    return Array(host.copy() if copy else host)

def reshape(x, shape):
    return Array(x.host.reshape(shape))
"""

HOOKS = """
import acme

def namespace():
    return acme

def lacks_dtype(name, /, *, xp):
    return "acme has no dtype float64" if name == "float64" else None

def obstacle(host, /, *, on=None, xp):
    return None if host.flags.c_contiguous else "it is not in C order"
"""

USE = """
import numpy as np
import acme
import zimg

volume = np.arange(24, dtype=np.uint16).reshape(1, 2, 3, 4)
image = zimg.ZImg(volume)
(there,) = image.to_arrays("acme", copy=False)
assert isinstance(there, acme.Array) and np.shares_memory(there.host, volume)
moved = image.to("acme")
assert ", acme on " in repr(moved)
assert np.array_equal(np.asarray(moved), volume)
image.save("a.tif")
assert isinstance(zimg.read("a.tif", framework="acme").data[0], acme.Array)
for call, error, text in (
    (lambda: zimg.ZImg(volume.astype("float64")).to_arrays("acme"), TypeError, "float64"),
    (lambda: image.to_arrays("acme", device="cuda:0"), ValueError, "acme has no device 'cuda:0'"),
    (lambda: image.to_arrays("other"), ValueError, "acme"),
):
    try:
        call()
    except error as caught:
        assert text in str(caught), caught
    else:
        raise AssertionError(text)
"""


def test_a_registered_framework_is_accepted_everywhere(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "__init__.py").write_text(NAMESPACE)
    (tmp_path / "acme_hooks.py").write_text(HOOKS)
    info = tmp_path / "acme_hooks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-hooks\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[zimg.backends]\nacme = acme_hooks\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{USE}"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
