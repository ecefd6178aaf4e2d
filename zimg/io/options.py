"""Check write options: unused options and invalid values are refused."""

from collections.abc import Collection, Mapping
from dataclasses import fields

from zimg._errors import ZException
from zimg.io.parameters import ZImgWriteParameters
from zimg.values import Compression

ZLIB, ZSTD = "zlibCompressionLevel", "zstdCompressionLevel"
# Accepted values of options and errors for others; both are behaviour of the reference.
WHOLE: Mapping[str, tuple[Collection[int], str]] = {
    ZLIB: (range(10), f"{ZLIB} {{}} is not 0 to 9"),
    ZSTD: (range(-7, 23), f"{ZSTD} {{}} is not -7 to 22"),
    "jpegQuality": (range(1, 101), "invalid jpeg quality: {} is not 1 to 100"),
    "jpegChrominanceSubsampling": (
        (444, 422, 420),
        "unsupported chrominance subsampling: {} is not 444, 422 or 420",
    ),
}
# Name of the level option of compressions that always have one.
LEVELS = {
    Compression.DEFLATE: (ZLIB,),
    Compression.ADOBE_DEFLATE: (ZLIB,),
    Compression.ZSTD: (ZSTD,),
    Compression.JPEGXR: ("jpegXRQuality",),
}


def check_options(name: str, parameters: ZImgWriteParameters, used: Collection[str]) -> None:
    """Refuse options that would have no effect, and invalid values.

    Parameters
    ----------
    name
        Name of the format for errors, with the compression where options depend on it.
    parameters
        Parameters as given; the compression is not checked.
    used
        Options that the writer uses.

    Raises
    ------
    ZException
        Naming the option, its value and what is accepted.
    """
    usual = ZImgWriteParameters()
    for option in (field.name for field in fields(parameters) if field.name != "compression"):
        value = getattr(parameters, option)
        if option in used:
            _check_value(option, value)
        elif value != getattr(usual, option):
            known = ", ".join(used) or "none"
            raise ZException(f"{name} has no option {option} (it is {value!r}); it has {known}")


def _check_value(option: str, value: object) -> None:
    if option in WHOLE:
        accepted, words = WHOLE[option]
        if value not in accepted:
            raise ZException(words.format(value))
    if option == "jpegXRQuality" and not (isinstance(value, int | float) and 0 < value <= 1):
        raise ZException(f"invalid jpeg xr quality: {value} is not in (0, 1]")
