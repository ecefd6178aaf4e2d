"""Image sources in task files."""

from copy import deepcopy
from typing import Any

from zimg.io.source import ZImgSource
from zimg.values import Dimension, FileFormat, ZImgRegion


def image_source(name: str, value: Any) -> ZImgSource:
    """Return a copy of a `ZImgSource`."""
    if isinstance(value, ZImgSource):
        return deepcopy(value)
    raise TypeError(f"{name} must be a ZImgSource, not {value!r}")


def source_to_json(source: ZImgSource) -> dict[str, Any]:
    """Return the JSON object that represents a source in task files."""
    return {
        "filenames": list(source.filenames),
        "catDim": source.catDim.name,
        "catScenes": source.catScenes,
        "region": {
            "start": list(source.region.start),
            "end": list(source.region.end),
        },
        "scene": source.scene,
        "format": source.format.name,
        "expandXY": source.expandXY,
        "expandWithMaxValue": source.expandWithMaxValue,
    }


def source_from_json(name: str, value: Any) -> ZImgSource:
    """Return the source that a JSON object represents; only ``"filenames"`` is required.

    Raises
    ------
    TypeError, ValueError
        If a value has the wrong form.
    ZException
        If a file does not exist.
    """
    if not isinstance(value, dict) or not value.get("filenames"):
        raise TypeError(f"{name} must be an object with a list of filenames, not {value!r}")
    filenames = [str(filename) for filename in value["filenames"]]
    source = ZImgSource(filenames[0]) if len(filenames) == 1 else ZImgSource(filenames, Dimension.Z)
    decoders = {"catDim": _dimension, "format": _format, "region": _region}
    for attribute in source_to_json(source):
        if attribute in value and attribute != "filenames":
            decode = decoders.get(attribute)
            given = value[attribute]
            setattr(source, attribute, decode(given) if decode else given)
    return source


def _dimension(value: Any) -> Dimension:
    return Dimension[_member(value, Dimension)]


def _format(value: Any) -> FileFormat:
    return FileFormat[_member(value, FileFormat)]


def _member(value: Any, enumeration: type[Dimension] | type[FileFormat]) -> str:
    names = list(enumeration.__members__)
    if value not in names:
        raise ValueError(f"{enumeration.__name__} must be one of {', '.join(names)}, not {value!r}")
    return str(value)


def _region(value: Any) -> ZImgRegion:
    try:
        return ZImgRegion(value["start"], value["end"])
    except (TypeError, KeyError) as error:
        raise ValueError(
            f"region must have start and end of five integers, not {value!r}"
        ) from error
