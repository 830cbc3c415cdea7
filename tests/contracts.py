"""What the tests of contracts share: every implementation of a protocol goes through the same tests."""

from __future__ import annotations

import asyncio
import inspect
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import Any, TypeVar

import pytest

import graphrag_drift

T = TypeVar("T")
Opened = Callable[[], AbstractAsyncContextManager[T]]
"""Makes an implementation, for the time of a test."""


def of_each(makers: Mapping[str, Opened[T]]) -> Callable[[Callable[[T], Awaitable[None]]], Callable[..., None]]:
    """Runs a test once for each implementation, on an event loop of its own."""

    def decorated(test: Callable[[T], Awaitable[None]]) -> Callable[..., None]:
        async def inside(make: Opened[T]) -> None:
            async with make() as implementation:
                await test(implementation)

        @pytest.mark.parametrize("make", makers.values(), ids=list(makers))
        def run(make: Opened[T]) -> None:
            asyncio.run(inside(make))

        run.__name__, run.__doc__ = test.__name__, test.__doc__
        return run

    return decorated


# They are what other packages ask for, which take seconds to load.
_OF_OTHERS = ("graphrag_drift.interop.langchain", "graphrag_drift.interop.llama_index")


def classes() -> list[type[Any]]:
    """The classes that the package defines, protocols apart."""
    found = {}
    for module in pkgutil.walk_packages(graphrag_drift.__path__, "graphrag_drift."):
        if not module.name.endswith("__main__") and module.name not in _OF_OTHERS:
            for name, each in inspect.getmembers(import_module(module.name), inspect.isclass):
                if each.__module__ == module.name and not getattr(each, "_is_protocol", False):
                    found[f"{module.name}.{name}"] = each
    return list(found.values())


def implementations(*methods: str) -> set[str]:
    """The names of the package's classes that have all of these asynchronous methods."""
    return {each.__name__ for each in classes() if all(_is_asynchronous(getattr(each, name, None)) for name in methods)}


def _is_asynchronous(method: object) -> bool:
    return inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method)
