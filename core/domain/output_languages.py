"""The languages a summary may be written in, each with its own name for itself: what people choose from."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.languages import base_language


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputLanguage:
    """`tag` is the base subtag of BCP 47; `native` is what its readers call it."""

    tag: str
    name: str
    native: str


def _listed(*rows: tuple[str, str, str]) -> tuple[OutputLanguage, ...]:
    return tuple(OutputLanguage(tag=tag, name=name, native=native) for tag, name, native in rows)


# In the order of their English names.
OUTPUT_LANGUAGES = _listed(
    ("ar", "Arabic", "العربية"),
    ("bn", "Bengali", "বাংলা"),
    ("bg", "Bulgarian", "български"),
    ("ca", "Catalan", "català"),
    ("zh", "Chinese", "中文"),
    ("hr", "Croatian", "hrvatski"),
    ("cs", "Czech", "čeština"),
    ("da", "Danish", "dansk"),
    ("nl", "Dutch", "Nederlands"),
    ("en", "English", "English"),
    ("et", "Estonian", "eesti"),
    ("fi", "Finnish", "suomi"),
    ("fr", "French", "français"),
    ("de", "German", "Deutsch"),
    ("el", "Greek", "Ελληνικά"),
    ("he", "Hebrew", "עברית"),
    ("hi", "Hindi", "हिन्दी"),
    ("hu", "Hungarian", "magyar"),
    ("id", "Indonesian", "Bahasa Indonesia"),
    ("it", "Italian", "italiano"),
    ("ja", "Japanese", "日本語"),
    ("ko", "Korean", "한국어"),
    ("lv", "Latvian", "latviešu"),
    ("lt", "Lithuanian", "lietuvių"),
    ("no", "Norwegian", "norsk"),
    ("fa", "Persian", "فارسی"),
    ("pl", "Polish", "polski"),
    ("pt", "Portuguese", "português"),
    ("ro", "Romanian", "română"),
    ("ru", "Russian", "русский"),
    ("sr", "Serbian", "српски"),
    ("sk", "Slovak", "slovenčina"),
    ("sl", "Slovenian", "slovenščina"),
    ("es", "Spanish", "español"),
    ("sv", "Swedish", "svenska"),
    ("th", "Thai", "ไทย"),
    ("tr", "Turkish", "Türkçe"),
    ("uk", "Ukrainian", "українська"),
    ("vi", "Vietnamese", "Tiếng Việt"),
)
_BY_TAG = {language.tag: language for language in OUTPUT_LANGUAGES}


def output_language(tag: str) -> OutputLanguage | None:
    """The listed language of a tag ("pt-BR" gives Portuguese); None where it is none of them."""
    return _BY_TAG.get(base_language(tag) or "")
