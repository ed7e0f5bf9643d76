"""A talk that nobody held, and the service that turns speech into text: both without leaving this machine.

espeak-ng says sentences of known words at known times. The server decodes what it is sent and knows each sentence by
its length, so it hears what really is in the upload, and tells times by that upload's own clock.
"""

from __future__ import annotations

import email
import email.policy
import io
import json
import os
import shutil
import subprocess
import threading
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

# No two are of a length within a fifth of a second of each other.
SENTENCES = (
    "The river floods every spring.",
    "Farmers move their cattle to the hills before the water comes.",
    "Nobody remembers who planted the long row of trees along the road to the old mill.",
    "The bridge was built by soldiers and children cross it every morning on their way to the school in town.",
    "In the summer the grass grows back and the animals return and everybody in the village comes down to help.",
)
RATE = 22_050
_HEARD_RATE = 16_000
_FRAME = 320
_LOUD = 300.0
_REST_FRAMES = 30
_CLOSEST_S = 0.15

Samples = npt.NDArray[np.int16]


def require() -> None:
    """Skips the test where FFmpeg or espeak-ng is missing, naming it; fails it where CI is set."""
    missing = [name for name in ("ffmpeg", "ffprobe", "espeak-ng") if shutil.which(name) is None]
    reason = f"missing programs: {', '.join(missing)} (on Debian: apt install ffmpeg espeak-ng)"
    if missing and os.environ.get("CI"):
        pytest.fail(reason)
    if missing:
        pytest.skip(reason)


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence, with where its sound begins and ends."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Talk:
    path: Path
    said: tuple[Said, ...]
    duration_ms: int


def make_talk(path: Path, *, sentences: int = 5, pauses_s: tuple[float, ...] = (1.5,), channels: int = 1) -> Talk:
    """A WAV file of so many sentences, each followed by the next of the pauses; it begins with one too."""
    parts: list[Samples] = [np.zeros(round(pauses_s[0] * RATE), dtype=np.int16)]
    at, said = len(parts[0]), []
    for number in range(sentences):
        text = SENTENCES[number % len(SENTENCES)]
        sound = _say(text)
        said.append(Said(text, round(at / RATE * 1000), round((at + len(sound)) / RATE * 1000)))
        rest = np.zeros(round(pauses_s[(number + 1) % len(pauses_s)] * RATE), dtype=np.int16)
        parts += [sound, rest]
        at += len(sound) + len(rest)
    write_wav(path, np.concatenate(parts), channels=channels)
    return Talk(path, tuple(said), round(at / RATE * 1000))


def write_wav(path: Path, samples: Samples, *, channels: int = 1) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.repeat(samples, channels).tobytes())


@cache
def _say(text: str) -> Samples:
    """The sound of it, without the silence at its ends."""
    done = subprocess.run(
        ["espeak-ng", "-v", "en-us", "-s", "150", "--stdout", text], capture_output=True, check=True, timeout=20
    )
    with wave.open(io.BytesIO(done.stdout)) as file:
        assert file.getframerate() == RATE
        sound: Samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
    loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > _LOUD)
    return sound[loud[0] : loud[-1] + 1]


@dataclass
class Upload:
    """What one call sent."""

    size_bytes: int
    fields: dict[str, str]
    key: str


@dataclass
class SpeechServer:
    """`faults` are taken by the next calls, each by one: a status, or one of "drip", "cut", "html", "no_segments",
    "quota", "nothing", "bad_times", "made_up". `retry_after` is sent along with a 429.
    """

    port: int = 0
    uploads: list[Upload] = field(default_factory=list)
    faults: list[int | str] = field(default_factory=list)
    retry_after: str | None = None
    language: str = "english"
    most_at_once: int = 0
    hold_s: float = 0.0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def take(self, upload: Upload) -> int | str | None:
        with self._lock:
            self.uploads.append(upload)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            return self.faults.pop(0) if self.faults else None

    def leave(self) -> None:
        with self._lock:
            self._now -= 1


@contextmanager
def speech_server() -> Iterator[SpeechServer]:
    kept = SpeechServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(kept))
    server.daemon_threads = True
    kept.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(kept: SpeechServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            fields, sound = _read_form(self.headers["content-type"], body)
            fault = kept.take(Upload(len(sound), fields, self.headers.get("authorization", "")))
            try:
                _answer(self, kept, fields, sound, fault)
            except OSError:  # the client has had enough
                self.close_connection = True
            finally:
                kept.leave()

        def log_message(self, *_args: object) -> None:
            return

    return Handler


def _read_form(kind: str, body: bytes) -> tuple[dict[str, str], bytes]:
    message = email.message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body, policy=email.policy.HTTP)
    fields, sound = {}, b""
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if name == "file":
            sound = content
        else:
            fields[name] = content.decode().strip()
    return fields, sound


def _answer(
    handler: BaseHTTPRequestHandler, kept: SpeechServer, fields: dict[str, str], sound: bytes, fault: int | str | None
) -> None:
    if isinstance(fault, int):
        headers = {"retry-after": kept.retry_after} if kept.retry_after and fault == 429 else {}
        _send(handler, fault, {"error": {"message": "no", "type": "x", "code": f"code_{fault}"}}, headers)
    elif fault == "quota":
        _send(handler, 429, {"error": {"message": "no", "type": "x", "code": "insufficient_quota"}}, {})
    elif fault == "html":
        _send_raw(handler, b"<html>502</html>")
    elif fault == "drip":
        _drip(handler)
    else:
        time.sleep(kept.hold_s)
        told = json.dumps(_told(kept, fields, sound, fault)).encode()
        _send_raw(handler, told[: len(told) // 2] if fault == "cut" else told)


def _told(kept: SpeechServer, fields: dict[str, str], sound: bytes, fault: str | None) -> dict[str, Any]:
    samples = _decode(sound)
    segments = [_segment(*heard) for heard in ([] if fault == "nothing" else hear(samples))]
    if fault == "bad_times":
        segments[0]["start"] = "soon"
    if fault == "made_up":
        silence = {"no_speech_prob": 0.9, "avg_logprob": -1.4}
        segments.append(_segment("Thank you for watching.", 0.0, 1.0) | silence)
        segments.append(_segment("Long after the end.", 9_000.0, 9_001.0))
    text = " ".join(str(segment["text"]) for segment in segments)
    if fields["response_format"] == "json":
        return {"text": text, "languages": [{"code": "en"}], "usage": {"type": "duration", "seconds": 1}}
    if fields["response_format"] == "diarized_json":
        for number, segment in enumerate(segments):
            segment["speaker"] = "AB"[number % 2]
        return {"task": "transcribe", "text": text, "duration": 1.0, "segments": segments}
    told = {"task": "transcribe", "text": text, "language": kept.language, "duration": len(samples) / _HEARD_RATE}
    return told if fault == "no_segments" else told | {"segments": segments}


def _segment(text: str, start_s: float, end_s: float) -> dict[str, Any]:
    return {"id": 0, "start": start_s, "end": end_s, "text": f" {text}", "no_speech_prob": 0.0, "avg_logprob": -0.2}


def hear(samples: Samples) -> Iterator[tuple[str, float, float]]:
    """(text, start, end in seconds) of each sentence of `SENTENCES` in the sound, known by its length."""
    usable = len(samples) // _FRAME * _FRAME
    levels = np.sqrt(np.square(samples[:usable].astype(np.float64).reshape(-1, _FRAME)).mean(axis=1))
    loud = np.flatnonzero(levels > _LOUD / 4)
    if not len(loud):
        return
    for run in np.split(loud, np.flatnonzero(np.diff(loud) > _REST_FRAMES) + 1):
        start_s, end_s = int(run[0]) * _FRAME / _HEARD_RATE, int(run[-1] + 1) * _FRAME / _HEARD_RATE
        lengths = {text: abs(len(_say(text)) / RATE - (end_s - start_s)) for text in SENTENCES}
        text = min(lengths, key=lambda each: lengths[each])
        yield (text if lengths[text] < _CLOSEST_S else "(a piece of a sentence)"), start_s, end_s


def _decode(sound: bytes) -> Samples:
    command = ["ffmpeg", "-v", "quiet", "-i", "pipe:0", "-f", "s16le", "-ar", str(_HEARD_RATE), "-ac", "1", "pipe:1"]
    done = subprocess.run(command, input=sound, capture_output=True, check=True, timeout=60)
    decoded: Samples = np.frombuffer(done.stdout, dtype=np.int16)
    return decoded


def _send(handler: BaseHTTPRequestHandler, status: int, told: dict[str, Any], headers: dict[str, str]) -> None:
    body = json.dumps(told).encode()
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _send_raw(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte every now and then, far below any read's timeout, for five seconds at most."""
    handler.send_response(200)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", "100000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)
