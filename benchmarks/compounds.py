"""English words that are written with a hyphen, from public texts, to `graphrag_drift/input/compounds.txt`.

By them the reader of PDF knows a hyphen that belongs to a word ("state-owned") from one that divides it at the end of
a line.

python benchmarks/compounds.py
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict

import data

OUT = data.ROOT / "graphrag_drift" / "input" / "compounds.txt"
SETS = ("podcasts", "earnings_calls", "multihop_news", "hotpotqa_200", "2wiki_1000", "musique_100", "in_the_news")
WORD = re.compile(r"(?<![\w-])[a-z]+(?:-[a-z]+)*(?![\w-])")
PARTNERS = 3  # different words that a half has stood with, at least
TIMES = 2  # that a compound has stood so, at least


def main() -> None:
    """Count halves and whole words, write those that are met often enough."""
    words: Counter[str] = Counter()
    for name in SETS:
        for path in sorted((data.DATA / name).glob("*.jsonl")):
            for line in path.open(encoding="utf-8"):
                words.update(WORD.findall(json.dumps(json.loads(line), ensure_ascii=False).replace("\\n", " ")))
    heads, tails = defaultdict(set), defaultdict(set)
    for word in words:
        first, hyphen, rest = word.partition("-")
        if hyphen and "-" not in rest and words[first] and words[rest]:
            heads[first].add(rest)
            tails[rest].add(first)
    first_halves = {word for word, partners in heads.items() if len(partners) >= PARTNERS}
    last_halves = {word for word, partners in tails.items() if len(partners) >= PARTNERS and len(word) > 2}
    closed = {
        word
        for word, times in words.items()
        if times >= TIMES and "-" not in word
        for cut in range(2, len(word) - 2)
        if word[:cut] in first_halves and word[cut:] in last_halves and times > words[f"{word[:cut]}-{word[cut:]}"]
    }
    whole = {word for word, times in words.items() if word.count("-") == 1 and times >= TIMES}
    lines = ["# Compounds with a hyphen in public English texts, their halves, and words of two halves without one."]
    for kind, group in (("whole", whole), ("first", first_halves), ("last", last_halves), ("closed", closed)):
        lines.append(f"{kind}: {' '.join(sorted(group))}")
    OUT.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
