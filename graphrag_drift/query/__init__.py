"""Ways to answer a question, by name.

A method is an async function from an `Inquiry` to a `SearchResult`. To add one: a file with the function, a line in
`METHODS`, and a section of settings. Nothing of a method is loaded before somebody asks by it.
"""

METHODS = {
    "auto": "graphrag_drift.query.router:auto_search",
    "local": "graphrag_drift.query.local_search:local_search",
    "global": "graphrag_drift.query.global_search:global_search",
    "drift": "graphrag_drift.query.drift_search:drift_search",
    "lazy": "graphrag_drift.query.lazy_search:lazy_search",
    "basic": "graphrag_drift.query.local_search:basic_search",
}
