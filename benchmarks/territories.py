"""Write `graphrag_drift/names/lists/territories.txt`: what Unicode's CLDR (through Babel) calls the countries and
territories, in the languages that the package knows besides English and Korean.

Left out are codes that are no country and names that people bear, too. Run it with `pip install babel`.
"""

from __future__ import annotations

from pathlib import Path

from babel import Locale

import graphrag_drift
from graphrag_drift.names.lists import word_list

_LANGUAGES = ("de", "nl", "sv", "fr", "es", "it", "pt", "ru", "uk", "zh", "zh_Hant", "ja")
_NO_COUNTRIES = ("EU", "EZ", "UN", "ZZ", "XA", "XB", "QO")
_WHY = "# Countries and territories in a dozen languages: their spelling tells nothing where nouns, too, are large."


def main() -> None:
    """Write the list."""
    people = word_list("given_names")
    names = {
        part
        for language in _LANGUAGES
        for code, name in Locale.parse(language).territories.items()
        if code.isalpha() and code not in _NO_COUNTRIES
        for part in [name.casefold().partition(" (")[0].partition("（")[0]]
        if len(part) > 1 and part not in people
    }
    path = Path(graphrag_drift.__file__).parent / "names" / "lists" / "territories.txt"
    path.write_text("\n".join([_WHY, *sorted(names)]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
