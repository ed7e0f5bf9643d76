"""Archive files: lines of JSON in gzip members, one a slice, that can be checked without any database.

The first member is the head (what this is), each further one a slice, the last the manifest: for each slice how many
rows it holds, where it ends and the SHA-256 of its uncompressed lines. `zcat FILE` shows all of it, `sha256sum -c
FILE.sha256` checks it as a whole. A line is `{"table":{"column":"text", …}}`; the rows themselves are in the policy's
own table, other lines are what these rows stand on.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from core.archiving.faults import Faults, Step
from core.db.queries.archival import Slice
from core.errors import AppError, Conflict

FORMAT = 1
_GZIP = 31  # zlib's window bits for a gzip member
# Quick enough to keep up with the deletes; packed words hardly shrink at any level.
_LEVEL = 1
_CHUNK_BYTES = 1 << 20


class ArchiveDamaged(AppError):
    """The file is not what was written. Nothing of it was used."""

    code = "archive_damaged"
    status = 409


class ArchiveInUse(Conflict):
    """Another process of this machine is writing or reading the file for a run of its own."""

    code = "archive_in_use"


class Member(NamedTuple):
    """A part of the file: bytes from `start` to `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a file says of itself: its head, and its manifest, slice 0 being the head."""

    head: dict[str, object]
    slices: tuple[Slice, ...]

    @property
    def rows(self) -> int:
        return sum(each.rows for each in self.slices)


class OpenArchive:
    """One open file. Blocking: in an event loop, call its methods in a thread.

    It is this process's alone while it is open, but for who opens it only to look (`is_shared`). A process that dies
    lets go of it in the same moment, which is how the next one knows.
    """

    def __init__(self, path: Path, *, creates: bool = False, is_shared: bool = False) -> None:
        """Raises ArchiveInUse, and Conflict where there is no such file and it is not to be made."""
        self.path = path
        if creates:
            _make_folder(path.parent)
        try:
            self._file = os.open(path, os.O_RDWR | (os.O_CREAT if creates else 0), 0o600)
        except FileNotFoundError:
            raise Conflict(
                f"The archive {path.name} is not in the archive folder of this machine. Set SIGHTLINE_ARCHIVE_DIR to "
                "where it lies, or copy it there."
            ) from None
        if not is_shared:
            self._lock()
        if creates:
            _sync_folder(path.parent)

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise ArchiveInUse(f"Another process is busy with {self.path.name}.") from None

    def close(self) -> None:
        os.close(self._file)

    def __enter__(self) -> OpenArchive:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def size(self) -> int:
        return os.fstat(self._file).st_size

    def cut(self, end: int) -> None:
        """Forgets what lies beyond `end`: it was written for a slice that was never committed."""
        if self.size < end:
            raise ArchiveDamaged(f"The archive {self.path.name} is shorter than what was written into it.")
        os.ftruncate(self._file, end)
        os.fsync(self._file)

    def begin(self, number: int) -> SliceWriter:
        """A new member at the end of the file."""
        return SliceWriter(self._file, number, self.size)

    def check(self, member: Member, made: Slice, table: str) -> None:
        """Reads the slice back from the disk; ArchiveDamaged where it is not what was written."""
        with contextlib.suppress(OSError):
            os.posix_fadvise(self._file, member.start, member.end - member.start, os.POSIX_FADV_DONTNEED)
        digest, rows, prefix = hashlib.sha256(), 0, _prefix(table)
        for line in self.lines(member):
            digest.update(line)
            rows += line.startswith(prefix)
        if (digest.hexdigest(), rows) != (made.sha256, made.rows):
            raise ArchiveDamaged(f"Slice {made.number} of {self.path.name} is not what was written.")

    def lines(self, member: Member) -> Iterator[bytes]:
        """The lines of a member, each with its end. ArchiveDamaged where it is no whole member."""
        rest = b""
        for chunk in self._unpacked(member):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from (line + b"\n" for line in whole)
        if rest:
            raise ArchiveDamaged(f"The archive {self.path.name} breaks off in the middle of a line.")

    def sha256(self) -> str:
        """Of the whole file as it lies on the disk."""
        digest = hashlib.sha256()
        for chunk in self._packed():
            digest.update(chunk)
        return digest.hexdigest()

    def read_contents(self) -> Contents:
        """Head and manifest out of the file alone. ArchiveDamaged where it is no whole archive of ours."""
        first, last = b"", b""
        for told in self._member_texts():
            first, last = first or told, told
        try:
            head, manifest = json.loads(first)["archive"], json.loads(last)["manifest"]
            slices = tuple(Slice(number=n, rows=rows, end=end, sha256=sha) for n, rows, end, sha in manifest["slices"])
        except (ValueError, KeyError, TypeError):
            raise ArchiveDamaged(
                f"{self.path.name} is no whole archive: its head or its manifest is missing."
            ) from None
        return Contents(head=head, slices=slices)

    def _unpacked(self, member: Member) -> Iterator[bytes]:
        at, unpack = member.start, zlib.decompressobj(_GZIP)
        try:
            while at < member.end:
                chunk = os.pread(self._file, min(_CHUNK_BYTES, member.end - at), at)
                at += len(chunk) or member.end
                yield unpack.decompress(chunk)
        except zlib.error:
            raise ArchiveDamaged(f"The archive {self.path.name} can't be unpacked.") from None
        if not unpack.eof or unpack.unused_data:
            raise ArchiveDamaged(f"The archive {self.path.name} does not end where it should.")

    def _member_texts(self) -> Iterator[bytes]:
        """What each whole member says, where it is a head or a manifest; of a slice, only its beginning."""
        unpack, told = zlib.decompressobj(_GZIP), b""
        for chunk in self._packed():
            rest = chunk
            while rest:
                try:
                    told = _as_told(told + unpack.decompress(rest))
                except zlib.error:
                    raise ArchiveDamaged(f"{self.path.name} is no archive, or it is damaged.") from None
                rest = unpack.unused_data
                if unpack.eof:
                    yield told
                    unpack, told = zlib.decompressobj(_GZIP), b""

    def _packed(self) -> Iterator[bytes]:
        at = 0
        while chunk := os.pread(self._file, _CHUNK_BYTES, at):
            yield chunk
            at += len(chunk)


class SliceWriter:
    """Writes one member. What it has written counts only once `finish` has returned and the slice is committed."""

    def __init__(self, file: int, number: int, start: int) -> None:
        self._file = file
        self._number = number
        self._start = self._at = start
        self._digest = hashlib.sha256()
        self._pack = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)

    def write(self, lines: Iterable[str]) -> None:
        """Adds lines, given without their ends."""
        chunk = "".join(f"{line}\n" for line in lines).encode()
        self._digest.update(chunk)
        self._put(self._pack.compress(chunk))

    def finish(self, rows: int, faults: Faults) -> tuple[Member, Slice]:
        """Ends the member and waits until it is on the disk."""
        tail = self._pack.flush()
        self._put(tail[: len(tail) // 2])
        faults.reach(Step.SLICE_HALF_WRITTEN)
        self._put(tail[len(tail) // 2 :])
        faults.reach(Step.SLICE_WRITTEN)
        os.fsync(self._file)
        member = Member(self._start, self._at)
        made = Slice(number=self._number, rows=rows, end=self._at, sha256=self._digest.hexdigest())
        return member, made

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._file, view, self._at)
            self._at += written
            view = view[written:]


def members_of(slices: Sequence[Slice]) -> list[tuple[Member, Slice]]:
    """Where each slice lies, the head (slice 0) left out."""
    return [(Member(before.end, made.end), made) for before, made in pairwise(slices) if made.number]


def head_line(head: dict[str, object]) -> str:
    return json.dumps({"archive": {"format": FORMAT, **head}}, ensure_ascii=False)


def manifest_line(slices: Sequence[Slice]) -> str:
    listed = [[each.number, each.rows, each.end, each.sha256] for each in slices]
    return json.dumps({"manifest": {"rows": sum(each.rows for each in slices), "slices": listed}})


def write_checksum(path: Path, sha256: str) -> None:
    """The file beside the archive that `sha256sum -c` reads."""
    beside = checksum_path(path)
    draft = beside.with_suffix(".draft")
    with draft.open("w") as file:
        file.write(f"{sha256}  {path.name}\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(beside)
    _sync_folder(path.parent)


def checksum_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def table_of(line: bytes) -> str:
    """The table that a line belongs to."""
    return line[2 : line.index(b'"', 2)].decode()


def row_of(line: bytes) -> str:
    """The object of the row in a line."""
    return line[line.index(b":", 2) + 1 : -2].decode()


def _as_told(text: bytes) -> bytes:
    return text if text.startswith((b'{"archive":', b'{"manifest":')) else text[:16]


def _prefix(table: str) -> bytes:
    return f'{{"{table}":'.encode()


def _make_folder(folder: Path) -> None:
    """A folder that a power cut takes away would take along what was synced inside it."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for each in missing:
        _sync_folder(each.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
