"""What `python -m stages.finetune` costs before its first training step, above importing torch and the encoder's class.

    python benchmarks/stage_start.py --rounds 3

A tiny BERT is to be trained on one fold of generated rows, in a folder with what the stage reads. The processes take
turns: `bare` imports torch and transformers' BertModel; `ours` runs the stage until its classifier is called for the
first time. Both count the process's own CPU time from its start, with one thread, so that other work on the machine
does not count. What lies between is reading params, rows and folds, hashing the inputs, tokenising all rows, building
the classifier and its optimiser. `python -X importtime -m stages.finetune NAME --fold 0` shows the imports of a run.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

BARE = "import time, torch; from transformers import BertModel; print(time.process_time())"
OURS = """
import os, sys, time
sys.path.insert(0, os.environ["CONCLAVE_ROOT"])
from torch.nn.modules.module import register_module_forward_pre_hook
def stop(module, inputs):
    if type(module).__name__ == "TextClassifier":
        print(time.process_time(), flush=True)
        os._exit(0)
register_module_forward_pre_hook(stop)
from stages.finetune import main
main("member", fold=0)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=2800)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make_workspace(Path(folder), arguments.rows)
        seconds: dict[str, list[float]] = {"bare": [], "ours": []}
        for number in range(-1, arguments.rounds):  # the first round fills the disk's cache
            for name, code in (("bare", BARE), ("ours", OURS)):
                taken = run(code, Path(folder))
                if number >= 0:
                    seconds[name].append(taken)
                    print(f"round {number + 1}: {name} {taken:.2f} s", flush=True)
    bare, ours = (statistics.median(values) for values in seconds.values())
    print(f"median: bare {bare:.2f} s, ours {ours:.2f} s, difference {ours - bare:.2f} s")


def run(code: str, folder: Path) -> float:
    """The seconds that a process prints last."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CONCLAVE_ROOT": str(ROOT), "CONCLAVE_DEVICES": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return float(done.stdout.splitlines()[-1])


def make_workspace(folder: Path, n_rows: int) -> None:
    """All that the stage reads: rows of 30 words in 8 classes, folds, params, an encoder with fresh weights."""
    import numpy as np
    import pandas as pd
    from ruamel.yaml import YAML
    from transformers import BertConfig, BertForMaskedLM

    from pipeline.artifacts.atomic import write_json
    from pipeline.artifacts.tables import gather_copies, write_table
    from pipeline.config import load_params
    from pipeline.vocab.tokenizers import word_level_tokenizer

    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(8000)]
    ids = [f"r{i}" for i in range(n_rows)]
    for path in ("data/prepared", "data/additional", "models/own/tiny"):
        (folder / path).mkdir(parents=True)
    rows = pd.DataFrame(
        {
            "row_id": ids,
            "text": [" ".join(rng.choice(words, size=30)) for _ in ids],
            "label_id": rng.integers(8, size=n_rows).astype(np.int32),
        }
    )
    rows.to_parquet(folder / "data/prepared/train.parquet", index=False)
    folds = pd.DataFrame({"row_id": ids, "repeat": 0, "fold": np.arange(n_rows) % 5})
    folds.to_parquet(folder / "data/folds.parquet", index=False)
    write_json(folder / "data/prepared/labels.json", {"labels": [f"c{i}" for i in range(8)]})
    config = BertConfig(
        vocab_size=8005, num_hidden_layers=2, hidden_size=128, num_attention_heads=2, intermediate_size=512
    )
    BertForMaskedLM(config).save_pretrained(folder / "models/own/tiny")
    word_level_tokenizer(words, max_length=128).save_pretrained(folder / "models/own/tiny")
    member = load_params(ROOT / "params.yaml").members["bert-ce"].model_dump(by_alias=True)
    params = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
    params |= {section: {} for section in ("embedded", "scratch", "encoders", "vectors", "augment", "external")}
    params["members"] = {"member": member | {"from": "models/own/tiny", "threads": 1}}
    (folder / "params.yaml").write_text(json.dumps(params), encoding="utf-8")  # JSON is YAML
    write_table(folder / "data/additional/member.parquet", gather_copies([]))


if __name__ == "__main__":
    main()
