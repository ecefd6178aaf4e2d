"""XML metadata, parsed without entities that could expand."""

import logging
import re
from xml.etree import ElementTree as ET

from zimg._errors import ZException


class BrokenXml(ZException):
    """A document that cannot be parsed."""


_log = logging.getLogger("zimg")
# Characters that XML 1.0 does not allow, and references to them.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,8}));")


def xml_root(text: str, what: str) -> ET.Element:
    """The root of a document.

    Parameters
    ----------
    text
        The document. Characters that XML does not allow, also after its end, are dropped with a
        warning.
    what
        Name of the document for errors, such as ``"the OME-XML"``.

    Raises
    ------
    BrokenXml
        When it cannot be parsed.
    ZException
        When it declares a document type or entities.
    """
    _refuse_entities(text, what)
    try:
        return ET.fromstring(text)
    except (ET.ParseError, ValueError) as error:
        cleaned = _cleaned(text)
        if cleaned == text:
            raise BrokenXml(f"{what} is broken: {error}") from error
    _refuse_entities(cleaned, what)
    try:
        root = ET.fromstring(cleaned)
    except (ET.ParseError, ValueError) as error:
        raise BrokenXml(f"{what} is broken: {error}") from error
    _log.warning("%s contains characters that XML does not allow; they are ignored", what)
    return root


def _refuse_entities(text: str, what: str) -> None:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ZException(f"{what} declares a document type or entities, which are refused")


def _cleaned(text: str) -> str:
    """The text without illegal characters, from its first `<` to its last `>`."""
    plain = _REFERENCE.sub(lambda found: "" if _is_illegal(found) else found[0], text)
    plain = _ILLEGAL.sub("", plain)
    return plain[max(plain.find("<"), 0) : plain.rfind(">") + 1]


def _is_illegal(found: re.Match[str]) -> bool:
    number = int(found[1], 16) if found[1] else int(found[2])
    return number > 0x10FFFF or _ILLEGAL.fullmatch(chr(number)) is not None
