# One verb per thing to do. Everything it needs goes into .venv; Python 3.11 or newer is all that must be there.
PYTHON ?= python3
VENV := .venv

# What is given on make's command line reaches the commands as environment. Some shells bring a NAME of their own.
ifeq ($(origin NAME),environment)
NAME :=
endif

BIN := $(VENV)/bin
READY := $(VENV)/.ready
SIDE_BY_SIDE := -n 2 --dist loadfile

.PHONY: run test lint check scenario fuzz simulate chaos outage bench format clean route browser screenshots
.PHONY: deploy destroy practise secrets login webhooks doctor show forget dead-letters resend reconcile

run: $(READY)  ## start everything here, play the story, stay up on http://localhost:8080 (CHANNEL=rcs, BOT=cx)
	@$(BIN)/python -m infra.sandbox

test: $(READY)  ## every test
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

lint: $(READY)  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint  ## lint and the fast tests, about two minutes
	$(BIN)/python -m pytest -q $(SIDE_BY_SIDE) -m "not emulator and not scenario and not slow" --seeds 60 \
		--hypothesis-profile=check

scenario: $(READY)  ## the functions as processes against the stand-ins; PRODUCT=1: all of it on everything
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m scenario $(if $(PRODUCT),--product)

fuzz: $(READY)  ## 100,000 hostile requests at every door; FUZZ_SEED=N runs the same ones again
	FUZZ_BODIES=$${FUZZ_BODIES:-100000} FUZZ_SEED=$${FUZZ_SEED:-$$(date +%s)} $(BIN)/python -m pytest -s tests/test_fuzz_doors.py -k very_many

simulate: $(READY)  ## 20,000 random interleavings of the delivery protocol; SEEDS=N for another number
	$(BIN)/python -m pytest tests/test_simulation.py -k no_interleaving --seeds $${SEEDS:-20000}

chaos: $(READY)  ## the whole bundle under fire, every message counted afterwards (CHANNEL=rcs, BOT=cx)
	@$(BIN)/python -m infra.chaos

browser: $(READY)  ## the sandbox's page in Chromium (Debian: apt-get install chromium)
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m browser

screenshots: $(READY)  ## the README's pictures of the sandbox's page
	SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/test_browser_pictures.py

route: $(READY)  ## which routing rule wins for a handoff: make route SAMPLE='{"locale": "de", "department": "billing"}'
	@$(BIN)/python -m infra.operate route

outage: $(READY)  ## LiveChat away for ten minutes with 5,000 conversations waiting (about 17 minutes)
	$(BIN)/python -m infra.outage

deploy: $(READY)  ## everything into a project, again at any time: make deploy PROJECT=… REGION=… (DRY_RUN=1 only shows)
	@$(BIN)/python -m infra.deploy deploy

destroy: $(READY)  ## asks, then removes what deploy made; data only with DATA=1
	@$(BIN)/python -m infra.deploy destroy

practise: $(READY)  ## a Google Cloud project on this machine to try make deploy on; prints how
	@$(BIN)/python -m infra.sandbox.google_cloud

secrets: $(READY)  ## asks for each credential and stores it: make secrets [NAME=…] [FILE=…] [GENERATE=1] [ROTATE=1|FINISH=1]
	@$(BIN)/python -m infra.credentials secrets

login: $(READY)  ## lets the LiveChat app in (PASTE=1 where there is no browser, LOGIN_PORT=…)
	@$(BIN)/python -m infra.credentials login

webhooks: $(READY)  ## registers LiveChat's webhooks, prints what to paste into the other consoles (DRY_RUN=1, LIVECHAT_PAT=ask)
	@$(BIN)/python -m infra.webhooks

doctor: $(READY)  ## checks a deployment without changing it (JSON=1 for machines)
	@$(BIN)/python -m infra.doctor

show: $(READY)  ## who has a conversation and what it waits for: make show CONVERSATION=… (or CHAT=…, PHONE=… [AGENT=…])
	@$(BIN)/python -m infra.operate show "$(CONVERSATION)" --chat "$(CHAT)" --phone "$(PHONE)" --agent "$(AGENT)"

forget: $(READY)  ## erases one user's records, asks first: make forget CONVERSATION=… (FORCE=1 though something waits)
	@$(BIN)/python -m infra.operate forget "$(CONVERSATION)" --chat "$(CHAT)" --phone "$(PHONE)" --agent "$(AGENT)"

dead-letters: $(READY)  ## what could not be delivered, newest first
	@$(BIN)/python -m infra.operate dead-letters

resend: $(READY)  ## send a dead letter again: make resend ID=…
	@$(BIN)/python -m infra.operate resend "$(ID)"

reconcile: $(READY)  ## recover agents' messages whose webhooks were lost (LiveChat bills it): make reconcile [CONVERSATION=…]
	@$(BIN)/python -m infra.operate reconcile "$(CONVERSATION)"

bench: $(READY)  ## store trips, calls and latency per path, beside a bare relay
	$(BIN)/python -m infra.bench

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(READY): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] or 0)'
	@test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $(READY)
