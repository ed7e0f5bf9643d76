"""The parts of a summary beyond chapters and moments: one registry, from which the model's schema, the document and
the pages follow. Adding a part is one entry here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.domain.summary import FieldValue


class Tab(StrEnum):
    """Where on the page a part stands."""

    SUMMARY = "summary"
    INSIGHTS = "insights"
    LEARNING = "learning"


class FieldKind(StrEnum):
    """`CHOICE` is one of a closed list, `LEVEL` a whole number from 1 to 5."""

    TEXT = "text"
    LINES = "lines"
    CHOICE = "choice"
    LEVEL = "level"


class Support(StrEnum):
    """What a field is held against before it may be shown.

    CLAIM: the speech around the entry's evidence. DENIED: the same, but the speaker says that it is wrong, so whether
    it is affirmed there is not compared. SAID: its words must be spoken somewhere in the video (the wrong
    answers of a quiz). CLOSED: nothing, since it is one of our own words or a number.
    """

    CLAIM = "claim"
    DENIED = "denied"
    SAID = "said"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`about` tells the model what belongs into it, `title` the reader what it is; `choices` of a CHOICE only."""

    name: str
    title: str
    about: str
    kind: FieldKind = FieldKind.TEXT
    support: Support = Support.CLAIM
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`most` entries at most; one that is `about_whole` is written once, from all that the chapters gave."""

    slug: str
    title: str
    tab: Tab
    most: int
    fields: tuple[Field, ...]
    about_whole: bool = False


RESOURCE_KINDS = ("tool", "book", "paper", "dataset", "website", "company", "course", "standard", "other")
TONES = (
    "explanatory", "conversational", "enthusiastic", "sceptical", "cautionary", "humorous", "formal", "critical",
    "reflective", "persuasive", "neutral",
)  # fmt: skip
THINKING_STYLES = (
    "analytical", "first principles", "by example", "by analogy", "systems", "historical", "experimental",
    "comparative", "narrative", "contrarian", "practical", "probabilistic",
)  # fmt: skip
# The fourteen of the product, in its order.
CATEGORIES = (
    "Productivity", "Technology", "Business", "Marketing", "Finance", "Health", "Personal Development", "Art & Design",
    "Education", "Entertainment", "Science", "Startup", "Programming", "AI & Machine Learning",
)  # fmt: skip
FEWEST_CATEGORIES, MOST_CATEGORIES = 2, 4
MOST_TAGS = 8
MOST_TLDR_WORDS = 100

PARTS: tuple[Part, ...] = (
    Part(
        slug="synopsis", title="Synopsis", tab=Tab.SUMMARY, most=1, about_whole=True,
        fields=(Field(name="text", title="Synopsis", about="what the video argues from start to end, 2-4 sentences"),),
    ),
    Part(
        slug="in_practice", title="In practice", tab=Tab.SUMMARY, most=8,
        fields=(Field(name="use", title="Use", about="one concrete thing a viewer can do with what is said"),),
    ),
    Part(
        slug="speakers", title="Speakers", tab=Tab.SUMMARY, most=8,
        fields=(
            Field(name="name", title="Name", about="the speaker's name as it is said"),
            Field(name="role", title="Role", about="who they are, as it is said"),
        ),
    ),
    Part(
        slug="resources", title="Data, tools and resources", tab=Tab.SUMMARY, most=20,
        fields=(
            Field(name="name", title="Name", about="name of a tool, book, dataset or other resource that is mentioned"),
            Field(
                name="kind", title="Kind", about="what it is", kind=FieldKind.CHOICE, support=Support.CLOSED,
                choices=RESOURCE_KINDS,
            ),
        ),
    ),
    Part(
        slug="concepts", title="Key concepts", tab=Tab.INSIGHTS, most=12,
        fields=(
            Field(name="name", title="Concept", about="name of a key concept"),
            Field(name="explanation", title="What it is", about="what the speaker says it is, 1-2 sentences"),
        ),
    ),
    Part(
        slug="frameworks", title="Frameworks", tab=Tab.INSIGHTS, most=6,
        fields=(
            Field(name="name", title="Framework", about="name of a framework or model of thought"),
            Field(name="explanation", title="What it is", about="how it works, as said"),
            Field(name="when_to_use", title="When to use", about="when the speaker says to use it"),
        ),
    ),
    Part(
        slug="debunked", title="Debunked assumptions", tab=Tab.INSIGHTS, most=6,
        fields=(
            Field(name="assumption", title="Assumption", about="the belief that the speaker says is wrong",
                  support=Support.DENIED),
            Field(name="correction", title="What the video says", about="what the speaker says instead"),
        ),
    ),
    Part(
        slug="playbooks", title="Playbooks", tab=Tab.INSIGHTS, most=6,
        fields=(
            Field(name="trigger", title="When", about="the situation in which the steps apply"),
            Field(name="steps", title="Steps", about="the steps, in the speaker's order", kind=FieldKind.LINES),
        ),
    ),
    Part(
        slug="flashcards", title="Flashcards", tab=Tab.LEARNING, most=10,
        fields=(
            Field(name="question", title="Question", about="a question that the video answers"),
            Field(name="answer", title="Answer", about="the answer the video gives, one sentence"),
        ),
    ),
    Part(
        slug="quiz", title="Quiz", tab=Tab.LEARNING, most=8,
        fields=(
            Field(name="question", title="Question", about="a question with one right answer"),
            Field(name="answer", title="Answer", about="the right answer, as said"),
            Field(
                name="wrong_answers", title="Other answers", about="three wrong answers, of words the video uses",
                kind=FieldKind.LINES, support=Support.SAID,
            ),
        ),
    ),
    Part(
        slug="glossary", title="Glossary", tab=Tab.LEARNING, most=15,
        fields=(
            Field(name="term", title="Term", about="a term of the field"),
            Field(name="definition", title="Meaning", about="what it means, as the speaker uses it"),
        ),
    ),
    Part(
        slug="ideas", title="Ideas", tab=Tab.LEARNING, most=6,
        fields=(
            Field(name="idea", title="Idea", about="an idea that may be new to the viewer"),
            Field(
                name="novelty", title="Novelty", about="1 well known … 5 rarely heard", kind=FieldKind.LEVEL,
                support=Support.CLOSED,
            ),
        ),
    ),
    Part(
        slug="tone", title="Tone", tab=Tab.LEARNING, most=2, about_whole=True,
        fields=(
            Field(
                name="tone", title="Tone", about="how the speaker speaks", kind=FieldKind.CHOICE,
                support=Support.CLOSED, choices=TONES,
            ),
        ),
    ),
    Part(
        slug="thinking", title="Thinking style", tab=Tab.LEARNING, most=3, about_whole=True,
        fields=(
            Field(
                name="style", title="Style", about="how the speaker reasons", kind=FieldKind.CHOICE,
                support=Support.CLOSED, choices=THINKING_STYLES,
            ),
        ),
    ),
)  # fmt: skip

_PART_OF = {part.slug: part for part in PARTS}


def part_of(slug: str) -> Part:
    """Raises KeyError for a slug that is none."""
    return _PART_OF[slug]


def claim_of(part: Part, fields: dict[str, FieldValue]) -> str:
    """What of an entry the speech must bear out, as one text; "" where all of its fields are closed."""
    claims: list[str] = []
    for field in part.fields:
        value = fields.get(field.name)
        if field.support is Support.CLAIM and value is not None:
            claims.extend(value if isinstance(value, tuple) else [str(value)])
    return " ".join(claim if claim.rstrip()[-1:] in ".?!…。？！" else f"{claim.rstrip()}." for claim in claims if claim)
