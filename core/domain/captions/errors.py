"""Why a caption file or a pasted transcript is refused."""

from __future__ import annotations

from core.errors import InvalidInput, TooLarge

MAX_CAPTION_BYTES = 10 * 1024 * 1024


class BadCaptions(InvalidInput):
    """The captions cannot be read; the message says what they seem to be and what to do instead."""

    code = "bad_captions"


class EmptyCaptions(BadCaptions):
    code = "captions_empty"


class NotCaptions(BadCaptions):
    """It is some other kind of file."""

    code = "not_captions"


class BrokenCaptions(BadCaptions):
    """The right kind of file, but damaged beyond reading."""

    code = "captions_broken"


class NoWords(BadCaptions):
    code = "captions_without_words"


class BadCaptionTimes(BadCaptions):
    code = "bad_caption_times"


class CaptionsTooLarge(TooLarge):
    code = "captions_too_large"


def check_caption_size(size_bytes: int) -> None:
    """Raises CaptionsTooLarge past `MAX_CAPTION_BYTES`."""
    if size_bytes > MAX_CAPTION_BYTES:
        limit_mb = MAX_CAPTION_BYTES // (1024 * 1024)
        raise CaptionsTooLarge(
            f"Captions may be at most {limit_mb} MB; these have {size_bytes / (1024 * 1024):.1f} MB. "
            "Split the file, or check that it is a caption file and not the video itself."
        )
