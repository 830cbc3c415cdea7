"""Regular expressions that are compiled by their first use: a start would else wait for those of all languages."""

from __future__ import annotations

import re
from typing import Any, cast


class _Lazy:
    """Stands for a compiled pattern; what is asked of it comes from that one, and stays here."""

    def __init__(self, source: str, flags: int) -> None:
        self.pattern = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(self.pattern, self._flags), name)
        setattr(self, name, value)
        return value

    def __reduce__(self) -> tuple[Any, ...]:
        return lazy_pattern, (self.pattern, self._flags)


def lazy_pattern(source: str, flags: int = 0) -> re.Pattern[str]:
    """The pattern `source`, which is compiled when it is first used.

    A `source` that is none raises `re.error` then, so that a test compiles those of the package.
    """
    return cast("re.Pattern[str]", _Lazy(source, flags))
