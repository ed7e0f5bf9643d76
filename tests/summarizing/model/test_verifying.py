"""One note against what was said: an assumption that the speaker denies may be told as one, and only there."""

from __future__ import annotations

import pytest

from core.domain.evidence import TranscriptIndex
from core.domain.parts import part_of
from core.domain.summary import Entry, WithheldReason
from core.summarizing.model.answers import Note
from core.summarizing.model.verifying import NoteChecker, Refused
from tests.transcripts import timed

TALK = timed(
    "Many people think that bigger models are always better.",
    "Bigger models are not always better, the data matters more.",
    seconds=5,
    language="en",
)
QUOTE = "Bigger models are not always better"


def checked(part: str, fields: dict[str, str]) -> Entry | Refused:
    checker = NoteChecker(TALK, TranscriptIndex(TALK), 0, 1, "en")
    return checker.check(Note(part=part_of(part), fields=dict(fields), segments=(1,), quote=QUOTE))


@pytest.mark.parametrize(
    "assumption", ["Bigger models are always better.", "Some believe that bigger models are always better."]
)
def test_what_the_speaker_denies_stands_as_an_assumption_beside_what_is_said_instead(assumption: str) -> None:
    entry = checked("debunked", {"assumption": assumption, "correction": "Not always: the data matters more."})
    assert isinstance(entry, Entry)
    assert entry.item.text == "Not always: the data matters more."


def test_a_correction_that_says_the_opposite_is_refused() -> None:
    refused = checked("debunked", {"assumption": "Data matters.", "correction": "Bigger models are always better."})
    assert isinstance(refused, Refused)
    assert refused.reason is WithheldReason.OPPOSITE_SAID


def test_an_assumption_nobody_speaks_of_is_refused() -> None:
    fields = {"assumption": "Elephants invented the bicycle.", "correction": "The data matters more."}
    refused = checked("debunked", fields)
    assert isinstance(refused, Refused)
    assert refused.reason is WithheldReason.WORDS_NOT_SAID
