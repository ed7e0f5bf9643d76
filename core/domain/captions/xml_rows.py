"""Safe reading of caption XML: a stream of events, no document types, no entities, no network, bounded depth."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import NoReturn, Protocol, TypeVar
from xml.parsers import expat

from core.domain.captions.errors import BrokenCaptions, NotCaptions

MAX_DEPTH = 200


class XmlHandler(Protocol):
    """What a caption format does with the events. Names come without their prefix."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def text(self, data: str) -> None: ...

    def end(self, name: str) -> None: ...


H = TypeVar("H", bound=XmlHandler)


def read_xml(text: str, make_handler: Callable[[], H]) -> H:
    """The handler after all events. Repairs bare ampersands and characters that XML forbids.

    Raises NotCaptions for a document type or entity declaration, BrokenCaptions for XML that cannot be read.
    """
    try:
        return _feed(text, make_handler())
    except expat.ExpatError:
        pass
    try:
        return _feed(_repair(text), make_handler())
    except expat.ExpatError as error:
        raise BrokenCaptions(
            f"The caption file is XML, but damaged at line {error.lineno}: it may have been cut off. "
            "Export or download it again."
        ) from None


def root_name(text: str) -> str:
    """Name of the first element without its prefix, lower-case; empty where the text does not start as XML does."""
    match = _ROOT.match(text[:_LONGEST_PROLOG])
    return match[1].lower() if match else ""


def refuse_document_types(*_declaration: object) -> NoReturn:
    """Raises NotCaptions: entities can make a small file grow without bound or read other files."""
    raise NotCaptions("The XML declares a document type or entities, which caption files do not need. Export it again.")


_LONGEST_PROLOG = 4096
_ROOT = re.compile(
    r"\s*(?:<\?[^>]*>\s*|<!--(?:[^-]|-(?!->))*-->\s*|<![A-Za-z][^>]*>\s*)*<(?:[\w.]+:)?([A-Za-z][\w.-]*)"
)
_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,300}\?>")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)(#?\w{1,32};)?")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _feed(text: str, handler: H) -> H:
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise NotCaptions("The XML is nested too deeply to be a caption file.")
        handler.start(_local(name), {_local(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handler.end(_local(name))

    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse_document_types
    parser.EntityDeclHandler = refuse_document_types
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.text
    declaration = _DECLARATION.match(text)
    body = text[declaration.end() :] if declaration else text
    parser.Parse(body.strip().encode("utf-8", "replace"), True)
    return handler


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _repair(text: str) -> str:
    return _BARE_AMPERSAND.sub(_repair_entity, _FORBIDDEN.sub("", text))


def _repair_entity(match: re.Match[str]) -> str:
    """Named entities of HTML become their character, numbers that XML forbids vanish, other ampersands are escaped."""
    reference = match[1]
    if reference is None:
        return "&amp;"
    char = html.unescape(match[0])
    if char == match[0]:
        return f"&amp;{reference}"
    return html.escape(_FORBIDDEN.sub("", char))
