"""What a person handed in, read and refused before anything is stored."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass

from core.domain.addresses import parse_video_address
from core.domain.captions import ParsedCaptions, parse_caption_text, parse_captions
from core.domain.cleaning import clean_cues
from core.domain.library import AddressRequest, CaptionsRequest, SummaryRequest
from core.domain.packed import PackedTranscript, pack_transcript
from core.domain.summary import EngineName
from core.domain.transcript import TranscriptSource
from core.domain.video import Video, title_from_filename

LONGEST_TITLE_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineChoice:
    """Who writes the summary; another version of the rules is another engine to every cache."""

    name: EngineName
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A request that can be carried out. `words` are there where the person supplied them, else they are fetched.

    `request_key` is equal for requests that one run can answer; `start_ms` is the `t=` of the address.
    """

    request_key: str
    options: dict[str, object]
    video: Video
    start_ms: int | None
    words: PackedTranscript | None


async def read_submission(request: SummaryRequest, engine: EngineChoice) -> Submission:
    """The submission; InvalidInput or TooLarge where it cannot be carried out. Captions are parsed in a thread."""
    if isinstance(request, AddressRequest):
        return _read_address(request, engine)
    return await asyncio.to_thread(_read_captions, request, engine)


def _read_address(request: AddressRequest, engine: EngineChoice) -> Submission:
    address = parse_video_address(request.address)
    languages = list(request.languages)
    return Submission(
        request_key=_key("video", address.video_id, languages, engine),
        options={"languages": languages, "engine_version": engine.version},
        video=Video(id=address.video_id),
        start_ms=address.start_ms,
        words=None,
    )


def _read_captions(request: CaptionsRequest, engine: EngineChoice) -> Submission:
    parsed = _parse(request)
    source = TranscriptSource.PASTE if request.is_pasted else TranscriptSource.UPLOAD
    language = request.language or parsed.language
    transcript = clean_cues(parsed.cues, language=language, source=source, notes=parsed.notes)
    words = pack_transcript(transcript)
    title = _title(request, parsed)
    # The title is part of the input: tags are drawn from it too.
    return Submission(
        request_key=_key("words", words.facts.sha256, words.facts.language, title, engine),
        options={"title": title, "engine_version": engine.version},
        video=Video(title=title, duration_ms=transcript.duration_ms),
        start_ms=None,
        words=words,
    )


def _parse(request: CaptionsRequest) -> ParsedCaptions:
    if request.is_pasted:
        return parse_caption_text(request.content.decode("utf-8", "replace"))
    return parse_captions(request.content, filename=request.filename)


def _title(request: CaptionsRequest, parsed: ParsedCaptions) -> str | None:
    """What the person calls it, else what the file calls itself, else the file's name."""
    named = title_from_filename(request.filename) if request.filename else None
    for candidate in (request.title, parsed.title, named):
        if candidate and (words := " ".join(candidate.replace("\0", "").split())):
            return words[:LONGEST_TITLE_CHARS]
    return None


def _key(*parts: object) -> str:
    plain = [[part.name, part.version] if isinstance(part, EngineChoice) else part for part in parts]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()
