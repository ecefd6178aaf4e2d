"""Metadata written as XML, which may not expand to more than it is."""

from xml.etree import ElementTree as ET

from zimg._errors import ZException


def xml_root(text: str, what: str) -> ET.Element:
    """The root of a document.

    Parameters
    ----------
    text
        The document.
    what
        What it is, for errors, such as ``"its OME-XML"``.

    Raises
    ------
    ZException
        When it is broken, or declares a document type or entities.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ZException(f"{what} declares a document type or entities, which are refused")
    try:
        return ET.fromstring(text)
    except (ET.ParseError, ValueError) as error:
        raise ZException(f"{what} is broken: {error}") from error
