"""The parts of a summary on their tabs: the registry decides, and nothing empty is shown."""

from __future__ import annotations

import re
from collections import Counter

from core.domain.document import SummaryDocument
from core.domain.parts import PARTS, Tab
from pages.parts import TAB_TITLES, Shape, tabs_of
from pages.reading import view_of
from pages.templating import render
from tests.factories.rich_summary import offline_document, rich_document


def _html(document: SummaryDocument, tab: str = "summary") -> str:
    return render(
        "summary.html.jinja",
        view=view_of(document),
        shown_tab=tab,
        has_transcript=True,
        start_s=None,
        transcript_url="/t",
        marks={},
        spoken_clock="",
    )


def test_every_part_of_the_registry_is_filled_and_stands_on_its_tab_in_order() -> None:
    shown = [(part.slug, tab.slug) for tab in tabs_of(rich_document()) for part in tab.parts]
    assert shown == [(part.slug, part.tab.value) for tab in Tab for part in PARTS if part.tab is tab]
    assert set(TAB_TITLES) == set(Tab)


def test_a_tab_without_entries_is_not_there_and_one_tab_needs_no_bar() -> None:
    assert [tab.slug for tab in tabs_of(offline_document())] == ["summary"]
    assert 'role="tab" id=' not in _html(offline_document())
    some: SummaryDocument = {**rich_document()}
    some["parts"] = {"glossary": rich_document()["parts"]["glossary"]}
    assert [(tab.slug, tab.count) for tab in tabs_of(some)] == [("summary", None), ("learning", 4)]


def test_what_is_said_of_the_whole_stands_before_the_chapters_and_the_rest_after() -> None:
    (first, *_others) = tabs_of(rich_document())
    assert [part.slug for part in first.before] == ["synopsis"]
    assert [part.slug for part in first.after] == ["in_practice", "speakers", "resources"]
    html = _html(rich_document())
    assert html.index('data-part="synopsis"') < html.index('class="chapter"') < html.index('data-part="speakers"')


def test_every_entry_has_the_same_evidence_as_a_chapters_point() -> None:
    html = _html(rich_document())
    shown = Counter(re.findall(r'data-line="(\w+)"', html))
    for entries in rich_document()["parts"].values():
        for entry in entries:
            assert shown[entry["id"]] == 1, entry["text"]
    claims = html.count('class="claim')
    assert claims == html.count('class="opener"') == html.count("data-play>")


def test_the_chosen_tab_is_drawn_open_and_the_others_hidden() -> None:
    html = _html(rich_document(), "learning")
    panels = dict(re.findall(r'id="panel-(\w+)" aria-labelledby="tab-\w+"( hidden)?>', html))
    assert panels == {"summary": " hidden", "insights": " hidden", "learning": ""}
    assert re.search(r'id="tab-learning" aria-controls="panel-learning" aria-selected="true" tabindex="0"', html)


def test_a_quiz_offers_the_right_answer_among_the_wrong_ones_in_no_fixed_place() -> None:
    quiz = next(part for tab in tabs_of(rich_document()) for part in tab.parts if part.shape is Shape.QUIZ)
    places = [[answer.is_right for answer in entry.answers].index(True) for entry in quiz.entries]
    assert all(len(entry.answers) == 4 for entry in quiz.entries)
    assert len(set(places)) > 1
    again = next(part for tab in tabs_of(rich_document()) for part in tab.parts if part.shape is Shape.QUIZ)
    assert again == quiz


def test_levels_steps_and_kinds_are_drawn_by_the_kinds_of_their_fields() -> None:
    html = _html(rich_document())
    assert 'aria-label="Novelty 4 of 5"' in html
    assert '<ol class="beneath steps" dir="auto"><li>Choose a low carbon compute instance.</li>' in html
    assert '<span class="kind">paper</span>' in html
    assert "<small>When to use</small>" in html


def test_tags_tell_their_kind_in_words_beside_the_colour() -> None:
    html = _html(rich_document())
    assert 'data-kind="Person" title="Person"' in html
    assert '<span class="unseen">, Framework</span>' in html
    assert '<span class="chip category">AI &amp; Machine Learning</span>' in html


def test_what_a_model_writes_is_escaped_in_every_part() -> None:
    evil = '"><img src=x onerror=alert(1)>{{ 7 * 7 }}'
    document: SummaryDocument = {**rich_document()}
    document["parts"] = {
        slug: [
            {**entry, "text": evil, "fields": {name: _spoilt(value, evil) for name, value in entry["fields"].items()}}
            for entry in entries
        ]
        for slug, entries in rich_document()["parts"].items()
    }
    html = _html(document)
    assert "<img" not in html
    assert "{{ 7 * 7 }}" in html


def _spoilt(value: str | int | list[str], evil: str) -> str | int | list[str]:
    if isinstance(value, list):
        return [evil for _ in value]
    return value if isinstance(value, int) else evil
