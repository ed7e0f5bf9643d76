"""The sound of an audio or video file, by FFmpeg's programs: read once, as the one form that speech to text wants.

What people upload is hostile until shown otherwise. The reader is named by what the content was recognised as, so that
no playlist is ever followed; it may open this one file and nothing else; time, memory and output have an end.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from core.domain.ladder import CaptionFailure, FailureContext, TranscriptUnavailable
from core.domain.media import HEAD_BYTES, LONGEST_MEDIA_MS, MediaKind, recognise

Samples = npt.NDArray[np.int16]

SAMPLES_PER_MS = 16
_SAMPLES_PER_S = 1_000 * SAMPLES_PER_MS
_BYTES_PER_MS = 2 * SAMPLES_PER_MS
# A recording of twelve hours is decoded in about two minutes on one core.
_DECODE_TIMEOUT_S = 900.0
_PROBE_TIMEOUT_S = 30.0
_ENCODE_TIMEOUT_S = 120.0
_PROBE_MOST_BYTES = 1_000_000
# One block of memory; the largest picture of a video needs less, and pictures are not even decoded.
_LARGEST_BLOCK_BYTES = 256 * 1024 * 1024
_OPUS_BITS_PER_S = 32_000
# How much longer than the header says a file may turn out before the header is no longer believed at all.
_SLACK_MS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Soundtrack:
    """A file's sound: one channel, 16,000 samples a second. `duration_ms` is the file's, silent pictures included."""

    samples: Samples
    duration_ms: int

    @property
    def sound_ms(self) -> int:
        return len(self.samples) // SAMPLES_PER_MS

    def between(self, start_ms: int, end_ms: int) -> Samples:
        return self.samples[start_ms * SAMPLES_PER_MS : end_ms * SAMPLES_PER_MS]


def has_ffmpeg() -> bool:
    return not missing_programs()


def missing_programs() -> str:
    """What the operator has to install before sound can be read; "" where nothing is missing."""
    missing = [name for name in ("ffmpeg", "ffprobe") if shutil.which(name) is None]
    return f"{' and '.join(missing)} of FFmpeg not found (on Debian: apt install ffmpeg)" if missing else ""


@contextmanager
def soundtrack(path: Path) -> Iterator[Soundtrack]:
    """The sound of the file at `path`, gone after the block; it takes 115 MB of disk an hour and has no name there.

    Raises TranscriptUnavailable: SPEECH_NOT_CONFIGURED without FFmpeg, MEDIA_UNREADABLE, NO_SOUND, MEDIA_TOO_LONG.
    """
    if reason := missing_programs():
        raise TranscriptUnavailable(CaptionFailure.SPEECH_NOT_CONFIGURED, FailureContext(reason=reason))
    kind = _kind(path)
    header_ms = _probe(path, kind)
    # Without a name it is gone with this process, however that ends.
    with tempfile.TemporaryFile(prefix="sightline-sound-") as sound:
        _decode(path, kind, sound)
        samples = _samples(sound)
        decoded_ms = len(samples) // SAMPLES_PER_MS
        _refuse_longer(decoded_ms)
        if not decoded_ms:
            raise _unreadable("nothing in it could be decoded")
        yield Soundtrack(samples=samples, duration_ms=max(decoded_ms, header_ms or 0))


def to_opus(samples: Samples) -> bytes:
    """The samples as Opus in Ogg, 32 kbit/s: 240 kB a minute. Raises TranscriptUnavailable (SPEECH_NOT_CONFIGURED)."""
    arguments = (
        "ffmpeg", "-nostdin", "-hide_banner", "-v", "error", "-f", "s16le", "-ar", str(_SAMPLES_PER_S), "-ac", "1",
        "-i", "pipe:0", "-c:a", "libopus", "-b:a", str(_OPUS_BITS_PER_S), "-f", "ogg", "pipe:1",
    )  # fmt: skip
    try:
        done = subprocess.run(
            arguments, input=samples.tobytes(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
            timeout=_ENCODE_TIMEOUT_S,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        reason = "FFmpeg can't write Opus here (it needs libopus)"
        raise TranscriptUnavailable(CaptionFailure.SPEECH_NOT_CONFIGURED, FailureContext(reason=reason)) from None
    return done.stdout


def _kind(path: Path) -> MediaKind:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        raise _unreadable("it is not there any more") from None
    kind = recognise(head)
    if kind is None:
        raise _unreadable("it is empty" if not head else "its content is none of these formats")
    return kind


def _input(path: Path, kind: MediaKind) -> tuple[str, ...]:
    """The file as FFmpeg's input: by this reader alone, and no other file or address through it.

    The protocol before an absolute path keeps any name a mere name.
    """
    return (
        "-max_alloc", str(_LARGEST_BLOCK_BYTES), "-protocol_whitelist", "file", "-f", kind.value,
        "-i", f"file:{path.absolute()}",
    )  # fmt: skip


def _probe(path: Path, kind: MediaKind) -> int | None:
    """The length its header gives, in milliseconds, where it gives one. Raises NO_SOUND and MEDIA_TOO_LONG."""
    shown = ("-show_entries", "format=duration:stream=codec_type", "-of", "json")
    try:
        done = subprocess.run(
            ("ffprobe", "-hide_banner", "-v", "error", *shown, *_input(path, kind)),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
            timeout=_PROBE_TIMEOUT_S,
        )  # fmt: skip
        told = json.loads(done.stdout[:_PROBE_MOST_BYTES])
    except (OSError, subprocess.SubprocessError, ValueError):
        raise _unreadable("it is damaged, or not what its first bytes say") from None
    if not any(stream.get("codec_type") == "audio" for stream in told.get("streams", [])):
        raise TranscriptUnavailable(CaptionFailure.NO_SOUND)
    header_ms = _milliseconds(told.get("format", {}).get("duration"))
    _refuse_longer(header_ms or 0)
    return header_ms


def _decode(path: Path, kind: MediaKind, sound: BinaryIO) -> None:
    """Writes the sound as bare samples, from the file's own zero on: a late or broken track is padded with silence."""
    most_s = (LONGEST_MEDIA_MS + 2 * _SLACK_MS) // 1_000
    arguments = (
        "ffmpeg", "-nostdin", "-hide_banner", "-v", "quiet", *_input(path, kind), "-map", "0:a:0",
        "-vn", "-sn", "-dn", "-af", f"aresample={_SAMPLES_PER_S}:async=1:first_pts=0", "-ac", "1", "-t", str(most_s),
        "-fs", str(most_s * 1_000 * _BYTES_PER_MS), "-f", "s16le", "pipe:1",
    )  # fmt: skip
    try:
        # A damaged end leaves a code other than 0, and all that stood before it.
        subprocess.run(
            arguments, stdin=subprocess.DEVNULL, stdout=sound, stderr=subprocess.DEVNULL, check=False,
            timeout=_DECODE_TIMEOUT_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _unreadable("decoding it takes too long") from None
    except OSError:
        raise _unreadable("it could not be decoded") from None


def _samples(sound: BinaryIO) -> Samples:
    size_bytes = sound.seek(0, 2)
    if size_bytes < 2:
        return np.zeros(0, dtype=np.int16)
    return np.memmap(sound, dtype=np.int16, mode="r", shape=(size_bytes // 2,))


def _refuse_longer(duration_ms: int) -> None:
    if duration_ms > LONGEST_MEDIA_MS + _SLACK_MS:
        raise TranscriptUnavailable(CaptionFailure.MEDIA_TOO_LONG)


def _milliseconds(seconds: object) -> int | None:
    try:
        duration_ms = round(float(str(seconds)) * 1_000)
    except (ValueError, OverflowError):
        return None
    return duration_ms if duration_ms > 0 else None


def _unreadable(reason: str) -> TranscriptUnavailable:
    return TranscriptUnavailable(CaptionFailure.MEDIA_UNREADABLE, FailureContext(reason=reason))
