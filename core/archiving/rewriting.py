"""Writes an archive anew without what belongs to somebody: a person's right reaches what was put away, too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.archiving.archive_file import Member, OpenArchive, manifest_line, members_of, row_of, table_of, write_checksum
from core.archiving.definition import Definition
from core.archiving.faults import Faults
from core.db.queries.archival import Slice
from core.db.queries.archive_summaries import NAMED_TRANSCRIPTS

# Says of a line whether it goes, or stays.
Test = Callable[[bytes], bool]

_NO_FAULTS = Faults()
# Columns by which one archived row stands on another: (table, column) names a row of the table given.
_STANDS_ON = {
    ("summaries", "run_id"): "runs",
    ("summaries", "version_id"): "summary_versions",
    ("runs", "version_id"): "summary_versions",
    ("runs", "transcript_id"): "transcripts",
    ("summary_versions", "run_id"): "runs",
    ("summary_versions", "transcript_id"): "transcripts",
}
_SUPPORT = frozenset(_STANDS_ON.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """The new file; `erased` counts the policy's own rows that are no longer in it."""

    slices: tuple[Slice, ...]
    sha256: str
    size: int
    erased: int


def rewrite_without(
    old: Path,
    new: Path,
    slices: Sequence[Slice],
    definition: Definition,
    subjects: frozenset[str],
    *,
    held: frozenset[str],
) -> Rewritten | None:
    """The archive without those rows, and without what nothing else in it stands on; None where it holds none of them.

    What is also about something in `held` stays. Blocking. Raises ArchiveInUse, Conflict where there is no such file,
    and ArchiveDamaged where it can't be read, or the new one not read back.
    """
    goes = partial(_goes, definition, subjects, held)
    with OpenArchive(old) as file:
        members = [member for member, _ in members_of(slices)]
        if not any(goes(line) for member in members for line in file.lines(member)):
            return None
        needed = _needed(file, members, goes)
        new.unlink(missing_ok=True)
        with OpenArchive(new, creates=True) as target:
            return _rewrite(file, target, slices, definition, partial(_stays, definition.table, goes, needed))


def _goes(definition: Definition, subjects: frozenset[str], held: frozenset[str], line: bytes) -> bool:
    return definition.is_about(line, subjects) and not definition.is_about(line, held)


def _stays(table: str, goes: Test, needed: frozenset[tuple[str, str]], line: bytes) -> bool:
    of = table_of(line)
    if table == "summaries" and of in {*_SUPPORT, NAMED_TRANSCRIPTS}:
        support = "transcripts" if of == NAMED_TRANSCRIPTS else of
        return (support, json.loads(row_of(line))["id"]) in needed
    return not goes(line)


def _rewrite(
    file: OpenArchive, target: OpenArchive, slices: Sequence[Slice], definition: Definition, stays: Test
) -> Rewritten:
    made = [_copy(target, 0, file.lines(Member(0, slices[0].end)), definition.table)]
    for member, old in members_of(slices):
        made.append(_copy(target, old.number, filter(stays, file.lines(member)), definition.table))
    _copy(target, len(made), iter([manifest_line(made).encode() + b"\n"]), definition.table)
    for member, each in members_of(made):
        target.check(member, each, definition.table)
    sha256 = target.sha256()
    write_checksum(target.path, sha256)
    erased = sum(each.rows for each in slices) - sum(each.rows for each in made)
    return Rewritten(slices=tuple(made), sha256=sha256, size=target.size, erased=erased)


def _copy(target: OpenArchive, number: int, lines: Iterator[bytes], table: str) -> Slice:
    writer, rows = target.begin(number), 0
    for line in lines:
        writer.write([line[:-1].decode()])
        rows += table_of(line) == table
    return writer.finish(rows, _NO_FAULTS)[1]


def _needed(file: OpenArchive, members: Sequence[Member], goes: Test) -> frozenset[tuple[str, str]]:
    """(table, id) of the rows that what stays stands on, through all steps."""
    points: dict[tuple[str, str], list[tuple[str, str]]] = {}
    roots: list[tuple[str, str]] = []
    for line in (line for member in members for line in file.lines(member)):
        table = table_of(line)
        if table not in _SUPPORT and goes(line):
            continue
        row = json.loads(row_of(line))
        to = [(target, row[column]) for (of, column), target in _STANDS_ON.items() if of == table and row.get(column)]
        if table in _SUPPORT:
            points[table, row["id"]] = to
        else:
            roots += to
    return _reached(roots, points)


def _reached(
    roots: list[tuple[str, str]], points: dict[tuple[str, str], list[tuple[str, str]]]
) -> frozenset[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    while roots:
        each = roots.pop()
        if each not in found:
            found.add(each)
            roots += points.get(each, [])
    return frozenset(found)
