# The hospital on one machine. Needs Python 3.11 or newer and make; everything else comes into .venv and node_modules.

PYTHON ?= python3
BIN := .venv/bin
CODE := server miniapp_api notifications satisfaction infra

.DEFAULT_GOAL := help
.PHONY: help run test check bench chaos format lock venv clean clients clients-check clients-weixin api-types

help:
	@echo 'make run     打开医院 run the hospital here (PORT=8000 DATA_DIR=.data); Ctrl-C stops it'
	@echo 'make test    全部测试 the whole suite, on throw-away servers (ARGS=… for pytest)'
	@echo 'make check   代码检查 format, lint, types, import contracts'
	@echo 'make bench   性能对比 the benchmark table'
	@echo 'make chaos   故障演练 everything fails; the certificate says what was lost or doubled (ARGS=--quick)'
	@echo 'make clients         构建页面 build phone and console where stale; make run does it too'
	@echo 'make clients-check   页面检查 types and tests of both, and that the API types are current'
	@echo 'make clients-weixin  小程序 the mini-program package and its runner (API_BASE=https://…)'
	@echo 'make api-types       接口类型 write clients/api/schema.d.ts anew'
	@echo 'make format  整理代码 format the code'
	@echo 'make venv    安装依赖 install what requirements.lock names into .venv'
	@echo 'make lock    锁定依赖 write requirements.lock anew from pyproject.toml'
	@echo 'make clean   清理 remove .venv, node_modules, builds and caches, never the data'

# exec: make's signals must reach the launcher, not a shell between them.
run: venv
	@exec $(BIN)/python -m infra.local --under-make

# Two processes: one waits for browsers while the other works.
test: venv
	@$(BIN)/python -m pytest -n 2 --dist loadscope $(ARGS)

check: venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

# Node comes from PATH or, on demand, from a wheel into .venv.
clients: venv
	@$(BIN)/python -m infra.local.clients web

clients-check: venv
	@$(BIN)/python -m infra.local.clients check

clients-weixin: venv
	@$(BIN)/python -m infra.local.clients weixin $(if $(API_BASE),--api-base $(API_BASE))

api-types: venv
	@$(BIN)/python -m infra.local.clients api-types

bench: venv
	@$(BIN)/python -m infra.bench $(ARGS)

chaos: venv
	@$(BIN)/python -m infra.chaos $(ARGS)

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
	@rm -rf .venv build clients/*/dist clients/*/node_modules *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
