"""What a strong model replied to this engine, as an asker: the reply to the request that is most like the one asked.

A request is matched by its task, by what is asked outside its rows and by the rows shown, never by the wording of the
prompt; the marks of the reply are those of the rows shown now. What is like nothing recorded gets an empty reply.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from graphrag_drift.facts import bare
from graphrag_drift.language.terms import content_terms
from graphrag_drift.marks import MARK, without_marks
from graphrag_drift.providers.llm.asking import Read, Reply, Request, T
from graphrag_drift.providers.protocols import Maker, Models, Reader
from graphrag_drift.providers.resolve import models_for, reader_of
from graphrag_drift.settings import Settings
from graphrag_drift.tasks import Role
from graphrag_drift.values import Usage

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "llm_replies_newsroom"
ARTICLES = Path(__file__).parents[1] / "examples" / "newsroom" / "articles"
QUESTIONS = {
    "Who signed the report that certified Tank 14 as sound, and when?": ("drift",),
    "벨라루스타트 임상시험은 5월에 왜 멈췄나?": ("drift", "local", "global"),
    "How did a tank owned by an Ostrander subsidiary come to interrupt a heart drug trial?": (
        "drift",
        "local",
        "global",
    ),
    "How is the consultancy behind the Pier 9 crane study tied to the leaking tank in Brackwater?": ("drift",),
    "Which failures of inspection and oversight do the articles describe?": ("drift", "local", "global"),
    "Where did Dr. Judith Hale study toxicology?": ("drift",),
}
_FENCED = re.compile(r"<(data-[0-9a-f]{6})>\n(.*?)\n</\1>", re.DOTALL)
_MARKED = re.compile(r"( ?)\[(\d{1,6})\]")
_ROOT = re.compile(r"(?:Main question|Question): (.+)")
_FOUND_BY = ("hypothesize", "drift_primer", "answer_follow_up")
_ROW = re.compile(r"\[(\d{1,6})\] (.*)")
_SAME, _SAME_QUESTION = 0.4, 0.6  # share of the words of both that two rows, or two questions, share
_BY_MATERIAL = ("extract_graph", "glean", "extract_claims", "resolve_entities", "summarize_descriptions")
_EMPTY = {
    "extract_graph": '{"entities":[],"relationships":[]}',
    "glean": '{"entities":[],"relationships":[]}',
    "extract_claims": '{"claims":[]}',
    "resolve_entities": '{"reason":"They are told apart by their descriptions.","same":false}',
    "map_findings": '{"points":[]}',
    "map_reports": '{"points":[]}',
    "answer_question": "NO ANSWER",
    "reduce_answers": "NO ANSWER",
}


@dataclass(frozen=True)
class Pair:
    """The task, the material and the other words of a request, with its reply."""

    task: str
    parts: tuple[str, ...]
    asked: str
    reply: str = ""

    @classmethod
    def of(cls, task: str, message: str, reply: str = "") -> Pair:
        """A request by its last message."""
        parts = tuple(match[2] for match in _FENCED.finditer(message))
        return cls(task, parts, _FENCED.sub("", message), reply)

    @cached_property
    def material(self) -> str:
        """All that is shown."""
        return "\n".join(self.parts)

    @property
    def text(self) -> str:
        """The text that is read; what was found in it before, or is known of its document, stands behind it."""
        return self.parts[0]

    @cached_property
    def terms(self) -> frozenset[str]:
        """Those of the material."""
        return frozenset(content_terms(self.material))

    @cached_property
    def question(self) -> frozenset[str]:
        """The terms of what is asked of the material; none of where nothing is."""
        return frozenset() if self.task in _BY_MATERIAL else frozenset(content_terms(self.asked))

    @cached_property
    def rows(self) -> dict[int, str]:
        """The rows that are shown, by mark."""
        return {int(match[1]): bare(match[2]) for match in map(_ROW.fullmatch, self.material.split("\n")) if match}

    @cached_property
    def root(self) -> str:
        """The question that the user asked."""
        match = _ROOT.search(self.asked)
        return match[1].strip() if match else ""

    @cached_property
    def points(self) -> list[str]:
        """The lines with marks that are no rows."""
        return [line for line in self.material.split("\n") if MARK.search(line) and not _ROW.fullmatch(line)]


@dataclass
class RecordedAsker:
    """Replies from the pairs of `path`. `matches` counts how requests were met: equal, alike, none."""

    path: Path = FOLDER / "replies.jsonl"
    matches: Counter[tuple[str, str]] = field(default_factory=Counter)
    shown: dict[str, dict[int, str]] = field(default_factory=dict)
    """By question, the rows that were shown on the way to its answer, by mark."""
    requests: list[Request] = field(default_factory=list)
    """All that was asked, in order."""

    @cached_property
    def _pairs(self) -> dict[str, list[Pair]]:
        pairs: dict[str, list[Pair]] = {}
        for line in self.path.read_text("utf-8").splitlines():
            row = json.loads(line)
            pair = Pair.of(row["task"], row["messages"][-1]["content"], row["reply"])
            pairs.setdefault(pair.task, []).append(pair)
        further = {pair.text: pair.reply for pair in pairs.pop("glean")}
        pairs["extract_graph"] = [_with_further(pair, further[pair.text]) for pair in pairs["extract_graph"]]
        return pairs

    def _found(self, root: str) -> list[Pair]:
        return [pair for task in _FOUND_BY for pair in self._pairs[task] if pair.root == root]

    def id_of(self, roles: Sequence[Role]) -> str:
        """One model for all."""
        return "recorded"

    def key(self, request: Request) -> str:
        """Its words."""
        return "\n".join(message.content for message in request.messages)

    async def ask(self, request: Request, read: Read[T]) -> tuple[T, Reply]:
        """The recorded reply, read."""
        text = self.reply(request)
        value, repaired = read(text)
        return value, Reply(text, Usage(1), repaired)

    async def stream(self, request: Request, read: Read[str]) -> AsyncGenerator[str, None]:
        """The recorded reply in one piece."""
        yield read(self.reply(request))[0]

    def reply(self, request: Request) -> str:
        """The reply to the recorded request that is most like `request`, with the marks of its rows."""
        self.requests.append(request)
        pair = Pair.of(request.prompt, request.messages[-1].content)
        nearest = max(self._pairs.get(pair.task, ()), key=lambda other: _likeness(pair, other), default=None)
        if nearest is None or min(_likeness(pair, nearest)) == 0 or _likeness(pair, nearest)[0] < _SAME_QUESTION:
            self.matches[pair.task, "none"] += 1
            return _EMPTY.get(pair.task, '{"answer":"","score":0,"follow_ups":[]}')
        self.matches[pair.task, "equal" if nearest.material == pair.material else "alike"] += 1
        marks = _marks(nearest, pair)
        if pair.task in _FOUND_BY:
            self.shown.setdefault(pair.root, {}).update(pair.rows)
        elif not pair.rows and pair.root in self.shown:
            # What was noted on the way is told in other words: its marks are those of the rows that were shown.
            recorded = {mark: text for each in self._found(pair.root) for mark, text in each.rows.items()}
            marks = {**dict(_of_rows(recorded, self.shown[pair.root])), **marks}
        return _MARKED.sub(
            lambda match: f"{match[1]}[{marks[int(match[2])]}]" if int(match[2]) in marks else "", nearest.reply
        )


def _with_further(pair: Pair, further: str) -> Pair:
    """The first reading of a text with what the further one found, which is not always asked for today."""
    first, more = json.loads(pair.reply), json.loads(further)
    both = {kind: [*first[kind], *more[kind]] for kind in ("entities", "relationships")}
    return replace(pair, reply=json.dumps(both, ensure_ascii=False))


def recorded_models(settings: Settings, asker: RecordedAsker) -> Models:
    """The models of `settings`, with the recorded one in the place of the reader."""
    own = models_for(settings)
    reader = reader_of(asker, settings, own.tokenizer)
    maker: Maker[Reader] = Maker(lambda _: reader, lambda: "recorded", composes=True)
    return Models(maker, own.embedder, own.tokenizer, own.embedding)


def recorded_settings(root: Path) -> Settings:
    """Those of the recorded run, with the articles that it read."""
    names = (FOLDER / "articles.txt").read_text("utf-8").split()
    (root / "input").mkdir(parents=True, exist_ok=True)
    for name in names:
        (root / "input" / name).write_bytes((ARTICLES / name).read_bytes())
    chunking = {"size": 1200, "encoding_model": "o200k_base"}
    return Settings.model_validate({"root": root, "chunking": chunking, "models": {"gleanings": 1}})


def _likeness(pair: Pair, other: Pair) -> tuple[float, float]:
    """Of what is asked, then of the material (0-1); two that are asked nothing are asked the same."""
    asked = _share(pair.question, other.question) if pair.question or other.question else 1.0
    return asked, _share(pair.terms, other.terms)


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))


def _marks(recorded: Pair, shown: Pair) -> Mapping[int, int]:
    """The mark of a row or point as it is shown now, by that of the recorded request."""
    marks = dict(_of_rows(recorded.rows, shown.rows)) if recorded.rows else {}
    for line in recorded.points:
        nearest = max(shown.points, key=lambda point: _share(_terms(line), _terms(point)), default="")
        old, new = MARK.findall(line), MARK.findall(nearest)
        if len(old) == len(new):
            marks |= {int(before): int(now) for before, now in zip(old, new, strict=True)}
    return marks


def _of_rows(recorded: Mapping[int, str], shown: Mapping[int, str]) -> Iterator[tuple[int, int]]:
    by_text = {text: mark for mark, text in reversed(shown.items())}
    terms = {mark: frozenset(content_terms(text)) for mark, text in shown.items()}
    for mark, text in recorded.items():
        whole = by_text.get(text) or next((by_text[other] for other in by_text if other.endswith(f": {text}")), None)
        if whole is not None:
            yield mark, whole
            continue
        wanted = frozenset(content_terms(text))
        best = max(terms, key=lambda other: _share(wanted, terms[other]), default=0)
        if best and _share(wanted, terms[best]) >= _SAME:
            yield mark, best


def _terms(line: str) -> frozenset[str]:
    return frozenset(content_terms(without_marks(line)))
