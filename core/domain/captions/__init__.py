"""Captions in every common form, to cues and back."""

from core.domain.captions.errors import (
    MAX_CAPTION_BYTES,
    BadCaptions,
    BadCaptionTimes,
    BrokenCaptions,
    CaptionsTooLarge,
    EmptyCaptions,
    NotCaptions,
    NoWords,
)
from core.domain.captions.parsed import CaptionFormat, ParsedCaptions
from core.domain.captions.reading import parse_caption_text, parse_captions
from core.domain.captions.rendering import to_srt, to_vtt

__all__ = [
    "MAX_CAPTION_BYTES",
    "BadCaptionTimes",
    "BadCaptions",
    "BrokenCaptions",
    "CaptionFormat",
    "CaptionsTooLarge",
    "EmptyCaptions",
    "NoWords",
    "NotCaptions",
    "ParsedCaptions",
    "parse_caption_text",
    "parse_captions",
    "to_srt",
    "to_vtt",
]
