from __future__ import annotations

from core.domain.summary import Tag, TagKind
from core.domain.transcript import Transcript
from core.domain.video import Video
from core.summarizing.sentences import split_sentences
from core.summarizing.tags import MOST_TAGS, find_tags
from tests.transcripts import spoken, timed


def tags_of(transcript: Transcript, video: Video | None = None) -> tuple[Tag, ...]:
    return find_tags(split_sentences(transcript), transcript, video or Video())


def names_of(transcript: Transcript, video: Video | None = None) -> list[str]:
    return [tag.name for tag in tags_of(transcript, video)]


TALK = [
    "Yeah, um, machine translation is hard.",
    "You know, the encoder reads, and machine translation needs a decoder.",
    "Okay, yeah, so with PyTorch the encoder is short.",
    "I mean, machine translation in PyTorch takes two thousand lines.",
]


def test_what_comes_back_is_a_tag_and_fillers_and_numbers_are_not() -> None:
    names = names_of(timed(*TALK))
    assert names[0] == "machine translation"
    assert "PyTorch" in names
    assert "encoder" in names
    assert not {"yeah", "okay", "two", "thousand", "mean"} & {word for name in names for word in name.lower().split()}


def test_a_part_of_a_tag_is_no_second_tag() -> None:
    names = names_of(timed(*TALK))
    assert "machine" not in names
    assert "translation" not in names


def test_the_company_is_not_the_fruit() -> None:
    names = names_of(timed("Phones are what Apple sells.", "Nobody but Apple makes them.", "We asked Apple, twice."))
    assert "Apple" in names
    assert "apple" not in names


def test_speakers_are_persons_under_their_full_names() -> None:
    lines = [("Daniel Thompson", "I built Tauri."), ("Jerod Santo", "So Daniel, why Tauri?")] * 4
    tags = tags_of(spoken(*lines))
    assert Tag(name="Daniel Thompson", kind=TagKind.PERSON) in tags
    assert Tag(name="Tauri") in tags
    assert all(tag.kind is None for tag in tags if tag.name != "Daniel Thompson")


def test_a_role_is_not_a_person() -> None:
    lines = [("Project Manager", "The project budget grows."), ("Grad A", "The project budget shrinks.")] * 3
    assert all(tag.kind is None for tag in tags_of(spoken(*lines)))


def test_the_videos_own_title_lends_weight_and_capitals_to_lower_case_captions() -> None:
    lines = ["we use numpy for arrays", "and arrays in numpy are quick", "the loop is slow and the loop is long"]
    names = names_of(timed(*lines), Video(title="NumPy in practice", channel="Some Channel"))
    assert names[0] == "NumPy"


def test_there_are_eight_at_most_and_each_is_there_once() -> None:
    nouns = ["planet", "comet", "galaxy", "nebula", "quasar", "pulsar", "meteor", "crater", "eclipse", "orbit"]
    tags = tags_of(timed(*[f"The {noun} and the {noun} meet a {noun}." for noun in nouns]))
    assert len(tags) == MOST_TAGS
    assert len(set(tags)) == MOST_TAGS


def test_a_text_without_meaning_has_no_tags() -> None:
    assert tags_of(timed("Yeah, okay.", "And so on, you know.")) == ()
