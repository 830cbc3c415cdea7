"""`python -m graphrag_drift` is the command line."""

from graphrag_drift.cli.main import main

main()
