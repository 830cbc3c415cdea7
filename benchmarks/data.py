"""The public sets in `../shared/data`, and the example newsroom: documents, questions and gold, each set by one loader.

Sets of one shape are a `Corpus`; annotated texts, recorded replies and indexes of others have dataclasses of their own.
Nothing is copied, cached or mended here. Raises: Absent, by every loader, where its files are not.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import polars as pl

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
NEWSROOM = ROOT / "examples" / "newsroom"
NO_NAMES = frozenset({"yes", "no", "before", "after", "agree", "true", "false"})
"""Gold answers that judge or order; whether a longer answer contains one says nothing."""
PIECE = re.compile(r"-part(\d+)(?:\.txt)?$")

Row = dict[str, Any]


class Absent(SystemExit):
    """A file of a set is not there; a script that does not catch it ends with this sentence."""


@dataclass(frozen=True)
class Question:
    """`gold`: ids of the documents that hold the answer; `answers`: strings of which a right answer contains one.

    `reference` is the set's own answer, which may be a sentence, a yes or a no. `quotes` are sentences of the gold
    documents, word for word. Each is empty where the set does not say.
    """

    id: str
    text: str
    kind: str = ""
    gold: frozenset[str] = frozenset()
    answers: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    reference: str = ""
    answerable: bool = True


@dataclass(frozen=True)
class Corpus:
    """Documents (`id`, `title`, `text`, more where the set has more), in the set's order, and questions about them.

    `folder` has the same documents as files, whose names are the ids and titles here; None where there is none.
    """

    name: str
    documents: pl.DataFrame
    questions: tuple[Question, ...] = ()
    folder: Path | None = None

    def bare(self) -> Corpus:
        """Without all that a document has besides id, title and text."""
        return replace(self, documents=self.documents.select("id", "title", "text"))

    def untitled(self) -> Corpus:
        """With titles that say nothing: "doc 17"."""
        titles = pl.concat_str(pl.lit("doc "), pl.int_range(pl.len()).cast(pl.String))
        return replace(self, documents=self.documents.with_columns(title=titles))

    def first(self, count: int | None) -> Corpus:
        """The first `count` documents (None: all), and the questions whose gold is among them."""
        documents = self.documents[:count]
        ids = set(documents["id"])
        return replace(
            self, documents=documents, questions=tuple(q for q in self.questions if q.gold and q.gold <= ids)
        )


@dataclass(frozen=True)
class PlainQuestion:
    """A question as people type it. Of each fact one wording must stand in a good answer; `never` shows a wrong one."""

    id: str
    corpus: str
    text: str
    kind: str
    style: str
    history: tuple[tuple[str, str], ...]
    answerable: bool
    facts: tuple[tuple[str, ...], ...]
    first: int | None  # the fact that comes within the first 300 characters
    ordered: bool
    never: tuple[str, ...]
    documents: frozenset[str]


@dataclass(frozen=True)
class Mention:
    """A name in a sentence: its kind in the tags of the set, and its words from `start` to before `end`."""

    name: str
    kind: str
    sentence: int
    start: int
    end: int


@dataclass(frozen=True)
class AnnotatedDocument:
    """Words of each sentence, mentions of each entity, relations as (entity, entity, property of Wikidata)."""

    title: str
    sentences: tuple[tuple[str, ...], ...]
    entities: tuple[tuple[Mention, ...], ...]
    relations: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True)
class TaggedSentence:
    """A text and its entities as (start, end, tag), in characters; `source` is where it was taken from."""

    text: str
    source: str
    entities: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True)
class Blurb:
    """A piece of news on one event; `links` are what somebody linked in it, `headline` is the title of that event."""

    id: str
    topic: str
    language: str
    text: str
    links: tuple[str, ...]
    headline: str = ""


@dataclass(frozen=True)
class ChatReply:
    """A recorded call of a chat model, and the text that came back."""

    task: str
    messages: tuple[Mapping[str, str], ...]
    response_format: Mapping[str, Any] | None
    text: str
    finish_reason: str = "stop"


@dataclass(frozen=True)
class Step:
    """A question in a tree of DRIFT, with its answer and score (0-100); both None where the run did not reach it."""

    id: str
    question: str
    answer: str | None
    score: float | None


@dataclass(frozen=True)
class DriftTree:
    """One recorded run: its steps, the root first, and (parent, child) by their ids."""

    steps: tuple[Step, ...]
    edges: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class GraphragIndex:
    """The tables of an index that Microsoft GraphRAG wrote."""

    documents: pl.DataFrame
    text_units: pl.DataFrame
    entities: pl.DataFrame
    relationships: pl.DataFrame
    communities: pl.DataFrame
    community_reports: pl.DataFrame
    covariates: pl.DataFrame


def here(path: Path) -> Path:
    """`path`, which is there. Raises: Absent."""
    if not path.exists():
        raise Absent(f"this benchmark needs {path}")
    return path


def read_lines(path: Path) -> list[Row]:
    """The records of a file of JSON lines."""
    return [json.loads(line) for line in here(path).read_text("utf-8").splitlines() if line.strip()]


def read_json(path: Path) -> Any:
    """What a JSON file holds."""
    return json.loads(here(path).read_text("utf-8"))


def newsroom() -> Corpus:
    """60 articles and 62 questions of seven types; the unanswerable ones have no gold."""
    paths = sorted(here(NEWSROOM / "articles").iterdir())
    documents = _documents({"id": path.name, "title": path.name, "text": path.read_text("utf-8")} for path in paths)
    questions = tuple(
        Question(
            row["id"],
            row["question"],
            row["type"],
            frozenset(row["gold"]),
            quotes=tuple(evidence["quote"] for evidence in row["evidence"]),
            reference=row["answer"],
            answerable=row["type"] != "unanswerable",
        )
        for row in read_lines(NEWSROOM / "questions.jsonl")
    )
    return Corpus("newsroom", documents, questions, NEWSROOM / "articles")


def multihop_news() -> Corpus:
    """MultiHop-RAG: 981 facts with the title, date and source of their article, "" where it has none; 2,556 questions.

    301 have no answer (`null`). A question has no `answers` where the gold answer names nothing.
    """
    folder = DATA / "multihop_news"
    facts = read_lines(folder / "facts_corpus_981.jsonl")
    documents = _documents(facts).with_columns(
        date=pl.Series([(fact.get("published_at") or "")[:10] for fact in facts]),
        source=pl.Series([fact.get("source") or "" for fact in facts]),
    )
    texts = {fact["id"]: fact["text"] for fact in facts}
    questions = tuple(
        Question(
            row["id"],
            row["question"],
            row["type"].removesuffix("_query"),
            frozenset(row["gold_facts"]),
            _strings(row["answer"]) if row["gold_facts"] else (),
            tuple(texts[fact] for fact in row["gold_facts"]),
            row["answer"],
            bool(row["gold_facts"]),
        )
        for row in read_lines(folder / "queries_all_2556.jsonl")
    )
    return Corpus("multihop_news", documents, questions)


def musique_100() -> Corpus:
    """1,890 passages; 100 questions whose gold passages lead to one another."""
    folder = DATA / "musique_100"
    questions = tuple(
        Question(row["id"], row["question"], gold=frozenset(map(str, row["gold_docs"])), answers=tuple(row["answers"]))
        for row in read_lines(folder / "queries.jsonl")
    )
    return Corpus("musique_100", _documents(read_lines(folder / "corpus.jsonl")), questions)


def wiki_51() -> Corpus:
    """2wiki_51: 421 passages, 51 questions."""
    folder = DATA / "2wiki_51"
    questions = tuple(
        Question(str(row["id"]), row["question"], gold=frozenset(map(str, row["gold_docs"])))
        for row in read_lines(folder / "queries_51.jsonl")
    )
    return Corpus("2wiki_51", _documents(read_lines(folder / "corpus_51q_421docs.jsonl")), questions)


def wiki_1000() -> Corpus:
    """2wiki_1000: 6,119 passages, 477 questions of 2WikiMultihop, every second of the 1,000 that are published."""
    folder = DATA / "2wiki_1000"
    questions = tuple(
        Question(
            row["id"],
            row["question"],
            row["type"],
            frozenset(row["gold"]),
            _strings(row["answer"]),
            reference=row["answer"],
        )
        for row in read_lines(folder / "questions.jsonl")
    )
    return Corpus("2wiki_1000", _documents(read_lines(folder / "corpus.jsonl")), questions)


def hotpotqa_200() -> Corpus:
    """1,971 passages, 200 questions with the sentences that support the answer."""
    folder = DATA / "hotpotqa_200"
    passages = read_lines(folder / "corpus.jsonl")
    sentences = {passage["id"]: passage["sentences"] for passage in passages}
    questions = tuple(
        Question(
            row["id"],
            row["question"],
            row["type"],
            frozenset(row["gold"]),
            _strings(row["answer"]),
            tuple(sentences[passage][number] for passage, number in row["supporting_sentences"]),
            row["answer"],
        )
        for row in read_lines(folder / "questions.jsonl")
    )
    return Corpus("hotpotqa_200", _documents(passages), questions)


def podcasts() -> Corpus:
    """1,669 pieces of the transcripts of technology podcasts, 125 questions about all of them."""
    folder = DATA / "podcasts"
    questions = tuple(Question(row["id"], row["question"]) for row in read_lines(folder / "queries.jsonl"))
    return Corpus("podcasts", _documents(read_lines(folder / "corpus.jsonl")), questions)


def podcast_episodes() -> Corpus:
    """The same 60 transcripts whole; no questions."""
    pieces: dict[str, dict[int, str]] = defaultdict(dict)
    for row in read_lines(DATA / "podcasts" / "corpus.jsonl"):
        number = PIECE.search(row["id"])
        assert number is not None, f"{row['id']!r} names no part"
        pieces[row["id"][: number.start()]][int(number[1])] = row["text"]
    rows = ({"id": name, "text": "\n".join(parts[n] for n in sorted(parts))} for name, parts in sorted(pieces.items()))
    return Corpus("podcasts, whole", _documents(rows))


def earnings_calls() -> Corpus:
    """41 transcripts; 40 questions over one (`single`) or several (`multi`) of them. One line more has no question."""
    folder = DATA / "earnings_calls"
    questions = tuple(
        Question(row["id"], row["question"], row["set"])
        for row in read_lines(folder / "queries.jsonl")
        if row["question"].strip()
    )
    return Corpus("earnings_calls", _documents(read_lines(folder / "corpus.jsonl")), questions)


def christmas_carol() -> Corpus:
    """The novel that both models of `recorded_cache` read; one document, no questions."""
    text = here(DATA / "llm_replies_gpt4o" / "mock_data.txt").read_text("utf-8")
    return Corpus("carol", _documents([{"id": "carol", "title": "A Christmas Carol", "text": text}]))


def in_the_news() -> tuple[Blurb, ...]:
    """3,546 blurbs in 55 languages."""
    return tuple(
        Blurb(
            row["id"],
            row["topic"],
            row["lang"],
            row["text"],
            tuple(link["surface"] for link in row["entities"]),
            row["keyword"],
        )
        for row in read_lines(DATA / "in_the_news" / "blurbs.jsonl")
    )


def redocred_dev() -> tuple[AnnotatedDocument, ...]:
    """500 documents of Wikipedia. Kinds: PER, ORG, LOC, TIME, NUM, MISC."""
    return tuple(
        AnnotatedDocument(
            row["title"],
            tuple(map(tuple, row["sents"])),
            tuple(
                tuple(Mention(each["name"], each["type"], each["sent_id"], *each["pos"]) for each in entity)
                for entity in row["vertexSet"]
            ),
            tuple((label["h"], label["t"], label["r"]) for label in row["labels"]),
        )
        for row in read_json(DATA / "redocred_dev" / "dev_revised.json")
    )


def klue_ner_ko() -> Iterator[TaggedSentence]:
    """5,000 Korean sentences. Tags: PS, LC, OG, DT, TI, QT; sources: wikitree (news) and nsmc (reviews)."""
    text = here(DATA / "klue_ner_ko" / "klue-ner-v1.1_dev.tsv").read_text("utf-8")
    for block in text.split("\n## klue-ner")[1:]:
        head, *lines = block.split("\n")
        rows = [line.split("\t") for line in lines if "\t" in line and not line.startswith("##")]
        tags = "".join(f"{tag:4}" for _, tag in rows)  # a character's tag is four characters wide
        spans = ((m.start() // 4, m.end() // 4, m[1]) for m in re.finditer(r"B-(\w\w)(?:I-\1)*", tags))
        source = head.partition("\t")[0].rpartition("-")[2]
        yield TaggedSentence("".join(character for character, _ in rows), source, tuple(spans))


def openie_records() -> list[Row]:
    """What gpt-3.5-turbo-1106 extracted from each passage of musique_100, as HippoRAG's authors keep it."""
    return read_lines(DATA / "musique_100" / "openie_gpt-3.5-turbo-1106.jsonl")


def recorded_cache(run: Literal["gpt4o", "dickens"]) -> Row:
    """The replies to all prompts of an index of `christmas_carol`, as nano-graphrag keeps them."""
    file = {"gpt4o": "mock_cache.json", "dickens": "kv_store_llm_response_cache.json"}[run]
    cache: Row = read_json(DATA / f"llm_replies_{run}" / file)
    return cache


def llm_replies_newsroom(*, faulty: bool = False) -> tuple[ChatReply, ...]:
    """164 replies to this engine's own prompts about 20 articles of the newsroom, or 62 with deliberate faults."""
    path = DATA / "llm_replies_newsroom" / ("misbehaviour.jsonl" if faulty else "replies.jsonl")
    return tuple(
        ChatReply(
            row["task"],
            tuple(row["messages"]),
            row["response_format"],
            row["reply"],
            row.get("finish_reason", "stop"),
        )
        for row in read_lines(path)
    )


def drift_trees() -> tuple[DriftTree, ...]:
    """31 runs of Microsoft's DRIFT with a real model, all on the question "Who is agent Mercer?"."""
    return tuple(
        DriftTree(
            tuple(Step(str(n["id"]), n["query"], n["answer"], n["score"]) for n in row["nodes"]),
            tuple((str(edge["source"]), str(edge["target"])) for edge in row["edges"]),
        )
        for row in read_lines(DATA / "drift_trees" / "drift_trees.jsonl")
    )


def graphrag_index(name: Literal["dulce", "verbs_xmascarol"]) -> GraphragIndex:
    """The tables of one index."""
    folder = DATA / "graphrag_indexes" / name
    return GraphragIndex(
        **{table: pl.read_parquet(here(folder / f"{table}.parquet")) for table in GraphragIndex.__dataclass_fields__}
    )


def plain_questions() -> tuple[PlainQuestion, ...]:
    """75 questions over six of the corpora; wordings that are as good as a fact's are among those of the fact."""
    return tuple(
        PlainQuestion(
            row["id"],
            row["corpus"],
            row["question"],
            row["kind"],
            row["style"],
            tuple((question, answer) for question, answer in row["history"]),
            row["answerable"],
            tuple((*fact, *row["also"].get(str(n), ())) for n, fact in enumerate(row["facts"])),
            row["first"],
            row["order"],
            tuple(row["never"]),
            frozenset(row["documents"]),
        )
        for row in read_lines(DATA / "plain_questions" / "questions.jsonl")
    )


def _documents(rows: Iterable[Row]) -> pl.DataFrame:
    return pl.DataFrame(
        [(str(row["id"]), row.get("title") or str(row["id"]), row["text"]) for row in rows],
        {"id": pl.String(), "title": pl.String(), "text": pl.String()},
        orient="row",
    )


def _strings(answer: str) -> tuple[str, ...]:
    return () if answer.casefold().rstrip(".") in NO_NAMES else (answer,)
