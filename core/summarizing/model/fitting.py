"""A model's answer held against its schema: read, judged, and cut down to what fits.

The schemas are our own and use few words of JSON Schema: type, properties, required, items, enum, minItems, maxItems,
minimum, maximum, anyOf. What a schema does not name may be there and is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

Schema = Mapping[str, object]
Path = tuple[str | int, ...]

_THOUGHTS = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_FENCED = re.compile(r"```[a-zA-Z]*\s*\n(.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """Where an answer leaves its schema, in words for the model."""

    path: Path
    words: str

    def __str__(self) -> str:
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path).lstrip(".")
        return f"{place or 'the answer'}: {self.words}"


class Unreadable(ValueError):
    """There is no JSON in it."""


def read_json(content: str) -> object:
    """The JSON of an answer: as it is, within a fence, or between its first and last brace. Unreadable otherwise."""
    bare = _THOUGHTS.sub("", content.lstrip("\ufeff"), count=1).strip()
    fenced = _FENCED.search(bare)
    braced = bare[bare.find("{") : bare.rfind("}") + 1]
    for candidate in (bare, fenced.group(1) if fenced else "", braced):
        try:
            return json.loads(candidate, parse_constant=_refuse)
        except (ValueError, RecursionError):
            continue
    raise Unreadable


def _refuse(_constant: str) -> NoReturn:
    """NaN and Infinity are Python's, not JSON's."""
    raise ValueError


def misfits(value: object, schema: Schema, path: Path = ()) -> Iterator[Misfit]:
    """Everything that leaves the schema, in order."""
    choices = schema.get("anyOf")
    if isinstance(choices, list):
        if not any(fits(value, choice) for choice in choices):
            yield Misfit(path=path, words="it is none of the shapes that are allowed")
        return
    if (wrong := _wrong_type(value, schema)) is not None:
        yield Misfit(path=path, words=wrong)
    elif isinstance(value, dict):
        yield from _misfits_of_object(value, schema, path)
    elif isinstance(value, list):
        yield from _misfits_of_array(value, schema, path)
    elif (words := _wrong_value(value, schema)) is not None:
        yield Misfit(path=path, words=words)


def fits(value: object, schema: Schema) -> bool:
    return next(misfits(value, schema), None) is None


class _Nothing:
    """What is left of a value that cannot be made to fit; None is a value of its own."""


_NOTHING: Final = _Nothing()


def fitted(value: object, schema: Schema) -> dict[str, object] | None:
    """The answer with only what fits: bad items of arrays are left out, and what was not asked for.

    None where a required field of the answer itself is missing or bad. `value` is not changed.
    """
    kept = _fitted(value, schema)
    return kept if isinstance(kept, dict) else None


def item_count(value: object) -> int:
    """Items of arrays anywhere in it: of two fitted answers the one with more lost less."""
    if isinstance(value, dict):
        return sum(item_count(each) for each in value.values())
    return len(value) + sum(item_count(each) for each in value) if isinstance(value, list) else 0


def _fitted(value: object, schema: Schema) -> object:
    choices = schema.get("anyOf")
    if isinstance(choices, list):
        return next((kept for each in choices if (kept := _fitted(value, each)) is not _NOTHING), _NOTHING)
    if _wrong_type(value, schema) is not None:
        return _NOTHING
    if isinstance(value, dict):
        return _fitted_object(value, schema)
    if isinstance(value, list):
        return _fitted_array(value, schema)
    return value if _wrong_value(value, schema) is None else _NOTHING


def _fitted_object(value: dict[str, object], schema: Schema) -> object:
    fields = {name: _fitted(value[name], rule) for name, rule in _properties(schema).items() if name in value}
    kept = {name: field for name, field in fields.items() if field is not _NOTHING}
    return kept if all(name in kept for name in _list(schema, "required")) else _NOTHING


def _fitted_array(value: list[object], schema: Schema) -> object:
    kept = [item for each in value if (item := _fitted(each, _items(schema))) is not _NOTHING]
    most = schema.get("maxItems")
    kept = kept[:most] if isinstance(most, int) else kept
    least = schema.get("minItems")
    return _NOTHING if isinstance(least, int) and len(kept) < least else kept


def _misfits_of_object(value: dict[str, object], schema: Schema, path: Path) -> Iterator[Misfit]:
    for name in _list(schema, "required"):
        if name not in value:
            yield Misfit(path=path, words=f'the field "{name}" is missing')
    for name, rule in _properties(schema).items():
        if name in value:
            yield from misfits(value[name], rule, (*path, name))


def _misfits_of_array(value: list[object], schema: Schema, path: Path) -> Iterator[Misfit]:
    least, most = schema.get("minItems"), schema.get("maxItems")
    if isinstance(most, int) and len(value) > most:
        yield Misfit(path=path, words=f"{len(value)} items, {most} at most")
    if isinstance(least, int) and len(value) < least:
        yield Misfit(path=path, words=f"{len(value)} items, {least} at least")
    for number, each in enumerate(value):
        yield from misfits(each, _items(schema), (*path, number))


_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def _wrong_type(value: object, schema: Schema) -> str | None:
    named = schema.get("type")
    names = [name for name in (named if isinstance(named, list) else [named]) if isinstance(name, str)]
    if not names or any(_is_of(value, name) for name in names):
        return None
    return f"it must be of type {' or '.join(names)}"


def _is_of(value: object, name: str) -> bool:
    # To Python, true is a whole number.
    is_truth = isinstance(value, bool)
    return isinstance(value, _KINDS.get(name, ())) and is_truth == (name == "boolean")


def _wrong_value(value: object, schema: Schema) -> str | None:
    allowed = schema.get("enum")
    if isinstance(allowed, list) and value not in allowed:
        return "it is none of the values that are allowed"
    if not isinstance(value, int | float):
        return None
    least, most = schema.get("minimum"), schema.get("maximum")
    if isinstance(least, int | float) and value < least:
        return f"it must be {least} at least"
    if isinstance(most, int | float) and value > most:
        return f"it must be {most} at most"
    return None


def _properties(schema: Schema) -> Mapping[str, Schema]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def _items(schema: Schema) -> Schema:
    items = schema.get("items")
    return items if isinstance(items, dict) else {}


def _list(schema: Schema, name: str) -> list[str]:
    named = schema.get(name)
    return named if isinstance(named, list) else []
