"""Text in XML 1.0, which cannot hold every character that a ship may send."""

import re
from xml.etree import ElementTree as ET

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    r"""The text with U+FFFD for what XML has no place for.

    >>> xml_text("MV\x00 ÖLAND")
    'MV\ufffd ÖLAND'
    """
    return _NOT_XML.sub("\ufffd", text)


def add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    """Append an element with text and attributes."""
    made = ET.SubElement(parent, name, {key: xml_text(v) for key, v in attributes.items()})
    made.text = xml_text(text) or None
    return made


def document(root: ET.Element) -> bytes:
    """The document, UTF-8."""
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))
