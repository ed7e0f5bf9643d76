"""The limits on size and names that keep the code readable; `sightline check` and the tests hold them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_FUNCTION_LINES = 40
MAX_FILE_LINES = 400
MAX_NESTING = 3
CHECKED_FOLDERS = ("core", "pages", "ops_dashboard")
# Tests tell stories and migrations are written once: neither is held to these limits.
EXEMPT_PARTS = {"tests", "migrations"}
_SHAPELESS = re.compile(r"(?:^|_)(?:utils?|helpers?|manager|common|misc)(?:_|$)", re.IGNORECASE)
_SHAPELESS_CLASS = re.compile(r"(?:Utils?|Helpers?|Manager|Common|Misc)(?![a-z])")

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place that breaks a limit."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def find_oversized(root: Path) -> list[Finding]:
    """Everything under the project's folders that is too long, too deep, or named for nothing."""
    return [finding for path in checked_files(root) for finding in check_source(path, path.read_text("utf-8"))]


def checked_files(root: Path) -> Iterator[Path]:
    for folder in CHECKED_FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            if not EXEMPT_PARTS.intersection(path.relative_to(root).parts):
                yield path
    if (root / "app.py").exists():
        yield root / "app.py"


def check_source(path: Path, source: str) -> Iterator[Finding]:
    """The findings of one file."""
    lines = len(source.splitlines())
    if lines > MAX_FILE_LINES:
        yield Finding(path=path, line=1, text=f"{lines} lines, more than {MAX_FILE_LINES}: redesign it")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, _Function):
            yield from _check_function(path, node)
        if isinstance(node, ast.ClassDef) and _SHAPELESS_CLASS.search(node.name):
            yield Finding(path=path, line=node.lineno, text=f"{node.name} says nothing about what it does")


def _check_function(path: Path, node: _Function) -> Iterator[Finding]:
    if (lines := _length(node)) > MAX_FUNCTION_LINES:
        yield Finding(
            path=path, line=node.lineno, text=f"{node.name} has {lines} lines, more than {MAX_FUNCTION_LINES}"
        )
    if (depth := _depth(node.body)) > MAX_NESTING:
        yield Finding(path=path, line=node.lineno, text=f"{node.name} nests {depth} deep, more than {MAX_NESTING}")
    if _SHAPELESS.search(node.name):
        yield Finding(path=path, line=node.lineno, text=f"{node.name} says nothing about what it does")


def _length(node: _Function) -> int:
    """Lines from `def` to the end, the docstring not counted."""
    docstring = 0
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        docstring = (first.end_lineno or first.lineno) - first.lineno + 1
    return (node.end_lineno or node.lineno) - node.lineno + 1 - docstring


def _depth(body: list[ast.stmt]) -> int:
    """How many blocks lie inside one another at the deepest; a function inside counts anew."""
    return max((_block_depth(statement) for statement in body), default=0)


def _block_depth(statement: ast.stmt) -> int:
    if not isinstance(statement, _BLOCKS):
        return 0
    if isinstance(statement, ast.If) and len(statement.orelse) == 1 and isinstance(statement.orelse[0], ast.If):
        return max(1 + _depth(statement.body), _block_depth(statement.orelse[0]))
    return 1 + max(_depth(body) for body in _bodies(statement))


def _bodies(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        yield getattr(statement, name, [])
    for part in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
        yield part.body
