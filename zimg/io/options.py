"""Options of writing: those that a writer does not use are refused, and so are wrong values."""

from collections.abc import Collection, Mapping
from dataclasses import fields

from zimg._errors import ZException
from zimg.io.parameters import ZImgWriteParameters
from zimg.values import Compression

ZLIB, ZSTD = "zlibCompressionLevel", "zstdCompressionLevel"
# What an option may be, and what is said of other values; behaviour and words of the reference.
WHOLE: Mapping[str, tuple[Collection[int], str]] = {
    ZLIB: (range(10), f"{ZLIB} {{}} is not 0 to 9"),
    ZSTD: (range(-7, 23), f"{ZSTD} {{}} is not -7 to 22"),
    "jpegQuality": (range(1, 101), "invalid jpeg quality: {} is not 1 to 100"),
    "jpegChrominanceSubsampling": (
        (444, 422, 420),
        "unsupported chrominance subsampling: {} is not 444, 422 or 420",
    ),
}
# The level of a compression, by the compressions that have one everywhere.
LEVELS = {
    Compression.DEFLATE: (ZLIB,),
    Compression.ADOBE_DEFLATE: (ZLIB,),
    Compression.ZSTD: (ZSTD,),
    Compression.JPEGXR: ("jpegXRQuality",),
}


def check_options(name: str, parameters: ZImgWriteParameters, used: Collection[str]) -> None:
    """Refuse options that would have no effect, and values that have no meaning.

    Parameters
    ----------
    name
        What is written, for errors: a format, and the compression where options depend on it.
    parameters
        As they were given. Its compression is not looked at.
    used
        The options that are honoured.

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
