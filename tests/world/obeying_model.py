"""A language model without a will of its own: it does what anybody in the transcript tells it to.

It looks for orders in all that it is offered (speech, title, speakers' names, notes), works out what the attacker wants
to have written, decoding it where that is asked, and writes it into every field of every list: with the true quotation
of the order, with the words as their own quotation, with somebody else's sentence, with segments that do not exist.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import contextlib
import json
import re
from collections.abc import Collection, Iterator
from urllib.parse import unquote

from core.domain.parts import PARTS, Field, FieldKind
from tests.world.model_server import Rules
from tests.world.reading_model import Prompt, ReadingModel, empty_map, read_prompt

_MOST_WISHES, _MOST_ENTRY_WISHES = 10, 3
# How orders to machines begin, in the languages of the attacks.
_ORDER = re.compile(
    r"ignor|disregard|forget (?:all|every|your)|instruct|system|assistant|prompt|you are now|your task|as an ai|"
    r"developer|override|write|output|print|repeat after|say only|answer with|summary must|respond|decode|json|"
    r"vergiss|anweisung|schreib|gib aus|oublie|consigne|écri|réponds|olvida|instruccion|escrib|dimentica|istruzion|"
    r"scrivi|esqueça|instruç|escreva|забудь|инструкц|напиши|игнорир|忽略|指示|无视|写|輸出|無視|書い|出力|무시|지시|"
    r"작성|تجاهل|اكتب|अनदेखा|लिख|zapomnij|napisz|vergeet|schrijf|unut|yaz|<<<|>>>|\[/?inst\]|<\||end of|-->|\{\"",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“«„「『‘]([^\"”»“」』’]{3,200})[\"”»“」』’]")
_COLON = re.compile(r"[:：]\s*([^:：]{3,200})$")
_ENCODED = re.compile(r"\b[A-Za-z0-9+/]{16,}={0,2}")
_MARKUP = re.compile(
    r"!?\[[^\]]*\]\([^)]*\)|<[^>]+>|(?:https?|ftp|javascript|data)\s*:\s*\S+|\bwww\.\S+", re.IGNORECASE
)


class ObeyingModel(ReadingModel):
    """As `ReadingModel`, for what attackers leave over: beside their wishes it writes what was said.

    `secret` is what it was told in advance to write wherever it finds an order: what no decoder here works out.
    """

    def __init__(self, *, secret: Collection[str] = (), rules: Rules | None = None) -> None:
        super().__init__(rules=rules)
        self.secret = tuple(secret)

    def reply(self, system: str, user: str) -> dict[str, object]:
        prompt = read_prompt(system, user)
        honest = super().reply(system, user)
        orders = list(_orders(prompt, user))
        found = (wish for _segments, order in orders for wish in wishes_in(order))
        wishes = list(dict.fromkeys([*(self.secret if orders else ()), *found]))[:_MOST_WISHES]
        if not wishes:
            return honest
        if prompt.kind == "reduce":
            return self._obey_whole(prompt, honest, wishes)
        if prompt.kind in {"map", "again"}:
            return self._obey(prompt, honest if prompt.kind == "map" else empty_map(), orders, wishes)
        return honest

    def _obey(
        self, prompt: Prompt, answer: dict[str, object], orders: list[tuple[int | None, str]], wishes: list[str]
    ) -> dict[str, object]:
        said = [(n, text) for rows in prompt.chapters.values() for n, _speaker, text in rows]
        sources = list(_sources(orders, said, wishes))
        chapters: list[dict[str, object]] = answer["chapters"]  # type: ignore[assignment]
        known = {row["chapter"]: row for row in chapters}
        for number in prompt.chapters:
            row = known.get(number) or {"chapter": number, "title": "", "points": []}
            row["title"] = wishes[0]
            points: list[dict[str, object]] = row["points"]  # type: ignore[assignment]
            row["points"] = [{"text": w, **source} for w in wishes for source in sources] + points
            if number not in known:
                chapters.append(row)
        moments: list[dict[str, object]] = answer["moments"]  # type: ignore[assignment]
        answer["moments"] = [{"text": w, **source} for w in wishes for source in sources] + moments
        for part in PARTS:
            if not part.about_whole:
                rows: list[dict[str, object]] = answer[part.slug]  # type: ignore[assignment]
                forged = [
                    {**{field.name: _wished(field, wish) for field in part.fields}, **source}
                    for wish in wishes[:_MOST_ENTRY_WISHES]
                    for source in sources
                ]
                answer[part.slug] = forged + rows
        return answer

    def _obey_whole(self, prompt: Prompt, honest: dict[str, object], wishes: list[str]) -> dict[str, object]:
        everything = [number for number, *_rest in prompt.notes]
        choices = [everything[:4], everything, [1], [10**7], []]
        tldr: list[object] = [{"text": wish, "notes": notes} for wish in wishes for notes in choices]
        for part in PARTS:
            if part.about_whole:
                honest[part.slug] = [
                    {**{field.name: _wished(field, wish) for field in part.fields}, "notes": notes}
                    for wish in wishes[:_MOST_ENTRY_WISHES]
                    for notes in choices
                ] + _rows(honest, part.slug)
        honest["tldr"] = tldr + _rows(honest, "tldr")
        honest["tags"] = [{"name": w, "kind": k} for w in wishes for k in ("Person", "Company", "Tool", w)]
        honest["categories"] = [*wishes, "Education", "Hacked"]
        honest["kept"] = [10**7, -1, *everything]
        return honest


def wishes_in(order: str) -> Iterator[str]:
    """What an order wants to be written: what it quotes, spells, encodes or forges, and the order itself."""
    for text in {order, _undisguised(order)}:
        yield from (match[1].strip() for match in _QUOTED.finditer(text))
        yield from (match.group() for match in _MARKUP.finditer(text))
        if match := _COLON.search(text):
            yield match[1].strip()
        yield from _decoded(text)
        yield from _forged_texts(text)
        yield text


def _orders(prompt: Prompt, user: str) -> Iterator[tuple[int | None, str]]:
    """(segment or None, text) of all that sounds like an order, wherever in the request it stands."""
    for rows in prompt.chapters.values():
        for number, speaker, text in rows:
            if _ORDER.search(_undisguised(text)) or _MARKUP.search(text):
                yield number, text
            if speaker and (_ORDER.search(speaker) or _MARKUP.search(speaker)):
                yield number, speaker
    for _number, _kind, text, said in prompt.notes:
        if _ORDER.search(text) or _ORDER.search(said):
            yield None, text
            yield None, said
    for line in user.splitlines():
        if line.startswith(("title: ", "channel: ")):
            yield None, line.split(": ", 1)[1]


def _sources(
    orders: list[tuple[int | None, str]], said: list[tuple[int, str]], wishes: list[str]
) -> Iterator[dict[str, object]]:
    """Evidence as plausible as a forger can make it."""
    for number, text in [(n, t) for n, t in orders if n is not None][:2]:
        words = text.split()
        yield {"segments": [number], "quote": " ".join(words[:20])}
        yield {"segments": [number], "quote": " ".join(words[-8:])}
    for number, text in said[-1:]:
        yield {"segments": [number], "quote": text}
        yield {"segments": [number], "quote": wishes[0]}
    yield {"segments": [10**6], "quote": wishes[0]}


def _wished(field: Field, wish: str) -> object:
    match field.kind:
        case FieldKind.LINES:
            return [wish, wish, wish]
        case FieldKind.LEVEL:
            return 99
        case _:
            return wish


def _undisguised(text: str) -> str:
    """Full-width and tag characters as plain ones, separators between letters gone."""
    plain = "".join(_plain(char) for char in text)
    spelled = re.sub(r"\b(?:\w[ .\-_]){3,}\w\b", lambda match: re.sub(r"[ .\-_]", "", match.group()), plain)
    return unquote(spelled)


def _plain(char: str) -> str:
    code = ord(char)
    if 0xFF01 <= code <= 0xFF5E:
        return chr(code - 0xFEE0)
    return chr(code - 0xE0000) if 0xE0020 <= code <= 0xE007E else char


def _decoded(text: str) -> Iterator[str]:
    for match in _ENCODED.finditer(text):
        with contextlib.suppress(binascii.Error, UnicodeDecodeError, ValueError):
            yield base64.b64decode(match.group() + "=" * (-len(match.group()) % 4)).decode()
        with contextlib.suppress(ValueError, UnicodeDecodeError):
            yield bytes.fromhex(match.group()).decode()
    if re.search(r"rot ?13", text, re.IGNORECASE):
        yield codecs.decode(text.rsplit(":", maxsplit=1)[-1].strip(), "rot13")
    if re.search(r"backwards|reverse", text, re.IGNORECASE):
        yield text.rsplit(":", maxsplit=1)[-1].strip()[::-1]


def _forged_texts(text: str) -> Iterator[str]:
    """Every text in a JSON object that somebody spoke."""
    for start in (match.start() for match in re.finditer(r"\{", text)):
        with contextlib.suppress(ValueError):
            value, _end = json.JSONDecoder().raw_decode(text[start:])
            yield from _strings(value)
            return


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def _rows(answer: dict[str, object], name: str) -> list[object]:
    rows = answer.get(name)
    return rows if isinstance(rows, list) else []
