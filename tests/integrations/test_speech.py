"""The ladder's last rung, and the way in for audio and video: which transcriber, which sound, what is left behind."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from core.config import Settings
from core.domain.engine_settings import EngineSettings
from core.domain.ladder import CaptionFailure, TranscriptUnavailable
from core.domain.telemetry import OutboundCall
from core.domain.transcript import Cue, TranscriptSource
from core.integrations.audio_download import AudioDownload
from core.integrations.calls import uncounted
from core.integrations.speech import (
    SpeechCaptions,
    find_transcriber,
    read_media,
    speech_source,
    why_no_transcriber,
)
from core.ports import Spoken, Transcriber
from tests.world import speech
from tests.world.speech import Talk, make_talk, speech_server

VIDEO_ID = "okNormal-00"


@pytest.fixture(autouse=True)
def programs() -> None:
    speech.require()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this process puts what is temporary."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return make_talk(tmp_path / "talk.wav", sentences=2)


@pytest.fixture
def settings() -> EngineSettings:
    return replace(Settings(_env_file=None).for_engine(), openai_api_key=None, whisper_model=None)


def weights(tmp_path: Path) -> str:
    folder = tmp_path / "weights"
    folder.mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (folder / name).touch()
    return str(folder)


class Ear(Transcriber):
    """Hears the same in everything; keeps the path and what stood there."""

    name = "ear"
    is_configured = True

    def __init__(self, *cues: Cue, failure: CaptionFailure | None = None) -> None:
        self.cues = cues or (Cue(start_ms=0, end_ms=2_000, text="the river rose"),)
        self.failure = failure
        self.asked: list[str | None] = []
        self.path = Path()
        self.content = b""

    def transcribe(self, audio: Path, *, language: str | None, on_share: Callable[[float], None]) -> Spoken:
        self.path, self.content = audio, audio.read_bytes()
        self.asked.append(language)
        if self.failure is not None:
            raise TranscriptUnavailable(self.failure)
        on_share(1.0)
        return Spoken(cues=self.cues, language="de", duration_ms=9_000)


def playing(tmp_path: Path, script: str) -> tuple[str, ...]:
    """A program that stands in for yt-dlp: `told` is the file it may tell of the video in, the address comes last."""
    path = tmp_path / "yt_dlp_played.py"
    path.write_text(
        "import sys, time, json\n"
        "told = sys.argv[sys.argv.index('--print-to-file') + 2]\n"
        "out = sys.stdout.buffer\n" + script
    )
    return (sys.executable, str(path))


def download(tmp_path: Path, script: str, **changes: object) -> AudioDownload:
    settings: dict[str, object] = {"timeout_s": 20.0, "command": playing(tmp_path, script)}
    return AudioDownload(**{**settings, **changes})  # type: ignore[arg-type]


GOOD = """
knows = {'title': 'A  talk', 'channel': 'C', 'duration': 12.3, 'thumbnail': 'https://evil.example/x.jpg'}
with open(told, 'w') as file:
    json.dump(knows, file)
out.write(b'sound of ' + sys.argv[-1].encode())
"""


def failure_of(source: SpeechCaptions) -> TranscriptUnavailable:
    with pytest.raises(TranscriptUnavailable) as caught:
        source.fetch(VIDEO_ID, languages=("en",))
    return caught.value


def test_the_rung_hears_the_downloaded_sound_and_leaves_nothing(tmp_path: Path, temporary: Path) -> None:
    ear, calls, shares = Ear(), list[OutboundCall](), list[float]()
    source = SpeechCaptions(ear, download(tmp_path, GOOD, on_call=calls.append), on_share=shares.append)
    assert source.is_configured
    fetched = source.fetch(VIDEO_ID, languages=("en",))
    assert ear.content == f"sound of https://www.youtube.com/watch?v={VIDEO_ID}".encode()
    assert [segment.text for segment in fetched.transcript.segments] == ["the river rose"]
    assert (fetched.transcript.source, fetched.transcript.language) == (TranscriptSource.SPEECH, "de")
    video = fetched.video
    assert (video.id, video.title, video.channel, video.duration_ms) == (VIDEO_ID, "A talk", "C", 12_000)
    assert video.thumbnail_url is None
    assert [(call.vendor, call.operation, call.outcome) for call in calls] == [("youtube", "audio", "ok")]
    assert shares == [1.0]
    assert not ear.path.exists()
    assert list(temporary.iterdir()) == []


def test_the_language_people_read_is_not_taken_for_the_one_that_is_spoken(tmp_path: Path) -> None:
    ear = Ear()
    SpeechCaptions(ear, download(tmp_path, GOOD)).fetch(VIDEO_ID, languages=("en",))
    assert ear.asked == [None]


def test_where_yt_dlp_tells_nothing_the_id_is_known_and_the_length_is_heard(tmp_path: Path) -> None:
    fetched = SpeechCaptions(Ear(), download(tmp_path, "out.write(b'x')")).fetch(VIDEO_ID, languages=())
    assert (fetched.video.id, fetched.video.title, fetched.video.duration_ms) == (VIDEO_ID, None, 9_000)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("sys.exit('ERROR: [youtube] x: Sign in to confirm you’re not a bot. https://a/?sig=s3cret')", "for a robot"),
        ("sys.exit('ERROR: [youtube] x: Private video')", "it is private"),
        ("out.write(b'half'); out.flush(); sys.exit('ERROR: HTTP Error 403: Forbidden')", "refused our server"),
        ("sys.stderr.write('x does not pass filter (!is_live), skipping ..')", "it is live"),
        ("sys.exit('ERROR: something nobody has seen s3cret')", "YouTube did not give it to us"),
        ("open(told, 'w').write('[[not json'); sys.exit(1)", "YouTube did not give it to us"),
    ],
)
def test_what_yt_dlp_says_becomes_a_reason_of_ours(tmp_path: Path, temporary: Path, script: str, reason: str) -> None:
    failure = failure_of(SpeechCaptions(Ear(), download(tmp_path, script)))
    assert failure.failure is CaptionFailure.SOUND_NOT_GIVEN
    assert reason in failure.message
    assert "s3cret" not in failure.message
    assert list(temporary.iterdir()) == []


def test_a_download_that_drips_is_ended(tmp_path: Path, temporary: Path) -> None:
    drip = "while True:\n    out.write(b'x'); out.flush(); time.sleep(0.05)"
    began_s = time.monotonic()
    failure = failure_of(SpeechCaptions(Ear(), download(tmp_path, drip, timeout_s=0.5)))
    assert "takes too long" in failure.message
    assert time.monotonic() - began_s < 5
    assert list(temporary.iterdir()) == []


def test_a_download_without_end_is_too_long(tmp_path: Path, temporary: Path) -> None:
    flood = "while True:\n    out.write(b'x' * 65536)"
    failure = failure_of(SpeechCaptions(Ear(), download(tmp_path, flood, most_bytes=2_000_000)))
    assert failure.failure is CaptionFailure.MEDIA_TOO_LONG
    assert list(temporary.iterdir()) == []


def test_a_failure_of_hearing_keeps_what_is_known_of_the_video(tmp_path: Path) -> None:
    failure = failure_of(SpeechCaptions(Ear(failure=CaptionFailure.SPEECH_FAILED), download(tmp_path, GOOD)))
    assert failure.failure is CaptionFailure.SPEECH_FAILED
    assert failure.video is not None
    assert failure.video.title == "A talk"


def test_marks_of_sound_alone_are_no_speech(tmp_path: Path) -> None:
    ear = Ear(Cue(start_ms=0, end_ms=900, text="[Music]"))
    assert failure_of(SpeechCaptions(ear, download(tmp_path, GOOD))).failure is CaptionFailure.NO_SPEECH


def test_folders_of_processes_that_were_killed_are_removed(tmp_path: Path, temporary: Path) -> None:
    old, new = temporary / "sightline-audio-old", temporary / "sightline-audio-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "audio").touch()
    os.utime(old, (1_000, 1_000))
    SpeechCaptions(Ear(), download(tmp_path, GOOD)).fetch(VIDEO_ID, languages=())
    assert (old.exists(), new.exists()) == (False, True)


@contextmanager
def files_over_http(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_real_yt_dlp_understands_how_it_is_asked(talk: Talk, temporary: Path) -> None:
    if importlib.util.find_spec("yt_dlp") is None:
        pytest.skip("yt-dlp is missing: the extra yt is not installed")
    ear = Ear()
    with files_over_http(talk.path.parent) as address:
        source = SpeechCaptions(ear, AudioDownload(timeout_s=60.0, address=address + "/talk.wav?v={video_id}"))
        fetched = source.fetch(VIDEO_ID, languages=())
    assert ear.content == talk.path.read_bytes()
    assert fetched.video.title == "talk"
    assert list(temporary.iterdir()) == []


def test_a_spoken_file_becomes_a_transcript(talk: Talk, settings: EngineSettings, temporary: Path) -> None:
    calls: list[OutboundCall] = []
    with speech_server() as server:
        told = replace(settings, openai_api_key="sk-x", openai_base_url=server.base_url)
        fetched = read_media(talk.path, settings=told, language=None, on_call=calls.append)
    assert [segment.text for segment in fetched.transcript.segments] == [sentence.text for sentence in talk.said]
    assert fetched.transcript.segments[1].start_ms == pytest.approx(talk.said[1].start_ms, abs=300)
    assert fetched.transcript.source is TranscriptSource.SPEECH
    assert fetched.video.duration_ms == pytest.approx(talk.duration_ms, abs=50)
    assert len(calls) == 1
    assert list(temporary.iterdir()) == []


def test_a_transcriber_on_this_machine_comes_before_one_that_costs_money(
    tmp_path: Path, settings: EngineSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chosen(given: EngineSettings) -> str | None:
        found = find_transcriber(given, uncounted, purse=None, total_timeout_s=1)
        return found.name if found else None

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    paid = replace(settings, openai_api_key="sk-x")
    both = replace(paid, whisper_model=weights(tmp_path))
    assert (chosen(settings), chosen(paid), chosen(both)) == (None, "openai", "whisper")
    assert chosen(replace(paid, whisper_model=str(tmp_path / "gone"))) == "openai"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "neither WHISPER_MODEL nor OPENAI_API_KEY is set"),
        ({"whisper_model": "/nowhere"}, "the folder of WHISPER_MODEL has no model.bin"),
        ({"openai_api_key": "sk-x"}, ""),
    ],
)
def test_what_the_operator_has_to_do_is_told(settings: EngineSettings, changes: dict[str, str], reason: str) -> None:
    given = replace(settings, **changes)  # type: ignore[arg-type]
    assert why_no_transcriber(given).startswith(reason)
    assert bool(why_no_transcriber(given)) is bool(reason)


def test_without_a_transcriber_a_file_is_refused_with_the_reason(talk: Talk, settings: EngineSettings) -> None:
    with pytest.raises(TranscriptUnavailable) as caught:
        read_media(talk.path, settings=settings, language=None)
    assert caught.value.failure is CaptionFailure.SPEECH_NOT_CONFIGURED
    assert "OPENAI_API_KEY" in caught.value.message


def test_without_ffmpeg_the_reason_names_it(settings: EngineSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert "apt install ffmpeg" in why_no_transcriber(replace(settings, openai_api_key="sk-x"))


def test_the_rung_is_configured_with_a_transcriber_and_yt_dlp(
    settings: EngineSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid = replace(settings, openai_api_key="sk-x")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    assert not speech_source(settings, uncounted).is_configured
    assert speech_source(paid, uncounted).is_configured
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert not speech_source(paid, uncounted).is_configured


def test_looking_whether_the_rung_is_configured_loads_no_sdk() -> None:
    script = (
        "import sys; from core.integrations.speech import SpeechCaptions; "
        "print([name for name in ('openai', 'faster_whisper', 'yt_dlp', 'av') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
