"""A file that came with a form: captions or a recording, told by its first bytes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from starlette.datastructures import UploadFile

from core.domain.captions.errors import check_caption_size
from core.domain.library import AS_IT_COMES, CaptionsRequest, MediaRequest, SummaryOptions
from core.domain.media import HEAD_BYTES, recognise


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFields:
    """What stands beside the file in its form."""

    title: str | None = None
    language: str | None = None
    options: SummaryOptions = AS_IT_COMES


async def file_request(file: UploadFile, filename: str | None, fields: FileFields) -> CaptionsRequest | MediaRequest:
    """What the file asks for. Captions are read whole, and refused where they are too large for that."""
    head = await file.read(HEAD_BYTES)
    await file.seek(0)
    size = file.size or 0
    if recognise(head) is not None:
        return MediaRequest(
            file=_taken(file), size_bytes=size, filename=filename or "", title=fields.title, language=fields.language,
            options=fields.options,
        )  # fmt: skip
    check_caption_size(size)
    return CaptionsRequest(
        content=await file.read(), filename=filename, title=fields.title, language=fields.language,
        options=fields.options,
    )  # fmt: skip


@contextmanager
def closing_file(request: object) -> Iterator[None]:
    """Closes the recording that a request holds, at the end of the block."""
    try:
        yield
    finally:
        if isinstance(request, MediaRequest):
            request.file.close()


def _taken(file: UploadFile) -> BinaryIO:
    """Its file, which the form no longer closes when it is done: from here on it is the request's."""
    taken, file.file = file.file, io.BytesIO()
    return taken
