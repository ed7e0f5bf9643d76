"""How languages say numbers: the words with their values, and what may stand between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from itertools import chain

from core.domain.languages import base_language, word_set


class Kind(Enum):
    """What a word does inside a number: adds, multiplies, opens decimals, or adds a share ("and a half")."""

    UNIT = 1
    TIMES = 2
    POINT = 3
    SHARE = 4
    DIGITS = 5


@dataclass(frozen=True, slots=True)
class Atom:
    """One word of a number. `joined`: "and" or the like stands before it. `is_ordinal`: "third", not "three"."""

    value: Fraction
    kind: Kind
    joined: bool = False
    is_ordinal: bool = False


@dataclass(frozen=True, slots=True)
class Speech:
    """One language's words. `links` may stand inside a number, `tens_joined` between tens and units ("treinta y dos").

    `articles` before a word of multiplication mean one of it. `measures` are the words after which even "two" is
    clearly a number.
    """

    atoms: dict[str, Atom]
    links: frozenset[str]
    articles: frozenset[str]
    measures: frozenset[str]
    tens_joined: bool


def speech_of(language: str | None) -> Speech:
    """The number words of a language; where there are none, numbers are written in digits only."""
    return _SPEECHES.get(base_language(language) or "", _DIGITS_ONLY)


@lru_cache(maxsize=16384)
def compound_atom(word: str, language: str | None) -> Atom | None:
    """The number that a word written together says ("fünfundzwanzig", "duemilasei"); None for any other word."""
    parts = _COMPOUNDS.get(base_language(language) or "")
    if parts is None or len(word) < 6 or not word.startswith(parts.starts):
        return None
    for ending in ("", *parts.ordinal_endings):
        if ending and not word.endswith(ending):
            continue
        value = _compound_value(word[: len(word) - len(ending)], parts)
        if value is not None:
            return Atom(Fraction(value), Kind.UNIT, is_ordinal=bool(ending))
    return None


@dataclass(frozen=True, slots=True)
class _Compounds:
    values: dict[str, int]
    starts: tuple[str, ...]
    link: str
    hundreds: tuple[str, ...]
    thousands: tuple[str, ...]
    ordinal_endings: tuple[str, ...] = ()


def _compound_value(word: str, parts: _Compounds) -> int | None:
    for names, factor in ((parts.thousands, 1000), (parts.hundreds, 100)):
        for name in names:
            before, found, after = word.partition(name)
            if not found:
                continue
            left = _compound_value(before, parts) if before else 1
            rest = after.removeprefix(parts.link) if parts.link else after
            right = _compound_value(rest, parts) if rest else 0
            if left is not None and right is not None and right < factor:
                return left * factor + right
    return _below_hundred(word, parts)


def _below_hundred(word: str, parts: _Compounds) -> int | None:
    if word in parts.values:
        return parts.values[word]
    for cut in range(3, len(word) - 2):
        left, right = parts.values.get(word[:cut]), word[cut:]
        if left is None:
            continue
        if parts.link and right.startswith(parts.link) and left < 10:
            tens = parts.values.get(right[len(parts.link) :])
            return left + tens if tens is not None and tens >= 20 else None
        units = parts.values.get(right)
        if not parts.link and units is not None and units < 10 and left >= 20:
            return left + units
    return None


def _count(words: str) -> dict[str, int]:
    """Words for nought upwards; forms of one number are parted by a stroke."""
    return {form: n for n, forms in enumerate(words.split()) for form in forms.split("/")}


def _tens(words: str) -> dict[str, int]:
    """Words for twenty, thirty … ninety."""
    return {form: 10 * (n + 2) for n, forms in enumerate(words.split()) for form in forms.split("/")}


def _values(words: str) -> dict[str, int]:
    """From "word=value word=value"."""
    return {name: int(value) for name, value in (pair.split("=") for pair in words.split())}


_EN_TENS = _tens("twenty thirty forty/fourty fifty sixty seventy eighty ninety")
_EN = _count(
    "zero/oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
) | _EN_TENS  # fmt: skip
_EN_ORDINALS = _count(
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
    " fifteenth sixteenth seventeenth eighteenth nineteenth"
) | {f"{word[:-1]}ieth": value for word, value in _EN_TENS.items()}  # fmt: skip
_EN_DECADES = {f"{word[:-1]}ies": value for word, value in _EN_TENS.items()}
_DE = _count(
    "null eins/ein/eine/einem/einen/einer zwei/zwo drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn"
    " vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn"
) | _tens("zwanzig dreißig/dreissig vierzig fünfzig sechzig siebzig achtzig neunzig")  # fmt: skip
_DE_SHORT = _values("erst=1 zweit=2 dritt=3 viert=4 fünft=5 sechst=6 siebt=7 acht=8 neunt=9 zehnt=10 elft=11 zwölft=12")
_DE_ORDINALS = {stem + end: value for stem, value in _DE_SHORT.items() for end in ("e", "en", "er", "es", "em")}
_NL = _count(
    "nul een/één twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien"
    " achttien negentien"
) | _tens("twintig dertig veertig vijftig zestig zeventig tachtig negentig")  # fmt: skip
_NL_COMPOUND = {word.replace("één", "een"): value for word, value in _NL.items()}
_FR = _count(
    "zéro un/une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
) | _tens("vingt/vingts trente quarante cinquante soixante septante huitante/octante nonante")  # fmt: skip
_FR_ORDINALS = _values(
    "premier=1 première=1 deuxième=2 troisième=3 quatrième=4 cinquième=5 sixième=6 septième=7 huitième=8 neuvième=9"
    " dixième=10 onzième=11 douzième=12 quinzième=15 vingtième=20"
)
_ES = (
    _count(
        "cero uno/un/una dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis"
        " diecisiete dieciocho diecinueve veinte veintiuno/veintiún/veintiuna veintidós veintitrés veinticuatro"
        " veinticinco veintiséis veintisiete veintiocho veintinueve"
    )
    | _tens("veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa")
    | _values(
        "doscientos=200 doscientas=200 trescientos=300 trescientas=300 cuatrocientos=400 cuatrocientas=400"
        " quinientos=500 quinientas=500 seiscientos=600 seiscientas=600 setecientos=700 setecientas=700"
        " ochocientos=800 ochocientas=800 novecientos=900 novecientas=900"
    )
)
_ES_ORDINALS = _values(
    "primero=1 primera=1 segundo=2 segunda=2 tercero=3 tercera=3 tercer=3 cuarto=4 cuarta=4 quinto=5 quinta=5 sexto=6"
    " sexta=6 séptimo=7 octavo=8 noveno=9 décimo=10"
)
_PT = (
    _count(
        "zero um/uma dois/duas três quatro cinco seis sete oito nove dez onze doze treze quatorze/catorze quinze"
        " dezesseis/dezasseis dezessete/dezassete dezoito dezenove/dezanove"
    )
    | _tens("vinte trinta quarenta cinquenta/cinqüenta sessenta setenta oitenta noventa")
    | _values(
        "duzentos=200 duzentas=200 trezentos=300 trezentas=300 quatrocentos=400 quatrocentas=400 quinhentos=500"
        " quinhentas=500 seiscentos=600 seiscentas=600 setecentos=700 setecentas=700 oitocentos=800 oitocentas=800"
        " novecentos=900 novecentas=900"
    )
)
_PT_ORDINALS = _values("primeiro=1 primeira=1 segundo=2 segunda=2 terceiro=3 terceira=3 quarto=4 quarta=4 quinto=5")
_IT = _count(
    "zero uno/un/una due tre/tré quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici"
    " sedici diciassette diciotto diciannove"
) | _tens("venti trenta quaranta cinquanta sessanta settanta ottanta novanta")  # fmt: skip
# "ventuno" and "ventotto" drop the vowel in the middle.
_IT_COMPOUND = _IT | {word[:-1]: value for word, value in _IT.items() if value >= 20}
_IT_ORDINALS = _values("primo=1 prima=1 secondo=2 seconda=2 terzo=3 terza=3 quarto=4 quarta=4 quinto=5 quinta=5")


def _speech(
    units: dict[str, int],
    times: str,
    *,
    ordinals: dict[str, int],
    point: str,
    shares: str,
    links: str,
    articles: str,
    measures: str,
    tens_joined: bool = False,
) -> Speech:
    shared = {"half": Fraction(1, 2), "quarter": Fraction(1, 4), "one_and_half": Fraction(3, 2)}
    named = chain(
        ((word, Atom(Fraction(value), Kind.UNIT, is_ordinal=True)) for word, value in ordinals.items()),
        ((word, Atom(Fraction(value), Kind.UNIT)) for word, value in units.items()),
        ((word, Atom(Fraction(value), Kind.TIMES)) for word, value in _values(times).items()),
        ((word, Atom(Fraction(0), Kind.POINT)) for word in point.split()),
        ((word, Atom(shared[share], Kind.SHARE)) for word, share in (pair.split("=") for pair in shares.split())),
    )
    return Speech(
        atoms=dict(named), links=word_set(links), articles=word_set(articles), measures=word_set(measures),
        tens_joined=tens_joined,
    )  # fmt: skip


_DIGITS_ONLY = Speech(
    atoms={}, links=frozenset(), articles=frozenset(), measures=frozenset(), tens_joined=False
)  # fmt: skip
_SPEECHES = {
    "en": _speech(
        _EN | _EN_DECADES,
        "hundred=100 thousand=1000 grand=1000 million=1000000 billion=1000000000 trillion=1000000000000 dozen=12"
        " lakh=100000 crore=10000000 hundredth=100 thousandth=1000 millionth=1000000",
        ordinals=_EN_ORDINALS, point="point", shares="half=half quarter=quarter quarters=quarter",
        links="and a uh um er", articles="a an",
        measures="percent cent dollars bucks euros pounds cents hours minutes seconds milliseconds days weeks months"
        " years decades centuries kilometers kilometres meters metres miles feet inches kilos kilograms grams tons"
        " tonnes degrees bytes kilobytes megabytes gigabytes terabytes gigs megs bits cores watts volts times",
    ),
    "de": _speech(
        _DE | _values("einundzwanzig=21"),
        "hundert=100 tausend=1000 million=1000000 millionen=1000000 milliarde=1000000000 milliarden=1000000000"
        " billion=1000000000000 billionen=1000000000000 dutzend=12",
        ordinals=_DE_ORDINALS, point="komma", shares="halb=half halbe=half halben=half einhalb=half viertel=quarter"
        " anderthalb=one_and_half",
        links="und äh ähm", articles="ein eine einer einem einen",
        measures="prozent euro dollar cent stunden minuten sekunden tage tagen wochen monate monaten jahre jahren"
        " kilometer meter zentimeter kilo gramm tonnen grad gigabyte megabyte mal",
    ),
    "nl": _speech(
        _NL,
        "honderd=100 duizend=1000 miljoen=1000000 miljard=1000000000 dozijn=12",
        ordinals=_values("eerste=1 tweede=2 derde=3 vierde=4 vijfde=5"), point="komma",
        shares="half=half halve=half anderhalf=one_and_half",
        links="en een eh", articles="een",
        measures="procent euro dollar uur minuten seconden dagen weken maanden jaar kilometer meter keer graden",
    ),
    "fr": _speech(
        _FR,
        "cent=100 cents=100 mille=1000 million=1000000 millions=1000000 milliard=1000000000 milliards=1000000000"
        " billion=1000000000000 billions=1000000000000 douzaine=12",
        ordinals=_FR_ORDINALS, point="virgule", shares="demi=half demie=half",
        links="et de euh", articles="un une",
        measures="pour pourcent euros dollars centimes heures minutes secondes jours semaines mois ans années"
        " kilomètres mètres kilos grammes tonnes degrés gigaoctets mégaoctets fois",
    ),
    "es": _speech(
        _ES,
        "cien=100 ciento=100 mil=1000 millón=1000000 millones=1000000 docena=12 billón=1000000000000"
        " billones=1000000000000",
        ordinals=_ES_ORDINALS, point="coma punto", shares="medio=half media=half",
        links="y eh", articles="un una", tens_joined=True,
        measures="por euros dólares pesos horas minutos segundos días semanas meses años kilómetros metros kilos"
        " gramos toneladas grados gigas veces",
    ),
    "pt": _speech(
        _PT,
        "cem=100 cento=100 mil=1000 milhão=1000000 milhões=1000000 bilhão=1000000000 bilhões=1000000000"
        " trilhão=1000000000000 trilhões=1000000000000 dúzia=12",
        ordinals=_PT_ORDINALS, point="vírgula ponto", shares="meio=half meia=half",
        links="e de é", articles="um uma", tens_joined=True,
        measures="por euros dólares reais horas minutos segundos dias semanas meses anos quilômetros metros quilos"
        " gramas toneladas graus gigas vezes",
    ),
    "it": _speech(
        _IT,
        "cento=100 mille=1000 mila=1000 milione=1000000 milioni=1000000 miliardo=1000000000 miliardi=1000000000"
        " dozzina=12",
        ordinals=_IT_ORDINALS, point="virgola", shares="mezzo=half mezza=half",
        links="e di ehm", articles="un una",
        measures="per euro dollari ore minuti secondi giorni settimane mesi anni chilometri metri chili grammi"
        " tonnellate gradi giga volte",
    ),
}  # fmt: skip
_COMPOUNDS = {
    language: _Compounds(
        values=values, starts=tuple({word[:3] for word in (*values, *hundreds, *thousands)}), link=link,
        hundreds=hundreds, thousands=thousands, ordinal_endings=endings,
    )
    for language, values, link, hundreds, thousands, endings in (
        ("de", _DE, "und", ("hundert",), ("tausend",), ("ste", "sten", "ster", "stes", "te", "ten", "ter")),
        ("nl", _NL_COMPOUND, "en", ("honderd",), ("duizend",), ("ste", "de")),
        ("it", _IT_COMPOUND, "", ("cento", "cent"), ("mila", "mille"), ("esimo", "esima")),
    )
}  # fmt: skip
