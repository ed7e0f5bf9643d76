from __future__ import annotations

import pytest

from core.config import Settings
from core.domain.ladder import CaptionFailure
from core.domain.rungs import RUNGS, BadCaptionOrder, find_rung, rungs_in_order


def names(order: str) -> list[str]:
    return [rung.name for rung in rungs_in_order(order)]


def test_names_and_titles_are_unique_and_fit_for_people() -> None:
    assert len({rung.name for rung in RUNGS}) == len({rung.title for rung in RUNGS}) == len(RUNGS)
    assert all(rung.title[0].isupper() and "_" not in rung.title for rung in RUNGS)


def test_the_settings_order_is_the_registrys() -> None:
    assert names(str(Settings.model_fields["caption_order"].default)) == [rung.name for rung in RUNGS]


def test_the_order_is_the_lists_and_what_it_leaves_out_is_not_climbed() -> None:
    assert names(" gumloop, youtube ,") == ["gumloop", "youtube"]
    assert names("") == []


@pytest.mark.parametrize(("order", "said"), [("youtube,oxylabs", "there is no “oxylabs”"), ("a", "Choose from youtube"),
                                             ("youtube,gumloop,youtube", "names “youtube” twice")])  # fmt: skip
def test_an_order_that_cannot_be_is_refused_with_the_settings_name(order: str, said: str) -> None:
    with pytest.raises(BadCaptionOrder, match=said) as caught:
        rungs_in_order(order)
    assert caught.value.message.startswith("SIGHTLINE_CAPTION_ORDER")


def test_only_ways_round_wait_for_a_block() -> None:
    assert {rung.name for rung in RUNGS if rung.only_after} == {"youtube_proxy", "yt_dlp_proxy"}
    assert find_rung("nothing") is None
    for rung in RUNGS:
        assert CaptionFailure.CAPTIONS_DISABLED not in rung.only_after
        assert CaptionFailure.PROXY_FAILED not in rung.only_after
