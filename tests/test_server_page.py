"""The explorer in a real browser: what a person does with it by mouse, keyboard and phone, and what it must not do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from browser import Browser, chromium, needs_chromium
from click.testing import CliRunner
from selenium.webdriver.common.keys import Keys
from serving import Served, serving

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.layout import layout
from graphrag_drift.query.details import Details
from graphrag_drift.query.graph import Graph
from graphrag_drift.server.page import explorer_page, write_explorer
from graphrag_drift.store.store import Store

DRIFT = "What does the water in Brackwater have to do with the velarustat trial?"
HOSTILE = "</script><script>hacked=1</script><img src=x onerror=hacked=1>${x}\u2028'\"&amp;"
PHONE = (375, 700)


@pytest.fixture(scope="module")
def served(newsroom_settings: Settings) -> Iterator[Served]:
    with serving(newsroom_settings) as server:
        yield server


@pytest.fixture(scope="module")
def shared_browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def browser(shared_browser: Browser) -> Iterator[Browser]:
    """A browser as wide as a desk's; after each test nothing was logged, and nobody else was asked for anything."""
    shared_browser.open("about:blank")
    shared_browser.resize(1200, 800)
    shared_browser.requests()
    yield shared_browser
    assert shared_browser.errors() == []
    foreign = [
        url for url in shared_browser.requests() if not re.match(r"http://127\.0\.0\.1:|file:|data:|about:", url)
    ]
    assert foreign == []


@pytest.fixture(scope="module")
def page_file(newsroom_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as `export --html` writes it."""
    file = tmp_path_factory.mktemp("page") / "explorer.html"
    write_explorer(Store(newsroom_settings.output_folder), file)
    return file


@needs_chromium
def test_an_answer_streams_in_and_its_marks_open_the_sentence_in_its_article(
    browser: Browser, served: Served, newsroom_index: Index
) -> None:
    answer = newsroom_index.ask_sync(DRIFT, method="drift")
    browser.open(f"{served.url}/")
    browser.one("#question").send_keys(DRIFT)
    browser.one("#method").send_keys("drift")
    browser.one("#ask-form button[type=submit]").click()
    browser.one("#answer .sources")
    assert answer.text.split("\n")[0].rsplit(" [", 1)[0] in browser.one("#answer").text
    assert len(browser.all("#answer .tree details")) == str(answer.tree).count("Branch(")
    browser.one("#answer .mark").click()
    assert browser.one("#lit").text == answer.citations[0].quote
    assert browser.one("#panel h2").text == answer.citations[0].document_title
    top = browser.run("return document.getElementById('lit').getBoundingClientRect().top")
    assert 0 < top < 800


@needs_chromium
def test_a_person_signs_in_with_the_token_and_asks(browser: Browser, newsroom_settings: Settings) -> None:
    token = "a-token-of-some-length"
    with serving(newsroom_settings, token=token) as server:
        browser.open(f"{server.url}/")
        assert "401" in "".join(browser.errors())  # the page that asks for the token comes with this status
        browser.one("#token").send_keys(token, Keys.ENTER)
        browser.one("#question").send_keys("Who owns Lodestar Storage?", Keys.ENTER)
        browser.one("#answer .sources")


@needs_chromium
def test_an_entity_is_found_and_opened_from_the_graph(browser: Browser, served: Served, newsroom_index: Index) -> None:
    browser.open(f"{served.url}/#/graph")
    browser.one("#stage canvas")
    browser.one("#search").send_keys("solvay")
    browser.one("#results button").click()
    browser.wait(lambda: browser.one("#panel h2").text == "Ingrid Solvay")
    titles = [each.text for each in browser.all("#panel h3")]
    assert titles == ["Also called", "Related to", "Over time", "Reports"]
    dates = [each.text[:10] for each in browser.all("#panel ul:last-of-type > li > a")]
    assert dates == sorted(dates)
    browser.one("#kind").send_keys("person")
    kinds = newsroom_index.graph.entities["type"].to_list()
    assert browser.one("#shown").text == f"{kinds.count('person')} of {len(kinds)} entities"


@needs_chromium
def test_a_click_on_the_graph_opens_the_entity_there(browser: Browser, page_file: Path) -> None:
    browser.open(f"{page_file.as_uri()}#/graph")
    browser.one("#stage canvas")
    place = "chart.sigma.graphToViewport(chart.sigma.getGraph().getNodeAttributes(0))"
    browser.run(f"const at = {place}; chart.sigma.emit('clickNode', {{node: '0', event: at}})")
    title = browser.run("return ENTITIES.title[0]")
    browser.wait(lambda: browser.one("#panel h2").text == title)


@needs_chromium
def test_topics_open_one_another_down_to_their_entities(browser: Browser, page_file: Path) -> None:
    browser.open(f"{page_file.as_uri()}#/topics")
    tiles = browser.all("#treemap button")
    assert len(tiles) == browser.run("return DATA.communities.filter((each) => each.level === 0).length")
    label = tiles[0].text
    browser.run("document.querySelector('#treemap button').click()")  # the map may be drawn anew at any moment
    assert label.startswith(browser.one("#topics h2").text)
    link = browser.one("#topics h3 ~ p a")
    name = link.text
    link.click()
    browser.wait(lambda: browser.one("#panel h2").text == name)


@needs_chromium
def test_the_file_opens_without_a_server_and_holds_every_document(browser: Browser, page_file: Path) -> None:
    browser.open(page_file.as_uri())
    assert "60" in browser.one("#overview table").text
    browser.open(f"{page_file.as_uri()}#/ask")
    assert browser.one("#no-server").is_displayed()
    browser.open(f"{page_file.as_uri()}#/documents")
    browser.one("#filter").send_keys("dockers strike")
    browser.one("#documents li a").click()
    assert "strike" in browser.one("#panel .text").text
    assert not [url for url in browser.requests() if not url.startswith(("file:", "data:"))]


@needs_chromium
def test_everything_is_reached_by_keyboard(browser: Browser, page_file: Path) -> None:
    browser.open(f"{page_file.as_uri()}#/graph")
    browser.one("#search").send_keys("tank 14")
    for _ in range(20):  # past the filters, a date has several fields
        if browser.run("return document.activeElement.closest('#results') !== null"):
            break
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    browser.wait(lambda: browser.one("#panel h2").text == "Tank 14")
    assert browser.run("return document.activeElement.textContent") == "Tank 14"
    browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    browser.wait(lambda: not browser.all("#panel")[0].is_displayed())


@needs_chromium
@pytest.mark.parametrize("view", ["ask", "graph", "topics", "documents", "overview"])
def test_a_phone_shows_every_view_without_scrolling_sideways(browser: Browser, page_file: Path, view: str) -> None:
    browser.resize(*PHONE)
    browser.open("about:blank")
    browser.open(f"{page_file.as_uri()}#/{view}")
    browser.one(f"#{view}")
    widths = browser.run("return [document.documentElement.scrollWidth, document.getElementById('body').scrollWidth]")
    assert max(widths) <= PHONE[0]


@needs_chromium
def test_what_documents_say_is_text_wherever_it_is_shown(
    browser: Browser, newsroom_settings: Settings, tmp_path: Path
) -> None:
    store = Store(newsroom_settings.output_folder)
    names = ("title", "source", "target", "description", "summary", "name", "path", "author")

    def table(name: str) -> pl.DataFrame:
        frame = store.table(name)
        columns = [column for column in names if column in frame.columns]
        return frame.with_columns(pl.col(columns).str.replace("Ingrid Solvay", HOSTILE, literal=True))

    page = explorer_page(Details(Graph(table, store.array)), "x", served=False)
    (tmp_path / "hostile.html").write_text(page.html, "utf-8")
    browser.open(f"{(tmp_path / 'hostile.html').as_uri()}#/graph")
    browser.one("#search").send_keys("hacked")
    browser.one("#results button").click()
    browser.wait(lambda: browser.one("#panel h2").get_property("textContent") == HOSTILE)
    for view in ("topics", "documents", "overview", "ask"):
        browser.run(f"location.hash = '#/{view}'")
        browser.one(f"#{view}")
    assert browser.run("return typeof hacked") == "undefined"
    assert browser.all("img") == []


@needs_chromium
def test_a_page_of_other_characters_lights_the_same_ones(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    text = "Aldane Mill 😀\n\n𝒜 fire 🔥 destroyed the Aldane Mill. Petra Voss 😀 sold it to Corin Bank."
    (tmp_path / "input" / "mill.txt").write_text(text, "utf-8")
    settings = Settings(root=tmp_path)
    build_index_sync(settings)
    write_explorer(Store(settings.output_folder), tmp_path / "page.html")
    document = Index.open_sync(settings).graph.documents.row(0, named=True)
    start = document["text"].index("Petra")
    browser.open(f"{(tmp_path / 'page.html').as_uri()}#/document/{document['id']}/{start}-{start + 14}")
    assert browser.one("#lit").text == "Petra Voss 😀 s"


def test_the_page_allows_no_script_but_its_own(served: Served) -> None:
    response = served.get("/")
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    page = response.body.decode()
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == len(re.findall(r"'sha256-", policy)) - 1
    own = "".join(scripts[2:])
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", own)
    assert "<" not in re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1]  # type: ignore[index]


def test_the_licences_of_others_are_in_the_package() -> None:
    folder = Path(__file__).parent.parent / "graphrag_drift" / "server" / "static" / "vendor"
    licences = (folder / "LICENSES.txt").read_text("utf-8")
    assert licences.count("Permission is hereby granted, free of charge") == 2
    assert [path.name for path in sorted(folder.iterdir()) if path.name not in licences and path.suffix == ".js"] == []


def test_entities_lie_where_they_lay_and_near_those_that_they_are_related_to() -> None:
    random = np.random.default_rng(1)
    communities = np.repeat(np.arange(4), 25)
    inside = random.integers(0, 25, (300, 2)) + 25 * random.integers(0, 4, 300)[:, None]
    places = layout(inside, communities, np.ones(300))
    assert np.array_equal(places, layout(inside, communities, np.ones(300)))
    assert np.abs(places).max() == 1.0
    related = np.linalg.norm(places[inside[:, 0]] - places[inside[:, 1]], axis=1).mean()
    all_pairs = np.linalg.norm(places[:, None] - places[None, :], axis=2).mean()
    assert related < all_pairs / 2


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_graphs_without_relationships_have_places_too(count: int) -> None:
    places = layout(np.zeros((0, 2), dtype=np.int64), np.full(count, -1), np.zeros(0))
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert len({tuple(place) for place in places.tolist()}) == count


def test_export_writes_the_page_or_says_what_is_missing(newsroom_settings: Settings, tmp_path: Path) -> None:
    import graphrag_drift.cli.main  # noqa: F401 (where the commands are)
    from graphrag_drift.cli.options import cli

    (newsroom_settings.root / "settings.yaml").touch()
    root = ["-r", str(newsroom_settings.root)]
    file = tmp_path / "page.html"
    assert CliRunner().invoke(cli, ["export", *root, "--html", str(file)]).output == f"Wrote {file}\n"
    assert file.read_text("utf-8").startswith("<!doctype html>")
    neither = CliRunner().invoke(cli, ["export", *root])
    assert neither.exit_code == 2
    assert "either --output, or --html" in neither.output
    nowhere = CliRunner().invoke(cli, ["export", *root, "--html", str(tmp_path / "no" / "page.html")])
    assert "the page cannot be written to" in str(nowhere.exception)
