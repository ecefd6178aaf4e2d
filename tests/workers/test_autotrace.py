"""The worker's settings and task files; what it refuses before any work."""

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from zimg import neutube_json
from zimg._errors import ZException
from zimg.image import ZImgRegion, ZImgSource
from zimg.tracing.config import TraceConfig
from zimg.workers import ZNeutubeAutoTrace

DEFAULT_TASK = """{
    "log_file" : "",
    "selected_channel" : 0,
    "selected_time" : 0,
    "z_scale" : 2.5,
    "signal_downsample_ratio" : [
        1,
        1,
        1
    ],
    "trace_config_path" : "",
    "trace_level" : 0,
    "do_resample_after_tracing" : true,
    "doc_has_any_swc" : false,
    "output_swc_path" : ""
}
"""

FULL_ORDER = [
    "log_file",
    "input_image_source",
    "selected_channel",
    "selected_time",
    "z_scale",
    "signal_downsample_ratio",
    "trace_config_path",
    "trace_config",
    "trace_level",
    "do_resample_after_tracing",
    "doc_has_any_swc",
    "output_swc_path",
    "algo_overrides",
]

SIGNATURES = {
    "setInputImageSource": ["imgSource"],
    "setInputImagePath": ["filename"],
    "setInputFile": ["filename"],
    "setOutputSwcPath": ["filename"],
    "setLogFile": ["logfilename"],
    "setSelectedChannelTime": ["channel", "time"],
    "setZToXYRatio": ["zToXYRatio"],
    "setSignalDownsampleRatio": ["ratio"],
    "setTraceConfigPath": ["filename"],
    "setTraceConfig": ["cfg"],
    "clearTraceConfig": [],
    "setTraceLevel": ["level"],
    "setAlgoConfigOverrides": ["cfg"],
    "clearAlgoConfigOverrides": [],
    "setDoResampleAfterTracing": ["enabled"],
    "setDocHasAnySwc": ["v"],
    "hasResult": [],
    "outputSwcPath": [],
    "loadTask": ["filename"],
    "saveTask": ["filename"],
}


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A two-channel file whose voxels are twice as large in z."""
    path = tmp_path / "image.tif"
    pixels = np.zeros((6, 2, 20, 24), np.uint8)
    metadata = {"axes": "ZCYX", "spacing": 2.0, "unit": "um"}
    tifffile.imwrite(path, pixels, imagej=True, resolution=(1.0, 1.0), metadata=metadata)
    return path


@pytest.fixture
def full(image: Path) -> ZNeutubeAutoTrace:
    """A worker on which everything is set."""
    worker = ZNeutubeAutoTrace()
    region = ZImgRegion((1, 2, 0, 0, 0), (20, -1, -1, -1, -1))
    worker.setInputImageSource(ZImgSource(str(image), region))
    worker.setOutputSwcPath("out.swc")
    worker.setLogFile("log.txt")
    worker.setSelectedChannelTime(1, 0)
    worker.setZToXYRatio(0.1)
    worker.setSignalDownsampleRatio([2, 2, 1])
    worker.setTraceConfigPath("config.json")
    worker.setTraceConfig(
        {"tag": 'é"\\/\n', "default": {"a": (1, 1e22), "b": None, "c": {"d": 5.0}}}
    )
    worker.setTraceLevel(2)
    worker.setAlgoConfigOverrides(TraceConfig(minAutoScore=0.25))
    worker.setDoResampleAfterTracing(False)
    worker.setDocHasAnySwc(True)
    return worker


def task_of(worker: ZNeutubeAutoTrace, tmp_path: Path) -> dict[str, Any]:
    worker.saveTask(tmp_path / "saved.json")
    task: dict[str, Any] = json.loads((tmp_path / "saved.json").read_text(encoding="utf-8"))
    return task


def load_text(worker: ZNeutubeAutoTrace, text: str, tmp_path: Path) -> None:
    (tmp_path / "given.json").write_text(text, encoding="utf-8")
    worker.loadTask(tmp_path / "given.json")


@pytest.mark.parametrize("name", SIGNATURES)
def test_methods_have_the_parameters_of_the_reference_and_a_description(name: str) -> None:
    method = getattr(ZNeutubeAutoTrace, name)
    assert list(inspect.signature(method).parameters)[1:] == SIGNATURES[name]
    assert inspect.getdoc(method)


def test_run_can_be_called_without_arguments() -> None:
    parameters = list(inspect.signature(ZNeutubeAutoTrace.run).parameters.values())[1:]
    assert all(p.default is not inspect.Parameter.empty for p in parameters)


def test_a_task_has_the_layout_of_the_reference(tmp_path: Path) -> None:
    worker = ZNeutubeAutoTrace()
    worker.setZToXYRatio(zToXYRatio=2.5)
    worker.saveTask(tmp_path / "task.json")
    assert (tmp_path / "task.json").read_text() == DEFAULT_TASK


def test_a_full_task_has_all_keys_in_the_order_of_the_reference(
    full: ZNeutubeAutoTrace, tmp_path: Path, image: Path
) -> None:
    task = task_of(full, tmp_path)
    assert list(task) == FULL_ORDER
    assert task["input_image_source"] == {
        "filenames": [str(image)],
        "catDim": "Z",
        "catScenes": False,
        "region": {"start": [1, 2, 0, 0, 0], "end": [20, -1, -1, -1, -1]},
        "scene": 0,
        "format": "Unknown",
        "expandXY": True,
        "expandWithMaxValue": False,
    }
    assert list(task["algo_overrides"]) == list(TraceConfig.__dataclass_fields__)
    assert task["trace_config"]["default"] == {"a": [1, 1e22], "b": None, "c": {"d": 5.0}}


def test_saving_what_was_loaded_gives_the_same_bytes(
    full: ZNeutubeAutoTrace, tmp_path: Path
) -> None:
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    full.saveTask(first)
    other = ZNeutubeAutoTrace()
    other.loadTask(first)
    other.saveTask(second)
    assert first.read_bytes() == second.read_bytes()
    assert other.outputSwcPath() == "out.swc"


def test_without_a_ratio_the_one_of_the_file_and_the_downsampling_is_saved(
    image: Path, tmp_path: Path
) -> None:
    worker = ZNeutubeAutoTrace()
    worker.setInputFile(str(image))
    assert task_of(worker, tmp_path)["z_scale"] == 2.0
    worker.setSignalDownsampleRatio((1, 3, 4))
    assert task_of(worker, tmp_path)["z_scale"] == 4.0


def test_a_task_without_ratio_and_input_cannot_be_saved_but_shown(tmp_path: Path) -> None:
    worker = ZNeutubeAutoTrace()
    with pytest.raises(ZException, match="missing zToXYRatio"):
        worker.saveTask(tmp_path / "task.json")
    assert list(tmp_path.iterdir()) == []
    assert '"z_scale" : null' in repr(worker)


def test_a_task_is_not_saved_to_a_missing_folder(tmp_path: Path) -> None:
    worker = ZNeutubeAutoTrace()
    worker.setZToXYRatio(1)
    with pytest.raises(ZException, match=r"nowhere/task\.json"):
        worker.saveTask(tmp_path / "nowhere" / "task.json")


def test_loading_keeps_what_the_file_leaves_out_and_resets_the_objects(
    full: ZNeutubeAutoTrace, tmp_path: Path
) -> None:
    load_text(full, '{"log_file": "", "unknown": 1}', tmp_path)
    task = task_of(full, tmp_path)
    gone = {"input_image_source", "trace_config", "algo_overrides"}
    assert set(task) == set(FULL_ORDER) - gone
    assert (task["trace_level"], task["z_scale"], task["log_file"]) == (2, 0.1, "")


@pytest.mark.parametrize(
    "form",
    [
        '"input_image_path" : {name}',
        '"input_image_source" : {{"filenames" : [{name}]}}',
    ],
)
def test_a_source_may_be_partial_or_of_the_old_form(form: str, image: Path, tmp_path: Path) -> None:
    worker = ZNeutubeAutoTrace()
    load_text(worker, f'{{"log_file" : "", {form.format(name=json.dumps(str(image)))}}}', tmp_path)
    expected = ZNeutubeAutoTrace()
    expected.setInputFile(str(image))
    assert task_of(worker, tmp_path) == task_of(expected, tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", r"expected a JSON object, not \[\]"),
        ("{}", "the key 'log_file' is missing"),
        ('{"log_file": 5}', "log_file must be a string, not 5"),
        ('{"log_file": "", "trace_level": "a"}', "trace_level must be an int, not 'a'"),
        ('{"log_file": "", "z_scale": 0}', "z_scale must be finite and above 0"),
        ('{"log_file": "", "z_scale": null}', "z_scale must be a number"),
        ('{"log_file": "", "signal_downsample_ratio": [1, 2]}', "must contain exactly 3"),
        ('{"log_file": "", "algo_overrides": {"bad": true}}', "unknown option 'bad'"),
        ('{"log_file": "", "algo_overrides": {"refit": 1}}', "refit must be bool, not 1"),
        ('{"log_file": "", "input_image_source": {}}', "a list of filenames"),
        ('{"log_file": "", "input_image_path": "nowhere.tif"}', "nowhere.tif does not exist"),
    ],
)
def test_a_task_that_is_wrong_is_refused_and_changes_nothing(
    text: str, message: str, full: ZNeutubeAutoTrace, tmp_path: Path
) -> None:
    before = repr(full)
    with pytest.raises(ZException, match=message):
        load_text(full, text, tmp_path)
    assert repr(full) == before


@pytest.mark.parametrize(
    "change", [{"format": "tiff"}, {"catDim": 3}, {"region": {"start": [0, 0]}}, {"region": []}]
)
def test_a_source_with_a_wrong_value_is_refused(
    change: dict[str, Any], image: Path, tmp_path: Path
) -> None:
    task = {"log_file": "", "input_image_source": {"filenames": [str(image)]} | change}
    with pytest.raises(ZException, match="Could not load task"):
        load_text(ZNeutubeAutoTrace(), json.dumps(task), tmp_path)


def test_a_missing_task_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ZException, match=r"Could not open file .*nowhere\.json"):
        ZNeutubeAutoTrace().loadTask(tmp_path / "nowhere.json")


def test_sources_and_configurations_are_copied_when_they_are_set(
    image: Path, tmp_path: Path
) -> None:
    worker = ZNeutubeAutoTrace()
    source, config, overrides = ZImgSource(str(image)), {"tag": [1]}, TraceConfig()
    worker.setInputImageSource(source)
    worker.setTraceConfig(config)
    worker.setAlgoConfigOverrides(overrides)
    before = task_of(worker, tmp_path)
    source.region.start.x, overrides.recover = 7, 9
    config["tag"].append(2)
    assert task_of(worker, tmp_path) == before


def test_cleared_settings_leave_the_task(full: ZNeutubeAutoTrace, tmp_path: Path) -> None:
    full.clearTraceConfig()
    full.clearAlgoConfigOverrides()
    task = task_of(full, tmp_path)
    assert set(FULL_ORDER) - set(task) == {"trace_config", "algo_overrides"}
    assert task["trace_config_path"] == "config.json"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda w: w.setZToXYRatio(0.0), ValueError, "zToXYRatio must be finite and above 0"),
        (lambda w: w.setZToXYRatio(-1), ValueError, "zToXYRatio must be finite and above 0"),
        (lambda w: w.setZToXYRatio(float("nan")), ValueError, "zToXYRatio must be finite"),
        (lambda w: w.setZToXYRatio("2"), TypeError, "zToXYRatio must be a number"),
        (lambda w: w.setSelectedChannelTime(-1, 0), TypeError, "channel must be an int of 0"),
        (lambda w: w.setSelectedChannelTime(0, 1.0), TypeError, "time must be an int"),
        (lambda w: w.setSelectedChannelTime(0), TypeError, "time"),
        (lambda w: w.setSignalDownsampleRatio([1, 2]), ValueError, "exactly 3 elements"),
        (lambda w: w.setSignalDownsampleRatio([1, 0, 1]), ValueError, "1 or above"),
        (lambda w: w.setSignalDownsampleRatio([1, 1.5, 1]), TypeError, "must be an int, not 1.5"),
        (lambda w: w.setSignalDownsampleRatio(None), TypeError, "sequence of 3 ints, not None"),
        (lambda w: w.setTraceLevel(1.5), TypeError, "level must be an int, not 1.5"),
        (lambda w: w.setTraceConfig(5), TypeError, "cfg must be a dict-like JSON object"),
        (lambda w: w.setTraceConfig({1: 2}), TypeError, "keys must be strings, not 1"),
        (lambda w: w.setTraceConfig({"a": object()}), TypeError, "JSON-compatible"),
        (lambda w: w.setAlgoConfigOverrides({}), TypeError, "cfg must be a TraceConfig"),
        (lambda w: w.setDoResampleAfterTracing(1), TypeError, "enabled must be True or False"),
        (lambda w: w.setDocHasAnySwc(0), TypeError, "v must be True or False, not 0"),
        (lambda w: w.setOutputSwcPath(None), TypeError, "filename must be a string, not None"),
        (lambda w: w.setInputFile("nowhere.tif"), ZException, "nowhere.tif does not exist"),
        (lambda w: w.setInputImageSource("a.tif"), TypeError, "imgSource must be a ZImgSource"),
    ],
)
def test_a_setter_refuses_a_wrong_value_and_keeps_the_old_one(
    call: Callable[[ZNeutubeAutoTrace], None],
    error: type[Exception],
    message: str,
    full: ZNeutubeAutoTrace,
) -> None:
    before = repr(full)
    with pytest.raises(error, match=message):
        call(full)
    assert repr(full) == before


def test_values_of_numpy_are_taken(tmp_path: Path) -> None:
    worker = ZNeutubeAutoTrace()
    worker.setZToXYRatio(np.float32(2.5))  # type: ignore[arg-type]
    worker.setSignalDownsampleRatio(np.array([1, 2, 3]))  # type: ignore[arg-type]
    worker.setSelectedChannelTime(np.uint8(1), np.int64(0))  # type: ignore[arg-type]
    task = task_of(worker, tmp_path)
    assert (task["z_scale"], task["signal_downsample_ratio"]) == (2.5, [1, 2, 3])
    assert task["selected_channel"] == 1


def ready(image: Path, output: Path) -> ZNeutubeAutoTrace:
    worker = ZNeutubeAutoTrace()
    worker.setInputFile(str(image))
    worker.setTraceConfig(neutube_json.TRACE_CONFIG)
    worker.setOutputSwcPath(str(output))
    return worker


def no_input(worker: ZNeutubeAutoTrace) -> None:
    worker.values["input_image_source"] = None


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (no_input, ZException, "Auto Trace failed: no input image source"),
        (lambda w: w.setOutputSwcPath(""), ZException, "Auto Trace failed: output SWC path is"),
        (lambda w: w.setOutputSwcPath("."), ZException, "it is a folder"),
        (lambda w: w.setOutputSwcPath("/proc/1/x/y.swc"), ZException, "cannot write /proc"),
        (lambda w: w.setTraceConfig({"tag": "x"}), ValueError, "tag 'x'; accepted"),
        (lambda w: w.setTraceLevel(9), ValueError, "no level 9"),
        (lambda w: w.setSelectedChannelTime(3, 0), ZException, r"c=3, t=0\) for .*image\.tif"),
        (lambda w: w.setSelectedChannelTime(0, 1), ZException, r"c=0, t=1\) for .*image\.tif"),
    ],
)
def test_a_run_that_cannot_succeed_is_refused_in_one_line(
    change: Callable[[ZNeutubeAutoTrace], None],
    error: type[Exception],
    message: str,
    image: Path,
    tmp_path: Path,
) -> None:
    worker = ready(image, tmp_path / "new" / "out.swc")
    change(worker)
    with pytest.raises(error, match=message) as caught:
        worker.run()
    assert "\n" not in str(caught.value)
    assert not worker.hasResult()
    assert [path.name for path in tmp_path.iterdir()] == ["image.tif"]


def test_the_mode_is_a_setting_of_its_own(image: Path, tmp_path: Path) -> None:
    worker = ready(image, tmp_path / "out.swc")
    assert "mode" not in worker.to_task()
    worker.setMode("accurate")
    worker.saveTask(tmp_path / "task.json")
    again = ZNeutubeAutoTrace()
    again.loadTask(tmp_path / "task.json")
    assert again.values["mode"] == "accurate"
    with pytest.raises(ValueError, match="mode must be 'accurate' or 'reference', not 'fast'"):
        worker.setMode("fast")
