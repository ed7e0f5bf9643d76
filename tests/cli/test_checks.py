from __future__ import annotations

from pathlib import Path

import pytest

from core.cli.checks import MAX_FILE_LINES, MAX_FUNCTION_LINES, check_source, checked_files, find_oversized
from core.config import PROJECT_ROOT


def found(source: str) -> list[str]:
    return [finding.text for finding in check_source(Path("x.py"), source)]


def test_the_project_keeps_its_own_limits() -> None:
    assert [str(finding) for finding in find_oversized(PROJECT_ROOT)] == []


def test_the_limits_look_at_what_they_should() -> None:
    seen = {path.relative_to(PROJECT_ROOT).as_posix() for path in checked_files(PROJECT_ROOT)}
    assert {"core/cli/checks.py", "pages/__init__.py", "app.py"} <= seen
    assert not any("tests" in name or "migrations" in name for name in seen)


def test_a_function_may_have_forty_lines_besides_its_docstring() -> None:
    body = "".join(f"    x = {number}\n" for number in range(MAX_FUNCTION_LINES - 1))
    docstring = '    """One.\n\n    Two.\n    """\n'
    assert found(f"def long():\n{docstring}{body}") == []
    assert found(f"def long():\n{docstring}{body}    x = 0\n") == ["long has 41 lines, more than 40"]
    assert found(f"async def long():\n{body}    x = 0\n") == ["long has 41 lines, more than 40"]


def test_a_file_may_have_four_hundred_lines() -> None:
    assert found("x = 1\n" * MAX_FILE_LINES) == []
    assert len(found("x = 1\n" * (MAX_FILE_LINES + 1))) == 1


DEEP = "def f():\n for a in b:\n  if a:\n   with a:\n    {}\n"


@pytest.mark.parametrize(("source", "is_too_deep"), [
    (DEEP.format("pass"), False),
    (DEEP.format("while a: pass"), True),
    (DEEP.format("try: pass\n    finally: pass"), True),
    ("def f():\n if a: pass\n elif b: pass\n elif c: pass\n elif d: pass\n", False),
    ("def f():\n try: pass\n except E:\n  for a in b:\n   match a:\n    case 1:\n     if a: pass\n", True),
    ("def f():\n for a in b:\n  if a:\n   for c in d:\n    def g():\n     if a: pass\n", False),
])  # fmt: skip
def test_blocks_nest_three_deep_at_the_most(source: str, is_too_deep: bool) -> None:
    assert bool(found(source)) is is_too_deep


@pytest.mark.parametrize(("source", "is_shapeless"), [
    ("def helper(): pass", True), ("def load_utils(): pass", True), ("class TaskManager: pass", True),
    ("def commonest_word(): pass", False), ("class Commonplace: pass", False), ("def utility(): pass", False),
])  # fmt: skip
def test_names_that_say_nothing_are_found(source: str, is_shapeless: bool) -> None:
    assert bool(found(source)) is is_shapeless
