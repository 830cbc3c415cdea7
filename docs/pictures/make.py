"""The pictures of the README, taken of the explorer over the example newsroom: `make pictures`.

They need `chromium` and `chromedriver`, as the tests of the page do, and nothing else that the tests do not need. Each
is a PNG of few colours, so that the repository stays small.
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

from graphrag_drift import Settings, build_index_sync
from graphrag_drift.cli.project import newsroom

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parents[1] / "tests"))

from browser import Browser, chromium  # noqa: E402
from serving import serving  # noqa: E402

QUESTION = "What does the water in Brackwater have to do with the velarustat trial?"
BEST_ANSWER = """
const score = (each) => Number(/score (\\d+)/.exec(each.querySelector("summary").textContent)[1]);
const [, ...follow] = document.querySelectorAll("#answer .tree details");
follow.sort((a, b) => score(b) - score(a))[0].open = true;
"""
"""Opens the follow-up question whose answer helped most."""
COLOURS = 128
WIDTH, HEIGHT = 1280, 680


def explorer(browser: Browser) -> None:
    """The graph, all of it."""
    browser.run("location.hash = '#/graph'")
    browser.one("#stage canvas")


def drift_tree(browser: Browser) -> None:
    """The questions that DRIFT asked, one of them opened, and the article behind a mark of its answer."""
    browser.run("location.hash = '#/ask'")
    browser.one("#question").send_keys(QUESTION)
    browser.one("#method").send_keys("drift")
    browser.one("#ask-form button[type=submit]").click()
    browser.one("#answer .tree")
    browser.run(BEST_ANSWER)
    browser.run("document.querySelector('#answer .tree details[open] .mark').click()")
    browser.one("#lit")
    browser.run("document.querySelector('#answer .tree').previousElementSibling.scrollIntoView()")
    browser.run("document.querySelector('#panel').scrollTo(0, 0)")


def save(browser: Browser, name: str) -> None:
    """What is seen, in few colours."""
    shot = base64.b64decode(browser.driver.get_screenshot_as_base64())
    picture = Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    picture.save(FOLDER / f"{name}.png", optimize=True)


def main() -> None:
    """Index the newsroom, serve it, and take the pictures."""
    with newsroom() as example, tempfile.TemporaryDirectory() as root:
        settings = Settings.model_validate({"root": root, "input": {"folder": str(example / "articles")}})
        build_index_sync(settings)
        with serving(settings) as server, chromium() as browser:
            browser.resize(WIDTH, HEIGHT)
            browser.open(server.url)
            for take in (explorer, drift_tree):
                take(browser)
                browser.wait(lambda: browser.run("return document.getAnimations().length === 0"))
                save(browser, take.__name__.replace("_", "-"))


if __name__ == "__main__":
    main()
