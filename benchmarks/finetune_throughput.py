"""Samples a second of fine-tuning, against transformers' Trainer on the same model, rows, updates and batch size.

    python benchmarks/finetune_throughput.py                                          # CPU: a BERT of 4 layers of 256
    python benchmarks/finetune_throughput.py --shape base --device cuda --steps 100   # a BERT of base size on a GPU

- ours: `pipeline.training.loop.train_classifier` with the settings that are its best on the device: bfloat16 (if the
  processor multiplies it fast, see --precision), batches of like lengths.
- fixed: Trainer, every text padded to the maximum length, fp32: what `padding="max_length"` in a tutorial gives.
- dynamic: Trainer with DataCollatorWithPadding, fp32.
- best: Trainer in bf16 with batches of like lengths (`train_sampling_strategy="group_by_length"`).

Trainer's model is AutoModelForSequenceClassification as it comes, with dropout on attention weights too; its optimiser
is its default, AdamW in fused kernels. All learn at one rate, with the plain cross-entropy, for the same number of
updates. The clock runs over training alone, first update to last, loading and scoring left out. With one thread on a
CPU it is the process's own CPU time, so that other work on the machine does not count; elsewhere it is the wall's.

Each run is a process of its own, in turns. Its peak memory is that of the process up to the end of training, on a GPU
that which torch allocated; macro-F1 is of the same held-out rows for all. Padding is not counted as tokens, special
tokens are.
"""

import argparse
import csv
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

SHAPES = {
    "small": {"num_hidden_layers": 4, "hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024},
    "base": {"num_hidden_layers": 12, "hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072},
}
CONTESTANTS = ["ours", "fixed", "dynamic", "best"]
HELD_OUT, SEED, WEIGHT_DECAY, WARMUP = 400, 0, 0.01, 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=str(ROOT / "data/raw/stackdocs/train.csv"), help="a .csv with text and label")
    parser.add_argument("--encoder", type=Path, help="a Hugging Face directory; fresh weights of --shape unless given")
    parser.add_argument("--shape", default="small", choices=sorted(SHAPES))
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--precision", default="bf16", choices=["bf16", "fp32"], help="of ours and best")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=40, help="updates; an epoch over as many rows as they need")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--only", nargs="*", default=CONTESTANTS, choices=CONTESTANTS)
    parser.add_argument("--run", choices=CONTESTANTS, help=argparse.SUPPRESS)  # one run, in its own process
    arguments = parser.parse_args()
    if arguments.run:
        print(json.dumps(run(arguments)))
        return
    with tempfile.TemporaryDirectory() as folder:
        encoder = arguments.encoder or make_encoder(Path(folder), arguments)
        command = [sys.executable, __file__, *sys.argv[1:], "--encoder", str(encoder)]
        found: dict[str, list[dict[str, float]]] = {name: [] for name in arguments.only}
        for number in range(arguments.rounds):
            for name in arguments.only:
                done = subprocess.run([*command, "--run", name], check=True, stdout=subprocess.PIPE, text=True)
                found[name].append(json.loads(done.stdout.splitlines()[-1]))
                print(f"round {number + 1}: {describe(name, found[name][-1])}", flush=True)
    report(found)


def describe(name: str, values: dict[str, float]) -> str:
    return (
        f"{name:<8}{values['samples']:>9.1f} samples/s{values['tokens']:>10,.0f} tokens/s"
        f"{values['memory']:>8,.0f} MB  macro-F1 {values['macro_f1']:.3f}"
    )


def report(found: dict[str, list[dict[str, float]]]) -> None:
    medians = {
        name: {key: statistics.median(values[key] for values in runs) for key in runs[0]}
        for name, runs in found.items()
    }
    for name, values in medians.items():
        print(f"median:  {describe(name, values)}")
    for name in medians.keys() - {"ours"} if "ours" in medians else ():
        print(f"ours over {name}: {medians['ours']['samples'] / medians[name]['samples']:.2f}")


def make_encoder(folder: Path, arguments: argparse.Namespace) -> Path:
    """An encoder with fresh weights, and a tokenizer of the data's words."""
    from transformers import BertConfig, BertForMaskedLM

    from pipeline.vocab.tokenizers import word_level_tokenizer

    words = sorted({word for text in read(arguments)[0] for word in text.split()})[:21_123]
    tokenizer = word_level_tokenizer(words, max_length=arguments.max_length)
    torch.manual_seed(SEED)
    shape: dict[str, Any] = SHAPES[arguments.shape]
    config = BertConfig(vocab_size=21_128, max_position_embeddings=max(512, arguments.max_length), **shape)
    BertForMaskedLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def read(arguments: argparse.Namespace) -> tuple[list[str], np.ndarray[Any, np.dtype[np.int64]], list[str]]:
    """Texts, label ids and class names: the rows to train on, and after them those that are held out."""
    with Path(arguments.data).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    needed = arguments.steps * arguments.batch_size
    if len(rows) < needed + HELD_OUT:
        sys.exit(f"{arguments.data}: {len(rows)} rows, {needed + HELD_OUT} are needed; lower --steps or --batch-size")
    order = np.random.default_rng(SEED).permutation(len(rows))
    names = sorted({row["label"] for row in rows})
    kept = [rows[i] for i in [*order[:needed], *order[-HELD_OUT:]]]
    return [row["text"] for row in kept], np.array([names.index(row["label"]) for row in kept]), names


def run(arguments: argparse.Namespace) -> dict[str, float]:
    """One training: samples and tokens a second, peak memory in MB, macro-F1."""
    from pipeline.data.batches import tokenize
    from pipeline.metrics import macro_f1

    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    torch.set_num_threads(arguments.threads)
    texts, label_ids, names = read(arguments)
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(arguments.encoder, local_files_only=True)
    tokens = int(tokenize(tokenizer, texts[:-HELD_OUT], arguments.max_length).offsets[-1])
    train = train_ours if arguments.run == "ours" else train_trainer
    seconds, memory, logits = train(arguments, tokenizer, texts, label_ids, names)
    score = macro_f1(label_ids[-HELD_OUT:], logits.argmax(axis=1), len(names))
    rows = len(texts) - HELD_OUT
    return {"samples": rows / seconds, "tokens": tokens / seconds, "memory": memory, "macro_f1": float(score)}


def train_ours(arguments: argparse.Namespace, tokenizer: Any, texts: Any, label_ids: Any, names: list[str]) -> Any:
    from pipeline.config import load_params
    from pipeline.data.batches import tokenize
    from pipeline.data.labels import LabelSet
    from pipeline.fields.build import build
    from pipeline.inference import predict_logits
    from pipeline.members.neural.kind import Neural
    from pipeline.members.neural.recipe import Recipe
    from pipeline.members.neural.settings import training_settings
    from pipeline.models.build import build_classifier
    from pipeline.training.loop import Scores, train_classifier

    rate = dict.fromkeys(("embeddings", "encoder", "head"), arguments.learning_rate)
    changed = load_params(ROOT / "params.yaml").members["bert-ce"].model_dump(by_alias=True) | {
        "class_weights": {"name": "none"},
        "epochs": 1,
        "batch_size": arguments.batch_size,
        "learning_rate": rate,
        "weight_decay": WEIGHT_DECAY,
        "warmup_ratio": WARMUP,
        "threads": arguments.threads,
        "seed": SEED,
    }
    recipe = build(Recipe, changed)
    features = tokenize(tokenizer, texts, arguments.max_length)
    Neural().set_up(recipe)
    model = build_classifier(arguments.encoder, len(names), recipe).to(arguments.device)
    rows, held_out = np.split(np.arange(len(texts)), [len(texts) - HELD_OUT])
    classes = LabelSet(names, [], [])
    settings = training_settings(
        recipe, np.bincount(label_ids[rows], minlength=len(names)).astype(float), classes, arguments.device
    )
    start = read_clock(arguments)
    train_classifier(
        model,
        features,
        label_ids,
        np.ones(len(label_ids), dtype=np.float32),
        rows,
        settings,
        precision=arguments.precision,
        device=arguments.device,
        seed=SEED,
        evaluate=lambda model: Scores(0.0, 0.0, 0.0),
        state_file=None,
        what="ours",
    )
    seconds, memory = read_clock(arguments) - start, peak_memory(arguments)
    return seconds, memory, predict_logits(model, features, held_out, arguments.device, "fp32")


def train_trainer(arguments: argparse.Namespace, tokenizer: Any, texts: Any, label_ids: Any, names: list[str]) -> Any:
    from transformers import (
        AutoModelForSequenceClassification,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
        default_data_collator,
    )

    is_fixed, is_best = arguments.run == "fixed", arguments.run == "best"
    encoded = tokenizer(
        texts, truncation=True, max_length=arguments.max_length, padding="max_length" if is_fixed else False
    )
    keys = ("input_ids", "attention_mask")
    rows = [{**{key: encoded[key][i] for key in keys}, "labels": int(label_ids[i])} for i in range(len(texts))]
    torch.manual_seed(SEED)
    model = AutoModelForSequenceClassification.from_pretrained(
        arguments.encoder, num_labels=len(names), local_files_only=True
    )
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(
            folder,
            per_device_train_batch_size=arguments.batch_size,
            per_device_eval_batch_size=arguments.batch_size,
            num_train_epochs=1,
            learning_rate=arguments.learning_rate,
            weight_decay=WEIGHT_DECAY,
            warmup_steps=WARMUP,  # below 1 it is a share
            seed=SEED,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            use_cpu=arguments.device == "cpu",
            bf16=is_best and arguments.precision == "bf16",
            train_sampling_strategy="group_by_length" if is_best else "random",
        )
        collate = default_data_collator if is_fixed else DataCollatorWithPadding(tokenizer)
        trainer = Trainer(model, settings, collate, rows[:-HELD_OUT], processing_class=tokenizer)
        start = read_clock(arguments)
        trainer.train()
        seconds, memory = read_clock(arguments) - start, peak_memory(arguments)
        # Grouping by length reorders what is predicted, too: rows and their labels have to be asked for in order.
        trainer.args.train_sampling_strategy = "random"
        return seconds, memory, trainer.predict(rows[-HELD_OUT:]).predictions


def read_clock(arguments: argparse.Namespace) -> float:
    if arguments.device == "cuda":
        torch.cuda.synchronize()
    return time.process_time() if arguments.threads == 1 and arguments.device == "cpu" else time.perf_counter()


def peak_memory(arguments: argparse.Namespace) -> float:
    """In MB, of the process so far."""
    if arguments.device == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
