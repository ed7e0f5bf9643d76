"""What captions write about sound instead of speech: `[Music]`, `(applause)`, `♪`; told apart from text in brackets.

Technical speech is full of brackets (`[CLS]`, `index [i]`, "(if you have a GPU)"), so a bracket inside a line goes only
when its words name a sound; a bracket that is all there is on the screen goes when it is short and reads like one.
"""

from __future__ import annotations

import re

from core.domain.transcript import is_cjk


def strip_marks(line: str) -> tuple[str, int]:
    """The line without marks of sound, and how many were taken out. Sung words between notes stay."""
    if not _MAYBE_MARK.search(line):
        return line, 0
    removed = 0

    def drop(match: re.Match[str]) -> str:
        nonlocal removed
        if match[0][0] not in _NOTES and not _names_sound(match[0][1:-1]):
            return match[0]
        removed += 1
        return " "

    return _MARK.sub(drop, line), removed


def is_only_marks(text: str) -> bool:
    """True for a cue whose every line is a mark of sound, or holds no letter and no digit at all."""
    lines = [line.strip() for line in text.split("\n") if any(char.isalnum() for char in line)]
    return all(_is_mark_line(line) for line in lines)


_NOTES = "♪♫♬♩"
_BRACKETS = {"[": "]", "(": ")", "（": "）", "【": "】", "*": "*", "［": "］"}
_MAYBE_MARK = re.compile(r"[\[(（【［*♪♫♬♩]")
_MARK = re.compile(
    r"[♪♫♬♩]+|\[[^\[\]\n]{1,60}\]|\([^()\n]{1,60}\)|（[^（）\n]{1,30}）|【[^【】\n]{1,30}】|［[^［］\n]{1,30}］|\*[^*\n]{1,30}\*"
)
_LONGEST_MARK_WORDS = 3
_LONGEST_MARK_CJK = 8

# Beginnings of words for sounds, so that "applauding" and "applaudissements" are both found; each at a word's start.
_SOUND_STEMS = [
    "music",
    "musique",
    "música",
    "musica",
    "musik",
    "muzy",
    "muzi",
    "музык",
    "موسيقى",
    "müzik",
    "nhạc",
    "संगीत",
    "ดนตรี",
    "מוזיקה",
    "hudba",
    "zene",
    "applau",
    "aplauso",
    "applaus",
    "aplauz",
    "aplaud",
    "applåder",
    "alkış",
    "oklaski",
    "potlesk",
    "аплод",
    "تصفيق",
    "तालियां",
    "เสียงปรบมือ",
    "laugh",
    "chuckl",
    "giggl",
    "rires",
    "risa",
    "risos",
    "risate",
    "lach",
    "gelächter",
    "gelach",
    "смех",
    "смеёт",
    "ضحك",
    "gül",
    "śmiech",
    "skratt",
    "cheer",
    "whoop",
    "shout",
    "gasp",
    "sigh",
    "cough",
    "sneez",
    "sniff",
    "snor",
    "groan",
    "scream",
    "whisper",
    "inaudible",
    "indistinct",
    "unintelligible",
    "crosstalk",
    "foreign",
    "silence",
    "pause",
    "bleep",
    "beep",
    "chime",
    "ding",
    "buzz",
    "click",
    "clap",
    "tap",
    "knock",
    "bang",
    "boom",
    "pop",
    "snap",
    "crackl",
    "hiss",
    "whoosh",
    "swoosh",
    "whir",
    "whirr",
    "hum",
    "static",
    "ring",
    "jingle",
    "thud",
    "rustl",
    "squeak",
    "creak",
    "footstep",
    "door",
    "phone",
    "typing",
    "noise",
    "sound",
    "blank_audio",
    "instructor",
    "narrator",
    "音乐",
    "音樂",
    "音楽",
    "掌声",
    "掌聲",
    "拍手",
    "笑",
    "笑声",
    "笑聲",
    "鼓掌",
    "欢呼",
    "呼啸",
    "嘶",
    "徽标",
    "음악",
    "박수",
    "웃음",
    "讲师",
    "旁白",
]
_SOUND = re.compile("(?:^|[^\\w])(?:" + "|".join(re.escape(stem) for stem in _SOUND_STEMS) + ")", re.IGNORECASE)


def _names_sound(inside: str) -> bool:
    """True for up to five words of which one begins as a word for a sound does."""
    return len(inside.split()) <= 5 and not any(char.isdigit() for char in inside) and bool(_SOUND.search(inside))


def _is_mark_line(line: str) -> bool:
    rest, removed = strip_marks(line)
    if removed and not any(char.isalnum() for char in rest):
        return True
    closing = _BRACKETS.get(line[0])
    if closing is None or not line.endswith(closing) or closing in line[1:-1]:
        return False
    inside = line[1:-1].strip()
    if any(is_cjk(char) for char in inside):
        return len(inside) <= _LONGEST_MARK_CJK and all(char.isalpha() for char in inside)
    is_lower = inside[1:] == inside[1:].lower() and inside != inside.upper()
    only_letters = all(char.isalpha() or char in " '’-" for char in inside)
    return only_letters and is_lower and len(inside.split()) <= _LONGEST_MARK_WORDS
