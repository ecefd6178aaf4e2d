"""Building blocks of notebook cards: a table, figures, and rows that cannot fail."""

from base64 import b64encode
from collections.abc import Callable, Iterable
from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from zimg.view.png import png_bytes

TABLE = "border-collapse:collapse;margin:0"
CARD = "display:flex;flex-wrap:wrap;gap:1em;align-items:flex-start;color:inherit"
LABEL = "text-align:left;opacity:.7;padding:0 .8em 0 0;font-weight:normal;vertical-align:top"
VALUE = "text-align:left;padding:0"
PICTURE = "image-rendering:pixelated;max-width:none"
CAPTION = "font-size:85%;opacity:.7;max-width:24em"


class Row(NamedTuple):
    """A label, and a function that makes the HTML next to it."""

    label: str
    value: Callable[[], str]


def card(title: str, rows: Iterable[Row], figures: Callable[[], str]) -> str:
    """HTML of a card in the colours of the page, without scripts; never raises.

    Parameters
    ----------
    title
        Plain text above the table.
    rows
        Lines of the table; a line that fails shows the error instead.
    figures
        Function that makes the HTML of the pictures; if it fails, the error is shown instead.
    """
    lines = "".join(
        f'<tr style="background:transparent"><th style="{LABEL}">{escape(label)}</th>'
        f'<td style="{VALUE}">{safely(value, "not known")}</td></tr>'
        for label, value in rows
    )
    table = f'<table style="{TABLE}"><tbody>{lines}</tbody></table>'
    beside = safely(figures, "no picture")
    return f'<div style="{CARD}"><div><b>{escape(title)}</b>{table}</div>{beside}</div>'


def figure(picture: str, caption: str) -> str:
    """HTML of a picture with a caption in plain text below it."""
    below = f'<figcaption style="{CAPTION}">{escape(caption)}</figcaption>' if caption else ""
    return f'<figure style="margin:0">{picture}{below}</figure>'


def image_tag(picture: NDArray[np.uint8], shrink: float, text: str) -> str:
    """HTML of a picture, ``(height, width, 3)`` RGB or ``(height, width, 4)`` RGBA.

    Parameters
    ----------
    picture
        uint8.
    shrink
        Pixels of the picture for each pixel of the page.
    text
        Alternative text.
    """
    height, width = (max(1, round(side / shrink)) for side in picture.shape[:2])
    data = b64encode(png_bytes(picture)).decode("ascii")
    return (
        f'<img src="data:image/png;base64,{data}" width="{width}" height="{height}" '
        f'style="{PICTURE}" alt="{escape(text)}">'
    )


def safely(make: Callable[[], str], failing: str) -> str:
    """Result of `make`; if it fails, `failing` and the error, so that a card is always shown."""
    try:
        return make()
    except Exception as error:
        reason = f"{failing}: {type(error).__name__}: {_text_of(error)}"
        return f'<span style="{CAPTION}">{escape(reason)}</span>'


def _text_of(error: Exception) -> str:
    """First line of the message of an error."""
    return next(iter(str(error).strip().splitlines()), "")[:300]
