"""`sightline summarize`: a caption file or an address in, a summary out, with no server and no database."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli.arguments import Commands
from core.cli.blas import one_thread
from core.domain.summary import EngineName, Length
from core.errors import InvalidInput

if TYPE_CHECKING:
    from core.cli.model import OwnPurse
    from core.domain.document import SummaryDocument
    from core.ports import FetchedCaptions, SummaryEngine

_STDIN = "-"
_ABOUT_ENGINE = "who writes it: openai is the language model and needs OPENAI_API_KEY (default: offline)"
_ABOUT_LENGTH = "how much the language model writes (default: standard)"


def add_to(commands: Commands) -> None:
    parser = commands.add_parser("summarize", help="summarise a caption file or a YouTube address")
    parser.add_argument("source", metavar="FILE-or-URL", help="captions (- reads standard input), or an address")
    parser.add_argument("--format", choices=("md", "json"), default="md", help="how it is written (default: md)")
    parser.add_argument("--engine", choices=tuple(EngineName), default=EngineName.OFFLINE, help=_ABOUT_ENGINE)
    parser.add_argument("--output-language", metavar="TAG", help="the language model writes in this one, such as de")
    parser.add_argument("--length", choices=tuple(Length), default=Length.STANDARD, help=_ABOUT_LENGTH)
    parser.add_argument("--title", help="the title, where the captions do not bring one")
    parser.add_argument("--language", metavar="TAG", help="the captions' language, for example en or pt-BR")
    parser.add_argument("--output", type=Path, metavar="PATH", help="write to this file instead of standard output")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    one_thread()
    make_writer = _writer(arguments)
    words = _read(arguments.source, language=arguments.language, title=arguments.title)
    _write(_render(summarize(words, make_writer()), arguments.format), arguments.output)
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who writes, and the purse that pays for it, if anything is to be paid."""

    engine: SummaryEngine
    purse: OwnPurse | None = None


def summarize(words: FetchedCaptions, writer: Writer) -> SummaryDocument:
    """The document of these words. Its id is a hash of the content: equal input gives equal bytes."""
    from core.cli.progress import ProgressLine
    from core.domain.rendering import document_id, render_document

    with ProgressLine(sys.stderr) as line:
        draft = writer.engine.summarize(words.transcript, words.video, report=line.show)
    name = document_id(draft, words.transcript)
    document = render_document(id=name, status="done", draft=draft, transcript=words.transcript, video=words.video)
    if writer.purse is None:
        return document
    return {**document, "cost_microusd": writer.purse.spent_microusd, "receipt": writer.purse.receipt()}


def _writer(arguments: argparse.Namespace) -> Callable[[], Writer]:
    """What makes the engine that was asked for. InvalidInput, at once, where that cannot do what was asked of it.

    The offline engine takes a third of a second to load: not before there is something to read.
    """
    is_offline = arguments.engine == EngineName.OFFLINE
    if is_offline and (arguments.output_language or arguments.length != Length.STANDARD):
        raise InvalidInput("The offline engine has one length and writes what is spoken. Add --engine openai.")
    if is_offline:
        return _offline_writer
    from core.cli.model import model_engine
    from core.domain.output_languages import output_language

    tag = arguments.output_language
    if tag and output_language(tag) is None:
        raise InvalidInput("Summaries are not written in this language. Give a tag such as en, de or pt-BR.")
    engine, purse = model_engine(language=tag, length=Length(arguments.length))
    return lambda: Writer(engine=engine, purse=purse)


def _offline_writer() -> Writer:
    from core.summarizing.offline import OfflineEngine

    return Writer(engine=OfflineEngine())


def _read(source: str, *, language: str | None, title: str | None) -> FetchedCaptions:
    from core.cli import sources

    if source == _STDIN:
        return sources.from_bytes(sources.read_stdin(), filename=None, language=language, title=title)
    path = Path(source)
    if sources.is_file(path):
        return sources.from_bytes(sources.read_file(path), filename=path.name, language=language, title=title)
    if sources.is_address(source):
        return sources.from_address(source, language=language, title=title)
    raise InvalidInput(f"There is no file {source}, and it is not a video's address either.")


def _render(document: SummaryDocument, kind: str) -> str:
    if kind == "json":
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    from core.cli.markdown import to_markdown

    return to_markdown(document)


def _write(text: str, output: Path | None) -> None:
    """UTF-8 whatever the terminal's locale is; a file is replaced whole or not at all."""
    content = text.encode("utf-8", "replace")
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    draft = output.with_name(f".{output.name}.draft")
    try:
        draft.write_bytes(content)
        draft.replace(output)
    except OSError as error:
        raise InvalidInput(f"{output} cannot be written: {error.strerror}.") from None
    finally:
        draft.unlink(missing_ok=True)
