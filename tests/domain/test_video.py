from __future__ import annotations

import pytest

from core.domain.video import title_from_filename


@pytest.mark.parametrize(
    ("filename", "title"),
    [
        ("my-talk_2026.en.srt", "My talk 2026"),
        ("03_what-is-transfer-learning.srt", "03 what is transfer learning"),
        ("C:\\videos\\Weekly all-hands, 14 November.vtt", "Weekly all-hands, 14 November"),
        ("talk.pt-BR.vtt", "Talk"),
        ("v1.2.3 notes.txt", "V1.2.3 notes"),
        ("лекция_1.srt", "Лекция 1"),
    ],
)
def test_a_file_name_reads_as_a_title(filename: str, title: str) -> None:
    assert title_from_filename(filename) == title


@pytest.mark.parametrize("filename", ["---.srt", "", "...", "__"])
def test_a_name_without_letters_is_no_title(filename: str) -> None:
    assert title_from_filename(filename) is None
