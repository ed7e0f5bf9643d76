"""The sound of a YouTube video, by yt-dlp (the extra `yt`) as a process of its own.

As a process it can be ended: a server that drips would never time out. What it sends is counted as it comes, and what
it wrote goes with it.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.domain.ladder import CaptionFailure, FailureContext, TranscriptUnavailable
from core.domain.media import LONGEST_MEDIA_MS
from core.domain.video import Video
from core.integrations.calls import OnCall, outbound, uncounted
from core.integrations.youtube_player import read_video

# Twelve hours at 96 kbit/s, the most that is asked for, are 520 MB.
_MOST_BYTES = 600 * 1024 * 1024
_READ_BYTES = 256 * 1024
_MOST_TOLD_BYTES = 2_000_000
_FOLDER_PREFIX = "sightline-audio-"
# No download lasts as long: a folder this old was left by a process that was killed.
_ABANDONED_AFTER_S = 6 * 3_600
_TOLD = "%(.{title,channel,uploader,duration,description,thumbnail,is_live})j"
COMMAND = (sys.executable, "-m", "yt_dlp")
_WATCH = "https://www.youtube.com/watch?v={video_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadedAudio:
    path: Path
    video: Video


class AudioDownload:
    """`timeout_s` bounds all of one download. `command` and `address` are others in tests."""

    def __init__(
        self,
        *,
        timeout_s: float,
        on_call: OnCall = uncounted,
        command: tuple[str, ...] = COMMAND,
        address: str = _WATCH,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        self._timeout_s = timeout_s
        self._on_call = on_call
        self._command = command
        self._address = address
        self._most_bytes = most_bytes

    @property
    def is_installed(self) -> bool:
        return self._command != COMMAND or importlib.util.find_spec("yt_dlp") is not None

    @contextmanager
    def fetch(self, video_id: str) -> Iterator[DownloadedAudio]:
        """The sound as a file that is gone after the block. Raises TranscriptUnavailable (SOUND_NOT_GIVEN …)."""
        _remove_abandoned()
        with tempfile.TemporaryDirectory(prefix=_FOLDER_PREFIX) as name:
            folder = Path(name)
            path = folder / "audio"
            with outbound("youtube", "audio", self._on_call):
                said = self._run(video_id, path, folder / "told.json")
            video = _video(folder / "told.json", video_id)
            if not path.stat().st_size:
                raise _not_given(said, video)
            yield DownloadedAudio(path=path, video=video)

    def _run(self, video_id: str, path: Path, told: Path) -> str:
        """What it said in the end, for people who look for the reason."""
        with tempfile.TemporaryFile() as errors, path.open("wb") as sound:
            process = subprocess.Popen(
                (*self._command, *_options(told), self._address.format(video_id=video_id)),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip
            with _ended_after(process, self._timeout_s) as is_late:
                assert process.stdout is not None  # noqa: S101  # it was started with a pipe
                size_bytes = _copy(process.stdout, sound, self._most_bytes)
                if size_bytes > self._most_bytes:
                    raise TranscriptUnavailable(CaptionFailure.MEDIA_TOO_LONG)
                code = process.wait()
            if is_late():
                raise TranscriptUnavailable(
                    CaptionFailure.SOUND_NOT_GIVEN, FailureContext(reason="downloading it takes too long")
                )
            if code != 0:  # what came of it is cut
                sound.truncate(0)
            return _last_words(errors)


def _options(told: Path) -> tuple[str, ...]:
    """Of a format that speech needs no better than, the whole of it; no settings of the machine, no files beside it."""
    longest_s = LONGEST_MEDIA_MS // 1_000
    return (
        "--ignore-config", "--no-cache-dir", "--no-playlist", "--no-progress", "--no-warnings", "--no-color",
        "--no-simulate", "--socket-timeout", "10", "--retries", "2", "--fragment-retries", "2",
        "--extractor-retries", "1", "--abort-on-unavailable-fragments", "--fixup", "never",
        "--match-filters", f"!is_live & duration<=?{longest_s}",
        "--print-to-file", f"before_dl:{_TOLD}", str(told),
        "--format", "bestaudio[abr<=96]/worstaudio/worst", "--output", "-", "--",
    )  # fmt: skip


@contextmanager
def _ended_after(process: subprocess.Popen[bytes], timeout_s: float) -> Iterator[Callable[[], bool]]:
    """Kills the process once the time is up, and in any case at the end of the block."""
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(timeout_s, end)
    timer.daemon = True
    timer.start()
    try:
        yield late.is_set
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _copy(source: IO[bytes], target: IO[bytes], most_bytes: int) -> int:
    """Bytes written; more than `most_bytes` where there was more to come."""
    size_bytes = 0
    while size_bytes <= most_bytes and (block := source.read(_READ_BYTES)):
        target.write(block)
        size_bytes += len(block)
    return size_bytes


def _last_words(errors: IO[bytes]) -> str:
    size_bytes = errors.seek(0, 2)
    errors.seek(max(0, size_bytes - _READ_BYTES))
    return errors.read().decode("utf-8", "replace")


# What yt-dlp says, in its own or YouTube's words, and what that means. Its words themselves are shown to nobody: they
# hold addresses with signatures, and advice for those who run it by hand.
_REASONS = (
    ("does not pass filter", "it is live, or longer than 12 hours"),
    ("confirm you’re not a bot", "YouTube takes our server for a robot"),
    ("confirm you're not a bot", "YouTube takes our server for a robot"),
    ("confirm your age", "it is age-restricted"),
    ("Private video", "it is private"),
    ("Video unavailable", "it is not available"),
    ("members", "it is for the channel's members"),
    ("not available in your country", "it is blocked in the country our server is in"),
    ("HTTP Error 429", "YouTube is limiting our server"),
    ("HTTP Error 403", "YouTube refused our server"),
    ("Requested format is not available", "YouTube offers no sound by itself"),
    ("timed out", "YouTube took too long to answer"),
)


def _not_given(said: str, video: Video) -> TranscriptUnavailable:
    reason = next((meaning for words, meaning in _REASONS if words in said), "YouTube did not give it to us")
    return TranscriptUnavailable(CaptionFailure.SOUND_NOT_GIVEN, FailureContext(video=video, reason=reason))


def _video(told: Path, video_id: str) -> Video:
    """What yt-dlp knew of the video, read as the player's own answer is; the id alone where it told nothing."""
    try:
        with told.open("rb") as file:
            found = json.loads(file.read(_MOST_TOLD_BYTES))
    except (OSError, ValueError, RecursionError):
        found = {}
    if not isinstance(found, dict):
        found = {}
    duration_s = found.get("duration")
    details = {
        "title": found.get("title"),
        "author": found.get("channel") or found.get("uploader"),
        "lengthSeconds": str(round(duration_s)) if isinstance(duration_s, int | float) else None,
        "shortDescription": found.get("description"),
        "thumbnail": {"thumbnails": [{"url": found.get("thumbnail"), "width": 1}]},
        "isLive": found.get("is_live"),
    }
    return read_video(details, video_id)


def _remove_abandoned() -> None:
    """Folders of processes that were killed in the middle of a download."""
    oldest_s = time.time() - _ABANDONED_AFTER_S
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER_PREFIX}*"):
        try:
            is_abandoned = folder.is_dir() and folder.stat().st_mtime < oldest_s
        except OSError:  # another process was faster
            continue
        if is_abandoned:
            shutil.rmtree(folder, ignore_errors=True)
