"""Words at which speech without punctuation most likely begins a new sentence, or surely does not end one."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.languages import base_language, word_set


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Cut before `markers` once ten words stand, before `starters` once 22 do; never at a cap after `weak_endings`."""

    markers: frozenset[str]
    starters: frozenset[str]
    weak_endings: frozenset[str]


def edges_of(language: str | None) -> Edges:
    """The words of a language; none at all for a language that is not listed (pauses and the cap are left)."""
    return _EDGES.get(base_language(language) or "", _NONE)


def _edges(markers: str, starters: str, weak_endings: str) -> Edges:
    return Edges(markers=word_set(markers), starters=word_set(starters), weak_endings=word_set(weak_endings))


_NONE = _edges("", "", "")
_ENGLISH = _edges(
    "so but okay ok now because however well also if",
    "and i you we they he she it this that these those there the what when where how why who which as in for with then"
    " first second another here let's it's that's there's i'm you're we're they're i've we've you've is are do does can"
    " could would will maybe actually basically",
    "the a an of to and or but in on at for with from by as is are was were be been has have had will would can could"
    " should that which who this these those my your our their his her its very so if when because than i you we they"
    " he she it it's i'm we're you're they're that's not just um uh like",
)
_EDGES = {
    "en": _ENGLISH,
    "zh": _ENGLISH,
    "ja": _ENGLISH,
    "fr": _edges(
        "alors donc mais maintenant parce ensuite puis",
        "et je tu il elle on nous vous ils c'est ce cette ces le la les dans pour quand comment comme un une",
        "le la les un une des du de à au aux et ou que qui dans pour sur avec est sont ce cette ces se ne",
    ),
    "de": _edges(
        "aber also jetzt dann weil wenn deshalb",
        "und ich du er sie es wir ihr das die der ein eine hier wie was in",
        "der die das den dem ein eine einen einem und oder in im zu mit von für ist sind auf dass",
    ),
    "es": _edges(
        "entonces pero ahora porque luego pues",
        "y yo tú él ella nosotros ellos esto esta este el la los las en para cuando como un una",
        "el la los las un una unos de del a al y o que en para con por es son se su",
    ),
    "it": _edges(
        "allora quindi però adesso perché poi",
        "e io lui lei noi voi loro questo questa il i gli per come un",
        "il lo la i gli le un uno una di da con per che e o è sono",
    ),
    "pt": _edges(
        "então mas agora porque depois",
        "eu tu ele ela nós eles isso isto este esta o a os as em",
        "o a os as um uma de do da dos das em no na e ou que para com é são",
    ),
    "ru": _edges(
        "итак но теперь потому поэтому значит если затем",
        "и я ты он она мы вы они это этот эта эти в на для как когда что здесь",
        "и в на с к о от из за по для не что как это",
    ),
}
