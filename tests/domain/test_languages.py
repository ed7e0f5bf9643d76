from __future__ import annotations

import pytest

from core.domain.languages import base_language, detect_language, has_stop_list, stop_words

SAMPLES = {
    "en": "and so what we are going to do today is look at how the model learns to read these words",
    "fr": "alors nous allons voir dans cette vidéo comment le modèle est entraîné pour lire les mots",
    "de": "und jetzt schauen wir uns an wie das Modell mit den Wörtern in einem Satz umgehen kann",
    "es": "y ahora vamos a ver cómo el modelo puede leer las palabras de una frase en este vídeo",
    "it": "allora adesso vediamo come il modello può leggere le parole di una frase in questo video",
    "pt": "então agora nós vamos ver como o modelo pode ler as palavras de uma frase neste vídeo",
    "ru": "и сейчас мы посмотрим на то как эта модель учится читать слова в этом предложении",
    "zh": "现在我们来看看这个模型是怎么学习阅读这些词语的",
    "ja": "それでは、このモデルがどのように学習するのかを見てみましょう",
    "ko": "이제 이 모델이 어떻게 학습하는지 살펴보겠습니다",
    "ar": "والآن سوف نرى كيف يتعلم هذا النموذج قراءة الكلمات",
    "he": "עכשיו נראה איך המודל הזה לומד לקרוא את המילים",
}


@pytest.mark.parametrize("language", SAMPLES)
def test_a_sentence_tells_its_language(language: str) -> None:
    assert detect_language(SAMPLES[language]) == language


@pytest.mark.parametrize("text", ["", "12345", "xyzzy plugh", "foo bar baz qux quux corge grault garply waldo"])
def test_too_little_or_strange_text_has_no_language(text: str) -> None:
    assert detect_language(text) is None


def test_regions_and_old_codes_lead_to_the_base_language() -> None:
    assert base_language("zh-Hans-CN") == "zh"
    assert base_language("EN_us") == "en"
    assert base_language("iw") == "he"
    assert base_language(None) is None
    assert base_language("") is None


def test_only_listed_languages_have_stop_words() -> None:
    assert has_stop_list("en-GB")
    assert "yeah" in stop_words("en-GB")
    assert not has_stop_list("fi")
    assert stop_words("fi") == frozenset()
    assert not has_stop_list(None)


def test_no_stop_list_is_nearly_empty() -> None:
    for language in SAMPLES.keys() - {"ko"}:
        assert len(stop_words(language)) > 30
