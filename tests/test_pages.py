"""The page of an answer: whole, valid, readable without anything else, and nothing in it that runs."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

from command_line import run_command

from graphrag_drift import Answer, Branch, Index
from graphrag_drift.answer.pages import html_page, markdown_page
from graphrag_drift.values import Citation

QUESTION = "What do the port strike and the drug trial have to do with each other?"
EVIL = "</style></title><script>alert(1)</script><img src=x onerror=alert(2)> \"' & [1] ![x](http://evil.example/x.png)"
TAGS = set(
    "html head meta title style body main h1 h2 h3 p a b ul ol li details summary span blockquote mark".split()  # noqa: SIM905
)


class Page(HTMLParser):
    """The tags of a page, its links and ids, and what a reader sees."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.seen = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag != "meta":
            self.open.append(tag)
        for name, value in attrs:
            self.attributes.add(name)
            self.ids.update([str(value)] if name == "id" else [])
            self.links += [str(value)] if name == "href" else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.seen += data


def read(page: str) -> Page:
    """A page that is valid as far as it is checked here, stands alone, and whose links lead somewhere."""
    parsed = Page(page)
    assert parsed.open == []
    assert parsed.tags <= TAGS
    assert parsed.attributes <= {
        "charset", "name", "content", "lang", "class", "id", "href", "value", "open", "aria-label",
    }  # fmt: skip
    assert set(parsed.ids.values()) <= {1}
    assert {f"#{name}" for name in parsed.ids} >= set(parsed.links)
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    return parsed


def test_whatever_documents_and_models_say_is_text_on_the_page() -> None:
    citation = Citation(1, "d", EVIL, "t", 0, len(EVIL), EVIL)
    child = Branch(EVIL, f"It is {EVIL} [1].", 40.0, (citation,), (), 0.5, follow_ups=(EVIL,))
    tree = Branch(EVIL, f"### {EVIL}\n\n- {EVIL}", 90.0, (), (child,), 1.0, follow_ups=(EVIL,))
    parsed = read(html_page(Answer(EVIL, f"**{EVIL}** [1]\n\n- {EVIL}", "drift", (citation,), tree, notes=(EVIL,))))
    assert parsed.seen.count("<script>alert(1)</script>") >= 10
    text = markdown_page(Answer(EVIL, f"{EVIL} [1]", "drift", (citation,), tree, notes=(EVIL,)))
    assert "<" not in text
    assert "![" not in text


def test_marks_lead_to_their_sources_and_back_and_others_lead_nowhere() -> None:
    citation = Citation(1, "d", "Sale", "t", 0, 4, "Sold")
    parsed = read(html_page(Answer("Who?", "Moe did [1] and [1] again [7].", "local", (citation,))))
    assert parsed.links == ["#s1", "#s1", "#c1"]
    assert parsed.ids == Counter({"s1": 1, "c1": 1})


def test_the_page_of_a_drift_answer_holds_all_of_it_with_dates_and_what_stands_around(newsroom_index: Index) -> None:
    answer = newsroom_index.ask_sync(QUESTION, method="drift")
    parsed = read(html_page(answer, newsroom_index.graph))
    text = " ".join(parsed.seen.split())
    assert answer.tree is not None
    for branch in (answer.tree, *answer.tree.children):
        assert " ".join(branch.question.split()) in text
        assert f"score {branch.score:.0f}" in text
    for citation in answer.citations:
        document = newsroom_index.graph.texts[citation.document_id]
        title, date = newsroom_index.graph.heads[citation.document_id]
        assert f"{title}, {date}, characters {citation.start}-{citation.end}" in text
        around = document[max(0, citation.start - 60) : citation.end + 60]
        assert " ".join(around.split()[2:-2]) in text
    assert "Score: how far an answer helps" in text
    assert markdown_page(answer).count(f", {date}, characters") >= 1


def test_the_page_is_for_phones_darkness_and_paper_too() -> None:
    page = html_page(Answer("누가 만났습니까?", "Nobody.", "basic"))
    assert '<meta name="viewport" content="width=device-width,initial-scale=1">' in page
    assert '<html lang="ko">' in page
    for rule in ("prefers-color-scheme:dark", "@media print", "overflow-wrap:anywhere"):
        assert rule in page
    assert "By basic search, from 0 passages of 0 documents." in read(page).seen


def test_headings_lists_and_bold_of_an_answer_are_shown_as_such() -> None:
    page = html_page(Answer("Who?", "### The sale\n\nIt was **Moe**:\n- one\n- two\n\n2. Second.", "local"))
    assert "<h3>The sale</h3>\n<p>It was <b>Moe</b>:</p>\n<ul><li>one</li><li>two</li></ul>\n<p>2. Second.</p>" in page


def test_the_command_writes_the_page_with_dates(newsroom_index: Index, tmp_path: Path) -> None:
    root = newsroom_index.settings.root
    (root / "settings.yaml").write_text("{}\n", "utf-8")
    for name in ("answer.html", "answer.md"):
        arguments = ("query", "Who is Ingrid Solvay?", "-m", "local", "-r", str(root), "-o", str(tmp_path / name))
        assert run_command(*arguments).returncode == 0
        assert re.search(r", 2025-\d\d-\d\d, characters \d+-\d+", re.sub("<[^>]*>", "", (tmp_path / name).read_text()))
