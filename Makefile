# The hospital on one machine. Needs Python 3.11 or newer and make; everything else comes into .venv.

PYTHON ?= python3
BIN := .venv/bin
CODE := server miniapp_api notifications satisfaction infra

.DEFAULT_GOAL := help
.PHONY: help run test check bench format lock venv clean

help:
	@echo 'make run     打开医院 run the hospital here (PORT=8000 DATA_DIR=.data); Ctrl-C stops it'
	@echo 'make test    全部测试 the whole suite, on throw-away servers (ARGS=… for pytest)'
	@echo 'make check   代码检查 format, lint, types, import contracts'
	@echo 'make bench   性能对比 the benchmark table'
	@echo 'make format  整理代码 format the code'
	@echo 'make venv    安装依赖 install what requirements.lock names into .venv'
	@echo 'make lock    锁定依赖 write requirements.lock anew from pyproject.toml'
	@echo 'make clean   清理 remove .venv and caches, never the data'

# exec: make's signals must reach the launcher, not a shell between them.
run: venv
	@exec $(BIN)/python -m infra.local --under-make

test: venv
	@$(BIN)/python -m pytest $(ARGS)

check: venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

bench: venv
	@$(BIN)/python -m infra.bench $(ARGS)

format: venv
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

venv:
	@command -v $(PYTHON) >/dev/null || { echo '找不到 $(PYTHON)：make PYTHON=… / $(PYTHON) is not found' >&2; exit 1; }
	@$(PYTHON) -I infra/local/install.py

# uv is needed for this alone, so it is no dependency. The lock names no registry: pip's own settings choose one.
lock: venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--all-extras pyproject.toml --output-file requirements.lock

clean:
	@rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
