# Everything runs in a virtual environment in this folder; a machine needs only Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
AZ := .venv-az
AZ_READY := $(AZ)/.ready
AZ_VERSIONS := azure-cli>=2.80,<3
MUTANTS := .venv-mutants
MUTANTS_READY := $(MUTANTS)/.ready
MUTMUT_VERSIONS := mutmut>=3.8,<4
WITH_AZ := PATH="$(CURDIR)/$(AZ)/bin:$$PATH" RECORDED_AZ="$(CURDIR)/$(AZ)/commands"

.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-az lint lint-workflows format types build reference address bench mutants acceptance pictures lock clean

help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "astro-peer needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

demo: $(READY) ## A whole grant in a simulated tenant, without questions
	@$(BIN)/astro-peer grant --sandbox --yes --cluster-id clm8qv74h000008mlf08scq7k --peering-name astro-to-prod

$(AZ_READY):
	$(PYTHON) -m venv $(AZ)
	$(AZ)/bin/python -m pip install --quiet --disable-pip-version-check '$(AZ_VERSIONS)'
	@touch $@

# Tests take very different times: a worker that has none left takes over some of another's.
PYTEST := $(BIN)/python -m pytest -n 4 --dist worksteal

test: $(READY) ## All tests but those of test-az; the longest run a sample of their cases
	$(PYTEST) --ignore tests/az $(ARGS)

test-all: $(READY) ## The same tests with all of their cases
	$(PYTEST) --ignore tests/az --all $(ARGS)

# The last test compares what the others had az do with what the program can print, so it runs after them.
test-az: $(READY) $(AZ_READY) ## The tests that run the real az client, installed in a folder of its own
	@rm -f $(AZ)/commands
	$(WITH_AZ) $(PYTEST) tests/az tests/sandbox/test_az.py \
		--ignore tests/az/test_every_command.py $(ARGS)
	$(if $(ARGS),,$(WITH_AZ) $(BIN)/python -m pytest --quiet tests/az/test_every_command.py)

lint: $(READY) lint-workflows ## Style and common mistakes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

lint-workflows: $(READY) ## Security of the workflows, without a network
	$(BIN)/zizmor --offline --quiet --persona pedantic .github action

format: $(READY) ## Put the code in its usual form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(READY) ## mypy --strict
	$(BIN)/mypy

# Without isolation, as build would download hatchling in any version and unchecked: it is in requirements.lock.
build: $(READY) ## The wheel and the source archive, in dist/
	rm -rf dist
	$(BIN)/python -m build --quiet --no-isolation

reference: $(READY) ## Write docs/reference.md, from the code
	$(BIN)/python tools/reference.py $(ARGS)

address: $(READY) ## Write the repository's address, which pyproject.toml says, into the pages that name it
	$(BIN)/python tools/address.py $(ARGS)

bench: $(READY) ## How long a grant takes, beside the documented az commands if az is there
	PATH="$(CURDIR)/$(AZ)/bin:$$PATH" PYTHONPATH="$(CURDIR)/tools" $(BIN)/python -m bench $(ARGS)

# The project is not installed there: the tests are to import the copy that mutmut changed.
$(MUTANTS_READY): requirements.lock
	$(PYTHON) -m venv $(MUTANTS)
	$(MUTANTS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(MUTANTS)/bin/python -m pip install --quiet --disable-pip-version-check '$(MUTMUT_VERSIONS)'
	@touch $@

mutants: $(MUTANTS_READY) ## Small changes of the code that no test notices: all, or of ARGS='model/role.py urls.py'
	$(MUTANTS)/bin/python tools/mutants.py $(ARGS)

acceptance: $(READY) ## Ask a real test subscription what is only assumed: see docs/acceptance.md
	PYTHONPATH="$(CURDIR)/tools" $(BIN)/python -m acceptance $(ARGS)

pictures: $(READY) ## Draw the README's pictures again, from real runs
	$(BIN)/python tools/pictures.py

lock: $(READY) ## Renew requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --all-extras \
		--upgrade pyproject.toml -o requirements.lock

clean: ## Remove what the other targets made
	rm -rf $(VENV) $(AZ) $(MUTANTS) mutants dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
