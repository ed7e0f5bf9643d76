"""A language model that reads: it answers our prompts with sentences of the transcript and their true numbers.

Not a good writer, but an exact one: the same prompt gives the same answer, every quotation stands where it says. With
`lies` every third note is false in the ways named; `mends` makes it tell the truth at its second try.

    with ReadingModel(lies={Lie.WRONG_NUMBER}) as model:
        settings(openai_base_url=model.base_url) …
        assert [call.kind for call in model.calls] == ["map", "again", "reduce"]
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.domain.parts import PARTS, Field, FieldKind, Part
from tests.world.model_server import Asked, Fault, ModelServer, Rules

_LINE = re.compile(r"^\[(\d+)\] (.*)$")
_SPEAKER = re.compile(r"^\(([^()]{1,60})\) (.*)$")
_CHAPTER = re.compile(r"^Chapter (\d+) begins\.$")
_NOTE = re.compile(r"^\[(\d+)\] (\w+): (.*) \(said: (.*)\)$")
_KEEP = re.compile(r"^List (\w+), keep at most (\d+):$")
_QUOTE_WORDS = 14
_LEAST_WORDS = 5


class Lie(StrEnum):
    """INVENTED: text and quotation of its own; OUT_OF_RANGE: segments nobody offered, and words of none of them."""

    WRONG_QUOTE = "wrong_quote"
    WRONG_NUMBER = "wrong_number"
    SWAPPED_NAME = "swapped_name"
    OUT_OF_RANGE = "out_of_range"
    INVENTED = "invented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of the journal, understood. `segments` are those that were offered, in order."""

    kind: str
    asked: Asked
    segments: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a request offers: (number, speaker, text) a segment by chapter, and the most of each list."""

    kind: str
    chapters: dict[int, list[tuple[int, str, str]]]
    notes: list[tuple[int, str, str, str]]
    most_points: dict[int, int]
    most: dict[str, int]
    failed: list[tuple[str, dict[str, object]]]
    language: str


class ReadingModel(ModelServer):
    """`says` replaces the model's own sentences, by the language it is told to write in ("German")."""

    def __init__(
        self,
        *,
        lies: Collection[Lie] = (),
        mends: bool = False,
        says: Mapping[str, str] | None = None,
        faults: dict[int, Fault] | None = None,
        rules: Rules | None = None,
    ) -> None:
        self.lies = tuple(sorted(lies))
        self.mends = mends
        self.says = dict(says or {})
        rules = rules or Rules()
        rules.faults.update(faults or {})
        super().__init__(lambda asked: json.dumps(self.reply(asked.system, asked.user), ensure_ascii=False), rules)

    def __enter__(self) -> ReadingModel:
        super().__enter__()
        return self

    @property
    def calls(self) -> list[Call]:
        """The journal with what each call was for."""
        prompts = [(read_prompt(asked.system, asked.user), asked) for asked in list(self.journal)]
        return [Call(kind=p.kind, asked=asked, segments=_numbers(p)) for p, asked in prompts]

    def of_kind(self, kind: str) -> list[Call]:
        return [call for call in self.calls if call.kind == kind]

    def reply(self, system: str, user: str) -> dict[str, object]:
        """The answer to a prompt, as a JSON object; usable without the server."""
        prompt = read_prompt(system, user)
        match prompt.kind:
            case "map":
                return self._map(prompt)
            case "again":
                return self._again(prompt)
            case "reduce":
                return self._reduce(prompt)
            case "digest":
                return {"kept": [number for number, *_rest in prompt.notes][: prompt.most.get("kept", 0)]}
            case _:
                return {}

    def _map(self, prompt: Prompt) -> dict[str, object]:
        quotes = [quote for rows in prompt.chapters.values() for quote in _quotes(rows)]
        count = 0

        def note(text: str, segments: list[int], quote: str) -> dict[str, object]:
            nonlocal count
            count += 1
            written = self._words(prompt, text)
            return self._false(count, written, segments, quote) if count % 3 == 0 and self.lies else {
                "text": written, "segments": segments, "quote": quote,
            }  # fmt: skip

        chapters = [
            {
                "chapter": number,
                "title": " ".join(rows[0][2].split()[:3]).strip(" .,;:?!"),
                "points": [note(q, s, q) for s, q in _spread(_quotes(rows), prompt.most_points.get(number, 1))],
            }
            for number, rows in prompt.chapters.items()
        ]
        answer: dict[str, object] = {"chapters": chapters}
        answer["moments"] = [note(q, s, q) for s, q in _spread(quotes, prompt.most.get("moments", 0))]
        for shift, part in enumerate(part for part in PARTS if not part.about_whole):
            chosen = _spread(quotes[shift:], prompt.most.get(part.slug, 0))
            answer[part.slug] = [self._entry(part, note(q, s, q)) for s, q in chosen]
        return answer

    def _again(self, prompt: Prompt) -> dict[str, object]:
        answer = empty_map()
        quotes = [quote for rows in prompt.chapters.values() for quote in _quotes(rows)]
        for number, (name, _note) in enumerate(prompt.failed):
            if not quotes:
                break
            segments, quote = quotes[number % len(quotes)]
            true: dict[str, object] = {"text": self._words(prompt, quote), "segments": segments, "quote": quote}
            row = true if self.mends or not self.lies else self._false(number, quote, segments, quote)
            add_row(answer, name, row if name in {"points", "moments"} else self._entry(_part(name), row))
        return answer

    def _reduce(self, prompt: Prompt) -> dict[str, object]:
        points = [note for note in prompt.notes if note[1] == "points"] or prompt.notes
        chosen = [points[number * len(points) // 3] for number in range(min(3, len(points)))]
        rows = [{"text": self._words(prompt, text), "notes": [number]} for number, _kind, text, _said in chosen]
        whole = {
            part.slug: [{**self._fields(part, rows[0]["text"]), "notes": rows[0]["notes"]}] for part in _WHOLE if rows
        }
        kept = [
            number
            for name, most in prompt.most.items()
            for number, *_rest in [note for note in prompt.notes if note[1] == name][:most]
        ]
        names = [word for _n, _k, _t, said in chosen for word in said.split() if word.isalpha() and len(word) > 5]
        tags = [{"name": word, "kind": "Concept"} for word in dict.fromkeys(names)][:8]
        return {"tldr": rows, **whole, "kept": kept, "tags": tags, "categories": ["Education", "Technology"]}

    def _words(self, prompt: Prompt, text: str) -> str:
        return self.says.get(prompt.language, text)

    def _entry(self, part: Part, note: dict[str, object]) -> dict[str, object]:
        return {**self._fields(part, note["text"]), "segments": note["segments"], "quote": note["quote"]}

    def _fields(self, part: Part, text: object) -> dict[str, object]:
        return {field.name: _field(field, str(text)) for field in part.fields}

    def _false(self, count: int, text: str, segments: list[int], quote: str) -> dict[str, object]:
        match self.lies[count // 3 % len(self.lies)]:
            case Lie.WRONG_QUOTE:
                return {"text": text, "segments": segments, "quote": " ".join(reversed(quote.split()))}
            case Lie.WRONG_NUMBER:
                return {"text": f"{text} That was 4,711 times in 1687.", "segments": segments, "quote": quote}
            case Lie.SWAPPED_NAME:
                return {"text": f"Then Zebulon Quackenbush said: {text}", "segments": segments, "quote": quote}
            case Lie.OUT_OF_RANGE:
                return {"text": text, "segments": [10**6], "quote": "words that nobody in this video ever spoke"}
            case _:
                made_up = "Purple elephants invented the bicycle."
                return {"text": made_up, "segments": segments, "quote": made_up}


def read_prompt(system: str, user: str) -> Prompt:
    """A request of ours as its reader understands it: only what stands where our own lines stand."""
    chapters: dict[int, list[tuple[int, str, str]]] = {}
    notes: list[tuple[int, str, str, str]] = []
    most: dict[str, int] = {}
    failed: list[tuple[str, dict[str, object]]] = []
    current = 0
    for line in user.splitlines():
        if match := _CHAPTER.match(line):
            current = int(match[1])
            chapters[current] = []
        elif match := _NOTE.match(line):
            notes.append((int(match[1]), match[2], match[3], match[4]))
        elif match := _LINE.match(line):
            speaker = _SPEAKER.match(match[2])
            chapters.setdefault(current, []).append(
                (int(match[1]), speaker[1] if speaker else "", speaker[2] if speaker else match[2])
            )
        elif match := _KEEP.match(line):
            most[match[1]] = int(match[2])
        elif match := re.match(r"^(\w+): (\{.*\}) -- ", line):
            failed.append((match[1], json.loads(match[2])))
        elif line.startswith("Entries at most: "):
            most.update({name: int(count) for name, count in re.findall(r"(\w+) (\d+)", line)})
        elif match := re.match(r"^Keep at most (\d+) notes", line):
            most["kept"] = int(match[1])
    points = {int(a): int(b) for a, b in re.findall(r"chapter (\d+): (\d+)", _line_of(user, "Points at most: "))}
    language = re.search(r"^Write in ([^,;.]+)", user, re.MULTILINE)
    return Prompt(
        kind=_kind(system, user), chapters=chapters, notes=notes, most_points=points, most=most, failed=failed,
        language=language[1] if language else "",
    )  # fmt: skip


def empty_map() -> dict[str, object]:
    """A map answer without anything in it."""
    return {"chapters": [], "moments": [], **{part.slug: [] for part in PARTS if not part.about_whole}}


def add_row(answer: dict[str, object], name: str, row: dict[str, object]) -> None:
    """A row into a map answer; a point under a chapter of its own."""
    rows: list[dict[str, object]] = answer["chapters" if name == "points" else name]  # type: ignore[assignment]
    rows.append({"chapter": 1, "title": "", "points": [row]} if name == "points" else row)


_WHOLE = tuple(part for part in PARTS if part.about_whole)


def _kind(system: str, user: str) -> str:
    if "notes that did not hold" in user:
        return "again"
    if system.startswith("You take notes on part"):
        return "map"
    if system.startswith("You write the summary"):
        return "reduce"
    return "digest" if system.startswith("You choose what matters") else "other"


def _line_of(text: str, start: str) -> str:
    return next((line for line in text.splitlines() if line.startswith(start)), "")


def _numbers(prompt: Prompt) -> tuple[int, ...]:
    return tuple(number for rows in prompt.chapters.values() for number, _speaker, _text in rows)


def _part(name: str) -> Part:
    return next(part for part in PARTS if part.slug == name)


def _quotes(rows: list[tuple[int, str, str]]) -> list[tuple[list[int], str]]:
    """Runs of one to three segments with the first words said in them: what a note can rest on."""
    found: list[tuple[list[int], str]] = []
    for start in range(0, len(rows), 2):
        group = rows[start : start + 3]
        words = " ".join(text for _number, _speaker, text in group).split()[:_QUOTE_WORDS]
        if len(words) >= _LEAST_WORDS:
            found.append(([number for number, _speaker, _text in group], " ".join(words)))
    return found or [([number], text) for number, _speaker, text in rows[:1]]


def _spread(quotes: list[tuple[list[int], str]], most: int) -> list[tuple[list[int], str]]:
    count = min(most, len(quotes))
    return [quotes[number * len(quotes) // count] for number in range(count)]


def _field(field: Field, text: str) -> object:
    match field.kind:
        case FieldKind.LINES:
            return [text, " ".join(text.split()[:8]), " ".join(text.split()[3:])]
        case FieldKind.CHOICE:
            return field.choices[0]
        case FieldKind.LEVEL:
            return 3
        case FieldKind.TEXT:
            return text if field.name != "name" else " ".join(text.split()[:6])
