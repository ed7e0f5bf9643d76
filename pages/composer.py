"""The form that asks for a summary: what its page shows, and what its fields mean."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from starlette.datastructures import FormData, UploadFile

from core.api.uploads import FileFields, file_request
from core.domain.batch import BatchRequest, find_batch
from core.domain.library import AddressRequest, CaptionsRequest, SummaryRequest
from core.errors import InvalidInput
from pages.navigation import Way
from pages.options import read_options
from pages.templating import render

_LONGEST_TITLE_CHARS = 300
_MOST_LANGUAGES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was typed, so that nobody types it twice. A file cannot be kept: browsers do not allow it."""

    address: str = ""
    text: str = ""
    title: str = ""
    engine: str = ""
    output_language: str = ""
    length: str = ""

    @property
    def is_chosen(self) -> bool:
        """True where anything of the options was sent: what is shown again is that, not what was kept before."""
        return bool(self.engine or self.output_language or self.length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A refusal and the field it stands beside: "address", "file", "text", or "" for none."""

    field: str = ""
    message: str = ""


NOTHING_KEPT = Kept()
NOTHING_WRONG = Wrong()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a form asks for, the field it was asked in, and what to show again if it is refused."""

    request: SummaryRequest | BatchRequest
    field: str
    kept: Kept


def composer_page(ways: tuple[Way, ...], kept: Kept = NOTHING_KEPT, wrong: Wrong = NOTHING_WRONG) -> str:
    """The page with the form alone. `ways` is the navigation of whoever sees it."""
    title = "Summarise a video · Sightline"
    return render(
        "summarize.html.jinja", title=title, kept=kept, wrong=wrong, autofocus=True, ways=ways, here="/summarize"
    )


async def read_form(form: FormData, accept_language: str) -> Asked:
    """What the form asks for: a file before pasted text before an address. InvalidInput where nothing is given."""
    kept = kept_of(form)
    options = read_options(form)
    title = " ".join(kept.title.split())[:_LONGEST_TITLE_CHARS] or None
    file = form.get("file")
    if isinstance(file, UploadFile) and file.filename:
        wanted = await file_request(file, file.filename, FileFields(title=title, options=options))
        return Asked(request=wanted, field="file", kept=kept)
    languages = preferred_languages(_text(form, "language") or accept_language)
    for field, given in (("text", kept.text), ("address", kept.address)):
        if found := find_batch(given):
            batch = replace(found, title=title, languages=languages, options=options)
            return Asked(request=batch, field=field, kept=kept)
    if kept.text.strip():
        content = kept.text.encode("utf-8", "replace")
        pasted = CaptionsRequest(content=content, title=title, is_pasted=True, options=options)
        return Asked(request=pasted, field="text", kept=kept)
    if not kept.address.strip():
        raise InvalidInput("Paste the address of a video, or choose a file.")
    address = AddressRequest(address=kept.address, languages=languages, options=options)
    return Asked(request=address, field="address", kept=kept)


def kept_of(form: FormData) -> Kept:
    """What was typed and chosen in it."""
    return Kept(**{field.name: _text(form, field.name) for field in fields(Kept)})


def preferred_languages(header: str) -> tuple[str, ...]:
    """Base languages of an Accept-Language header, best first, five at most; English where it names none."""
    ranked = sorted(enumerate(header.split(",")), key=lambda entry: (-_quality(entry[1]), entry[0]))
    bases = [part.partition(";")[0].strip().partition("-")[0].lower() for _at, part in ranked if _quality(part) > 0]
    languages = dict.fromkeys(base for base in bases if base.isalpha() and base.isascii() and 2 <= len(base) <= 8)
    return tuple(languages)[:_MOST_LANGUAGES] or ("en",)


def _quality(part: str) -> float:
    _tag, _, weight = part.partition(";q=")
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 0.0


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
