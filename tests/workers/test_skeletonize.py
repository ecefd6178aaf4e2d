"""The skeletonizing worker: its file, its task files, and what it refuses before the work."""

import numpy as np
import pytest

from zimg import ZException, ZImg, ZNeutubeSkeletonize, ZSwc


@pytest.fixture
def mask(tmp_path):
    data = np.zeros((1, 9, 9, 64), np.uint8)
    data[0, 3:6, 3:6, 2:62] = 1
    path = tmp_path / "mask.tif"
    ZImg(data).save(path)
    return path


def worker(mask, output) -> ZNeutubeSkeletonize:
    made = ZNeutubeSkeletonize()
    made.setInputImagePath(mask)
    made.setOutputSwcPath(output)
    return made


def test_a_run_writes_the_tree(mask, tmp_path):
    made = worker(mask, tmp_path / "new" / "out.swc")
    made.run()
    assert made.hasResult()
    assert len(ZSwc(tmp_path / "new" / "out.swc")) > 1


def test_without_an_object_a_stale_file_goes_and_there_is_no_error(tmp_path):
    ZImg(np.zeros((1, 3, 4, 5), np.uint8)).save(tmp_path / "empty.tif")
    (tmp_path / "out.swc").write_text("1 0 0 0 0 1 -1\n")
    made = worker(tmp_path / "empty.tif", tmp_path / "out.swc")
    made.run()
    assert not made.hasResult()
    assert not (tmp_path / "out.swc").exists()


def test_a_task_file_says_everything(mask, tmp_path):
    made = worker(mask, str(tmp_path / "out.swc"))
    made.setSkeletonizeConfig({"minimalLength": 5})
    made.setDownsampleIntervalOverride([1, 0, 0])
    made.setVerbose(True)
    made.saveTask(str(tmp_path / "task.json"))
    other = ZNeutubeSkeletonize()
    other.loadTask(str(tmp_path / "task.json"))
    assert other.values == made.values
    other.run()
    assert other.hasResult()


def test_what_is_missing_is_reported_before_the_work(mask, tmp_path):
    with pytest.raises(ZException, match="no input image source"):
        ZNeutubeSkeletonize().run()
    with pytest.raises(ZException, match="output SWC path is empty"):
        worker(mask, "").run()
    ZImg(np.ones((2, 3, 4, 5), np.uint8)).save(tmp_path / "two.tif")
    with pytest.raises(ZException, match="has 2 channels"):
        worker(tmp_path / "two.tif", tmp_path / "out.swc").run()


def test_an_interval_of_two_numbers_is_refused():
    with pytest.raises(ValueError, match="exactly 3"):
        ZNeutubeSkeletonize().setDownsampleIntervalOverride([1, 2])
