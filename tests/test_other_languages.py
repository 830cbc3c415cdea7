"""Languages besides English and Korean: told apart, read alike in texts and questions, and their names found."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.language.detect import LANGUAGES, language_of, language_of_question, writing_of
from graphrag_drift.language.reading import languages_of_corpus, reading, remembered
from graphrag_drift.language.sentences import split_sentences
from graphrag_drift.language.statistics import Statistics
from graphrag_drift.language.terms import content_terms, terms
from graphrag_drift.names import chinese, japanese
from graphrag_drift.names.find import find_names

GERMAN = (
    "Die Bürgermeisterin Hanna Weidlich eröffnete am Montag die neue Brücke in Lindau. Der Bau der Brücke dauerte drei"
    " Jahre. Weidlich dankte den Arbeitern der Firma Steinhoff. Nach Angaben der Stadt kostete die Brücke acht"
    " Millionen Euro. In Österreich wurde das Projekt gelobt."
)
TEXTS = {
    "de": GERMAN,
    "nl": "De burgemeester Pieter van der Meer opende maandag de nieuwe brug in Zierikzee. Volgens Van der Meer was het"
    " een feest. De minister Anneke Visser kwam uit België.",
    "sv": "Borgmästaren Astrid Lindqvist öppnade på måndagen den nya bron i Västerås. Enligt Lindqvist var det en fest."
    " Ministern Olof Bergström kom från Norge.",
    "fr": "La maire, Camille Desrosiers, a inauguré lundi le nouveau pont de Vézelay. L'Américain John Harlan, qui l'a"
    " dessiné, est venu de Boston. Jean de la Tour a remercié les ouvriers.",
    "es": "La alcaldesa Lucía Fernández inauguró el lunes el nuevo puente de Cuenca. Según Fernández fue una fiesta. El"
    " ministro Andrés de la Cruz llegó desde México.",
    "it": "La sindaca Giulia Ferrante ha inaugurato lunedì il nuovo ponte di Mantova. Secondo Ferrante è una festa."
    " Il ministro Paolo Della Torre è arrivato dalla Svizzera.",
    "pt": "A prefeita Mariana Queiroz inaugurou na segunda-feira a nova ponte de Sobral. Segundo Queiroz foi uma festa."
    " O ministro Paulo da Silva veio do Brasil.",
    "ru": "Мэр Анна Соколова открыла в понедельник новый мост в Ярославле. По словам Соколовой, это был праздник."
    " Президент Украины Олег Гриценко приехал из Киева.",
    "uk": "Вчора Олена Ткачук відкрила новий міст у Полтаві. За словами Ткачук, це було свято. Він приїхав з"
    " Києва, який є столицею.",
}
NAMES = {
    "de": {"Hanna Weidlich", "Lindau", "Weidlich", "Österreich"},
    "nl": {"Pieter van der Meer", "Zierikzee", "Anneke Visser", "België"},
    "sv": {"Astrid Lindqvist", "Västerås", "Olof Bergström", "Norge"},
    "fr": {"Camille Desrosiers", "Vézelay", "John Harlan", "Boston", "Jean de la Tour"},
    "es": {"Lucía Fernández", "Cuenca", "Andrés de la Cruz", "México"},
    "it": {"Giulia Ferrante", "Mantova", "Paolo Della Torre", "Svizzera"},
    "pt": {"Mariana Queiroz", "Sobral", "Paulo da Silva", "Brasil"},
    "ru": {"Анна Соколова", "Ярославле", "Олег Гриценко", "Киева"},
    "uk": {"Олена Ткачук", "Полтаві", "Києва"},
}


def names_in(text: str, language: str = "") -> dict[str, str]:
    found = find_names(text, split_sentences(text), Statistics.from_texts([text]), language)
    return {name.name: name.kind for name in found}


@pytest.mark.parametrize("code", TEXTS)
def test_the_language_of_a_text_is_told(code: str) -> None:
    assert language_of(TEXTS[code]) == code
    assert writing_of(TEXTS[code]).code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("市长昨天在大桥上发表讲话。", "zh"),
        ("市長は昨日、新しい橋を開通させた。", "ja"),
        ("Der Bürgermeister", "de"),
        ("The mayor opened the bridge.", "en"),
        ("Η δήμαρχος εγκαινίασε χθες τη νέα γέφυρα της πόλης.", "el"),
        ("افتتحت رئيسة البلدية أمس الجسر الجديد في المدينة.", "ar"),
        ("Burmistrz otworzył wczoraj nowy most w mieście, który jest bardzo długi.", "pl"),
        ("1234 --", "other"),
    ],
)
def test_scripts_and_a_few_words_tell_a_language(text: str, code: str) -> None:
    assert language_of(text) == code


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("Wer hat die Brücke gebaut?", "de"),
        ("Qui a construit le pont ?", "fr"),
        ("¿Quién construyó el puente?", "es"),
        ("Chi ha costruito il ponte?", "it"),
        ("Quem construiu a ponte?", "pt"),
        ("Wie heeft de brug gebouwd?", "nl"),
        ("Vem byggde bron?", "sv"),
        ("Кто построил мост?", "ru"),
        ("Хто збудував міст?", "uk"),
        ("谁建了这座桥？", "zh"),
        ("誰が橋を建てましたか？", "ja"),
        ("Who built the bridge?", "en"),
        ("Hanna Weidlich", ""),
    ],
)
def test_the_language_of_a_question_is_told_unless_it_is_a_name(question: str, code: str) -> None:
    assert language_of_question(question) == code


@pytest.mark.parametrize("code", NAMES)
def test_names_are_found_in_every_script_with_capitals(code: str) -> None:
    assert set(names_in(TEXTS[code])) >= NAMES[code]


def test_german_nouns_are_no_names() -> None:
    nouns = {"Bürgermeisterin", "Brücke", "Bau", "Jahre", "Arbeitern", "Firma", "Angaben", "Stadt", "Euro", "Projekt"}
    assert nouns.isdisjoint(names_in(GERMAN))


def test_an_adjective_with_a_capital_makes_a_german_name_of_its_noun() -> None:
    text = "Die Vereinten Nationen halfen. Alle vereinten Kräfte halfen. Er dankte den Vereinten Nationen sehr."
    assert "Vereinten Nationen" in names_in(text, "de")


def test_a_country_is_parted_from_the_person_behind_it_and_named_in_the_nominative() -> None:
    found = names_in("Президент Украины Олег Гриценко приехал. Он был в Италии, и это был его первый визит.")
    assert found["Олег Гриценко"]
    assert found["Италия"] == "place"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Il a saisi hier la Cour pénale internationale, puis le Parti conservateur a voté.", 2),
        ("Ayer habló en el Tribunal Supremo y en la Corte penal internacional de la ciudad.", 2),
        ("Ieri ha parlato alla Corte penale internazionale e poi al Partito democratico.", 2),
        ("Ontem falou no Congresso nacional e depois no Partido liberal.", 2),
        ("Вчера он получил Нобелевскую премию, которую вручил король.", 1),
    ],
)
def test_a_name_goes_on_with_its_adjectives_or_its_noun_in_small_letters(text: str, names: int) -> None:
    found = list(names_in(text))
    assert len(found) == names
    assert all(" " in name for name in found)


def test_a_word_for_and_joins_no_two_names() -> None:
    text = "Ontem vieram Paulo da Silva e Mariana Queiroz. Ils ont vu Camille Desrosiers et Jean de la Tour."
    assert "Mariana Queiroz" in names_in(text, "pt")
    assert "Jean de la Tour" in names_in(text, "fr")


def test_an_english_text_is_read_as_before_whatever_language_is_near() -> None:
    text = "On Monday Zoé Müller met Petra Voss, who writes for Die Zeit, in the town hall of Lindau."
    assert list(names_in(text)) == ["Zoé Müller", "Petra Voss", "Die Zeit", "Lindau"]


CHINESE = "秘鲁总统佩德罗·卡斯蒂略访问了日本。《红楼梦》在清华大学展出。"


def test_chinese_names_are_found_without_an_extra_where_they_are_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chinese, "rjieba_installed", lambda: False)
    assert set(names_in(CHINESE)) == {"秘鲁", "佩德罗·卡斯蒂略", "日本", "红楼梦"}


@pytest.mark.skipif(not chinese.rjieba_installed(), reason="needs the extra zh")
def test_chinese_names_are_found_by_the_extra_zh() -> None:
    assert names_in(CHINESE) == {
        "秘鲁": "place",
        "佩德罗·卡斯蒂略": "person",
        "日本": "place",
        "红楼梦": "other",
        "清华大学": "organization",
    }


JAPANESE = "東京都知事の小池百合子氏は、ブラジルのマイケル・サントスさんと横浜市で会談した。"


def test_japanese_names_are_found_without_an_extra_where_they_are_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(japanese, "sudachi_installed", lambda: False)
    assert set(names_in(JAPANESE)) >= {"ブラジル", "マイケル・サントス"}


@pytest.mark.skipif(not japanese.sudachi_installed(), reason="needs the extra ja")
def test_japanese_names_are_found_by_the_extra_ja() -> None:
    found = names_in(JAPANESE)
    assert found["小池百合子"] == found["マイケル・サントス"] == "person"
    assert found["ブラジル"] == found["横浜市"] == "place"


@pytest.mark.parametrize("text", ["中\ud800国", "あ\udfff", "\ud800"])
def test_half_a_surrogate_pair_stops_no_reader(text: str) -> None:
    assert isinstance(names_in(text), dict)


@pytest.mark.parametrize(
    ("code", "forms"),
    [
        ("fr", "inondation inondations"),
        ("de", "Überschwemmung Überschwemmungen"),
        ("es", "elección elecciones"),
        ("pt", "cidade cidades"),
        ("it", "elezione elezioni"),
        ("sv", "översvämning översvämningar"),
        ("ru", "наводнение наводнения наводнением"),
        ("uk", "президент президента президентом"),
        ("el", "εκλογή εκλογές"),
    ],
)
def test_the_forms_of_a_word_have_one_term_in_a_corpus_of_its_language(code: str, forms: str) -> None:
    with reading(languages_of_corpus([code])):
        assert len(set(terms(forms))) == 1


def test_an_elided_article_is_no_part_of_its_word() -> None:
    with reading(("fr",)):
        assert terms("l'Ukraine d’Istanbul") == terms("Ukraine Istanbul")


def test_simplified_and_traditional_characters_have_the_same_terms() -> None:
    assert terms("國際太空站") == terms("国际太空站")


def test_the_words_that_ask_are_not_asked_for() -> None:
    assert content_terms("谁是法国总统？") == content_terms("法国总统")
    assert content_terms("Кто построил мост?") == terms("построил мост")
    with reading(("de",)):
        assert content_terms("Wer hat die Brücke gebaut?") == terms("Brücke gebaut")


@pytest.mark.parametrize(
    ("documents", "languages"),
    [
        (["en"] * 9 + ["fr"], ()),
        (["fr"] * 9 + ["en"], ("fr",)),
        (["en", "fr", "ru", "zh"], ("en", "fr")),
        (["ru", "zh", "ko"], ()),
        ([], ()),
    ],
)
def test_a_corpus_is_read_in_the_languages_of_a_quarter_of_its_latin_documents(
    documents: list[str], languages: tuple[str, ...]
) -> None:
    assert languages_of_corpus(documents) == languages


def test_what_is_remembered_of_one_corpus_is_not_taken_for_another() -> None:
    stems = remembered(8)(lambda text: tuple(terms(text)))
    with reading(("fr",)):
        french = stems("nationaux")
    assert stems("nationaux") == tuple(terms("nationaux")) != french


def test_every_language_says_what_it_has_to_say() -> None:
    for language in LANGUAGES:
        templates = language.templates
        assert all((templates.not_said, templates.reported, templates.rest, templates.unanswered, templates.nowhere))
        assert language.write_date is not None
        date = language.write_date([2025, 3, 4])
        assert "2025" in date
        assert language.fill(templates.reported, date=date) != templates.reported


def index_of(folder: Path, texts: list[str]) -> Index:
    documents = pl.DataFrame({"id": [str(at) for at in range(len(texts))], "text": texts})
    settings = Settings.model_validate({"root": folder})
    build_index_sync(settings, documents=documents)
    return Index.open_sync(settings)


def test_questions_in_french_are_answered_and_refused_in_french(tmp_path: Path) -> None:
    index = index_of(
        tmp_path,
        [
            "Les inondations ont détruit le vieux pont de Vézelay. La maire, Camille Desrosiers, veut le reconstruire.",
            "Le musée de Sens a rouvert ses portes. Jean de la Tour en est le directeur.",
            "La boulangerie de la rue haute ferme chaque lundi, et les voisins le regrettent.",
        ],
    )
    assert index.graph.documents["language"].to_list() == ["fr"] * 3
    assert "Vézelay" in index.ask_sync("Quel pont fut détruit par une inondation ?").text
    refusal = index.ask_sync("Combien de girafes habitent sur la lune ?")
    assert refusal.form == "nothing"
    assert refusal.text.startswith("Rien dans le")
    assert refusal.text.endswith("Absent des documents : girafes, habitent, lune.")


def test_questions_in_chinese_are_answered_and_refused_in_chinese(tmp_path: Path) -> None:
    index = index_of(
        tmp_path,
        [
            "秘鲁总统佩德罗·卡斯蒂略试图解散国会，随后被捕。副总统迪娜·博鲁阿尔特继任总统。",
            "韩国首尔的庆祝活动发生踩踏事故，造成至少154人死亡。",
            "國際太空站的三名太空人昨日返回地球。",
        ],
    )
    assert "154" in index.ask_sync("踩踏事故造成多少人死亡？").text
    assert "返回地球" in index.ask_sync("国际太空站的太空人做了什么？").text
    assert "博鲁阿尔特" in index.ask_sync("谁继任秘鲁总统？").text
    refusal = index.ask_sync("月球上有多少头长颈鹿？")
    assert refusal.form == "nothing"
    assert refusal.text == "文档中没有直接回答这个问题的内容。"
