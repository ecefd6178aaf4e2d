"""Widgets of napari that trace a layer, or skeletonize one, with progress and a way to stop."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import numpy as np
from magicgui.widgets import CheckBox, ComboBox, Container, Label, ProgressBar, PushButton
from napari.layers import Image, Labels, Layer
from qtpy.QtCore import QObject, Signal

from zimg._errors import ZCancellationException
from zimg._progress import ProgressCallback
from zimg.skeletons import skeletonize_labels
from zimg.swc import ZSwc
from zimg.tracing import trace

Compute = Callable[[Any, ProgressCallback, Event], list[tuple[str, ZSwc]]]


class _Messages(QObject):  # type: ignore[misc, unused-ignore]  # Qt may have no types
    """Signals from a worker thread, delivered in the thread of the window."""

    stage = Signal(str, int, int)
    done = Signal(object)
    failed = Signal(str)


class LayerWork(Container):  # type: ignore[misc, type-arg, unused-ignore]
    """A layer to choose, a button to start, progress, and a button to stop.

    Parameters
    ----------
    viewer
        That the trees are added to.
    kind
        Class of the layers that can be chosen.
    verb
        What the button says.
    compute
        Names and trees of the pixels; called in a thread.
    options
        Further widgets.
    """

    def __init__(
        self, viewer: Any, kind: type[Layer], verb: str, compute: Compute, *options: Any
    ) -> None:
        self._viewer, self._compute = viewer, compute
        self._cancel = Event()
        self._messages = _Messages()
        self._messages.stage.connect(self._show_stage)
        self._messages.done.connect(self._finish)
        self._messages.failed.connect(self._end)
        self.layer: Any = ComboBox(
            label="layer",
            nullable=True,
            choices=lambda _: [each for each in viewer.layers if isinstance(each, kind)],
        )
        self.start, self.stop = PushButton(text=verb), PushButton(text="Cancel", enabled=False)
        self.bar, self.text = ProgressBar(value=0, max=1), Label(value="")
        self.start.changed.connect(self.run)
        self.stop.changed.connect(self._cancel.set)
        super().__init__(widgets=[self.layer, *options, self.start, self.stop, self.bar, self.text])
        viewer.layers.events.inserted.connect(self._refresh)
        viewer.layers.events.removed.connect(self._refresh)
        self._refresh()
        self.native.setMinimumWidth(260)

    def _refresh(self, event: object = None) -> None:  # noqa: ARG002 (napari gives one)
        """Offer the layers that there are, and choose one when none is chosen."""
        self.layer.reset_choices()
        found = [each for each in self.layer.choices if each is not None]
        if self.layer.value is None and found:
            self.layer.value = found[-1]

    def run(self) -> None:
        """Start the work on the chosen layer."""
        layer = self.layer.value
        if layer is None:
            self.text.value = "choose a layer first"
            return
        self._cancel.clear()
        self.start.enabled, self.stop.enabled = False, True
        pixels = volume_shown(layer, self._viewer.dims.current_step)
        self._source = layer
        Thread(target=self._work, args=(pixels, anisotropy(layer)), daemon=True).start()

    def _work(self, pixels: Any, z_to_xy: float) -> None:
        """Compute in a thread; only signals leave it."""
        try:
            found = self._compute((np.asarray(pixels), z_to_xy), self._tell, self._cancel)
        except ZCancellationException:
            self._messages.failed.emit("cancelled")
        except Exception as error:
            self._messages.failed.emit(str(error) or type(error).__name__)
        else:
            self._messages.done.emit(found)

    def _tell(self, stage: str, done: int, total: int | None) -> None:
        self._messages.stage.emit(stage, done, total or 0)

    def _show_stage(self, stage: str, done: int, total: int) -> None:
        self.text.value = f"{stage} {done}/{total}" if total else stage
        self.bar.max, self.bar.value = max(total, 1), min(done, max(total, 1))

    def _finish(self, found: list[tuple[str, ZSwc]]) -> None:
        for name, tree in found:
            (data, options, _), *_ = tree.to_napari(name=f"{self._source.name} {name}")
            place = self._source.scale[-3:], self._source.translate[-3:]
            if len(place[0]) == 3:
                options |= {"scale": place[0], "translate": place[1]}
                options["units"] = self._source.units[-3:]
            self._viewer.add_vectors(data, **options)
        nodes = sum(len(tree) for _, tree in found)
        self._end(f"{len(found)} trees, {nodes} nodes" if found else "nothing was found")

    def _end(self, text: str) -> None:
        self.text.value, self.bar.value = text, 0
        self.start.enabled, self.stop.enabled = True, False


def volume_shown(layer: Any, step: tuple[int, ...]) -> Any:
    """The volume of a layer at the time that is looked at, of full resolution."""
    pixels = layer.data[0] if layer.multiscale else layer.data
    if pixels.ndim > 3:
        pixels = pixels[tuple(step[-pixels.ndim : -3])]
    return pixels


def anisotropy(layer: Any) -> float:
    """Size of a voxel in z divided by that in x; 1 for a plane."""
    scale = layer.scale
    return float(scale[-3] / scale[-1]) if len(scale) > 2 else 1.0


class TraceWidget(LayerWork):
    """Traces an image layer."""

    def __init__(self, napari_viewer: Any) -> None:  # napari passes the viewer by this name
        self._dark = CheckBox(text="neurites are dark", value=False)
        self._mode = ComboBox(label="mode", choices=["accurate", "reference"], value="accurate")
        options = self._mode, self._dark
        super().__init__(napari_viewer, Image, "Trace", self._traced, *options)

    def _traced(
        self, given: tuple[Any, float], progress: ProgressCallback, cancel: Event
    ) -> list[tuple[str, ZSwc]]:
        pixels, ratio = given
        tree = trace(
            pixels,
            z_to_xy=ratio,
            mode=self._mode.value,
            invert=self._dark.value,
            progress=progress,
            cancel=cancel,
        )
        return [("trace", tree)] if len(tree) else []


class SkeletonizeWidget(LayerWork):
    """Skeletonizes all bodies of a labels layer."""

    def __init__(self, napari_viewer: Any) -> None:  # napari passes the viewer by this name
        super().__init__(napari_viewer, Labels, "Skeletonize", self._skeletons)

    def _skeletons(
        self, given: tuple[Any, float], progress: ProgressCallback, cancel: Event
    ) -> list[tuple[str, ZSwc]]:
        found = skeletonize_labels(given[0], progress=progress, cancel=cancel)
        trees = [tree for tree in found.values() if len(tree)]
        return [("skeletons", ZSwc.concatenate(trees))] if trees else []
