PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test wheel pictures notebooks clean

demo: $(VENV)/demo-installed
	$(BIN)/graphrag-drift demo --root .demo

test: $(VENV)/test-installed
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest

# What is built is what would be published; it is tried where nothing else is installed.
wheel: $(VENV)/test-installed
	rm -rf dist build $(VENV)-wheel
	$(BIN)/python -m pip install --quiet --group wheel
	$(BIN)/python -m build --quiet
	$(BIN)/python -m twine check --strict dist/*
	$(PYTHON) -m venv $(VENV)-wheel
	$(VENV)-wheel/bin/python -m pip install --quiet dist/*.whl
	cd dist && ../$(VENV)-wheel/bin/graphrag-drift demo --json > demo.json

# The pictures of the README, by a browser without a window (chromium and chromedriver).
pictures: $(VENV)/test-installed
	$(BIN)/python docs/pictures/make.py

# Runs the notebooks and keeps what they print and draw.
notebooks: $(VENV)/test-installed
	$(BIN)/python -m pip install --quiet --group notebooks
	cd notebooks && ../$(BIN)/jupyter execute --inplace --NotebookClient.record_timing=False *.ipynb

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo-installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/test-installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable . --group test
	touch $@ $(VENV)/demo-installed

clean:
	rm -rf $(VENV) $(VENV)-wheel .demo build dist notebooks/newsroom notebooks/theirs notebooks/ours
