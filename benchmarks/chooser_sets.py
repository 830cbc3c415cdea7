"""Plain and chained questions with their gold sentences, from the public sets: what `train_chooser.py` learns from.

A single hop of MuSiQue, a triple of 2WikiMultihop and a relation of Re-DocRED become one plain question each, by its
own words or by a template of its relation. Nothing is retrieved here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import data

_PLAIN_2WIKI = {
    "director": "Who directed {}?",
    "date of birth": "When was {} born?",
    "father": "Who is the father of {}?",
    "mother": "Who is the mother of {}?",
    "date of death": "When did {} die?",
    "country of citizenship": "What is the nationality of {}?",
    "place of birth": "Where was {} born?",
    "place of death": "Where did {} die?",
    "publication date": "When was {} released?",
    "spouse": "Who was married to {}?",
    "country": "In which country is {}?",
    "country of origin": "Which country is {} from?",
    "performer": "Who sang {}?",
    "composer": "Who composed {}?",
    "inception": "When was {} founded?",
    "educated at": "Where did {} study?",
    "award received": "Which award did {} win?",
    "place of burial": "Where is {} buried?",
    "child": "Who is a child of {}?",
    "founded by": "Who founded {}?",
    "sibling": "Who is a sibling of {}?",
    "cause of death": "How did {} die?",
    "employer": "Who did {} work for?",
    "producer": "Who produced {}?",
    "publisher": "Who published {}?",
}
_PLAIN_REDOCRED = {
    "P131": "Where is {} located?",
    "P17": "In which country is {}?",
    "P27": "What is the nationality of {}?",
    "P800": "What is a notable work of {}?",
    "P175": "Who performed {}?",
    "P577": "When was {} released?",
    "P463": "Which organization is {} a member of?",
    "P495": "Which country is {} from?",
    "P569": "When was {} born?",
    "P161": "Who starred in {}?",
    "P571": "When was {} founded?",
    "P264": "Which label released {}?",
    "P206": "Which body of water is {} next to?",
    "P30": "On which continent is {}?",
    "P570": "When did {} die?",
    "P3373": "Who is a sibling of {}?",
    "P607": "In which war did {} fight?",
    "P127": "Who owns {}?",
    "P40": "Who is a child of {}?",
    "P19": "Where was {} born?",
    "P140": "What is the religion of {}?",
    "P26": "Who was married to {}?",
    "P178": "Who developed {}?",
    "P50": "Who wrote {}?",
    "P170": "Who created {}?",
    "P54": "Which team did {} play for?",
    "P69": "Where did {} study?",
    "P22": "Who is the father of {}?",
    "P6": "Who is the head of the government of {}?",
    "P86": "Who composed {}?",
    "P108": "Who did {} work for?",
    "P176": "Which company makes {}?",
    "P1412": "Which language does {} speak?",
    "P57": "Who directed {}?",
    "P35": "Who is the head of state of {}?",
    "P166": "Which award did {} win?",
    "P37": "What is the official language of {}?",
    "P118": "In which league does {} play?",
    "P162": "Who produced {}?",
    "P102": "Which party does {} belong to?",
}
_A_RELATION = 12  # facts of Re-DocRED; the rest would repeat them
_PLACEHOLDER = re.compile(r"#(\d)")


@dataclass(frozen=True)
class Asked:
    """A question. `answers`: strings of which an answer contains one; `documents`: ids of those that hold it.

    `quotes`: sentences that answer, word for word; where there are none, those of `documents` that hold an answer do.
    `bridges`: ids of documents on the way to the answer.
    """

    text: str
    answers: tuple[str, ...]
    documents: frozenset[str]
    quotes: tuple[str, ...] = ()
    bridges: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TrainingSet:
    """Documents, plain questions about them and chained ones."""

    corpus: data.Corpus
    plain: tuple[Asked, ...]
    chained: tuple[Asked, ...] = ()


def musique() -> TrainingSet:
    """The single hops of musique_100, and its questions."""
    corpus = data.musique_100()
    plain: dict[str, Asked] = {}
    chained = []
    for row in data.read_lines(data.DATA / "musique_100" / "queries.jsonl"):
        gold = frozenset(map(str, row["gold_docs"]))
        replies = [hop["a"] for hop in row["decomposition"]]
        for hop in row["decomposition"]:
            text = _PLACEHOLDER.sub(lambda match: replies[int(match[1]) - 1], hop["q"])  # noqa: B023 -- used at once
            subject, _, relation = text.partition(" >> ")
            text = f"What is the {relation} of {subject}?" if relation else text
            plain.setdefault(text, Asked(text, (hop["a"],), gold))
        chained.append(Asked(row["question"], tuple(row["answers"]), gold, bridges=gold))
    return TrainingSet(corpus, tuple(plain.values()), tuple(chained))


def wiki() -> TrainingSet:
    """The triples of 2wiki_1000 whose subject has a passage of its own, and its compositional questions."""
    corpus = data.wiki_1000()
    ids = dict(corpus.documents.select("title", "id").iter_rows())
    plain: dict[str, Asked] = {}
    chained = []
    for row in data.read_lines(data.DATA / "2wiki_1000" / "questions.jsonl"):
        for subject, relation, value in row["evidence"]:
            if relation in _PLAIN_2WIKI and subject in ids:
                text = _PLAIN_2WIKI[relation].format(re.sub(r" \([^()]*\)\Z", "", subject))
                plain.setdefault(text, Asked(text, (value,), frozenset([ids[subject]])))
        if row["type"] in ("compositional", "inference"):
            gold = frozenset(row["gold"])
            chained.append(Asked(row["question"], (row["answer"],), gold, bridges=gold))
    return TrainingSet(corpus, tuple(plain.values())[::2], tuple(chained))


def redocred() -> TrainingSet:
    """Relations of redocred_dev, at most twelve of a kind, whose evidence is one sentence or more."""
    documents = []
    plain: dict[str, Asked] = {}
    taken: dict[str, int] = {}
    for number, row in enumerate(data.read_json(data.DATA / "redocred_dev" / "dev_revised.json")):
        sentences = [_joined(words) for words in row["sents"]]
        documents.append({"id": str(number), "title": row["title"], "text": " ".join(sentences)})
        for label in row["labels"]:
            template = _PLAIN_REDOCRED.get(label["r"])
            if template is None or not label["evidence"] or taken.get(label["r"], 0) >= _A_RELATION:
                continue
            head = max((mention["name"] for mention in row["vertexSet"][label["h"]]), key=len)
            values = tuple(dict.fromkeys(mention["name"] for mention in row["vertexSet"][label["t"]]))
            quotes = tuple(
                sentences[place] for place in label["evidence"] if any(_joined([v]) in sentences[place] for v in values)
            )
            text = template.format(_joined([head]))
            if quotes and text not in plain:
                plain[text] = Asked(text, values, frozenset([str(number)]), quotes)
                taken[label["r"]] = taken.get(label["r"], 0) + 1
    return TrainingSet(data.Corpus("redocred_dev", data._documents(documents)), tuple(plain.values()))


def newsroom() -> TrainingSet:
    """The answerable questions of the example newsroom."""
    corpus = data.newsroom()
    plain = tuple(Asked(q.text, q.answers, q.gold, q.quotes) for q in corpus.questions if q.answerable)
    return TrainingSet(corpus, plain)


def _joined(words: list[str]) -> str:
    """Tokens as a text writes them, near enough: no space before a stop, none inside brackets and quotes."""
    text = " ".join(words)
    text = re.sub(r"\s+([,.;:!?)\]’']|n't|'s)", r"\1", text)
    return re.sub(r"([(\[])\s+", r"\1", text)


SETS: dict[str, Callable[[], TrainingSet]] = {
    "musique": musique,
    "redocred": redocred,
    "2wiki": wiki,
    "newsroom": newsroom,
}


def loaded() -> Iterator[tuple[str, TrainingSet]]:
    """Every set, under its name."""
    for name, load in SETS.items():
        yield name, load()
