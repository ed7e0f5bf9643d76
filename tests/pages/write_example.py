"""Makes the landing page's example anew: `uv run python -m tests.pages.write_example`."""

from __future__ import annotations

import json
from pathlib import Path

from core.domain.captions import parse_captions
from core.domain.cleaning import clean_cues
from core.domain.rendering import render_document
from core.domain.transcript import TranscriptSource
from core.domain.video import Video
from core.summarizing.offline import OfflineEngine
from pages.example import ExampleDocument, make_example

_TESTS = Path(__file__).parents[1]
CAPTIONS = _TESTS / "data" / "example" / "carbon-footprint.srt"
STORED = _TESTS.parent / "pages" / "data" / "example.json"


def example_of_today() -> ExampleDocument:
    """What the engine says of the example's captions now."""
    parsed = parse_captions(CAPTIONS.read_bytes(), filename=CAPTIONS.name)
    transcript = clean_cues(parsed.cues, language="en", source=TranscriptSource.UPLOAD, notes=parsed.notes)
    video = Video(title="The carbon footprint of Transformers")
    draft = OfflineEngine().summarize(transcript, video, report=lambda _report: None)
    document = render_document(id="example", status="done", draft=draft, transcript=transcript, video=video)
    return make_example(document, transcript, credit="Hugging Face course, Apache-2.0")


if __name__ == "__main__":
    STORED.write_text(json.dumps(example_of_today(), ensure_ascii=False, indent=1) + "\n", "utf-8")
