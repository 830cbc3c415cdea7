from hypothesis import given
from hypothesis import strategies as st

from graphrag_drift.language.detect import TOLD_APART, language_of
from graphrag_drift.names.acronyms import acronym_definitions


def test_acronyms_are_read_from_either_side_of_the_parenthesis():
    assert acronym_definitions("The International Dockworkers Federation (IDF) met.") == [
        ("International Dockworkers Federation", "IDF")
    ]
    assert acronym_definitions("The IDF (International Dockworkers Federation) met.") == [
        ("International Dockworkers Federation", "IDF")
    ]


def test_small_words_and_several_letters_of_a_word_are_passed_over():
    assert acronym_definitions("Health and Human Services (HHS)") == [("Health and Human Services", "HHS")]
    assert acronym_definitions("the National Institutes of Health (NIH)") == [("National Institutes of Health", "NIH")]
    assert acronym_definitions("Korean Broadcasting System (KBS)") == [("Korean Broadcasting System", "KBS")]


def test_korean_names_take_latin_acronyms():
    assert acronym_definitions("국제부두노조(IDF)는 밝혔다.") == [("국제부두노조", "IDF")]
    assert acronym_definitions("그는 부산 항만 공사(BPA)에 갔다.") == [("부산 항만 공사", "BPA")]
    assert acronym_definitions("IDF(국제부두노조)는 밝혔다.") == [("국제부두노조", "IDF")]


def test_other_parentheses_define_nothing():
    text = "The port (Busan) closed (AP). Profit (in USD) rose. Lee (45) left. Tesla (TSLA) fell. It (the IDF) met."
    assert acronym_definitions(text) == []


def test_languages_are_told_apart():
    texts = {
        "The union said it would not return to the docks.": "en",
        "노조는 부두로 돌아가지 않겠다고 밝혔다.": "ko",
        "組合は港に戻らないと述べた。": "ja",
        "工会表示不会返回码头。": "zh",
        "Die Gewerkschaft sagte, dass sie nicht zurückkehrt und der Streik weitergeht.": "de",
        "Профсоюз заявил, что не вернётся.": "ru",
        "12345": "other",
        "": "other",
    }
    assert {text: language_of(text) for text in texts} == texts


@given(st.text(max_size=120) | st.text("AB ()ab가나.,", max_size=60))
def test_any_text_is_read(text):
    assert all(full and acronym for full, acronym in acronym_definitions(text))
    assert language_of(text) in ("ko", "ja", "zh", "other", *TOLD_APART)
