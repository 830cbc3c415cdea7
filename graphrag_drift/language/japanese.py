"""Japanese, of which the package knows little: forms of address and of companies, and what
follows a quotation; its terms are pairs of characters."""

from graphrag_drift.language.language import Language, Prose

JAPANESE = Language(code="ja", prose=Prose(after_quote="[とっはがのを]"))
TITLES = ("さん", "氏", "様", "先生")  # after a person's name
COMPANY = r"株式会社|\(株\)"
