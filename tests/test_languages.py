"""Languages are values in files of their own; word lists are files that say why they exist."""

import ast
import io
import tokenize
import unicodedata
from pathlib import Path

import pytest

import graphrag_drift
from graphrag_drift.language import cues, dates, figures
from graphrag_drift.language.detect import LANGUAGES, language_of, spoken
from graphrag_drift.language.english import ENGLISH
from graphrag_drift.language.korean import KOREAN
from graphrag_drift.language.language import Language
from graphrag_drift.names.lists import word_list
from graphrag_drift.names.roles import person_nouns, roles_of

PACKAGE = Path(graphrag_drift.__file__).parent
LISTS = sorted((PACKAGE / "names" / "lists").glob("*.txt"))
WIDE = ("LATIN", "GREEK", "MODIFIER", "FULLWIDTH LATIN", "MICRO", "FEMININE", "MASCULINE", "CARON")
OWN_FILES = {PACKAGE / "language" / name for name in ("korean.py", "japanese.py", "chinese.py", "cyrillic.py")}


def _docstrings(source: str) -> set[int]:
    """The lines of docstrings, which may show an example in any language."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                lines.update(range(first.lineno, (first.end_lineno or 0) + 1))
    return lines


def _own_letters(text: str) -> str:
    """The first letters of `text` that belong to a script of few languages: neither Latin nor a sign."""
    return "".join(dict.fromkeys(c for c in text if c.isalpha() and not unicodedata.name(c, "").startswith(WIDE)))[:20]


def test_no_file_but_that_of_a_language_holds_letters_of_its_script():
    wrong = []
    for path in sorted(set(PACKAGE.rglob("*.py")) - OWN_FILES):
        source = path.read_text("utf-8")
        if not _own_letters(source):
            continue
        shown = _docstrings(source)
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            letters = _own_letters(token.string) if token.type == tokenize.STRING else ""
            if letters and token.start[0] not in shown:
                wrong.append(f"{path.relative_to(PACKAGE)}:{token.start[0]} holds {letters!r}")
    assert wrong == [], "these belong into language/: a pattern, a template or a word list of its Language"


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_a_list_says_why_it_exists_and_has_one_word_a_line_in_order(path):
    why, *words = path.read_text("utf-8").splitlines()
    assert why.startswith("# ")
    assert why.endswith(".")
    assert words == sorted(set(words))
    assert all(word and word == word.strip().casefold() for word in words)
    assert word_list(path.stem) == frozenset(words)


def test_every_list_is_read():
    code = "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    assert [path.stem for path in LISTS if f'word_list("{path.stem}")' not in code] == []


def test_a_language_of_which_nothing_is_known_finds_nothing():
    nothing = Language(code="xx")
    assert not nothing.writes("abc 가나다")
    assert nothing.stem("word") == "word"
    assert nothing.fill("{name} said", name="Ann") == "Ann said"


def test_languages_have_codes_of_their_own_and_the_unknown_is_answered_in_english():
    assert " ".join(language.code for language in LANGUAGES) == "en ko ja zh de nl sv fr es it pt ru uk"
    assert spoken("ko") is KOREAN
    assert spoken("other") is ENGLISH


def test_a_template_takes_the_particle_that_fits():
    assert KOREAN.fill("{name:은/는} {topic:과/와}", name="노조", topic="협상") == "노조는 협상과"
    assert ENGLISH.fill("(reported {date})", date="4 March 2025") == "(reported 4 March 2025)"


def test_no_word_is_in_two_of_the_closed_classes_that_are_looked_up_by_meaning():
    assert ENGLISH.stop_words - {"tell", "describe", "explain", "give"} <= ENGLISH.function_words


def test_months_may_be_written_short():
    assert [date.iso for date in dates.find_dates("Sept. 3, 2024 and Jun. 5, 2024, in May. 5 people", None)] == [
        "2024-09-03",
        "2024-06-05",
    ]


def test_both_languages_are_read_in_one_text():
    text = "On 4 March 2025 it cost $3 million; 2025년 3월 5일 12억 원."
    assert [date.iso for date in dates.find_dates(text, None)] == ["2025-03-04", "2025-03-05"]
    assert {figure.unit for figure in figures.figures_of(text)} >= {"dollar", "won"}
    assert cues.kind_of_question("누구인가? when") == "date"
    assert language_of(text) == "en"


def test_nouns_for_people_are_learned_from_what_a_corpus_says_of_people():
    mentions = [
        ("", ", the surgeon at the clinic, said", True),
        ("", ", a captain of the guard, left", True),
        ("", " is a bishop.", True),
        ("", ", the port of the city, lay", False),
        ("", ", the port of call, said", True),
    ]
    nouns = person_nouns(mentions)
    assert nouns == {"surgeon", "captain", "bishop"}
    assert roles_of("In court the retired surgeon ", " spoke", nouns) == ("surgeon",)
    assert roles_of("by all graphs ", " studied", nouns) == ()
