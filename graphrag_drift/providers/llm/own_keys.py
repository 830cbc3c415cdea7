"""A reply in keys of the model's own -> the same reply in the keys that were asked for, where the meaning is plain.

"entity_name", "Name" and "source_entity" are the keys asked for with the kind of record before or behind them, or in
other letters; "nodes" and "edges", "head" and "tail" are what other engines ask for. Null stands for an empty list, and
one object around the whole reply is taken off. What could be two things is left as it is, for `shapes.py` to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN = re.compile(r"[\W_]+")
# What a record is called, which says nothing before or behind the name of one of its fields.
_KINDS = {"entity", "node", "relationship", "relation", "edge", "claim", "finding", "report", "point"}
_OTHER_WORDS = {
    "entities": ("nodes", "vertices"),
    "relationships": ("edges", "relations", "links", "triples"),
    "name": ("label", "title"),
    "type": ("category", "kind", "class"),
    "description": ("desc", "predicate", "relation", "relationship"),
    "source": ("head", "from", "subject"),
    "target": ("tail", "to", "object"),
    "strength": ("weight",),
    "explanation": ("description",),
}


def in_our_keys(model: type[BaseModel], value: Any) -> Any:
    """`value`, a reply to what is asked for as `model`, with the keys of `model`; what it has no word for stays."""
    if not isinstance(value, dict):
        return value
    value = _unwrapped(model, value)
    keys = _matched(model, value)
    reply = {keys.get(key, key): part for key, part in value.items()}
    for name, field in model.model_fields.items():
        if get_origin(field.annotation) is list and name in reply:
            reply[name] = _items(field, reply[name])
    return reply


def _unwrapped(model: type[BaseModel], value: dict[str, Any]) -> dict[str, Any]:
    """The object in `value`, if that is all it holds and none of its keys is asked for."""
    inner = next(iter(value.values()), None)
    if len(value) == 1 and isinstance(inner, dict) and not _matched(model, value) and _matched(model, inner):
        return inner
    return value


def _items(field: FieldInfo, items: Any) -> Any:
    if items is None:
        return []
    [kind] = get_args(field.annotation)
    if not isinstance(items, list) or not isinstance(kind, type) or not issubclass(kind, BaseModel):
        return items
    return [in_our_keys(kind, item) for item in items]


def _matched(model: type[BaseModel], value: Mapping[str, Any]) -> dict[str, str]:
    """By key of `value`, the field that it means. A field asked for by its own name means no other key."""
    fields = {name: _names(name, field) for name, field in model.model_fields.items()}
    matched = {key: name for name, names in fields.items() for key in names if key in value}
    rest = [key for key in value if key not in matched]
    for meaning in (_plain, _bare, _other_word):
        for name in fields:
            if name in matched.values():
                continue
            keys = [key for key in rest if meaning(key, name)]
            if len(keys) == 1:
                matched[keys[0]] = name
                rest.remove(keys[0])
    return matched


def _names(name: str, field: FieldInfo) -> tuple[str, ...]:
    choices = field.validation_alias.choices if isinstance(field.validation_alias, AliasChoices) else ()
    return (name, *(choice for choice in choices if isinstance(choice, str)))


def _plain(key: str, name: str) -> bool:
    return "_".join(_words(key)) == name


def _bare(key: str, name: str) -> bool:
    return "_".join(word for word in _words(key) if word not in _KINDS) == name


def _other_word(key: str, name: str) -> bool:
    words = _words(key)
    return any("_".join(part) in _OTHER_WORDS.get(name, ()) for part in (words, [w for w in words if w not in _KINDS]))


def _words(key: str) -> list[str]:
    return [word for word in _BETWEEN.split(_CAMEL.sub("_", key).casefold()) if word]
