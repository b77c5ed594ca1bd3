"""XML as manifests have it, read with every element's line."""

from __future__ import annotations

from typing import cast
from xml.etree import ElementTree

from secscan.inventory.documents import MAX_ELEMENTS


class Element(ElementTree.Element):
    """An XML element that knows its line."""

    line: int = 0


def read_xml(data: bytes) -> Element:
    """Return the root of an XML document. No document type, no entity and nothing outside it is read."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser

    count = 0

    def element(tag: str, attributes: dict[str, str]) -> Element:
        nonlocal count
        count += 1
        if count > MAX_ELEMENTS:
            raise ValueError(f"it has more than {MAX_ELEMENTS} elements")
        made = Element(tag, attributes)
        made.line = parser.parser.CurrentLineNumber
        return made

    parser = DefusedXMLParser(target=ElementTree.TreeBuilder(element_factory=element), forbid_dtd=True)
    try:
        parser.feed(data)
        root = cast("Element", parser.close())
    except DefusedXmlException as error:
        raise ValueError("it has a document type or entities, which are not read") from error
    except (ElementTree.ParseError, LookupError, AssertionError) as error:
        raise ValueError(f"it is not XML: {str(error)[:80]}") from error
    return root


def xml_name(element: ElementTree.Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def xml_children(element: ElementTree.Element | None, *names: str) -> list[Element]:
    """Return all elements on a path of child names, whatever their namespace."""
    found = [] if element is None else [cast("Element", element)]
    for name in names:
        found = [cast("Element", child) for one in found for child in list(one) if xml_name(child) == name]
    return found


def xml_text(element: ElementTree.Element | None, *names: str) -> str:
    """Return the text of the first element on a path of child names; empty where there is none."""
    found = xml_children(element, *names)
    return (found[0].text or "").strip() if found else ""
