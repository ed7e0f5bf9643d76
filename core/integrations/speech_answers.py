"""What OpenAI's speech models are asked for and answer with: not all of them give times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.domain.hearing import is_believed
from core.domain.transcript import Cue

_MINUTES_10_MS = 600_000
_SECONDS_30_MS = 30_000

Seconds = Annotated[float, Field(ge=0, le=100 * 3_600, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechForm:
    """How one model is asked. `longest_piece_ms` bounds what is sent at once.

    A model that gives no times is sent short pieces, cut in pauses: where its words were said is then known from what
    was sent, as closely as that goes, and no time is made up.
    """

    response_format: str
    longest_piece_ms: int
    has_times: bool = True
    asks_for_segments: bool = False
    has_speakers: bool = False


TIMED = SpeechForm(response_format="verbose_json", longest_piece_ms=_MINUTES_10_MS, asks_for_segments=True)
SPEAKERS = SpeechForm(response_format="diarized_json", longest_piece_ms=_MINUTES_10_MS, has_speakers=True)
WORDS_ONLY = SpeechForm(response_format="json", longest_piece_ms=_SECONDS_30_MS, has_times=False)

# As the API's reference tells of `response_format`, November 2026. whisper-1 and the gpt-4o models end on 2027-02-26;
# gpt-transcribe, which OpenAI names in their place, gives no times.
_FORMS = {
    "gpt-transcribe": WORDS_ONLY,
    "gpt-4o-transcribe": WORDS_ONLY,
    "gpt-4o-mini-transcribe": WORDS_ONLY,
    "gpt-4o-mini-transcribe-2025-12-15": WORDS_ONLY,
    "gpt-4o-transcribe-diarize": SPEAKERS,
}


def form_of(model: str) -> SpeechForm:
    """Servers of other makers are asked as whisper-1 is: that is the form they copied."""
    return _FORMS.get(model, TIMED)


class UnreadableAnswer(Exception):
    """The answer is not of the form that was asked for."""


class NoTimes(Exception):
    """There are words in the answer, and nothing that says when they were said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechAnswer:
    """Cues on the piece's own clock, the language as a tag where it was told, and the tokens where those are billed."""

    cues: tuple[Cue, ...]
    language: str | None
    input_tokens: int = 0
    output_tokens: int = 0


def read_answer(body: str, form: SpeechForm, *, duration_ms: int) -> SpeechAnswer:
    """What the model heard in a piece of this length. Raises UnreadableAnswer, NoTimes."""
    try:
        answer = _Answer.model_validate_json(body)
    except ValidationError:
        raise UnreadableAnswer from None
    if form.has_times and not answer.segments and answer.text.strip():
        raise NoTimes
    cues = _timed(answer, form, duration_ms) if form.has_times else _as_one(answer, duration_ms)
    usage = answer.usage or _Usage()
    return SpeechAnswer(
        cues=cues, language=answer.tag, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens
    )


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _Segment(_Lenient):
    start: Seconds
    end: Seconds
    text: str
    speaker: str | None = None
    no_speech_prob: float | None = None
    avg_logprob: float | None = None

    @property
    def is_speech(self) -> bool:
        return bool(self.text.strip()) and is_believed(self.no_speech_prob or 0, self.avg_logprob or 0)


class _Usage(_Lenient):
    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)


class _Language(_Lenient):
    code: str = ""


class _Answer(_Lenient):
    text: str
    language: str | None = None
    languages: list[_Language] | None = None
    segments: list[_Segment] | None = None
    usage: _Usage | None = None

    @property
    def tag(self) -> str | None:
        named = (self.language or "").strip().lower()
        if not named and self.languages:
            named = self.languages[0].code.strip().lower()
        if named in _TAGS:
            return _TAGS[named]
        return named if 2 <= len(named) <= 3 and named.isascii() and named.isalpha() else None


def _timed(answer: _Answer, form: SpeechForm, duration_ms: int) -> tuple[Cue, ...]:
    """A segment that begins past the end of what was sent was made up; one that ends there is cut."""
    return tuple(
        Cue(
            start_ms=round(segment.start * 1_000),
            end_ms=min(round(max(segment.end, segment.start) * 1_000), duration_ms),
            text=segment.text.strip(),
            speaker=segment.speaker if form.has_speakers else None,
        )
        for segment in answer.segments or []
        if segment.is_speech and segment.start * 1_000 < duration_ms
    )


def _as_one(answer: _Answer, duration_ms: int) -> tuple[Cue, ...]:
    text = " ".join(answer.text.split())
    return (Cue(start_ms=0, end_ms=duration_ms, text=text),) if text else ()


# verbose_json names the language in English; the names are those of Whisper's own list.
_TAGS = {
    "afrikaans": "af", "albanian": "sq", "amharic": "am", "arabic": "ar", "armenian": "hy", "assamese": "as",
    "azerbaijani": "az", "bashkir": "ba", "basque": "eu", "belarusian": "be", "bengali": "bn", "bosnian": "bs",
    "breton": "br", "bulgarian": "bg", "burmese": "my", "cantonese": "yue", "castilian": "es", "catalan": "ca",
    "chinese": "zh", "croatian": "hr", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en", "estonian": "et",
    "faroese": "fo", "finnish": "fi", "flemish": "nl", "french": "fr", "galician": "gl", "georgian": "ka",
    "german": "de", "greek": "el", "gujarati": "gu", "haitian creole": "ht", "hausa": "ha", "hawaiian": "haw",
    "hebrew": "he", "hindi": "hi", "hungarian": "hu", "icelandic": "is", "indonesian": "id", "italian": "it",
    "japanese": "ja", "javanese": "jv", "kannada": "kn", "kazakh": "kk", "khmer": "km", "korean": "ko", "lao": "lo",
    "latin": "la", "latvian": "lv", "lingala": "ln", "lithuanian": "lt", "luxembourgish": "lb", "macedonian": "mk",
    "malagasy": "mg", "malay": "ms", "malayalam": "ml", "maltese": "mt", "mandarin": "zh", "maori": "mi",
    "marathi": "mr", "moldovan": "ro", "mongolian": "mn", "nepali": "ne", "norwegian": "no", "nynorsk": "nn",
    "occitan": "oc", "pashto": "ps", "persian": "fa", "polish": "pl", "portuguese": "pt", "punjabi": "pa",
    "romanian": "ro", "russian": "ru", "sanskrit": "sa", "serbian": "sr", "shona": "sn", "sindhi": "sd",
    "sinhala": "si", "slovak": "sk", "slovenian": "sl", "somali": "so", "spanish": "es", "sundanese": "su",
    "swahili": "sw", "swedish": "sv", "tagalog": "tl", "tajik": "tg", "tamil": "ta", "tatar": "tt", "telugu": "te",
    "thai": "th", "tibetan": "bo", "turkish": "tr", "turkmen": "tk", "ukrainian": "uk", "urdu": "ur", "uzbek": "uz",
    "valencian": "ca", "vietnamese": "vi", "welsh": "cy", "yiddish": "yi", "yoruba": "yo",
}  # fmt: skip
