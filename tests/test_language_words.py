import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphrag_drift.language.korean import strip_josa
from graphrag_drift.language.terms import content_terms, other_forms, terms, words


def test_english_words_become_stems_and_numbers_lose_their_separators():
    assert terms("The strikers' 1,200 strikes cost $3.5 million in 2019.") == [
        "the", "striker", "1200", "strike", "cost", "3.5", "million", "in", "2019",
    ]  # fmt: skip


def test_spellings_of_one_word_are_one_term():
    assert terms("Café CAFÉ cafe\u0301 cafe") == ["cafe"] * 4
    assert terms("U.S. US u.s.") == ["us"] * 3
    assert terms("Ｄｏｃｋ dock's dock’s") == ["dock"] * 3


@pytest.mark.parametrize("sign", "’ʼ＇‘‛´")
def test_all_signs_of_an_apostrophe_give_the_terms_of_the_straight_one(sign):
    text = "Germany's ports don't pay O'Brien's companies' rock'n'roll bands, 'tis dell'Arte, сім'я, 好'吧"
    written = text.replace("'", sign)
    assert terms(written) == terms(text)
    assert content_terms(written) == content_terms(text)
    assert words(written) == words(text)
    assert terms(f"Germany{sign}s") == ["germani"]


def test_a_quote_between_letters_without_spaces_is_no_term():
    assert terms("他说'好'吧") == terms("他说’好’吧") == ["他说", "好", "吧"]


def test_korean_words_lose_their_particle_and_give_pairs_of_syllables():
    assert terms("노조는") == ["노조"]
    assert terms("부두노조가") == ["부두노조", "부두", "두노", "노조"]
    assert set(terms("국제부두노조가")) & set(terms("부두노조의"))


def test_chinese_and_japanese_are_indexed_by_pairs_of_characters():
    assert terms("東京都庁") == ["东京", "京都", "都庁"]
    assert terms("港") == ["港"]


def test_a_question_keeps_its_content_words():
    assert content_terms("What did the US mediator say about the strikes?") == ["us", "mediat", "say", "strike"]
    assert content_terms("파업은 언제 시작되었나?")[0] == "파업"
    assert content_terms("Who is it?") == terms("Who is it?")


def test_words_are_spans_with_inner_apostrophes_and_hyphens():
    text = "Ann's well-known U.S. plan, 'tis"
    assert [text[start:end] for start, end in words(text)] == ["Ann's", "well-known", "U.S", "plan", "tis"]


def test_particles_are_stripped_by_what_stands_before_them():
    stems = {
        "정부는": "정부",
        "서울에서는": "서울",
        "한국은": "한국",
        "회의": "회의",
        "학교로": "학교",
        "서울로": "서울",
    }
    assert {word: strip_josa(word) for word in stems} == stems


@given(st.text(max_size=120))
def test_any_text_gives_terms_without_whitespace(text):
    assert all(term and not any(c.isspace() for c in term) for term in terms(text))
    assert set(content_terms(text)) <= set(terms(text))


def test_other_forms_of_irregular_verbs_are_known_by_the_term_that_is_asked() -> None:
    assert other_forms(frozenset(terms("leave"))) == {"left": "leav"}
    assert set(other_forms(frozenset(terms("written")))) == {"write", "wrote"}
    assert other_forms(frozenset(terms("founded ferry"))) == {}
    assert other_forms(frozenset(terms("left leave"))) == {}
