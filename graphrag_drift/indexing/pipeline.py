"""A pipeline is a list of steps; running it makes the tables that are missing or out of date.

A step is a function from tables to tables. What it was made from (its code, its input tables, what it is
bound to) is remembered in the manifest, and a step for which nothing of that changed is skipped: its tables
stay on disk until somebody asks for them. There is no graph of steps and no other cache: the list is in
order, and what a single row costs is remembered by the providers. One kind of step starts from what it made last: it
`grows`, and its fingerprint says from what.

Readers and embedders are made from the statistics of the corpus, once, when the first step that is bound to one runs.
What a step could not do is in one table, `failures`; such a step runs again.
"""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cached_property, partial
from hashlib import blake2b
from types import FunctionType
from typing import Any, cast

import polars as pl
from pydantic import BaseModel

from graphrag_drift.language.statistics import Lexicon
from graphrag_drift.metering import metered
from graphrag_drift.providers.protocols import Maker
from graphrag_drift.store.files import Content, content_hash
from graphrag_drift.store.manifest import Manifest
from graphrag_drift.tables import FAILURES, empty
from graphrag_drift.values import Event, Observe, Usage, ignore
from graphrag_drift.versions import code_version, library_versions

Fingerprint = dict[str, str]
"""What a step's result depends on, by name ("code", "table documents", "size"), hashed."""
NOT_A_CAUSE = "observe"
"""A bound argument of this name watches a step and changes nothing of its result."""
STATISTICS = ("words", "terms")
"""The tables from which readers and embedders are made."""
FAILED = "failures"
"""The output in which a step says, as rows of `tables.FAILURES`, what it could not do."""
_ALLOCATIONS = 100_000  # that no release makes up for, until Python looks for cycles (700 by default)
GROWN = "grown from"
"""The part of a fingerprint that names the table that a step started from; that part makes no step run again."""


@dataclass(frozen=True)
class Step:
    """`function` takes the tables `inputs` in their order and gives the tables `outputs`, one or a tuple.

    It may be async. Bound keyword arguments (`functools.partial`) are its settings; `providers` are what it gets made
    from `STATISTICS`, by keyword, None for one that it does without. `FAILED` may be among the outputs of many steps.
    `grows` are bound arguments that may change, as tables may, and the step still gets its one output of the last run,
    by the keyword `before`; None: it never does.
    """

    function: Callable[..., Any]
    inputs: Sequence[str]
    outputs: Sequence[str]
    providers: Mapping[str, Maker[Any] | None] = field(default_factory=dict)
    grows: Sequence[str] | None = None

    @property
    def name(self) -> str:
        """The name of the function."""
        return str(_unbound(self.function).__name__)

    @property
    def tables(self) -> list[str]:
        """The outputs that this step alone makes."""
        return [name for name in self.outputs if name != FAILED]

    @property
    def makers(self) -> dict[str, Maker[Any]]:
        """The providers that it does not do without."""
        return {keyword: maker for keyword, maker in self.providers.items() if maker is not None}

    @property
    def causes(self) -> list[str]:
        """The tables that its result depends on."""
        return [*self.inputs, *(STATISTICS if self.makers else ())]


@dataclass(frozen=True)
class Run:
    """What a pipeline made. `tables` loads those of skipped steps when they are asked for."""

    tables: Mapping[str, Content]
    hashes: dict[str, str]
    """Of the tables' files, by table."""
    fingerprints: dict[str, Fingerprint]
    """By step, in the order of the list; a step with failures has none, so that it runs again."""
    failures: pl.DataFrame
    """What the steps could not do, in their order."""
    reasons: dict[str, tuple[str, ...]]
    """By step, the names in its fingerprint that are not as before; empty for a skipped step."""
    usage: dict[str, Mapping[str, Usage]]
    """By step, and by model, what was paid for; steps that asked no model are not in it."""
    kept: frozenset[str]
    """Tables that are as the previous manifest has them, and were not loaded to find out."""


async def run(
    steps: Sequence[Step],
    tables: Mapping[str, Content],
    *,
    previous: Manifest | None,
    read: Callable[[str], Content],
    write: Callable[[str, Content], str] | None = None,
    afresh: bool = False,
    observe: Observe = ignore,
) -> Run:
    """Every table that `tables` and the steps give.

    `previous` is the manifest of what `read` reads; its files must be whole. `write` keeps a new table and gives
    its hash, and what no later step needs leaves memory. `afresh`: no step starts from what it made last. `observe`
    hears of steps "started", "finished" and "skipped".
    Raises: ValueError, if a step's name or output stands twice, or an input is made by no step before it.
    """
    _check(steps, tables)
    known = _Tables(dict(tables), read)
    make = _Providers(known)
    hashes = {name: content_hash(table) for name, table in tables.items()}
    fingerprints: dict[str, Fingerprint] = {}
    reasons: dict[str, tuple[str, ...]] = {}
    failures = empty(FAILURES)
    usage: dict[str, Mapping[str, Usage]] = {}
    for position, step in enumerate(steps):
        now, before = fingerprint(step, hashes), previous.steps.get(step.name, {}) if previous else {}
        if previous and _is_done(step, before, now, previous, afresh=afresh):
            fingerprints[step.name], reasons[step.name] = dict(before), ()
            hashes |= {name: previous.files[name].hash for name in step.tables}
            known.stored.update(step.tables)
            observe(Event("skipped", step=step.name))
            continue
        observe(Event("started", step=step.name))
        start = None if afresh else _start(step, before, now, previous)
        with metered() as meter, _seldom_collecting():
            made = await _call(step, known, make, {} if start is None else {"before": read(step.tables[0])})
        failed = cast(pl.DataFrame, made.pop(FAILED, empty(FAILURES)))
        failures = failures.vstack(failed)
        if failed.is_empty():
            fingerprints[step.name] = now if start is None else now | {GROWN: start}
        usage |= {step.name: meter.by_model} if meter.by_model else {}
        hashes |= known.add(made, write)
        del made
        known.release({name for later in steps[position + 1 :] for name in later.causes})
        reasons[step.name] = _changes(before, now) or (GROWN,)
        observe(Event("finished", step=step.name))
    kept = frozenset(name for step in steps if not reasons[step.name] for name in step.tables)
    return Run(known, hashes, fingerprints, failures, reasons, usage, kept)


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Within it, Python looks for cycles seldom: steps make millions of objects, and hardly a cycle among them."""
    before = gc.get_threshold()
    gc.set_threshold(_ALLOCATIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def fingerprint(step: Step, hashes: Mapping[str, str]) -> Fingerprint:
    """What the result of `step` over tables of these hashes depends on.

    Providers stand for themselves by their `id` and their code, their makers by the `id` alone, which names all.
    Raises: TypeError, for a bound argument of which it cannot be told whether it changed.
    """
    parts = {
        "step": _hash(step.name, *step.outputs),
        "code": _hash(spelled(_unbound(step.function))),
        "libraries": _hash(spelled(library_versions())),
    }
    parts |= {f"table {name}": hashes[name] for name in step.causes}
    for name, value in sorted({**_bound(step.function), **step.makers}.items()):
        if name != NOT_A_CAUSE:
            try:
                parts[name] = _hash(spelled(value))
            except TypeError as error:
                raise TypeError(f"argument {name!r} of step {step.name!r}: {error}") from None
    return parts


def spelled(value: object) -> str:
    """A text that is equal for equal values and differs for others, today and tomorrow.

    Raises: TypeError, if `value` is no primitive, collection, frozen dataclass or pydantic model, no function
    and has no `id`; a lambda or a closure will not do, as two of them in a module look the same.
    """
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if value is None or isinstance(value, (str, bytes, bool, int, float)):
        return f"{name}:{value!r}"
    if isinstance(value, (tuple, list)):
        return f"{name}[{','.join(map(spelled, value))}]"
    if isinstance(value, (set, frozenset)):
        return f"{name}[{','.join(sorted(map(spelled, value)))}]"
    if isinstance(value, Mapping):
        return f"mapping[{','.join(sorted(spelled(item) for item in value.items()))}]"
    if isinstance(value, FunctionType) and value.__closure__ is None and value.__name__ != "<lambda>":
        return f"function:{value.__module__}.{value.__qualname__}:{code_version(value.__module__)}"
    if isinstance(value, Maker):
        return f"{name}:{value.id!r}"
    if isinstance(getattr(value, "id", None), str):
        return f"{name}:{value.id!r}:{code_version(kind.__module__)}"  # type: ignore[attr-defined]
    if isinstance(value, BaseModel) and value.model_config.get("frozen"):
        return f"{name}:{spelled({key: getattr(value, key) for key in kind.model_fields})}"  # type: ignore[attr-defined]
    if is_dataclass(value) and not isinstance(value, type) and kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        return f"{name}:{spelled({field.name: getattr(value, field.name) for field in fields(value)})}"
    raise TypeError(
        f"a {name} cannot be part of a step's cache key; expected a primitive, a collection of them, a frozen"
        " dataclass or settings section, a function, or a provider with an `id`"
    )


class _Tables(Mapping[str, Content]):
    """Tables by name: those in memory, and those that can be read when asked for."""

    def __init__(self, loaded: dict[str, Content], read: Callable[[str], Content]) -> None:
        self.loaded = loaded
        self.stored: set[str] = set()
        self._read = read

    def add(self, made: dict[str, Content], write: Callable[[str, Content], str] | None) -> dict[str, str]:
        """The hashes of new tables, which can be read again if there is `write` to keep them."""
        self.loaded |= made
        if write is None:
            return {name: content_hash(table) for name, table in made.items()}
        self.stored |= set(made)
        return {name: write(name, table) for name, table in made.items()}

    def release(self, needed: Set[str]) -> None:
        """Hold none in memory that can be read again, but those `needed`."""
        self.loaded = {name: table for name, table in self.loaded.items() if name in needed or name not in self.stored}

    def __getitem__(self, name: str) -> Content:
        if name not in self.loaded and name in self.stored:
            self.loaded[name] = self._read(name)
        return self.loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.stored | set(self.loaded)))

    def __len__(self) -> int:
        return len(self.stored | set(self.loaded))


class _Providers:
    """Makes providers of the statistics, each of them once, when it is asked for."""

    def __init__(self, tables: Mapping[str, Content]) -> None:
        self._tables = tables
        self._made: dict[Maker[Any], Any] = {}

    def __call__(self, maker: Maker[Any]) -> Any:
        if maker not in self._made:
            self._made[maker] = maker(self._lexicon)
        return self._made[maker]

    @cached_property
    def _lexicon(self) -> Lexicon:
        words, terms = (cast(pl.DataFrame, self._tables[name]) for name in STATISTICS)
        return Lexicon.from_tables(words, terms)


async def _call(
    step: Step, tables: Mapping[str, Content], make: _Providers, start: Mapping[str, Content]
) -> dict[str, Content]:
    providers = {keyword: make(maker) for keyword, maker in step.makers.items()}
    result = step.function(*(tables[name] for name in step.inputs), **providers, **start)
    if inspect.isawaitable(result):
        result = await result
    made = result if isinstance(result, tuple) else (result,)
    if len(made) != len(step.outputs):
        raise ValueError(f"step {step.name!r} gave {len(made)} tables, expected {list(step.outputs)}")
    return dict(zip(step.outputs, made, strict=True))


def _check(steps: Sequence[Step], tables: Mapping[str, Content]) -> None:
    names: set[str] = set()
    known = set(tables)
    for step in steps:
        if step.name in names:
            raise ValueError(f"two steps are named {step.name!r}; give one another name")
        if missing := [name for name in step.causes if name not in known]:
            raise ValueError(f"step {step.name!r} wants {missing}, which no step before it makes")
        if twice := [name for name in step.tables if name in known]:
            raise ValueError(f"step {step.name!r} makes {twice}, which is made before it; name it otherwise")
        names.add(step.name)
        known |= set(step.tables)


def _is_done(step: Step, before: Mapping[str, str], now: Fingerprint, previous: Manifest, *, afresh: bool) -> bool:
    """Whether the tables of `step` are there, made from the same; and, if it has to be `afresh`, from nothing else."""
    there = all(name in previous.files for name in step.tables)
    return there and bool(before) and not _changes(before, now) and not (afresh and GROWN in before)


def _start(step: Step, before: Mapping[str, str], now: Fingerprint, previous: Manifest | None) -> str | None:
    """The hash of the output that `step` starts from; None, if it is to start from nothing."""
    if step.grows is None or not before or previous is None or step.tables[0] not in previous.files:
        return None
    changes = _changes(before, now)
    if all(name.startswith("table ") or name in step.grows for name in changes):
        return previous.files[step.tables[0]].hash
    return None


def _changes(before: Mapping[str, str], now: Fingerprint) -> tuple[str, ...]:
    names = (before.keys() | now) - {GROWN}
    return tuple(sorted(name for name in names if before.get(name) != now.get(name)))


def _unbound(function: Callable[..., Any]) -> Any:
    return _unbound(function.func) if isinstance(function, partial) else function


def _bound(function: Callable[..., Any]) -> dict[str, object]:
    if not isinstance(function, partial):
        return {}
    if function.args:
        raise TypeError(f"step {_unbound(function).__name__!r} has arguments bound by position; bind by name")
    return {**_bound(function.func), **function.keywords}


def _hash(*parts: str) -> str:
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
