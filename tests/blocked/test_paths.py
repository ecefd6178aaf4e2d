"""Path tests of connections (`spTest`) run on workers and decide as in one volume."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zimg
from tests.blocked import volumes
from tests.blocked.test_accurate import same
from zimg.blocked import paths
from zimg.tracing import connect

TESTED = {"spTest": True, "maxEucDist": 20.0}
FIXED = {"threshold_mode": "fixed", "background": 12, "threshold": 45, "overrides": TESTED}


@pytest.fixture(scope="module")
def gaps() -> np.ndarray:
    """The fork with a gap in its trunk."""
    voxels = volumes.fork_voxels().copy()
    voxels[:, :, 60:66] = voxels[:, :, 185:191]
    voxels[:, :, 140:148] = voxels[:, :, 184:192]
    return voxels


def test_one_block_gives_the_tree_of_the_whole_volume_node_for_node(
    gaps: np.ndarray, tmp_path: Path
) -> None:
    whole = zimg.trace(gaps, overrides=TESTED)
    options: dict[str, Any] = {"mode": "accurate", "trees": "relative", "core": 512}
    found = volumes.run(gaps, tmp_path / "s", overrides=TESTED, **options).tree
    assert len(whole) > 0
    assert same(found, whole)
    assert (tmp_path / "s" / "paths" / "000000.rec").exists()


def test_workers_answer_and_the_driver_asks_again_where_a_chain_has_changed(
    gaps: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"tasks": 0, "driver": 0}

    def counted(where: str) -> Any:
        def answer(*question: Any) -> Any:
            asked[where] += 1
            return path(*question)

        return answer

    path: Any = vars(connect)["signal_path"]
    monkeypatch.setattr(paths, "signal_path", counted("tasks"))
    monkeypatch.setattr(connect, "signal_path", counted("driver"))
    found = volumes.run(gaps, tmp_path / "s", **FIXED)
    assert asked["tasks"] > 0
    assert asked["driver"] < asked["tasks"]
    asked["tasks"] = 0
    (tmp_path / "s" / "result.swc").unlink()
    again = volumes.run(gaps, tmp_path / "s", **FIXED)
    assert asked["tasks"] == 0  # the records have the answers
    assert same(again.tree, found.tree)


def test_workers_do_not_change_the_files(gaps: np.ndarray, tmp_path: Path) -> None:
    one = volumes.run(gaps, tmp_path / "one", **FIXED)
    volumes.run(gaps, tmp_path / "other", executor=3, **FIXED)
    assert len(one.tree) > 0
    assert volumes.files_of(tmp_path / "one") == volumes.files_of(tmp_path / "other")
    assert list((tmp_path / "one" / "paths").glob("*.rec"))
