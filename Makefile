# What one runs while working here, in the environment that is active. All of it: .ci/run
.PHONY: install check format test docs mutants benchmarks

install:
	python -m pip install -e '.[dev]'

# Some two minutes: format, lint, types, and the tests that build no large workbook.
check:
	ruff format --check .
	ruff check .
	mypy
	python -m pytest -q sheetgd tests/test_architecture.py tests/documents/test_readme.py tests/engine/test_run.py \
		tests/expression/test_functions.py tests/expression/test_sheet_cells.py tests/expression/test_parser.py tests/lesson/test_lesson.py

format:
	ruff format .
	ruff check --fix .

test:
	python -m pytest

# The documents as a site, in build/site: what is wrong with a link or a docstring is an error.
docs:
	mkdocs build --strict

# Whether the tests of the maths would notice a wrong operator, number or condition. Takes an hour or more.
mutants:
	python -m tests.support.mutants

benchmarks:
	python -m benchmarks
