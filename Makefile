PYTHON ?= python3
VENV ?= .venv
DATA ?= ../shared/data
Q ?= who met Okay Memis?
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: ask chat test test-cluster cluster-demo check fix lint types layers bench figures peers torture snapshots screenshots \
    recording reader teacher clean

ask: $(INSTALLED)  ## Set up, index seeds/ and answer a question: make ask Q="who met Okay Memis?"
	$(BIN)/askbrief ask "$(Q)"

chat: $(INSTALLED)  ## Set up and open the chat
	$(BIN)/askbrief chat

test: $(INSTALLED)  ## Set up and run the tests
	$(BIN)/pytest -n 2 --dist loadfile

CLUSTER := $(VENV)/.cluster
test-cluster: $(CLUSTER)  ## Kill nodes, drivers and disks of a Ray cluster on this machine, and see what is left
	$(BIN)/pytest -m cluster tests/test_cluster.py

cluster-demo: $(CLUSTER)  ## Three nodes index an archive (DATA, or else seeds/), answer, lose a node, and answer again
	$(BIN)/python -m benchmarks.cluster_demo --data $(DATA)

check: lint types layers test  ## Everything that CI runs

fix: $(INSTALLED)  ## Format, and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

layers: $(INSTALLED)
	$(BIN)/lint-imports --no-logo

bench: $(INSTALLED)  ## What changed against the committed figures? Short forms, under ten minutes (needs DATA)
	$(BIN)/python -m benchmarks.short --data $(DATA)

FIRST_READER := benchmarks/.cache/first-reader
figures: $(INSTALLED) $(FIRST_READER)/model.onnx  ## Measure everything again and write the README's table (needs DATA; two hours)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[figures]"
	$(BIN)/python -m benchmarks.retrieval --data $(DATA)
	$(BIN)/python -m benchmarks.reading --data $(DATA)
	$(BIN)/python -m benchmarks.end_to_end --data $(DATA)
	$(BIN)/python -m benchmarks.challenge
	$(BIN)/python -m benchmarks.calibration --data $(DATA)
	$(BIN)/python -m benchmarks.encoding --data $(DATA)
	$(BIN)/python -m benchmarks.scale --data $(DATA)
	$(BIN)/python -m benchmarks.scale --plot
	$(BIN)/python -m benchmarks.news --data $(DATA) --also $(FIRST_READER)
	$(BIN)/python -m benchmarks.cold_start --archive benchmarks/.cache/news-all
	$(BIN)/python -m benchmarks.table

$(FIRST_READER)/model.onnx:  ## The weights that the first commit with a reader had
	mkdir -p $(@D)
	git archive 95ebdbc src/askbrief/models/reader | tar -x --strip-components=4 -m -C $(@D)

peers: $(INSTALLED) .venv-peers/.installed  ## Measure askbrief beside its peers and print the table (needs DATA, half an hour)
	$(BIN)/python -m benchmarks.peers --data $(DATA)
	$(BIN)/python -m benchmarks.peers.table

torture: $(INSTALLED)  ## Try for minutes to break an index, and write down what came of it
	$(BIN)/python -m benchmarks.torture.concurrency
	$(BIN)/python -m benchmarks.torture.crash
	$(BIN)/python -m benchmarks.torture.fuzz
	$(BIN)/python -m benchmarks.torture.invocations
	$(BIN)/python -m benchmarks.torture.texts

snapshots: $(INSTALLED)  ## Take the chat's pictures again, after looking at the differences
	UPDATE_SNAPSHOTS=1 $(BIN)/pytest tests/test_tui_snapshots.py

screenshots: $(INSTALLED)  ## Take the pictures of the README and docs/chat.md again, and record docs/session.svg
	$(BIN)/python docs/screenshots.py
	$(BIN)/python docs/picture.py
	$(BIN)/python docs/recording.py

recording: $(INSTALLED)  ## Record docs/session.svg, a conversation about the seed
	$(BIN)/python docs/recording.py

RUNS := training/runs
FIVE_RUNS := $(RUNS)/first $(RUNS)/second $(RUNS)/third $(RUNS)/fourth $(RUNS)/fifth
SIX_RUNS := $(FIVE_RUNS) $(RUNS)/taught
ALL_RUNS := $(SIX_RUNS) $(RUNS)/agents --shares 3 3 6 6 6 8 24
PREPARE := $(BIN)/python -m training.prepare --data $(DATA)
TRAIN := $(BIN)/python -m training.train_reader
GROUPS := $(RUNS)/groups.jsonl.gz
LATER := --dropout 0.1 --learning-rate 1e-4
reader: $(INSTALLED)  ## Train the reader anew and put it into the package (needs DATA, hours on a CPU; resumes)
	$(PREPARE) --out $(RUNS)/first.xz
	$(TRAIN) $(RUNS)/first.xz --out $(RUNS)/first
	$(PREPARE) --out $(RUNS)/second.xz --mixture final --seed 1
	$(TRAIN) $(RUNS)/second.xz --out $(RUNS)/second --start $(RUNS)/first --learning-rate 1e-4 --seed 1
	$(PREPARE) --out $(RUNS)/third.xz --mixture last --seed 2
	$(TRAIN) $(RUNS)/third.xz --out $(RUNS)/third --start $(RUNS)/first $(RUNS)/second $(LATER) --seed 2
	$(BIN)/python -m training.groups --data $(DATA) --out $(GROUPS)
	$(PREPARE) --out $(RUNS)/fourth.xz --mixture beside-groups --groups $(GROUPS) --limit-tokens 10500000 --seed 3
	$(TRAIN) $(RUNS)/fourth.xz --out $(RUNS)/fourth --start $(RUNS)/first $(RUNS)/second $(RUNS)/third \
	    --start-shares 1 1 6 $(LATER) --seed 3
	$(PREPARE) --out $(RUNS)/fifth.xz --mixture contrasts --groups $(GROUPS) --group-share 0.2 \
	    --limit-tokens 10500000 --seed 4
	$(TRAIN) $(RUNS)/fifth.xz --out $(RUNS)/fifth --start $(RUNS)/first $(RUNS)/second $(RUNS)/third $(RUNS)/fourth \
	    --start-shares 1 1 2 2 $(LATER) --seed 4
	$(PREPARE) --out $(RUNS)/taught.xz --mixture news --groups $(GROUPS) --group-share 0.2 \
	    --limit-tokens 5500000 --seed 6
	$(TRAIN) $(RUNS)/taught.xz --out $(RUNS)/taught --start $(FIVE_RUNS) --start-shares 1 1 2 2 2 \
	    --teacher-share 0.6 $(LATER) --seed 6
	$(PREPARE) --out $(RUNS)/agents.xz --mixture agents --limit-tokens 4200000 --seed 7
	$(TRAIN) $(RUNS)/agents.xz --out $(RUNS)/agents --start $(SIX_RUNS) --start-shares 3 3 6 6 6 8 \
	    --teacher-share 0.8 $(LATER) --seed 7
	$(BIN)/python -m training.export_reader $(ALL_RUNS) --to src/askbrief/models/weights --parent $(RUNS)/parent
	$(BIN)/python -m benchmarks.parent $(RUNS)/parent --data $(DATA)
	$(BIN)/python -m benchmarks.reading --data $(DATA)

BASE ?= $(RUNS)/all-mpnet-base-v2
MINUTES ?= 115
teacher: $(INSTALLED)  ## Train the larger reader from the pre-trained model in BASE (needs DATA, six hours on a CPU; resumes)
	$(PREPARE) --out $(RUNS)/teacher.xz --mixture teacher --base $(BASE) --max-words 140 --crop-from 80 --crop-share 0.55 \
	    --max-tokens 320 --seed 11
	$(TRAIN) $(RUNS)/teacher.xz --out $(RUNS)/teacher --base $(BASE) --freeze-layers 4 --layer-decay 0.93 --beta2 0.99 \
	    --learning-rate 7e-5 --batch-tokens 1600 --minutes $(MINUTES) --seed 1
	$(PREPARE) --out $(RUNS)/teacher-2.xz --mixture teacher-contrasts --base $(BASE) --max-words 170 --max-tokens 320 --seed 12
	$(TRAIN) $(RUNS)/teacher-2.xz --out $(RUNS)/teacher-2 --start $(RUNS)/teacher --base $(BASE) --freeze-layers 4 \
	    --layer-decay 0.93 --beta2 0.99 --learning-rate 4e-5 --batch-tokens 1800 --minutes $(MINUTES) --seed 1
	$(PREPARE) --out $(RUNS)/teacher-3.xz --mixture teacher-agents --base $(BASE) --max-words 170 --max-tokens 320 --seed 13
	$(TRAIN) $(RUNS)/teacher-3.xz --out $(RUNS)/teacher-3 --start $(RUNS)/teacher-2 --base $(BASE) --freeze-layers 4 \
	    --layer-decay 0.93 --beta2 0.99 --learning-rate 3e-5 --batch-tokens 1800 --minutes $(MINUTES) --seed 1
	$(BIN)/python -m training.evaluate_reader $(RUNS)/teacher-3 --base $(BASE) --data $(DATA)
	$(BIN)/python -m training.pack_reader $(RUNS)/teacher-3 --base $(BASE) --data $(DATA) --to src/askbrief/models/large_weights

clean:
	rm -rf $(VENV) index/* .pytest_cache .mypy_cache .ruff_cache

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

$(CLUSTER): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[cluster]"
	touch $@

.venv-peers/.installed: benchmarks/peers/requirements.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/peers/requirements.txt
	touch $@
