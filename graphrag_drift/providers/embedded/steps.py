"""AnswerQuestion -> an answer that no single sentence gives: of a comparison, or of a chain of sentences; or None.

What a comparison or a chain was read from is shown with it, sentence by sentence, so that a wrong step can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence

from graphrag_drift.providers.embedded.chains import Chain, chain_share, chains
from graphrag_drift.providers.embedded.choose import Scored
from graphrag_drift.providers.embedded.citing import paragraph
from graphrag_drift.providers.embedded.compare import Comparison, compare
from graphrag_drift.providers.embedded.compose import limit_of, render
from graphrag_drift.providers.embedded.forms.current import current
from graphrag_drift.providers.embedded.forms.material import Material, whole
from graphrag_drift.providers.embedded.forms.values import value_in
from graphrag_drift.providers.embedded.question import TYPED, Question
from graphrag_drift.providers.embedded.sentences import Candidate, first_cell
from graphrag_drift.providers.embedded.support import is_foreign
from graphrag_drift.providers.embedded.weights import Knowledge
from graphrag_drift.tasks import AnswerDraft, AnswerQuestion, ItemDraft

_FORMS = ("box", "passages", "comparison")  # of questions that one fact may answer
_CHAINED = (*TYPED, "entity", "choice")  # kinds of things that a chain can end at
_COMPARED = 0.9  # the share of comparisons that were right on 2WikiMultihop: see `benchmarks/README.md`
_SURE = 0.5  # probability from which a value is read off a sentence
_CERTAIN = 0.8  # and from which a single sentence is taken to answer, without a look at chains


async def answer_in_steps(material: Material, task: AnswerQuestion) -> AnswerDraft | None:
    """The answer, or None where a single sentence of the context answers at least as likely."""
    question, candidates, knowledge = material.question, material.eligible, material.knowledge
    if question.form not in _FORMS or question.general or is_foreign(question):
        return None
    comparison = await compare(question, candidates, task.search, knowledge)
    if comparison is not None:
        return _draft(_compared(comparison), _COMPARED, question, task)
    if task.search is None or not question.predicate or question.form == "comparison":
        return None
    if question.kind not in _CHAINED:
        return None
    ranked = material.ranked
    if not ranked or ranked[0].probability >= _CERTAIN or first_cell(ranked[0].candidate):
        return None
    found = await chains(question, candidates, task.search, knowledge)
    if not found or chain_share(question, ranked, found) < 0.5:
        return None
    if _adds_nothing(found[0].answer.candidate, ranked[0].candidate, question):
        return None
    if any(item.candidate == found[0].answer.candidate for item in current(material)):
        return None  # one sentence gives the figure, and another a newer one
    return _draft(_chained(found[0], ranked, knowledge), found[0].answer.probability, question, task)


def _adds_nothing(answer: Candidate, best: Candidate, question: Question) -> bool:
    """Whether the sentence at a chain's end says no word of the question that the best single one does not say too."""
    return answer != best and question.terms & answer.sentence.bag <= question.terms & best.sentence.bag


def _draft(items: Sequence[ItemDraft], probability: float, question: Question, task: AnswerQuestion) -> AnswerDraft:
    kept = tuple(items[: limit_of(task.response_type)])
    return AnswerDraft(render(kept, "box", task.response_type, question.language), "box", kept, round(probability, 3))


def _compared(comparison: Comparison) -> list[ItemDraft]:
    """An item for each of the two, the answer over the first."""
    items = [ItemDraft(paragraph(dict.fromkeys(operand.sentences))) for operand in comparison.operands]
    return [ItemDraft(items[0].text, comparison.answer), items[1]]


def _chained(chain: Chain, ranked: Sequence[Scored], knowledge: Knowledge) -> list[ItemDraft]:
    """The sentence that answers, then those that led to it, the last first, then the best one by itself."""
    sure = chain.answer.probability >= _SURE
    value = value_in(chain.answer, chain.question, knowledge) if sure else ""
    shown = [chain.answer.candidate, *reversed(chain.leads), ranked[0].candidate]
    by_text = {candidate.sentence.text: candidate for candidate in reversed(shown)}
    items = [ItemDraft(paragraph(whole(by_text[text]))) for text in dict.fromkeys(c.sentence.text for c in shown)]
    return [ItemDraft(items[0].text, value), *items[1:]]
