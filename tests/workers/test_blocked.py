"""`ZNeutubeBlockedAutoTrace`: what its setters take, what a run checks, and its task files."""

import json
from pathlib import Path
from typing import Any

import pytest

import zimg
from tests.blocked import volumes
from zimg import TraceConfig, ZException, ZImgInfo, ZImgSource, ZNeutubeBlockedAutoTrace
from zimg.blocked.session import SessionMismatchError


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "large_signal.ome.zarr"
    volumes.fork().write(path, chunk=(32, 32, 32), halve=("x", "y"))
    return path


@pytest.fixture
def worker(store: Path, tmp_path: Path) -> ZNeutubeBlockedAutoTrace:
    """Settings that can run."""
    made = ZNeutubeBlockedAutoTrace()
    made.setInputImageSource(ZImgSource(store))
    made.setTraceConfig(zimg.neutube_json.TRACE_CONFIG)
    made.setBlockCoreSize(64)
    made.setBlockHalo(32)
    made.setOutputSessionDir(str(tmp_path / "session"))
    made.setOutputSwcPath(str(tmp_path / "out" / "tree.swc"))
    return made


def test_a_run_traces_in_its_session_and_writes_the_tree(
    worker: ZNeutubeBlockedAutoTrace, tmp_path: Path
) -> None:
    seen: list[tuple[str, int, int | None]] = []
    states = []

    def progress(*told: Any) -> None:
        seen.append(told)
        states.append(worker.hasResult())

    worker.run(executor=2, progress=progress)
    assert worker.hasResult()
    assert not any(states)
    assert ("blocks", 3, 3) in seen
    tree = zimg.ZSwc(tmp_path / "out" / "tree.swc")
    assert len(tree.roots) == 1
    assert zimg.compare(tree, volumes.fork().tree, tolerance=2.0).b_to_a.within >= 0.95
    assert worker.outputSessionDir() == str(tmp_path / "session")
    blocks = len(list((tmp_path / "session" / "blocks").glob("*.rec")))
    worker.run()
    assert worker.hasResult()
    assert blocks == len(list((tmp_path / "session" / "blocks").glob("*.rec"))) == 3


def test_the_calls_of_the_manual_of_the_reference(store: Path, tmp_path: Path) -> None:
    worker = ZNeutubeBlockedAutoTrace()
    worker.setInputImageSource(ZImgSource(str(store)))
    worker.setSelectedChannelTime(0, 0)
    worker.setSignalDownsampleRatio([2, 2, 1])
    worker.setTraceConfig(zimg.neutube_json.TRACE_CONFIG)
    worker.setOutputSwcPath(str(tmp_path / "large_signal.swc"))
    worker.setOutputSessionDir(str(tmp_path / "large_signal_session"))
    worker.run()
    manifest = json.loads((tmp_path / "large_signal_session" / "manifest.json").read_text())
    assert manifest["downsample"] == [2, 2, 1]
    assert manifest["fingerprint"]["level"] == 1
    assert manifest["plan"]["core"] == [512, 512, 512]


@pytest.mark.parametrize(
    ("change", "error", "why"),
    [
        (lambda w: w.setOutputSessionDir(" "), ZException, "output session dir is empty"),
        (
            lambda w: w.setSignalDownsampleRatio([2, 1, 1]),
            ZException,
            r"XY downsample ratio must be uniform, got ratio=\[2,1,1\]",
        ),
        (lambda w: w.setSelectedChannelTime(3, 0), ZException, "invalid channel/time selection"),
        (lambda w: w.setBlockHalo(8), ValueError, "halo must be 32 or more, got 8"),
        (lambda w: w.setBlockCoreSize(40), ValueError, "at least twice the halo"),
        (lambda w: w.setBlockCoreSizeXYZ(64, 20, 64), None, ""),
        (lambda w: w.setOutputSwcPath(""), ZException, "output SWC path is empty"),
        (lambda w: w.setTraceLevel(77), ValueError, "level"),
        (
            lambda w: w.setSignalInfo(ZImgInfo(5, 5, 5)),
            ZException,
            r"the signal info has \(5, 5, 5\) voxels along x, y, z, but",
        ),
    ],
)
def test_what_cannot_run_is_refused_before_the_work(
    change: Any, error: Any, why: str, worker: ZNeutubeBlockedAutoTrace, tmp_path: Path
) -> None:
    change(worker)
    if error is None:
        return
    with pytest.raises(error, match=why):
        worker.run()
    assert not worker.hasResult()
    assert not (tmp_path / "session").exists()


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda w: w.setBlockCoreSize(0), ValueError),
        (lambda w: w.setBlockCoreSize(1.5), TypeError),
        (lambda w: w.setBlockCoreSizeXYZ(1, -1, 1), ValueError),
        (lambda w: w.setBlockHalo(-1), ValueError),
        (lambda w: w.setDatasetId(3), TypeError),
        (lambda w: w.setSignalInfo("x"), TypeError),
        (lambda w: w.setOutputSessionDir(None), TypeError),
    ],
)
def test_setters_refuse_what_makes_no_sense(
    call: Any, error: type[Exception], worker: ZNeutubeBlockedAutoTrace
) -> None:
    before = dict(worker.values)
    with pytest.raises(error):
        call(worker)
    assert worker.values == before


def test_a_session_of_other_settings_names_them(
    worker: ZNeutubeBlockedAutoTrace, tmp_path: Path
) -> None:
    worker.run()
    worker.setDatasetId("another name")
    with pytest.raises(SessionMismatchError, match="dataset_id"):
        worker.run()
    assert not worker.hasResult()
    del tmp_path


def test_a_session_of_the_reference_is_refused(
    worker: ZNeutubeBlockedAutoTrace, tmp_path: Path
) -> None:
    (tmp_path / "session").mkdir()
    (tmp_path / "session" / "manifest.json").write_text('{"format_version": 2}')
    with pytest.raises(ZException, match=r"neuTube's C\+\+ library"):
        worker.run()


REFERENCE_TASK = {
    "log_file": "",
    "selected_channel": 0,
    "selected_time": 0,
    "z_scale": 1.5,
    "dataset_id": "mine",
    "signal_downsample_ratio": [1, 1, 1],
    "block_core_x": 1024,
    "block_core_y": 2048,
    "block_core_z": 1024,
    "block_halo": 128,
    "trace_config_path": "",
    "trace_config": zimg.neutube_json.TRACE_CONFIG,
    "trace_level": 0,
    "do_resample_after_tracing": False,
    "doc_has_any_swc": True,
    "output_swc_path": "/tmp/out.swc",
    "output_session_dir": "/tmp/session",
}


def test_a_task_of_the_reference_is_loaded(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "task.json"
    path.write_text(json.dumps(REFERENCE_TASK | {"input_image_path": str(store)}))
    worker = ZNeutubeBlockedAutoTrace()
    worker.setBlockCoreSize(77)
    worker.loadTask(str(path))
    assert worker.values["z_scale"] == 1.5
    assert worker.values["input_image_source"].filenames == [str(store)]
    assert worker._blocks() == {"core": (1024, 2048, 1024), "halo": 128}
    assert worker.outputSessionDir() == "/tmp/session"
    assert worker.outputSwcPath() == "/tmp/out.swc"


def test_a_saved_task_is_loaded_to_the_same_settings(
    worker: ZNeutubeBlockedAutoTrace, tmp_path: Path
) -> None:
    worker.setAlgoConfigOverrides(TraceConfig())
    worker.setBlockCoreSizeXYZ(64, 65, 66)
    path = tmp_path / "task.json"
    worker.saveTask(str(path))
    other = ZNeutubeBlockedAutoTrace()
    other.loadTask(str(path))
    task = json.loads(path.read_text())
    assert {"block_core_x", "block_core_y", "block_core_z", "block_halo"} <= set(task)
    assert "block_core_size" not in task
    assert json.loads(task["dataset_id"])["filenames"] == task["input_image_source"]["filenames"]
    other.saveTask(str(tmp_path / "again.json"))
    assert json.loads((tmp_path / "again.json").read_text()) == task
    assert "ZNeutubeBlockedAutoTrace" in repr(other)


def test_a_task_without_source_and_info_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(ZException, match="missing/empty signal info and no input image source"):
        ZNeutubeBlockedAutoTrace().saveTask(str(tmp_path / "task.json"))


def test_voxel_sizes_that_are_set_hold_in_place_of_those_of_the_source(
    worker: ZNeutubeBlockedAutoTrace, store: Path
) -> None:
    info = zimg.ZImg.readImgInfo(ZImgSource(store))
    info.voxelSizeX, info.voxelSizeY, info.voxelSizeZ = 1.0, 1.0, 3.0
    worker.setSignalInfo(info)
    assert worker.to_task()["z_scale"] == 3.0
