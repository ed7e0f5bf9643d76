"""The languages a summary may be written in."""

from __future__ import annotations

from core.domain.languages import base_language
from core.domain.output_languages import OUTPUT_LANGUAGES, output_language


def test_each_is_listed_once_by_its_base_tag_in_the_order_of_its_name() -> None:
    tags = [language.tag for language in OUTPUT_LANGUAGES]
    assert len(set(tags)) == len(tags)
    assert all(base_language(tag) == tag for tag in tags)
    names = [language.name for language in OUTPUT_LANGUAGES]
    assert names == sorted(names)
    assert all(language.native.strip() for language in OUTPUT_LANGUAGES)


def test_a_regional_tag_finds_its_language_and_an_unknown_one_finds_none() -> None:
    found = output_language("pt-BR")
    assert found is not None
    assert found.native == "português"
    assert output_language("tlh") is None
    assert output_language("") is None
