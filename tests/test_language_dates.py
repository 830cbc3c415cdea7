import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphrag_drift.language.dates import date_apart, document_date, find_dates

THURSDAY = "2024-03-14"


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("on January 5, 2021, it", "2021-01-05"),
        ("on 5th of January 2021", "2021-01-05"),
        ("Sept. 12, 2001", "2001-09-12"),
        ("2024-02-29 12:00", "2024-02-29"),
        ("in March 2019", "2019-03"),
        ("since 1969, he", "1969"),
        ("2021년 3월 5일", "2021-03-05"),
        ("2021년 3월", "2021-03"),
        ("2021. 3. 5.", "2021-03-05"),
        ("on March 12", "2024-03-12"),
        ("December 30", "2023-12-30"),
        ("3월 12일", "2024-03-12"),
        ("yesterday", "2024-03-13"),
        ("last Tuesday", "2024-03-12"),
        ("last Thursday", "2024-03-07"),
        ("on Monday", "2024-03-11"),
        ("next Friday", "2024-03-15"),
        ("지난 화요일", "2024-03-12"),
        ("지난 20일", "2024-02-20"),
        ("오는 20일", "2024-03-20"),
        ("어제", "2024-03-13"),
        ("three days ago", "2024-03-11"),
        ("two months ago", "2024-01"),
        ("3일 전", "2024-03-11"),
        ("last month", "2024-02"),
        ("지난해", "2023"),
        ("next year", "2025"),
    ],
)
def test_dates_are_read_relative_to_the_article(text, iso):
    assert [found.iso for found in find_dates(text, THURSDAY)] == [iso]


def test_relative_dates_need_the_article_date():
    assert find_dates("He left last Tuesday, 어제, on March 12.", None) == []


def test_what_is_no_date_is_not_one():
    assert find_dates("February 30, 2021; 12:45; version 2.0.1; he may 5 times; 150 years ago", THURSDAY[:4]) == []


def test_the_date_of_a_document_is_that_of_its_head():
    assert document_date("Port strike\nBy A. Lee\nPublished: March 14, 2024\n\nSince May 1, 2001 ...") == "2024-03-14"
    assert document_date("부두 파업\n입력 2024.03.14 10:20\n") == "2024-03-14"
    assert document_date("BUSAN, March 14, 2024 (Newswire) — Dockers") == "2024-03-14"
    assert document_date("BUSAN, March 14 (Newswire) — Dockers") is None


@given(st.text(max_size=120), st.one_of(st.none(), st.dates().map(str), st.text(max_size=10)))
def test_any_text_and_any_article_date_are_read(text, published):
    assert all(0 <= found.start < found.end <= len(text) for found in find_dates(text, published))
    document_date(text)


@pytest.mark.parametrize(
    ("text", "since", "iso"),
    [
        ("and three months later?", "2015-10-22", "2016-01"),
        ("a year earlier", "2024-07-30", "2023-07"),
        ("the year before", "2024", "2023"),
        ("and two weeks later", "2024-02-20", "2024-03-05"),
        ("the following month", "2024-12", "2025-01"),
        ("3개월 후에는?", "2024-11", "2025-02"),
        ("when was it?", "2024-11", ""),
    ],
)
def test_a_time_that_is_told_from_another(text: str, since: str, iso: str) -> None:
    assert date_apart(text, since) == iso
