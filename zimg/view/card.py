"""What the notebook cards are made of: a table, figures, and rows that cannot fail."""

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
    """A label, and what makes the HTML beside it."""

    label: str
    value: Callable[[], str]


def card(title: str, rows: Iterable[Row], figures: Callable[[], str]) -> str:
    """HTML of a card; colours are those of the page, nothing runs, and it never raises.

    Parameters
    ----------
    title
        Plain text above the table.
    rows
        Lines of the table; one that fails says how instead.
    figures
        Makes the HTML of the pictures beside the table; a reason takes their place when it fails.
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
    """Picture in HTML with a caption in plain text below it."""
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
        For readers who do not see it.
    """
    height, width = (max(1, round(side / shrink)) for side in picture.shape[:2])
    data = b64encode(png_bytes(picture)).decode("ascii")
    return (
        f'<img src="data:image/png;base64,{data}" width="{width}" height="{height}" '
        f'style="{PICTURE}" alt="{escape(text)}">'
    )


def safely(make: Callable[[], str], failing: str) -> str:
    """What `make` returns; when it fails, `failing` and why: a card is shown in any case."""
    try:
        return make()
    except Exception as error:
        reason = f"{failing}: {type(error).__name__}: {_text_of(error)}"
        return f'<span style="{CAPTION}">{escape(reason)}</span>'


def _text_of(error: Exception) -> str:
    """First line of an error's message."""
    return next(iter(str(error).strip().splitlines()), "")[:300]
