"""Numbers of workers and the devices assigned to them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.blocked import volumes
from tests.blocked.flaky import number_after
from zimg.blocked import block
from zimg.blocked.executors import Workers, workers_of

ROOT = Path(__file__).resolve().parents[2]


def numbers(workers: Workers, count: int) -> set[int]:
    """Numbers of the workers that take some tasks at a time."""
    futures = [workers.submit(number_after, (0.3,))[0] for _ in range(2 * count)]
    return {future.result() for future in futures}


@pytest.mark.parametrize("processes", [False, True])
def test_workers_are_numbered_from_0_in_every_pool(
    processes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT)
    workers = workers_of(2, processes=processes)
    with workers.running():
        assert numbers(workers, 2) == {0, 1}
        workers.lost(workers.current())
        assert numbers(workers, 2) == {0, 1}


def test_dask_workers_have_the_numbers_that_are_their_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(ROOT)
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert numbers(workers_of(client), 2) == {0, 1}


def test_a_name_or_a_function_gives_the_device_of_a_worker(
    store: Path, expected: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    upload: Any = vars(block)["exported"]

    def exported(signal: Any, framework: str, device: str | None) -> Any:
        asked.append(device)
        return upload(signal, framework)

    monkeypatch.setattr(block, "exported", exported)
    named = volumes.run(store, tmp_path / "name", executor=2, device="cuda:{worker}")
    assert set(asked) <= {"cuda:0", "cuda:1"}
    asked.clear()
    chosen = volumes.run(store, tmp_path / "call", executor=2, device=lambda n: f"gpu{7 - n}")
    assert set(asked) <= {"gpu7", "gpu6"}
    for found in (named, chosen):  # the device is not in the manifest: it does not decide
        assert found.path.read_bytes() == expected["result.swc"]


ON_DEVICES = """
import json, sys
from tests.blocked import volumes
from zimg.blocked import block
upload, seen = block.exported, []
def exported(*args, **kwargs):
    found = upload(*args, **kwargs)
    seen.append(str(found.device))
    return found
block.exported = exported
import threading
together = threading.Barrier(2, timeout=60)
def device(number):
    if number in (0, 1) and not together.broken and len(seen) == 0:
        try:
            together.wait()
        except threading.BrokenBarrierError:
            pass
    return "cpu:%d" % number
options = {"framework": "jax", "threshold_mode": "fixed", "background": 12, "threshold": 45}
one = volumes.run(sys.argv[1], sys.argv[2] + "/one", device="cpu:0", **options)
seen.clear()
two = volumes.run(sys.argv[1], sys.argv[2] + "/two", device=device, executor=2, **options)
print(json.dumps([one.path.read_text() == two.path.read_text(), sorted(set(seen)), len(one.tree)]))
"""


@pytest.mark.slow
def test_two_devices_of_jax_give_what_one_gives(store: Path, tmp_path: Path) -> None:
    pytest.importorskip("jax")
    command = [sys.executable, "-c", ON_DEVICES, str(store), str(tmp_path)]
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    answer = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, **flags}
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    same, devices, nodes = json.loads(answer.stdout.splitlines()[-1])
    assert same
    assert nodes > 10
    assert len(devices) == 2
