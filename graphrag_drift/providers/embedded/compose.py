"""AnswerQuestion -> an answer in the form that the question asks for: its items, and the Markdown made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graphrag_drift.language.dates import says_date, written_date
from graphrag_drift.language.forms import period_of
from graphrag_drift.language.language import Form
from graphrag_drift.providers.embedded.forms.listing import comparison, listing, people
from graphrag_drift.providers.embedded.forms.material import Form as MakesItems
from graphrag_drift.providers.embedded.forms.material import Material
from graphrag_drift.providers.embedded.forms.nothing import nothing
from graphrag_drift.providers.embedded.forms.overview import overview
from graphrag_drift.providers.embedded.forms.passages import box, chain, passages
from graphrag_drift.providers.embedded.forms.timeline import timeline
from graphrag_drift.providers.embedded.forms.values import values_of
from graphrag_drift.providers.embedded.forms.who import who
from graphrag_drift.providers.embedded.question import Question
from graphrag_drift.providers.embedded.sentences import Candidate, bag_of_title, candidates_of, headlines_of, nearest
from graphrag_drift.providers.embedded.support import is_answered, is_supported
from graphrag_drift.providers.embedded.weights import Knowledge
from graphrag_drift.tasks import AnswerDraft, ItemDraft
from graphrag_drift.values import Shown

FORMS: Mapping[Form, MakesItems] = {
    "box": box,
    "who": who,
    "list": listing,
    "people": people,
    "timeline": timeline,
    "chain": chain,
    "comparison": comparison,
    "overview": overview,
    "passages": passages,
    "nothing": nothing,
}
LISTED: frozenset[Form] = frozenset(("list", "people", "timeline", "overview", "comparison"))
"""Forms whose items stand below each other, if there are several."""
READ_OFF: frozenset[Form] = frozenset(("box", "passages"))
"""Forms that the best passages are enough for."""
_FIGURES = ("number", "age")  # kinds of things that a headline gives as a sentence does
_LIMITS = {"single sentence": 1, "single paragraph": 4, "multiple paragraphs": 5}


def material_of(question: Question, rows: Sequence[Shown], response_type: str, knowledge: Knowledge) -> Material:
    """What an answer from `rows` is made of: the sentences of the best passages, or of all if the form wants more.

    Headlines that give what is asked for are read like sentences: of news they say it first, and often alone.
    """
    read = rows
    if question.form in READ_OFF:
        period = period_of(question.text)
        inside = [row for row in rows if period and row.kind == "source" and row.date.startswith(period)]
        read = tuple(dict.fromkeys([*nearest(inside), *nearest(rows)]))
    candidates = candidates_of(read)
    candidates += [line for line in headlines_of(read) if _gives(line, question, knowledge)]
    question, candidates = _of_period(question, candidates)
    return Material(question, rows, candidates, knowledge, limit_of(response_type))


def _gives(line: Candidate, question: Question, knowledge: Knowledge) -> bool:
    """Whether a headline holds a figure where one is asked for or things are compared, or somebody where it is who."""
    text = line.sentence.text
    if question.kind == "person":
        people = (name for name, kind in knowledge.names_in(text) if kind == "person")
        return any(not bag_of_title(name) <= question.terms for name in people)
    kind = "number" if question.form == "comparison" else question.kind
    return kind in _FIGURES and bool(values_of(kind, text))


def _of_period(question: Question, candidates: list[Candidate]) -> tuple[Question, list[Candidate]]:
    """The candidates of documents of the day, month or year that the question speaks of, and those that say it; and the
    question without the date, which all of them meet. Both as they are, if no such document speaks of what is asked
    besides names and dates."""
    period = period_of(question.text)
    if not period or question.form not in READ_OFF:
        return question, candidates
    asked = question.predicate_without_dates
    inside = {one for one in candidates if one.row.date.startswith(period)}
    if not inside or (asked and not any(asked & one.sentence.bag for one in inside)):
        return question, candidates
    dated = question.predicate - asked
    undated = {term: weight for term, weight in question.weights.items() if term not in dated}
    met = [one for one in candidates if one in inside or says_date(one.sentence.text, period, one.row.date or None)]
    return replace(question, weights=undated or question.weights), met


def answer_from(
    question: Question,
    rows: Sequence[Shown],
    candidates: Sequence[Candidate],
    response_type: str,
    knowledge: Knowledge,
) -> AnswerDraft:
    """The answer from `candidates`, which are sentences of `rows` that were found to answer."""
    return answer_of(Material(question, rows, candidates, knowledge, limit_of(response_type)), response_type, True)


def answer_of(material: Material, response_type: str, is_sure: bool = False) -> AnswerDraft:
    """The answer made of `material`; `is_sure`: its sentences were found to answer already."""
    question = material.question
    form: Form = question.form if _is_told(material, is_sure) else "nothing"
    items = FORMS[form](material) if material.most > 1 or form == "nothing" else box(material)[:1]
    if not items and question.general and form != "nothing":
        form, items = "overview", overview(material)
    if not items:
        form, items = "nothing", nothing(material)
    probability = round(material.ranked[0].probability, 3) if material.ranked else 0.0
    return AnswerDraft(render(items, form, response_type, question.language), form, tuple(items), probability)


def _is_told(material: Material, is_sure: bool) -> bool:
    """Whether the rows tell what is asked, as far as can be seen without understanding them."""
    question = material.question
    if question.surveys:
        return True
    is_plain = is_sure or question.form not in READ_OFF
    return is_supported(question, material.rows) and (is_plain or is_answered(question, material.ranked))


def limit_of(response_type: str) -> int:
    """How many sentences an answer of prose may have."""
    wish = response_type.casefold()
    return next((limit for name, limit in _LIMITS.items() if name in wish), 8)


def render(items: Sequence[ItemDraft], form: Form, response_type: str, language: str) -> str:
    """The Markdown of `items`; `response_type` may wish for a list or a single paragraph of what is neither."""
    wish = response_type.casefold()
    if form == "box" and items[0].heading:
        prose = " ".join(item.text for item in items)
        return f"**{items[0].heading}**: {prose}" if "single" in wish else f"**{items[0].heading}**\n\n{prose}"
    if "single" in wish:
        return " ".join(item.text for item in items)
    if (form in LISTED and len(items) > 1) or "list" in wish:
        return "\n".join(f"- {_headed(item, language)}" for item in items)
    return "\n\n".join(_headed(item, language) for item in items)


def _headed(item: ItemDraft, language: str) -> str:
    heading = item.heading or (written_date(item.date, language) if item.date else "")
    return f"**{heading}**: {item.text}" if heading else item.text
