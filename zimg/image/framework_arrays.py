"""Convert images to arrays of a framework, by method or exchange protocol."""

from contextlib import suppress
from copy import copy as shallow_copy
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from zimg._typing import Array, ArrayFramework, Device, ImageFramework
from zimg.arrays.export import exported
from zimg.arrays.interop import framework_name
from zimg.image.napari_layers import arrays_of_layers, image_layers
from zimg.ops.memory import host_view, is_writable, on_host
from zimg.values.info import ZImgInfo, described

# Results of `to_arrays` that are not arrays of the array API standard.
_NOT_IMAGES = ("memview", "tensorflow", "tf")


class ImageExchange:
    """Conversion of an image to arrays, and the protocols of NumPy and DLPack."""

    _arrays: list[Array]
    info: ZImgInfo

    def to_arrays(
        self, framework: ArrayFramework = "auto", *, device: Device = None, copy: bool | None = None
    ) -> list[Array]:
        """Return the arrays of all time points in a framework, as views where possible and safe.

        Parameters
        ----------
        framework
            ``auto`` (as stored), ``numpy``, ``torch``, ``jax``, ``cupy``, ``array_api_strict``,
            ``array_api``, ``tensorflow``, ``memview``.
        device
            Device of the result; None keeps the device. Only ``cpu`` downloads to the host.
        copy
            True always copies, False returns views or raises a `ValueError`, None copies if
            necessary.

        Returns
        -------
        list of arrays
            ``(C, Z, Y, X)`` each, dtype as stored, without a gradient. Read-only and immutable
            memory stays so: frameworks that could write to it get a copy.

        Raises
        ------
        ValueError
            If the framework or device is unknown, a view is requested but impossible, or memory of
            a device would be downloaded without ``device="cpu"``.
        TypeError
            If the framework does not support the dtype.
        ModuleNotFoundError
            If the framework is not installed.

        Examples
        --------
        >>> import numpy as np
        >>> image = ZImg(np.zeros((4, 6, 8), np.uint8), layout="ZYX")
        >>> (tensor,) = image.to_arrays("torch")  # one array per time point
        >>> tuple(tensor.shape)
        (1, 4, 6, 8)
        """
        return [exported(x, framework, device=device, copy=copy) for x in self._arrays]

    def to(
        self, framework: ImageFramework = "auto", *, device: Device = None, copy: bool | None = None
    ) -> Self:
        """Convert the image to another framework or device, with the same metadata.

        Parameters
        ----------
        framework, device, copy
            As in `to_arrays`, ``memview`` and ``tensorflow`` excepted.

        Returns
        -------
        ZImg
            Image that shares memory with this one where `to_arrays` does.

        Raises
        ------
        ValueError, TypeError, ModuleNotFoundError
            As in `to_arrays`; also for a framework whose arrays an image cannot hold.
        """
        if framework in _NOT_IMAGES:
            raise ValueError(f"an image cannot hold {framework!r}: use to_arrays")
        result = shallow_copy(self)  # metadata is replaced, never changed, so it may be shared
        result._arrays = self.to_arrays(framework, device=device, copy=copy)
        return result

    def to_napari(self, viewer: Any = None, *, name: str = "image") -> list[Any]:
        """Return the image as napari layers, one per channel, or add them to a viewer.

        Parameters
        ----------
        viewer
            A `napari.Viewer` to add the layers to, or None.
        name
            Of the layers; names of channels follow it.

        Returns
        -------
        list
            Data, options and type of each layer without a viewer, else the layers that were added.
            Axes are t, z, y, x without those of one sample; scales are in µm where the voxel size
            is known. Pixels on another device are copied to the host.

        Raises
        ------
        ValueError
            For an empty image.

        Examples
        --------
        >>> import numpy as np
        >>> image = ZImg(np.zeros((2, 4, 6, 8), np.uint8))
        >>> [options["name"] for _, options, _ in image.to_napari()]
        ['image channel 0', 'image channel 1']
        """
        if not self._arrays:
            raise ValueError("an empty image has no layers")
        host = np.stack(self.to_arrays("numpy", device="cpu"))
        layers = image_layers([host], self.info, name)
        if viewer is None:
            return layers
        return [viewer.add_image(data, **options) for data, options, _ in layers]

    @classmethod
    def from_napari(cls, layers: Any) -> Self:
        """Make an image of a napari layer, or of several as its channels.

        Parameters
        ----------
        layers
            Layers of images or labels, alike in size and type, or their data, options and types.
            Of several resolutions, the full one is taken.

        Returns
        -------
        ZImg
            Axes y and x, before them z, before it t; of three axes the first is t where the layer
            labels it so. Voxel sizes in µm where the layer has a unit
            of length.

        Raises
        ------
        ValueError
            If the layers are not images, or differ in shape.
        """
        alone = hasattr(layers, "as_layer_data_tuple") or (
            isinstance(layers, tuple) and len(layers) == 3 and isinstance(layers[2], str)
        )
        arrays, entries = arrays_of_layers([layers] if alone else list(layers))
        image = cls(arrays, layout="CZYX")  # type: ignore[call-arg]  # it is a ZImg
        image.info = described(image.info, entries)
        return image

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the arrays as NumPy arrays, since not every framework supports pickling.

        Torch pickles its bfloat16, which NumPy lacks.
        """
        state = dict(self.__dict__)
        if self._arrays and str(self._arrays[0].dtype) == "torch.bfloat16":
            state["_arrays"] = self.to_arrays(copy=True)  # a part pickles the memory of the whole
        elif self._arrays and on_host(self._arrays[0]):
            state["_arrays"] = self.to_arrays("numpy")
            state["_framework"] = framework_name(self._arrays[0])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        framework = state.pop("_framework", "auto")
        self.__dict__.update(state)
        self._arrays = self.to_arrays(framework)

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[np.generic]:
        """The ``(C, Z, Y, X)`` array of the only time point for NumPy, as a view if possible.

        Raises
        ------
        ValueError
            When the image does not have exactly one time point, the pixels are not on the host, or
            a copy is necessary but `copy` is False.
        """
        host: NDArray[np.generic] = exported(self._only_array(), "numpy")
        if dtype is None or np.dtype(dtype) == host.dtype:
            return host.copy() if copy else host
        if copy is False:
            raise ValueError(
                f"converting {host.dtype} voxels to {np.dtype(dtype)} needs a copy; allow it"
            )
        return host.astype(dtype)

    def __dlpack__(self, *, copy: bool | None = None, **options: Any) -> Any:
        """The array of the only time point as a DLPack capsule.

        Read-only and immutable memory is shared with consumers that support the read-only flag
        (DLPack 1.0), such as NumPy, and copied for others. Supporting consumers pass
        ``max_version`` and ``dl_device``; torch 2.13 omits the latter and ignores the flag.

        Parameters
        ----------
        copy
            As in the array API standard, also for read-only memory.
        **options
            ``stream``, ``max_version`` and ``dl_device`` of the standard, for the array.

        Raises
        ------
        BufferError
            When a copy is necessary but `copy` is False, or the array does not support the request.
        ValueError
            When the image does not have exactly one time point.
        """
        x = exported(self._only_array())
        given = {name: value for name, value in options.items() if value is not None}
        if not copy and is_writable(x):
            return x.__dlpack__(**given)
        heeds = "dl_device" in options and tuple(given.get("max_version", ())) >= (1, 0)
        if heeds and on_host(x) and not copy:
            with suppress(BufferError, TypeError):  # NumPy 2.0 does not know the flag
                host: Any = host_view(x)
                return host.__dlpack__(**given)
        if copy is False:
            raise BufferError(
                "read-only memory cannot be shared through this version of DLPack; allow a copy"
            )
        return exported(x, copy=True).__dlpack__(**given)

    def __dlpack_device__(self) -> tuple[int, int]:
        """DLPack device type and number of the only time point."""
        kind, number = self._only_array().__dlpack_device__()
        return kind, number

    def _only_array(self) -> Array:
        """The array of the only time point."""
        if len(self._arrays) != 1:
            raise ValueError(
                f"an image of {len(self._arrays)} time points is not a single array: select "
                "one with "
                "image[t] or get all with to_arrays()"
            )
        return self._arrays[0]
