"""What an index takes: bytes on disk for those of its text, and memory while it is made."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from graphrag_drift import Index, Settings, build_index_sync
from graphrag_drift.errors import IndexNotReady
from graphrag_drift.providers.protocols import Maker
from graphrag_drift.providers.resolve import models_for
from graphrag_drift.providers.testing import FakeEmbedder
from graphrag_drift.store.store import Store


def bytes_below(folder: Path) -> int:
    """A file with two names counts once."""
    files = {path.stat().st_ino: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    return sum(files.values())


def test_an_index_takes_at_most_eight_times_the_bytes_of_its_text(newsroom_settings: Settings) -> None:
    store = Store(newsroom_settings.output_folder)
    index = bytes_below(store.folder / "generations" / store.manifest().generation)
    text = store.table("documents")["text"].str.len_bytes().sum()
    assert index <= 8 * text


def test_vectors_of_another_embedder_are_kept_as_they_are_and_not_read_by_the_embedded_one(tmp_path: Path) -> None:
    settings = Settings.model_validate({"root": tmp_path})
    fake = FakeEmbedder()
    models = replace(models_for(settings), embedder=Maker(lambda _: fake, lambda: fake.id), embedding="")
    documents = pl.DataFrame({"title": ["The mill"], "text": ["Petra Voss sold the Aldane Mill to Corin Bank."]})
    build_index_sync(settings, documents=documents, models=models)
    vectors = Store(settings.output_folder).array("vectors/text_unit_text")
    assert vectors.dtype == np.float32
    assert np.array_equal(Index.open_sync(settings, models=models).graph.vectors("text_unit_text"), vectors)


def test_terms_in_the_place_of_vectors_are_refused_by_an_embedder_that_knows_none(tmp_path: Path) -> None:
    settings = Settings.model_validate({"root": tmp_path})
    build_index_sync(settings, documents=pl.DataFrame({"title": ["The mill"], "text": ["Petra Voss sold a mill."]}))
    fake = FakeEmbedder()
    models = replace(models_for(settings), embedder=Maker(lambda _: fake, lambda: fake.id), embedding="")
    with pytest.raises(IndexNotReady, match="set the models back"):
        Index.open_sync(settings, models=models).graph.vectors("text_unit_text")


MEASURED = """
import pathlib, random, resource, re, sys
import polars as pl
from graphrag_drift import Settings, build_index_sync
def peak():
    status = pathlib.Path("/proc/self/status")
    if status.exists():  # what Linux gives as usage begins with the peak of the process that started this one
        return 1024 * int(re.search(r"VmHWM:\\s*(\\d+)", status.read_text())[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
dice = random.Random(1)
syllables = [one + other for one in "bdfglmnprst" for other in "aeiou"]
words = ["".join(dice.choices(syllables, k=dice.randint(1, 4))) for _ in range(6000)]
names = [f"{one.capitalize()} {other.capitalize()}" for one, other in zip(words[:300], words[300:600])]
def sentence():
    chosen = dice.choices(words, k=dice.randint(8, 20))
    if dice.random() < 0.5:
        chosen[dice.randrange(1, len(chosen))] = dice.choice(names)
    return f"{chosen[0].capitalize()} {' '.join(chosen[1:])}."
for size in map(float, sys.argv[2:]):
    paragraphs = []
    while sum(map(len, paragraphs)) < size:
        paragraphs.append(" ".join(sentence() for _ in range(6)))
    documents = pl.DataFrame({"title": ["log"], "text": ["\\n\\n".join(paragraphs)]})
    build_index_sync(Settings.model_validate({"root": f"{sys.argv[1]}/{size}"}), documents=documents)
    print(peak())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs getrusage")
def test_memory_grows_by_a_small_multiple_of_one_long_document(tmp_path: Path) -> None:
    """A first document pays for the imports, word lists, patterns and buffers: what is more is the long one's."""
    sizes = (200_000, 600_000)
    arguments = [sys.executable, "-c", MEASURED, str(tmp_path), *map(str, sizes)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    small, large = map(int, done.stdout.split())
    longer = sizes[1] - sizes[0]
    assert large - small < 100 * longer, f"{(large - small) / longer:.0f} times the text that is more"
