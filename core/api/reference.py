"""A page that shows the OpenAPI document: written here, because the usual viewers load scripts from elsewhere."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeAlias

from core.api.refusals import templates

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one address, as the page shows it."""

    method: str
    path: str
    title: str
    text: str
    parameters: tuple[tuple[str, str, str], ...]
    body: str
    answers: tuple[tuple[str, str], ...]


def reference_page(document: dict[str, object]) -> str:
    """The page as HTML."""
    tree: Json = json.loads(json.dumps(document))
    info = _child(tree, "info")
    return templates.get_template("reference.html.jinja").render(
        title=_text(info, "title"),
        version=_text(info, "version"),
        description=_text(info, "description"),
        operations=_operations(tree),
        schemas={name: _pretty(schema) for name, schema in _entries(_child(tree, "components", "schemas"))},
    )


def _operations(tree: Json) -> list[Operation]:
    return [
        _operation(method, path, entry)
        for path, methods in _entries(_child(tree, "paths"))
        for method, entry in _entries(methods)
    ]


def _operation(method: str, path: str, entry: Json) -> Operation:
    parameters = _child(entry, "parameters")
    body = _child(entry, "requestBody", "content")
    return Operation(
        method=method.upper(),
        path=path,
        title=_text(entry, "summary"),
        text=_text(entry, "description"),
        parameters=tuple(_parameter(p) for p in parameters) if isinstance(parameters, list) else (),
        body=_pretty({kind: _child(content, "schema") for kind, content in _entries(body)}) if body else "",
        answers=tuple(
            (status, _text(answer, "description")) for status, answer in _entries(_child(entry, "responses"))
        ),
    )


def _parameter(entry: Json) -> tuple[str, str, str]:
    return _text(entry, "name"), _text(entry, "in"), _text(entry, "description")


def _child(node: Json, *path: str) -> Json:
    for name in path:
        node = node.get(name) if isinstance(node, dict) else None
    return node


def _entries(node: Json) -> list[tuple[str, Json]]:
    return list(node.items()) if isinstance(node, dict) else []


def _text(node: Json, name: str) -> str:
    found = _child(node, name)
    return found if isinstance(found, str) else ""


def _pretty(node: Json) -> str:
    return json.dumps(node, indent=2, ensure_ascii=False)
