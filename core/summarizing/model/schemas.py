"""The shapes that models answer in, made from the registry of parts: what strict structured output accepts.

Every field is required, no other is allowed, and nothing bounds a number or a length: the subset that all vendors with
strict output share. Bounds are stated in the prompt and held by code.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.domain.parts import CATEGORIES, PARTS, Field, FieldKind, Part
from core.domain.summary import TagKind

Schema = dict[str, object]

# Strict output takes 1,000 values of enumerations in one schema (OpenAI's guide to structured outputs, as of February
# 2026), and took 500 before; other vendors' limits are those of then. Each list of segments repeats them.
MOST_ENUM_VALUES = 500
CHAPTER_PARTS = tuple(part for part in PARTS if not part.about_whole)
WHOLE_PARTS = tuple(part for part in PARTS if part.about_whole)


def map_schema(segments: Sequence[int]) -> Schema:
    """The answer to one chunk. Segments are enumerated where that keeps within strict output's limits.

    That is so for short videos only. A schema of its own for each chunk would also cost a compilation each, and the
    vendor's cache of the prompt, which begins with it; so that longer chunks have numbers, which code checks.
    """
    places = len(CHAPTER_PARTS) + 2
    closed = sum(len(field.choices) for part in CHAPTER_PARTS for field in part.fields)
    fits = len(segments) * places + closed <= MOST_ENUM_VALUES
    number: Schema = {"type": "integer", "enum": list(segments)} if fits else {"type": "integer"}
    evidence: Schema = {"segments": _list(number), "quote": _TEXT}
    noted = _object({"text": _TEXT, **evidence})
    chapter = _object({"chapter": _NUMBER, "title": _TEXT, "points": _list(noted)})
    entries = {part.slug: _list(_object({**_fields(part), **evidence})) for part in CHAPTER_PARTS}
    return _object({"chapters": _list(chapter), "moments": _list(noted), **entries})


def digest_schema() -> Schema:
    """The numbers of what is kept of one group of notes."""
    return _object({"kept": _list(_NUMBER)})


def reduce_schema() -> Schema:
    """The summary of the whole from numbered notes."""
    rest: Schema = {"notes": _list(_NUMBER)}
    tag = _object({"name": _TEXT, "kind": _choice([kind.value for kind in TagKind])})
    return _object(
        {
            "tldr": _list(_object({"text": _TEXT, **rest})),
            **{part.slug: _list(_object({**_fields(part), **rest})) for part in WHOLE_PARTS},
            "kept": _list(_NUMBER),
            "tags": _list(tag),
            "categories": _list(_choice(CATEGORIES)),
        }
    )


_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "integer"}


def _fields(part: Part) -> Schema:
    return {field.name: _field(field) for field in part.fields}


def _field(field: Field) -> Schema:
    match field.kind:
        case FieldKind.LINES:
            return _list(_TEXT)
        case FieldKind.CHOICE:
            return _choice(field.choices)
        case FieldKind.LEVEL:
            return {"type": "integer", "enum": [1, 2, 3, 4, 5]}
        case FieldKind.TEXT:
            return _TEXT


def _choice(values: Sequence[str]) -> Schema:
    return {"type": "string", "enum": list(values)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _object(properties: Schema) -> Schema:
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip
