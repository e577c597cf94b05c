# Needs GNU make 3.81 or later (macOS has that one) and Python 3.11 or later. What is installed goes into .venv/.

VENV = .venv
PY = $(VENV)/bin/python
# Only wheels: what has none for this machine stops here, in one line. Byte-compiled by COMPILE: pip would do that on one
# core, tests of other projects included.
INSTALL = $(PY) -m pip --disable-pip-version-check --no-input install \
	--quiet --no-compile --require-hashes --only-binary=:all:
# Python would do it as it imports, but not where PYTHONDONTWRITEBYTECODE is set, as in many containers: each start took
# two seconds more there, and 10 MB.
COMPILE = $(PY) -W ignore -m compileall -q -j 0 -x '/(tests|pip|setuptools)/' $(VENV)/lib lib pages streamlit_app.py || true
LOCK = UV_CUSTOM_COMPILE_COMMAND='make lock' uv pip compile --quiet --upgrade --universal --generate-hashes \
	--no-strip-extras \
	--python-version 3.11 --no-emit-index-url --no-emit-find-links

# One process a core: with one more, three browsers shared two of them. Files in the order of tests/conftest.py.
SPREAD = -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help run test covered check faults bench pictures lock

help: ## what there is to make
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1|\2/p' Makefile | awk -F'|' '{ printf "  %-12s %s\n", $$1, $$2 }'

run: $(VENV)/run.stamp ## start Parley; PORT=8501
	@$(PY) -m lib.local.model || true
	@echo "Parley is at http://127.0.0.1:$${PORT:-8501} - Ctrl-C ends it."
	@exec $(PY) -m streamlit run streamlit_app.py --server.port "$${PORT:-8501}" --server.fileWatcherType none

test: $(VENV)/dev.stamp ## run the tests; ARGS="-k name" for some of them
	@$(PY) -m lib.local.model || true
	@$(PY) -m tests.browser.chromium
	@$(PY) -m pytest $(or $(ARGS),--cov --cov-report= $(SPREAD))
	@$(if $(ARGS),,$(MAKE) --no-print-directory covered)

covered: $(VENV)/dev.stamp ## say what all tests, run before, did not reach
	@$(PY) -m tests.covered

check: $(VENV)/dev.stamp ## lint, format and types
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@$(PY) -m mypy

faults: $(VENV)/dev.stamp ## run the tests of faults that tests/faults/README.md lists; ARGS="-x"
	@$(PY) -m pytest $$(sed -n 's/.*`\(tests\/[^`]*::[^`]*\)`.*/\1/p' tests/faults/README.md) $(ARGS)

bench: $(VENV)/dev.stamp ## run the benchmarks of tests/benchmarks
	@if [ -d tests/benchmarks ]; then $(PY) -m pytest -s -o python_files='bench_*.py' tests/benchmarks $(ARGS); \
	else echo "There are no benchmarks yet."; fi

pictures: $(VENV)/dev.stamp ## take the pictures of README.md anew, from the app itself
	@$(PY) -m tests.browser.chromium
	@$(PY) -m tests.screenshots

lock: ## resolve requirements*.txt anew; wants uv
	@command -v uv >/dev/null || { echo "make lock wants uv on the PATH: https://docs.astral.sh/uv/"; exit 1; }
	$(LOCK) requirements.txt -o requirements.lock
	$(LOCK) requirements-dev.txt -o requirements-dev.lock

$(VENV)/run.stamp: requirements.lock $(PY)
	@echo "Installing what Parley runs on into $(VENV)/ (once, 800 MB) ..."
	@$(INSTALL) -r requirements.lock
	@$(COMPILE)
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	@echo "Installing what the tests need into $(VENV)/ (once) ..."
	@$(INSTALL) -r requirements-dev.lock
	@$(COMPILE)
	@touch $@

# Debian's python3 comes without ensurepip, in a package of its own.
$(PY):
	@python=; \
	for name in $(PYTHON) python3.13 python3.12 python3.11 python3.14 python3; do \
	  "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  python=$${python:-$$name}; \
	  if "$$name" -c 'import ensurepip' 2>/dev/null; then python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Parley needs Python 3.11 or later, and there is none here."; \
	  echo "Install one, or say where it is: make run PYTHON=/path/to/python3"; \
	  exit 1; \
	fi; \
	package=$$(basename "$$python")-venv; \
	if ! "$$python" -c 'import ensurepip' 2>/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing $$package ..."; \
	  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y "$$package"; } >/dev/null 2>&1; \
	fi; \
	if ! "$$python" -c 'import ensurepip' 2>/dev/null; then \
	  echo "$$python cannot make an environment. On Debian and Ubuntu: apt-get install $$package"; \
	  exit 1; \
	fi; \
	"$$python" -m venv --clear $(VENV)
