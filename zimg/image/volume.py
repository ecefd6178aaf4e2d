"""The one channel at one time that an algorithm works on."""

from zimg._typing import Array
from zimg.image.img import ZImg


def volume_of(image_or_array: ZImg | Array, channel: int, time: int, *, caller: str) -> Array:
    """The ``(Z, Y, X)`` array of an image, or of an array that is one or a plane of one.

    Parameters
    ----------
    image_or_array
        A `ZImg`, or a ``(Z, Y, X)`` or ``(Y, X)`` array of any framework.
    channel, time
        Which of the image's channels and time points; an array has one of each.
    caller
        Who asks, for errors.

    Returns
    -------
    Array
        The memory is shared.

    Raises
    ------
    ValueError
        For a channel or time that is not there, or anything else than such an array.
    """
    if isinstance(image_or_array, ZImg):
        times, channels = image_or_array.shape[:2]
        if not (0 <= time < times and 0 <= channel < channels):
            raise ValueError(
                f"an image of {channels} channels and {times} times has no channel {channel} "
                f"at time {time}"
            )
        return image_or_array.data[time][channel, ...]
    if channel or time:
        raise ValueError(f"an array has one channel and time, got channel={channel}, time={time}")
    shape = getattr(image_or_array, "shape", None)
    if shape is None or len(shape) not in (2, 3) or 0 in shape:
        told = type(image_or_array).__name__ if shape is None else tuple(shape)
        raise ValueError(f"{caller} takes a ZImg or a (Z, Y, X) or (Y, X) array, got {told}")
    return image_or_array if len(shape) == 3 else image_or_array[None, :, :]
