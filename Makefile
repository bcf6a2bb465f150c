# Needs a Python >= 3.11, make and a package registry; everything else goes into .venv.
PYTHON ?= python3

BIN := .venv/bin
PIP := -m pip --disable-pip-version-check -qq
# The requirements are complete and hold a hash a file: nothing is resolved, nothing is built.
INSTALL := $(BIN)/python $(PIP) install --no-deps --only-binary :all: --require-hashes --requirement
# With its warnings off, pip does not say why it found nothing.
UNREACHED := { echo 'The set-up stopped. Where pip says "from versions: none", no package registry' \
	'can be reached from here, or it has nothing for this platform.' >&2; exit 1; }
# Hashes must not depend on what other indexes this machine happens to know.
COMPILE := env -u UV_INDEX -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS \
	build/lock/bin/uv pip compile --no-config --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url

.PHONY: setup run demo evaluate pace bench chaos fuzz pictures test test-redis lint types imports containers pages docs check lock

setup: .venv/.runtime

run: setup
	@exec $(BIN)/copydesk up

demo: setup
	@exec $(BIN)/python -m demo

# What comes out of a corpus of real pages: make evaluate CORPUS=FOLDER
evaluate: setup
	@$(BIN)/python -m evaluation $(CORPUS) --baseline --check-kill

# The figures and the picture of docs/pace.md, in two minutes.
pace: setup
	@$(BIN)/python -m evaluation.pace --page docs/pace.md --picture docs/pace.svg

# Speed, memory and scale against their budgets, in more than an hour; some of them: make bench MEASURE="service index".
# On real pages, as docs/performance.md has it: make bench CORPUS=FOLDER
bench: .venv/.dev
	@mkdir -p build && $(BIN)/python -m benchmarks $(MEASURE) $(CORPUS:%=--corpus %) --json build/bench.json

# The promises of docs/reliability.md at full size, which takes hours; some of them: make chaos PROMISE="kills rebuild"
chaos: .venv/.dev
	@$(BIN)/python -m chaos $(PROMISE)

# A fuzzer on what strangers wrote; what it finds is left in build/fuzz.
fuzz: .venv/.dev
	@$(INSTALL) requirements-fuzz.txt || $(UNREACHED)
	@$(BIN)/python -m chaos.fuzz

# What the dashboard looks like: its test in a real browser takes the pictures.
pictures: .venv/.dev
	@mkdir -p build/pictures
	@COPYDESK_PICTURES=$(CURDIR)/build/pictures $(BIN)/python -m pytest -q -p no:randomly \
		tests/integration/test_dashboard.py -k everyone
	@cd build/pictures && cp overview-light.png side-by-side-light.png ../../docs/pictures

test: .venv/.dev
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

# On Redis 7.0 and later instead of the embedded Valkey: what runs the scripts, the main job, kills and an upgrade.
# All of it, by hand: make test-redis TESTS=tests
TESTS ?= $(wildcard tests/integration/test_state_*.py) $(addprefix tests/integration/test_, buckets.py near.py settle.py ownership.py \
	broker_full.py consumer.py service_kills.py rebuild_from_files.py upgrade.py)

test-redis: .venv/.dev
	@command -v redis-server >/dev/null || { echo 'This needs Redis: apt-get install redis-server' >&2; exit 1; }
	COPYDESK_EMBEDDED_SERVER=$$(command -v redis-server) $(BIN)/python -m pytest -n auto --dist loadfile $(TESTS)

lint: .venv/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/.dev
	$(BIN)/mypy

imports: .venv/.dev
	$(BIN)/lint-imports

containers: .venv/.dev
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml docker-compose.workers.yml
	$(BIN)/hadolint Dockerfile

# The pages of the reference, from the code that they describe.
pages: .venv/.dev
	@$(BIN)/python -m handbook pages

# The documentation as a site, in build/site/index.html; what is wrong with it ends this.
docs: .venv/.dev
	@$(BIN)/python -m handbook site

check: lint types imports containers docs test test-redis

# Keeps what is pinned as long as pyproject.toml allows it; for newer releases, remove the files.
lock:
	@$(PYTHON) -m venv build/lock
	@build/lock/bin/python $(PIP) install uv==0.13.9
	$(COMPILE) pyproject.toml --group build --output-file requirements.txt
	$(COMPILE) --group dev --constraint requirements.txt --output-file requirements-dev.txt
	$(COMPILE) --group fuzz --output-file requirements-fuzz.txt

.venv/.runtime: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo 'Copydesk needs Python 3.11 or newer, and "$(PYTHON)" is not one.' \
			'Name another: make setup PYTHON=python3.12' >&2; exit 1; }
	@echo 'Setting up .venv; the first time takes about a minute.'
	@$(PYTHON) -m venv .venv
	@$(INSTALL) requirements.txt || $(UNREACHED)
	@$(BIN)/python $(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.runtime
	@echo 'Adding the tools for tests and checks to .venv.'
	@$(INSTALL) requirements-dev.txt || $(UNREACHED)
	@touch $@
