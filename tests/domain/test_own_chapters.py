from __future__ import annotations

import pytest

from core.domain.own_chapters import read_chapters

LIST = """A talk about the sea.

0:00 Intro
 1:05 - The ship and its crew
(12:30) Storms
\u2022 1:02:03 | Home again

https://example.org/12:99
"""


def test_a_list_of_times_is_read_with_its_titles() -> None:
    chapters = read_chapters(LIST, 4_000_000)
    assert [(one.start_ms, one.title) for one in chapters] == [
        (0, "Intro"),
        (65_000, "The ship and its crew"),
        (750_000, "Storms"),
        (3_723_000, "Home again"),
    ]


@pytest.mark.parametrize(
    "description",
    [
        "",
        "0:00 Intro\n1:00 End",
        "0:10 Intro\n1:00 Middle\n2:00 End",
        "0:00 Intro\n2:00 Middle\n1:00 End",
        "0:00 Intro\n0:05 Too soon\n2:00 End",
        "0:00\n1:00\n2:00",
        "0:00 Intro\n1:00 Middle\n59:00 Past the end",
    ],
)
def test_what_youtube_would_not_take_is_no_list(description: str) -> None:
    assert read_chapters(description, 600_000) == ()
