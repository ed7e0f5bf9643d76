"""Which kind of audio or video a file is: told by its first bytes, never by its name."""

from __future__ import annotations

from enum import StrEnum

# As many of a file's first bytes as `recognise` looks at.
HEAD_BYTES = 64
LONGEST_MEDIA_MS = 12 * 3_600_000
MEDIA_FORMATS = "MP3 · M4A · MP4 · MOV · WAV · WEBM · MKV · OGG · FLAC"
MEDIA_SUFFIXES = ".mp3,.m4a,.mp4,.mov,.wav,.webm,.mkv,.ogg,.oga,.opus,.flac"


class MediaKind(StrEnum):
    """Containers that are read; the value is what FFmpeg calls the one reader that may open the file."""

    MP3 = "mp3"
    MP4 = "mov"
    WAV = "wav"
    MATROSKA = "matroska"
    OGG = "ogg"
    FLAC = "flac"


def recognise(head: bytes) -> MediaKind | None:
    """The kind by the first `HEAD_BYTES` bytes; None for all else, captions and playlists among it."""
    for start, kind in _SIGNATURES:
        if head.startswith(start):
            return kind
    if head[:4] in {b"RIFF", b"RF64"} and head[8:12] == b"WAVE":
        return MediaKind.WAV
    if head[4:8] in _MP4_ATOMS:
        return MediaKind.MP4
    return MediaKind.MP3 if _is_layer_3(head) else None


_SIGNATURES = (
    (b"ID3", MediaKind.MP3),
    (b"OggS", MediaKind.OGG),
    (b"fLaC", MediaKind.FLAC),
    (b"\x1a\x45\xdf\xa3", MediaKind.MATROSKA),
)
# ISO/IEC 14496-12 and Apple's QuickTime: the first box names its type after its length.
_MP4_ATOMS = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"skip"})


def _is_layer_3(head: bytes) -> bool:
    """True for the header of an MPEG audio frame, layer III (ISO/IEC 11172-3, 2.4.1.3).

    Its two reserved values and UTF-16's byte order marks, which begin alike, are told apart by these fields.
    """
    if len(head) < 3 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bit_rate, sample_rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bit_rate not in {0, 15} and sample_rate != 3
