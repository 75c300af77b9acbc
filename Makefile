# What one runs while working here, in the environment that is active. All of it, afresh: .ci/run
.PHONY: install check check-all lint lint-web types quick docs test test-rest test-all format mutants benchmarks

install:
	python -m pip install -e '.[dev]'

# Before every commit, in less than 90 seconds on two cores; the steps need not wait for each other.
check:
	$(MAKE) --jobs 2 --output-sync=target quick types lint docs

# Everything that can be said of the code here.
check-all: lint lint-web types docs test-all

lint:
	ruff format --check .
	ruff check .

# The page's scripts and style, by a tool of npm's: .ci/run has the line that installs it.
lint-web:
	"$${SHEETGD_NODE_MODULES:?say where npm has put @biomejs/biome}/.bin/biome" ci

types:
	mypy

# The tests of expressions, mathematics and lessons, and the examples in the code.
quick:
	python -m pytest -q sheetgd tests/expression tests/descent tests/lesson \
		tests/test_architecture.py tests/documents/test_readme.py

# All but those of other engines and slow ones; those; and both.
test:
	python -m pytest

test-rest:
	python -m pytest -m "engines or slow"

test-all:
	python -m pytest -m ""

format:
	ruff format .
	ruff check --fix .

# The documents as a site, in build/site: what is wrong with a link or a docstring is an error.
docs:
	mkdocs build --strict

# Whether the tests of the maths would notice a wrong operator, number or condition. Takes an hour or more.
mutants:
	python -m tests.support.mutants

benchmarks:
	python -m benchmarks
