"""What the embedded reader knows of language: sentences, terms, names, dates and acronyms, as pure functions.

Nothing here reads files, tables or settings; any language degrades to coarser results and never raises.
"""
