"""What a person handed in, read and refused before anything is stored."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from core.domain.addresses import parse_video_address
from core.domain.captions import NotCaptions, ParsedCaptions, parse_caption_text, parse_captions
from core.domain.cleaning import clean_cues
from core.domain.library import (
    AddressRequest,
    CaptionsRequest,
    EngineMenu,
    MediaRequest,
    SummaryOptions,
    SummaryRequest,
)
from core.domain.media import HEAD_BYTES, MEDIA_FORMATS, recognise
from core.domain.packed import PackedTranscript, TranscriptFacts, pack_transcript
from core.domain.run_options import EngineChoice, RunOptions
from core.domain.summary import EngineName
from core.domain.transcript import TranscriptSource
from core.domain.video import Video, title_from_filename
from core.errors import InvalidInput, TooLarge

LONGEST_TITLE_CHARS = 200
_MB = 1024 * 1024
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A request that can be carried out. `words` are there where the person supplied them, else they are fetched.

    `request_key` is equal for requests that one run can answer; `start_ms` is the `t=` of the address.
    """

    request_key: str
    options: RunOptions
    video: Video
    start_ms: int | None
    words: PackedTranscript | None
    recording: MediaRequest | None = None


async def read_submission(
    request: SummaryRequest, engines: Sequence[EngineChoice], *, longest_mb: int | None
) -> Submission:
    """The submission; InvalidInput or TooLarge where it cannot be carried out. Captions are parsed in a thread.

    `engines` are those this service has, the best first; `longest_mb` bounds a recording, None where none is
    listened to.
    """
    wanted = choose(request.options, engines)
    if isinstance(request, AddressRequest):
        return _read_address(request, wanted)
    if isinstance(request, MediaRequest):
        return await asyncio.to_thread(_read_media, request, wanted, longest_mb)
    try:
        return await asyncio.to_thread(_read_captions, request, wanted)
    except NotCaptions as error:
        if request.is_pasted or longest_mb is None:
            raise
        raise NotCaptions(f"{error.message} Of recordings, these can be read: {MEDIA_FORMATS}.") from None


def video_request_key(video_id: str, options: RunOptions) -> str:
    return _key("video", video_id, list(options.languages), options)


def words_request_key(facts: TranscriptFacts, options: RunOptions) -> str:
    """The title is part of the input: tags are drawn from it too."""
    return _key("words", facts.sha256, facts.language, options.title, options)


def menu_of(engines: Sequence[EngineChoice], *, recording_mb: int | None) -> EngineMenu:
    model = next((engine.model for engine in engines if engine.model), None)
    return EngineMenu(engines=tuple(engine.name for engine in engines), model=model, recording_mb=recording_mb)


def choose(options: SummaryOptions, engines: Sequence[EngineChoice]) -> RunOptions:
    """Who writes it, and how. What an engine has no choice of does not tell its work apart. Raises InvalidInput."""
    engine = next((each for each in engines if options.engine in {None, each.name}), None)
    if engine is None:
        raise InvalidInput("This server has no language model set up. Leave the engine out, or choose the offline one.")
    if options.language is not None and not _LANGUAGE_TAG.fullmatch(options.language):
        raise InvalidInput("The language to write in must be a tag such as en, de or pt-BR.")
    if engine.name is EngineName.OFFLINE:
        return RunOptions(engine=engine)
    return RunOptions(engine=engine, language=options.language, length=options.length)


def _read_address(request: AddressRequest, wanted: RunOptions) -> Submission:
    address = parse_video_address(request.address)
    return Submission(
        request_key=video_request_key(address.video_id, replace(wanted, languages=request.languages)),
        options=replace(wanted, languages=request.languages),
        video=Video(id=address.video_id),
        start_ms=address.start_ms,
        words=None,
    )


def _read_captions(request: CaptionsRequest, wanted: RunOptions) -> Submission:
    parsed = _parse(request)
    source = TranscriptSource.PASTE if request.is_pasted else TranscriptSource.UPLOAD
    language = request.language or parsed.language
    transcript = clean_cues(parsed.cues, language=language, source=source, notes=parsed.notes)
    words = pack_transcript(transcript)
    title = _title(request, parsed)
    return Submission(
        request_key=words_request_key(words.facts, replace(wanted, title=title)),
        options=replace(wanted, title=title),
        video=Video(title=title, duration_ms=transcript.duration_ms),
        start_ms=None,
        words=words,
    )


def _read_media(request: MediaRequest, wanted: RunOptions, longest_mb: int | None) -> Submission:
    """The recording is named by its bytes: the same file handed in twice is listened to once."""
    if longest_mb is None:
        raise InvalidInput("This server does not listen to recordings. Hand in the captions instead.")
    if request.size_bytes > longest_mb * _MB:
        raise TooLarge(
            f"This file has {request.size_bytes / _MB:.0f} MB; {longest_mb} MB are the most. Hand in its sound alone, "
            "for example as MP3, or its captions."
        )
    if recognise(request.file.read(HEAD_BYTES)) is None:
        raise InvalidInput(f"This is no recording that can be read. These can: {MEDIA_FORMATS}.")
    digest = _digest(request.file)
    title = _clean_title(request.title) or _clean_title(title_from_filename(request.filename))
    languages = (request.language,) if request.language else ()
    options = replace(wanted, title=title, languages=languages)
    return Submission(
        request_key=_key("recording", digest, request.language, title, options),
        options=options,
        video=Video(title=title),
        start_ms=None,
        words=None,
        recording=request,
    )


def _digest(file: BinaryIO) -> str:
    """SHA-256 of the file, which stands at its beginning again."""
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(_MB):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _parse(request: CaptionsRequest) -> ParsedCaptions:
    if request.is_pasted:
        return parse_caption_text(request.content.decode("utf-8", "replace"))
    return parse_captions(request.content, filename=request.filename)


def _title(request: CaptionsRequest, parsed: ParsedCaptions) -> str | None:
    """What the person calls it, else what the file calls itself, else the file's name."""
    named = title_from_filename(request.filename) if request.filename else None
    return next(filter(None, map(_clean_title, (request.title, parsed.title, named))), None)


def _clean_title(title: str | None) -> str | None:
    words = " ".join((title or "").replace("\0", "").split())
    return words[:LONGEST_TITLE_CHARS] or None


def _key(*parts: object) -> str:
    plain = [part.written_by() if isinstance(part, RunOptions) else part for part in parts]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()
