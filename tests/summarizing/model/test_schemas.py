from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.domain.parts import CATEGORIES, PARTS
from core.summarizing.model.fitting import misfits
from core.summarizing.model.schemas import MOST_ENUM_VALUES, Schema, digest_schema, map_schema, reduce_schema
from tests.summarizing.model.talks import make, talk
from tests.world.reading_model import ReadingModel

SCHEMAS = [map_schema(range(10)), map_schema(range(1000)), reduce_schema(), digest_schema()]


def nodes(schema: object) -> Iterator[Schema]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from nodes(value)


@pytest.mark.parametrize("schema", SCHEMAS, ids=["short", "long", "reduce", "digest"])
def test_schemas_keep_to_what_strict_output_accepts(schema: Schema) -> None:
    values = 0
    for node in nodes(schema):
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            properties: dict[str, object] = node["properties"]  # type: ignore[assignment]
            assert node["required"] == list(properties)
        enum = node.get("enum")
        values += len(enum) if isinstance(enum, list) else 0
    assert values <= MOST_ENUM_VALUES


def test_segments_are_enumerated_where_that_fits_and_are_plain_numbers_elsewhere() -> None:
    def segments(schema: Schema) -> object:
        properties: dict[str, dict[str, dict[str, object]]] = schema["properties"]  # type: ignore[assignment]
        items: dict[str, dict[str, dict[str, object]]] = properties["moments"]["items"]  # type: ignore[assignment]
        return items["properties"]["segments"]["items"]

    assert segments(map_schema(range(7, 10))) == {"type": "integer", "enum": [7, 8, 9]}
    assert segments(map_schema(range(500))) == {"type": "integer"}


def test_every_part_of_the_registry_is_asked_for_once() -> None:
    asked = [name for schema in (map_schema(()), reduce_schema()) for name in schema["properties"]]  # type: ignore[attr-defined]
    assert sorted(part.slug for part in PARTS) == sorted(name for name in asked if name in {p.slug for p in PARTS})
    assert CATEGORIES[0] in str(reduce_schema())


def test_what_the_stand_in_answers_fits_the_schemas() -> None:
    reader = ReadingModel()
    for request, _call in make(talk(10)).caller.asked:
        assert list(misfits(reader.reply(request.system, request.user), request.schema)) == []
