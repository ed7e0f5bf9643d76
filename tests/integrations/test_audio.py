"""Sound out of real files, and out of hostile ones nothing but a reason."""

from __future__ import annotations

import struct
import subprocess
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from core.domain.ladder import CaptionFailure, TranscriptUnavailable
from core.domain.media import HEAD_BYTES, LONGEST_MEDIA_MS, MediaKind, recognise
from core.domain.transcript import Cue
from core.integrations import audio
from core.integrations.audio import Soundtrack, soundtrack, to_opus
from core.integrations.audio_pieces import cut, loudness
from tests.world import speech
from tests.world.speech import Talk, make_talk

SECOND = 16_000


@pytest.fixture(autouse=True)
def programs() -> None:
    speech.require()


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return make_talk(tmp_path / "talk.wav", sentences=3)


def convert(source: Path, target: Path, *more: str) -> Path:
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", source, *more, target], check=True, timeout=60)
    return target


def failure_of(path: Path) -> TranscriptUnavailable:
    with pytest.raises(TranscriptUnavailable) as caught, soundtrack(path):
        pass
    return caught.value


def tone(seconds: float, loud: float = 8_000.0) -> np.ndarray:
    return (loud * np.sin(np.arange(round(seconds * SECOND)) / 5)).astype(np.int16)


def track_of(*parts: np.ndarray) -> Soundtrack:
    samples = np.concatenate(parts).astype(np.int16)
    return Soundtrack(samples=samples, duration_ms=len(samples) // 16)


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.mp4", "a.mov", "a.wav", "a.webm", "a.mkv", "a.ogg", "a.flac"])
def test_every_format_gives_its_sound_whatever_its_name(talk: Talk, tmp_path: Path, name: str) -> None:
    path = convert(talk.path, tmp_path / name).rename(tmp_path / "named.txt")
    assert recognise(path.read_bytes()[:HEAD_BYTES]) is not None
    with soundtrack(path) as track:
        assert track.duration_ms == pytest.approx(talk.duration_ms, abs=150)
        assert track.sound_ms == pytest.approx(talk.duration_ms, abs=150)
        first = track.between(talk.said[0].start_ms, talk.said[0].end_ms)
        assert np.abs(first).max() > 1_000
        assert np.abs(track.between(0, talk.said[0].start_ms - 100)).max() < 300


def test_the_sound_of_a_video_is_read_without_its_pictures(talk: Talk, tmp_path: Path) -> None:
    pictures = ("-f", "lavfi", "-i", "color=size=64x64:rate=5", "-shortest")
    video = convert(talk.path, tmp_path / "v.mp4", *pictures)
    with soundtrack(video) as track:
        assert track.sound_ms == pytest.approx(talk.duration_ms, abs=250)


def test_sound_that_begins_late_keeps_the_videos_clock(talk: Talk, tmp_path: Path) -> None:
    late = ("-itsoffset", "4", "-i", talk.path, "-map", "0:v", "-map", "1:a")
    command = ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-t", "20", "-i", "color=size=64x64:rate=5", *late]
    subprocess.run([*command, tmp_path / "late.mkv"], check=True, timeout=60)
    with soundtrack(tmp_path / "late.mkv") as track:
        start_ms = talk.said[0].start_ms + 4_000
        assert np.abs(track.between(0, start_ms - 200)).max() < 300
        assert np.abs(track.between(start_ms, start_ms + 1_000)).max() > 1_000


def test_a_name_full_of_tricks_is_only_a_name(talk: Talk, tmp_path: Path) -> None:
    for name in ["-i concat:a|b.wav", "http:", "a%03d 'x' \"y\" $(id) ;.wav", "ё\n.wav"]:
        path = talk.path.rename(tmp_path / name)
        with soundtrack(path) as track:
            assert track.sound_ms > 1_000
        path.rename(talk.path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nhello\n", "its content is none of these formats"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00 but the rest is text", "it is damaged"),
        (b"RIFF\xff\xff\xff\xffWAVE", "it is damaged"),
        (b"\x00\x00\x00\x20ftypisom" + b"\x00" * 500, "it is damaged"),
        (b"\x1a\x45\xdf\xa3" + b"\xff" * 500, "it is damaged"),
    ],
)
def test_what_is_no_sound_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    failure = failure_of(path)
    assert failure.failure is CaptionFailure.MEDIA_UNREADABLE
    assert reason in failure.message


def test_a_file_that_went_away_is_refused(tmp_path: Path) -> None:
    assert failure_of(tmp_path / "gone.mp3").failure is CaptionFailure.MEDIA_UNREADABLE


def test_a_video_without_sound_is_told_so(tmp_path: Path) -> None:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-t", "1", "-i", "color=size=64x64:rate=5"]
    subprocess.run([*command, tmp_path / "mute.mp4"], check=True, timeout=60)
    assert failure_of(tmp_path / "mute.mp4").failure is CaptionFailure.NO_SOUND


def test_a_header_that_claims_a_hundred_hours_is_refused_before_anything_is_decoded(
    talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = convert(talk.path, tmp_path / "a.m4a")
    claim_movie_length(path, hours=100)
    monkeypatch.setattr(audio, "_decode", lambda *_args: pytest.fail("it was decoded"))
    assert failure_of(path).failure is CaptionFailure.MEDIA_TOO_LONG


def claim_movie_length(path: Path, *, hours: int) -> None:
    """Overwrites the lengths in the movie's, the track's and the media's headers."""
    data = bytearray(path.read_bytes())
    for atom, scale_at in ((b"mvhd", 16), (b"mdhd", 16)):
        at = data.index(atom)
        (per_second,) = struct.unpack_from(">I", data, at + scale_at)
        struct.pack_into(">I", data, at + scale_at + 4, min(hours * 3_600 * per_second, 2**32 - 1))
    at = data.index(b"tkhd")
    (per_second,) = struct.unpack_from(">I", data, data.index(b"mvhd") + 16)
    struct.pack_into(">I", data, at + 24, hours * 3_600 * per_second)
    path.write_bytes(data)


def test_a_recording_that_turns_out_longer_than_its_header_says_is_refused_too(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audio, "LONGEST_MEDIA_MS", 5_000)
    monkeypatch.setattr(audio, "_probe", lambda *_args: 1_000)
    assert failure_of(talk.path).failure is CaptionFailure.MEDIA_TOO_LONG


def test_twelve_hours_are_not_too_long() -> None:
    audio._refuse_longer(LONGEST_MEDIA_MS)


PLAYLISTS: dict[str, Callable[[Path], str]] = {
    "m3u8": lambda secret: f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{secret}\n#EXT-X-ENDLIST\n",
    "concat": lambda secret: f"ffconcat version 1.0\nfile '{secret}'\n",
    "m3u8_http": lambda _: "#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
    "sdp": lambda _: "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("front", [b"", b"ID3\x04\x00\x00\x00\x00\x00\x00", b"OggS\x00\x02", b"fLaC"])
def test_a_playlist_opens_no_other_file(talk: Talk, tmp_path: Path, kind: str, front: bytes) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(front + PLAYLISTS[kind](talk.path).encode())
    assert failure_of(path).failure is CaptionFailure.MEDIA_UNREADABLE


def test_the_named_reader_is_what_keeps_a_playlist_closed(talk: Talk, tmp_path: Path) -> None:
    """Left to its own guess FFmpeg does follow it: the test above can fail."""
    path = tmp_path / "list.ffconcat"
    path.write_text(f"ffconcat version 1.0\nfile '{talk.path.name}'\n")
    probe = ["ffprobe", "-v", "quiet", "-protocol_whitelist", "file", "-show_entries", "format=duration", path]
    assert b"duration" in subprocess.run(probe, capture_output=True, check=False, timeout=20).stdout
    forced = [*probe[:-1], "-f", MediaKind.MP3.value, path]
    assert b"duration" not in subprocess.run(forced, capture_output=True, check=False, timeout=20).stdout


def test_every_call_names_its_reader_and_opens_files_only(tmp_path: Path) -> None:
    arguments = audio._input(tmp_path / "a.mp3", MediaKind.MP3)
    at = arguments.index("-i")
    assert arguments[:at] == ("-max_alloc", str(256 * 1024 * 1024), "-protocol_whitelist", "file", "-f", "mp3")
    assert arguments[at + 1].startswith("file:/")


def test_a_damaged_end_costs_only_the_end(talk: Talk, tmp_path: Path) -> None:
    path = convert(talk.path, tmp_path / "a.mp3")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with soundtrack(path) as track:
        assert 0.5 * talk.duration_ms < track.sound_ms < 0.8 * talk.duration_ms


def test_without_ffmpeg_the_message_says_what_to_install(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    failure = failure_of(talk.path)
    assert failure.failure is CaptionFailure.SPEECH_NOT_CONFIGURED
    assert "apt install ffmpeg" in failure.message


def test_nothing_is_left_behind(talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with soundtrack(talk.path) as track:
        assert track.sound_ms
        assert list(folder.iterdir()) == []
    assert list(folder.iterdir()) == []


def test_a_decoder_that_never_ends_is_ended(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "_DECODE_TIMEOUT_S", 0.001)
    failure = failure_of(talk.path)
    assert "takes too long" in failure.message


def test_opus_is_small_and_as_long(talk: Talk, tmp_path: Path) -> None:
    with soundtrack(talk.path) as track:
        encoded = to_opus(track.samples)
    (tmp_path / "a.ogg").write_bytes(encoded)
    assert len(encoded) < 6_000 * talk.duration_ms / 1_000
    with soundtrack(tmp_path / "a.ogg") as again:
        assert again.sound_ms == pytest.approx(talk.duration_ms, abs=40)


def test_pieces_end_in_pauses_and_are_the_whole_recording() -> None:
    rest = np.zeros(SECOND, dtype=np.int16)
    track = track_of(tone(8), rest, tone(8), rest, tone(8))
    pieces = cut(track, loudness(track), longest_ms=12_000)
    assert [piece.start_ms for piece in pieces] == [0, *(piece.end_ms for piece in pieces[:-1])]
    assert pieces[-1].end_ms == track.sound_ms
    assert 8_000 <= pieces[0].end_ms <= 9_000
    assert 17_000 <= pieces[1].end_ms <= 18_000


def test_a_pause_in_a_noisy_room_is_a_pause_all_the_same() -> None:
    noise = np.random.default_rng(1).normal(0, 150, 9 * SECOND)
    track = track_of(tone(8) + noise[: 8 * SECOND], noise[:SECOND], tone(8) + noise[: 8 * SECOND])
    (first, second) = cut(track, loudness(track), longest_ms=12_000)
    assert 8_000 <= first.end_ms <= 9_000
    assert second.start_ms == first.end_ms


def test_where_there_is_no_pause_pieces_overlap() -> None:
    track = track_of(tone(70))
    pieces = cut(track, loudness(track), longest_ms=30_000)
    assert all(earlier.end_ms - later.start_ms == 6_000 for earlier, later in pairwise(pieces))
    assert pieces[-1].end_ms == track.sound_ms


def test_a_cue_loses_the_pauses_at_its_ends_and_no_more() -> None:
    track = track_of(np.zeros(2 * SECOND), tone(2), np.zeros(3 * SECOND))
    loud = loudness(track)
    assert loud.trimmed(Cue(start_ms=0, end_ms=6_500, text="x")) == Cue(start_ms=2_000, end_ms=4_000, text="x")
    close = Cue(start_ms=1_800, end_ms=4_200, text="x")
    assert loud.trimmed(close) == close
    nowhere = Cue(start_ms=5_000, end_ms=6_000, text="x")
    assert loud.trimmed(nowhere) == nowhere


def test_silence_is_known_and_cut_off() -> None:
    track = track_of(np.zeros(10 * SECOND), tone(2), np.zeros(3 * SECOND))
    loud = loudness(track)
    (piece,) = cut(track, loud, longest_ms=60_000)
    assert not loud.is_silent(piece)
    assert (loud.sounding(piece).start_ms, loud.sounding(piece).end_ms) == (10_000, 12_000)
    silent = track_of(np.zeros(5 * SECOND))
    assert loudness(silent).is_silent(cut(silent, loudness(silent), longest_ms=60_000)[0])
