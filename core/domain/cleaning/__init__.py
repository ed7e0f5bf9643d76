"""From cues as a file gave them to a transcript that can be read, quoted and linked to."""

from core.domain.cleaning.cleaner import clean_cues

__all__ = ["clean_cues"]
