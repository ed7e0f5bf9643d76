from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.summarizing.model.fitting import Unreadable, fits, fitted, item_count, misfits, read_json

ITEM = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "segments": {"type": "array", "items": {"type": "integer", "enum": [0, 1, 2]}, "minItems": 1},
        "level": {"type": "integer", "minimum": 1, "maximum": 5},
        "kind": {"type": ["string", "null"], "enum": ["tool", "book", None]},
    },
    "required": ["text", "segments"],
    "additionalProperties": False,
}
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "points": {"type": "array", "items": ITEM, "maxItems": 3}},
    "required": ["title", "points"],
    "additionalProperties": False,
}
GOOD: dict[str, object] = {"text": "a", "segments": [1], "level": 3, "kind": None}


def answer(*points: object, **more: object) -> dict[str, object]:
    return {"title": "T", "points": list(points), **more}


@pytest.mark.parametrize("content", [
    '{"a": 1}', ' \ufeff\n{"a": 1}\n', '```json\n{"a": 1}\n```', '```\n{"a": 1}\n```', 'Here it is: {"a": 1}. Done!',
    '<think>{"b": 2} perhaps</think>\n{"a": 1}', 'Sure:\n```json\n{"a": 1}\n```\nAnything else?',
])  # fmt: skip
def test_json_is_found_whatever_stands_around_it(content: str) -> None:
    assert read_json(content) == {"a": 1}


@pytest.mark.parametrize("content", [
    "", "I cannot do that.", '{"a": 1', '{"a": NaN}', '{"a": Infinity}', "[" * 200_000, '{"a": ' + "9" * 5_000 + "}",
])  # fmt: skip
def test_what_holds_no_json_is_unreadable(content: str) -> None:
    with pytest.raises(Unreadable):
        read_json(content)


@pytest.mark.parametrize(("value", "words"), [
    ([], "the answer: it must be of type object"),
    ({"points": []}, 'the answer: the field "title" is missing'),
    (answer("x"), "points[0]: it must be of type object"),
    (answer({**GOOD, "segments": [7]}), "points[0].segments[0]: it is none of the values that are allowed"),
    (answer({**GOOD, "segments": []}), "points[0].segments: 0 items, 1 at least"),
    (answer({**GOOD, "segments": [True]}), "points[0].segments[0]: it must be of type integer"),
    (answer({**GOOD, "segments": ["1"]}), "points[0].segments[0]: it must be of type integer"),
    (answer({**GOOD, "level": 6}), "points[0].level: it must be 5 at most"),
    (answer({**GOOD, "level": 0}), "points[0].level: it must be 1 at least"),
    (answer({**GOOD, "kind": "film"}), "points[0].kind: it is none of the values that are allowed"),
    (answer({**GOOD, "kind": 1}), "points[0].kind: it must be of type string or null"),
    (answer(GOOD, GOOD, GOOD, GOOD), "points: 4 items, 3 at most"),
])  # fmt: skip
def test_a_misfit_says_where_and_what(value: object, words: str) -> None:
    assert [str(misfit) for misfit in misfits(value, SCHEMA)] == [words]


def test_items_that_do_not_fit_are_left_out_and_the_rest_kept() -> None:
    bad = [{**GOOD, "segments": [9]}, "x", {"text": "no segments"}]
    assert fitted(answer(bad[0], GOOD, *bad[1:]), SCHEMA) == answer(GOOD)


def test_bad_numbers_of_a_list_leave_the_good_ones() -> None:
    assert fitted(answer({**GOOD, "segments": [0, 9, 2]}), SCHEMA) == answer({**GOOD, "segments": [0, 2]})


def test_what_was_not_asked_for_is_left_out_and_is_no_misfit() -> None:
    value = answer({**GOOD, "mood": "fine"}, notes="more")
    assert fits(value, SCHEMA)
    assert fitted(value, SCHEMA) == answer(GOOD)


def test_too_many_items_are_cut_to_the_first() -> None:
    points = [{**GOOD, "text": name} for name in "abcd"]
    kept = fitted(answer(*points), SCHEMA)
    assert kept is not None
    assert kept["points"] == points[:3]


@pytest.mark.parametrize("value", [None, [], "x", {"title": 1, "points": []}, {"title": "T"}, {"points": [GOOD]}])
def test_an_answer_whose_frame_is_broken_is_nothing(value: object) -> None:
    assert fitted(value, SCHEMA) is None


def test_one_of_several_shapes_is_enough() -> None:
    schema: dict[str, object] = {
        "type": "object",
        "properties": {"a": {"anyOf": [{"type": "null"}, {"type": "array", "items": {"type": "integer"}}]}},
        "required": ["a"],
    }
    assert fits({"a": None}, schema)
    assert fits({"a": [1]}, schema)
    assert not fits({"a": "x"}, schema)
    assert fitted({"a": [1, "x"]}, schema) == {"a": [1]}


def test_items_are_counted_wherever_they_stand() -> None:
    assert item_count(answer(GOOD, {**GOOD, "segments": [0, 1]})) == 5
    assert item_count(None) == item_count({}) == 0


leaves = st.none() | st.booleans() | st.integers(-3, 9) | st.sampled_from(["tool", "film", "", "x"])
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["title", "points", "text", "segments", "level", "kind", "odd"]), inner)
    ),
    max_leaves=25,
)


@given(values)
def test_it_judges_as_the_reference_does_but_for_what_was_not_asked_for(value: Any) -> None:
    reference = jsonschema.Draft202012Validator(_open(SCHEMA))
    assert fits(value, SCHEMA) == reference.is_valid(value)
    kept = fitted(value, SCHEMA)
    assert kept is None or jsonschema.Draft202012Validator(SCHEMA).is_valid(kept)


def _open(schema: Any) -> Any:
    """The schema with everything else allowed beside what it names."""
    if isinstance(schema, dict):
        return {name: _open(each) for name, each in schema.items() if name != "additionalProperties"}
    return [_open(each) for each in schema] if isinstance(schema, list) else schema
