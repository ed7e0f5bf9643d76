"""What a file is stands in its first bytes."""

from __future__ import annotations

import codecs

import pytest

from core.domain.media import MediaKind, recognise


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"ID3\x04\x00\x00\x00", MediaKind.MP3),
        (b"\xff\xfb\x90\x64", MediaKind.MP3),
        (b"\xff\xf3\x44\xc4", MediaKind.MP3),
        (b"\x00\x00\x00\x20ftypisom", MediaKind.MP4),
        (b"\x00\x00\x00\x1cftypM4A ", MediaKind.MP4),
        (b"\x00\x00\x00\x14ftypqt  ", MediaKind.MP4),
        (b"\x00\x00\x00\x08wide", MediaKind.MP4),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", MediaKind.WAV),
        (b"RF64\xff\xff\xff\xffWAVEds64", MediaKind.WAV),
        (b"\x1a\x45\xdf\xa3\x01\x00", MediaKind.MATROSKA),
        (b"OggS\x00\x02", MediaKind.OGG),
        (b"fLaC\x00\x00", MediaKind.FLAC),
    ],
)
def test_each_kind_is_known_by_its_first_bytes(head: bytes, kind: MediaKind) -> None:
    assert recognise(head) is kind


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff",
        b"\xff\xfb",
        b"1\n00:00:01,000 --> 00:00:02,000\n",
        b"WEBVTT\n\n",
        b"#EXTM3U\n#EXT-X-VERSION:3\n",
        b"ffconcat version 1.0\nfile 'x'\n",
        b"<?xml version='1.0'?><MPD>",
        b"RIFF\x24\x00\x00\x00AVI LIST",
        codecs.BOM_UTF16_LE + "hello".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "hello".encode("utf-16-be"),
        b"\xff\xfb\xf0\x00",
        b"\xff\xeb\x90\x00",
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        b"%PDF-1.7",
    ],
)
def test_nothing_else_is_taken_for_sound(head: bytes) -> None:
    assert recognise(head) is None
