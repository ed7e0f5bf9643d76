"""Rules of the dashboard's code that no linter knows: who may handle an event, and what a chart may touch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parents[2] / "ops_dashboard"
_SOURCES = sorted(_FOLDER.rglob("*.py"))
# Calls that give an element, or a clock of the page, something to run on the server.
_ATTACHING = {"on", "on_click", "on_value_change", "on_change", "timer", "on_event"}
_HANDLER_WORDS = {"on_click", "on_change", "on_value_change", "on_submit", "handler", "callback"}
# What takes no event of the browser's: the look-out's own news, which the page checks the role for.
_SUBSCRIBING = {"self._feed.looked.subscribe(self._show_freshness)", "self._feed.closed.subscribe(self._refresh)"}


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _is_guarded(handler: ast.expr, tree: ast.AST) -> bool:
    """True for `….acting(…)`, a parameter of type Guarded, and a name that is given nothing else in this file."""
    if isinstance(handler, ast.Call):
        return isinstance(handler.func, ast.Attribute) and handler.func.attr == "acting"
    name = ast.unparse(handler)
    parameters = [node.annotation for node in ast.walk(tree) if isinstance(node, ast.arg) and node.arg == name]
    if parameters:
        return all(each is not None and ast.unparse(each) == "Guarded" for each in parameters)
    values = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and name in {ast.unparse(target) for target in node.targets}
    ]
    return bool(values) and all(_is_guarded(value, tree) for value in values)


def _unguarded(source: str) -> list[str]:
    tree = ast.parse(source)
    found = []
    for call in _calls(tree):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        handlers = [word.value for word in call.keywords if word.arg in _HANDLER_WORDS]
        if name in _ATTACHING:
            at = 1 if name in {"on", "timer"} else 0
            handlers += call.args[at : at + 1]
        found += [ast.unparse(call) for handler in handlers if not _is_guarded(handler, tree)]
    return found


@pytest.mark.parametrize("path", _SOURCES, ids=lambda path: str(path.relative_to(_FOLDER)))
def test_every_handler_of_an_event_checks_the_role(path: Path) -> None:
    assert _unguarded(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        'text("button").on("click", self.load)',
        'text("button").on("click", lambda: run())',
        "ui.timer(5.0, self.load)",
        "ui.button(on_click=self.load)",
        'later = self.load\nbox("div").on("click", later)',
        'def part(load: Callable[[], None]):\n    box("div").on("click", load)',
    ],
)
def test_a_handler_without_that_is_found(source: str) -> None:
    assert _unguarded(source)


def test_a_handler_that_checks_is_let_through() -> None:
    assert not _unguarded('go = desk.acting(action, f, name="a.b")\nbox("div").on("click", go)')
    assert not _unguarded('box("div").on("click", desk.acting(action, f, name="a.b"))')
    assert not _unguarded('def part(retry: Guarded):\n    box("div").on("click", retry)')


def test_pages_subscribe_to_nothing_but_the_look_out() -> None:
    found = {
        ast.unparse(call)
        for path in _SOURCES
        for call in _calls(ast.parse(path.read_text("utf-8")))
        if isinstance(call.func, ast.Attribute) and call.func.attr == "subscribe"
    }
    assert found == _SUBSCRIBING


@pytest.mark.parametrize("path", sorted((_FOLDER / "charts").glob("*.py")), ids=lambda path: path.name)
def test_charts_are_pure_functions(path: Path) -> None:
    """No page, no service call, no clock, no file, nothing waited for, and nothing kept between two calls."""
    tree = ast.parse(path.read_text("utf-8"))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    for name in imported:
        assert not name.startswith(("nicegui", "pathlib", "os", "random", "asyncio", "core.db", "core.clock", "pages"))
        assert name == "core.services.operations.views" or not name.startswith("core.services")
    forbidden = (ast.Global, ast.Nonlocal, ast.Await, ast.AsyncFunctionDef)
    assert not any(isinstance(node, forbidden) for node in ast.walk(tree))
    names = {ast.unparse(call.func) for call in _calls(tree)}
    assert not names & {"open", "print", "datetime.now", "datetime.utcnow", "time.time"}
