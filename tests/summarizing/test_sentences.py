from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.evidence import resolve
from core.domain.transcript import Transcript, join_texts
from core.summarizing.sentences import split_sentences, word_count
from tests.transcripts import spoken, timed, untimed


def texts(transcript: Transcript) -> list[str]:
    return [sentence.text for sentence in split_sentences(transcript)]


def test_marks_end_sentences_across_segments() -> None:
    transcript = timed("Hello there. This is", "one sentence! And", "another?", "yes")
    assert texts(transcript) == ["Hello there.", "This is one sentence!", "And another?", "yes"]


def test_abbreviations_initials_and_decimals_do_not() -> None:
    transcript = timed("Dr. J. Smith paid 3.5 dollars, e.g. for tea. Then he left.")
    assert texts(transcript) == ["Dr. J. Smith paid 3.5 dollars, e.g. for tea.", "Then he left."]


def test_trailing_dots_before_a_small_letter_do_not() -> None:
    assert texts(timed("We went... and came back. Done.")) == ["We went... and came back.", "Done."]


def test_another_speaker_begins_another_sentence() -> None:
    found = split_sentences(spoken(("A", "I think that"), ("B", "No."), ("A", "we should go.")))
    assert [(s.speaker, s.text, s.opens_turn) for s in found] == [
        ("A", "I think that", True), ("B", "No.", True), ("A", "we should go.", True),
    ]  # fmt: skip


def test_chinese_marks_need_no_space() -> None:
    assert texts(timed("我们今天学习机器。", "然后看看模型！再见", language="zh")) == [
        "我们今天学习机器。",
        "然后看看模型！",
        "再见",
    ]


def test_chinese_without_marks_is_cut_at_cues_and_length() -> None:
    found = texts(timed(*["我们今天学习机器翻译模型"] * 12, language="zh"))
    assert len(found) > 2
    assert all(word_count(text) <= 32 for text in found)


def test_two_languages_in_one_cue_stay_together() -> None:
    transcript = timed(
        "什么是转移学习？ What is transfer learning?", "这是想法 This is the whole idea", "一句话。 in one line."
    )
    assert texts(transcript) == [
        "什么是转移学习？ What is transfer learning?",
        "这是想法 This is the whole idea 一句话。 in one line.",
    ]


WORDS = "the model reads every word of the text and gives a number"


def test_without_marks_a_pause_of_a_second_ends_a_sentence() -> None:
    paused = texts(timed(WORDS, WORDS, seconds=4, pause=1.0))
    assert paused == [WORDS, WORDS]
    assert len(texts(timed(WORDS, WORDS, seconds=4, pause=0.5))) == 1


def test_without_marks_a_discourse_word_opens_a_sentence_once_ten_words_stand() -> None:
    assert texts(timed(WORDS + " so " + WORDS)) == [WORDS, "so " + WORDS]
    assert texts(timed("the model so it reads a word")) == ["the model so it reads a word"]


def test_without_marks_thirty_words_are_the_most() -> None:
    found = split_sentences(timed(*["alpha beta gamma delta epsilon zeta eta theta"] * 40))
    assert max(len(sentence.words) for sentence in found) <= 30


def test_a_capped_sentence_does_not_end_in_an_article() -> None:
    words = ["word"] * 29 + ["the"] + ["word"] * 20
    assert not texts(untimed(" ".join(words)))[0].endswith("the")


def test_content_stems_and_times_come_along() -> None:
    (sentence,) = split_sentences(timed("Um, the models are training.", seconds=2))
    assert sentence.words == ("um", "the", "models", "are", "training")
    assert sentence.stems == ("model", "train")
    assert (sentence.start_ms, sentence.end_ms) == (0, 2000)


def test_a_language_without_a_list_takes_its_frequent_words_as_stop_words() -> None:
    lines = ["ja kissa on talo", "ja koira on metsä", "ja lintu on järvi"] * 10
    assert all("ja" not in s.stems and "on" not in s.stems for s in split_sentences(timed(*lines, language="fi")))


piece = (
    st.text(alphabet="ab .!?,。我学習é-'\"1", min_size=1, max_size=40).map(lambda t: " ".join(t.split())).filter(bool)
)


@pytest.mark.parametrize("make", [timed, untimed])
@given(lines=st.lists(piece, min_size=1, max_size=12))
def test_every_word_stands_in_exactly_one_sentence_and_spans_are_verbatim(make: object, lines: list[str]) -> None:
    transcript: Transcript = make(*lines)  # type: ignore[operator]
    sentences = split_sentences(transcript)
    for sentence in sentences:
        assert "".join(resolve(sentence.span, transcript).quote.split()) == "".join(sentence.text.split())
    letters = "".join(char for sentence in sentences for char in sentence.text if char.isalnum())
    assert letters == "".join(char for char in join_texts(lines) if char.isalnum())
