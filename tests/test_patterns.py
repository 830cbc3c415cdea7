"""Patterns that are compiled by their first use."""

from __future__ import annotations

import pickle
import pkgutil
import re
from importlib import import_module

import pytest

import graphrag_drift
from graphrag_drift import patterns
from graphrag_drift.patterns import lazy_pattern


def test_a_source_that_is_no_pattern_is_noticed_by_its_first_use():
    broken = lazy_pattern("(")
    with pytest.raises(re.error, match="missing"):
        broken.search("")


def test_it_does_what_a_compiled_one_does():
    word = lazy_pattern(r"(?P<first>\w)\w*", re.I)
    other = pickle.loads(pickle.dumps(word))
    assert [match["first"] for match in word.finditer("one two")] == ["o", "t"]
    assert (other.sub("x", "one two"), other.flags & re.I, other.groups) == ("x x", re.I, 1)


def test_all_patterns_of_the_package_compile():
    modules = [
        import_module(module.name)
        for folder in ("language", "names", "query", "providers/embedded")
        for module in pkgutil.iter_modules(
            [f"{graphrag_drift.__path__[0]}/{folder}"], f"graphrag_drift.{folder.replace('/', '.')}."
        )
        if not module.ispkg
    ]
    names = [value for module in modules for value in vars(module).values() if type(value) is patterns._Lazy]
    assert len(names) > 50
    assert all(isinstance(value.groups, int) for value in names)
