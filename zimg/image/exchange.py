"""The ways from an image to the arrays of a framework: asked for, or by an exchange protocol."""

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

# What `to_arrays` gives that is not an array of the array API standard.
_NOT_IMAGES = ("memview", "tensorflow", "tf")


class ImageExchange:
    """Arrays of an image in any framework, and NumPy's and DLPack's protocols."""

    _arrays: list[Array]
    info: ZImgInfo

    def to_arrays(
        self, framework: ArrayFramework = "auto", *, device: Device = None, copy: bool | None = None
    ) -> list[Array]:
        """The arrays of all times in a framework: views where possible and safe.

        Parameters
        ----------
        framework
            ``auto`` (as stored), ``numpy``, ``torch``, ``jax``, ``cupy``, ``array_api_strict``,
            ``array_api``, ``tensorflow``, ``memview``.
        device
            Where they shall be; None for where they are. Only ``cpu`` brings them to the host.
        copy
            True: always copies; False: views or a `ValueError`; None: copies where needed.

        Returns
        -------
        list of arrays
            ``(C, Z, Y, X)`` each, dtype as stored, without a gradient. What is read-only or
            immutable stays so: a framework that would write to it gets a copy.

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
        """The image in another framework or on another device, with the same metadata.

        Parameters
        ----------
        framework, device, copy
            As in `to_arrays`, ``memview`` and ``tensorflow`` excepted.

        Returns
        -------
        ZImg
            It shares the memory of this one where `to_arrays` does.
        """
        if framework in _NOT_IMAGES:
            raise ValueError(f"an image cannot hold {framework!r}; to_arrays gives them")
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

        Examples
        --------
        >>> import numpy as np
        >>> image = ZImg(np.zeros((2, 4, 6, 8), np.uint8))
        >>> [options["name"] for _, options, _ in image.to_napari()]
        ['image channel 0', 'image channel 1']
        """
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
            For layers that are no image, or differ.
        """
        alone = hasattr(layers, "as_layer_data_tuple") or (
            isinstance(layers, tuple) and len(layers) == 3 and isinstance(layers[2], str)
        )
        arrays, told = arrays_of_layers([layers] if alone else list(layers))
        image = cls(arrays, layout="CZYX")
        image.info = described(image.info, told)
        return image

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled: arrays on the host by way of NumPy, as not every framework can."""
        state = dict(self.__dict__)
        if self._arrays and on_host(self._arrays[0]):
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
        """The ``(C, Z, Y, X)`` array of the only time point for NumPy, a view where it can be.

        Raises
        ------
        ValueError
            When there is not one time point, when the pixels are not on the host, or when a copy
            is needed and `copy` is False.
        """
        host: NDArray[np.generic] = exported(self._only_array(), "numpy")
        if dtype is None or np.dtype(dtype) == host.dtype:
            return host.copy() if copy else host
        if copy is False:
            raise ValueError(f"{host.dtype} voxels as {np.dtype(dtype)} need a copy; allow it")
        return host.astype(dtype)

    def __dlpack__(self, *, copy: bool | None = None, **options: Any) -> Any:
        """The array of the only time point as a DLPack capsule.

        Read-only and immutable memory is shared with consumers that heed the flag for it (DLPack
        1.0), such as NumPy, and copied for others. Those ask with ``max_version`` and ``dl_device``
        of the standard; torch 2.13 leaves the latter out, and writes in spite of the flag.

        Parameters
        ----------
        copy
            As the array API standard has it, for read-only memory too.
        **options
            ``stream``, ``max_version`` and ``dl_device`` of the standard, for the array.

        Raises
        ------
        BufferError
            When a copy is needed and `copy` is False, or the array cannot do what is asked for.
        ValueError
            When there is not one time point.
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
            raise BufferError("read-only memory cannot be shared by this DLPack; allow a copy")
        return exported(x, copy=True).__dlpack__(**given)

    def __dlpack_device__(self) -> tuple[int, int]:
        """Kind and number of the device of the only time point, as DLPack numbers them."""
        kind, number = self._only_array().__dlpack_device__()
        return kind, number

    def _only_array(self) -> Array:
        """The array of the only time point."""
        if len(self._arrays) != 1:
            raise ValueError(
                f"an image of {len(self._arrays)} time points is not one array; take one with "
                "image[t], or all with to_arrays()"
            )
        return self._arrays[0]
