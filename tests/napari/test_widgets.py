"""The widgets in the real napari: layers in, trees out, progress, and a way to stop."""

import sys
from time import monotonic, sleep
from typing import Any

import numpy as np
import pytest

from zimg import ZSwc
from zimg.phantom import neurite

pytest.importorskip("napari", reason="napari is not installed: `make napari` runs this")
pytest.importorskip("qtpy", reason="Qt is not installed: `make napari` runs this")
pytestmark = pytest.mark.filterwarnings("ignore")  # of packages that napari imports


def viewer_model() -> Any:
    """What the widgets need of a viewer; a window would need OpenGL."""
    from napari.components import ViewerModel

    return ViewerModel()


@pytest.fixture
def application(monkeypatch):
    """Qt without a screen."""
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    try:
        from qtpy.QtWidgets import QApplication
    except Exception as error:  # no binding of Qt, or one without its libraries
        pytest.skip(f"Qt cannot be used here: {error}")
    return QApplication.instance() or QApplication(sys.argv[:1])


def wait(application, widget, seconds: float = 120.0) -> None:
    """Handle events until the work is done."""
    end = monotonic() + seconds
    while not widget.start.enabled:
        application.processEvents()
        sleep(0.01)  # a loop without a pause would hold up the thread
        assert monotonic() < end, "the widget did not end"


def test_a_layer_is_traced_with_progress(application):
    from zimg.napari.widgets import TraceWidget

    viewer, phantom = viewer_model(), neurite()
    viewer.add_image(phantom.volume, scale=(2.0, 0.5, 0.5), name="neurite")
    widget = TraceWidget(viewer)
    told = []
    widget._messages.stage.connect(lambda *each: told.append(each))
    widget.start.changed.emit(True)
    assert widget.stop.enabled
    wait(application, widget)
    assert told
    layer = viewer.layers[-1]
    assert layer.name == "neurite trace"
    assert layer.scale == pytest.approx([2.0, 0.5, 0.5])
    tree = ZSwc.from_napari(layer)
    assert len(tree) > 5
    assert widget.text.value == f"1 trees, {len(tree)} nodes"


def test_the_work_can_be_stopped(application):
    from zimg.napari.widgets import TraceWidget

    viewer = viewer_model()
    viewer.add_image(np.random.default_rng(0).random((40, 200, 200), np.float32))
    widget = TraceWidget(viewer)
    widget.run()
    widget.stop.changed.emit(True)
    wait(application, widget)
    assert widget.text.value == "cancelled"
    assert len(viewer.layers) == 1


def test_labels_are_skeletonized(application):
    from zimg.napari.widgets import SkeletonizeWidget

    viewer = viewer_model()
    labels = np.zeros((9, 40, 40), np.uint16)
    labels[3:6, 5:8, 3:37], labels[3:6, 20:23, 3:37] = 1, 2
    viewer.add_labels(labels, name="cells")
    widget = SkeletonizeWidget(viewer)
    widget.run()
    wait(application, widget)
    tree = ZSwc.from_napari(viewer.layers[-1])
    assert len(tree.roots) == 2


def test_an_error_is_shown_and_nothing_is_added(application):
    from zimg.napari.widgets import TraceWidget

    viewer = viewer_model()
    widget = TraceWidget(viewer)
    widget.run()
    assert widget.text.value == "choose a layer first"
    viewer.add_image(np.full((4, 9, 9), np.nan, np.float32))
    widget.run()
    wait(application, widget)
    assert "NaN" in widget.text.value
    assert len(viewer.layers) == 1
