"""Rows a second, against transformers' pipeline("text-classification").

    python benchmarks/inference.py                     # one encoder, the same weights on both sides
    python benchmarks/inference.py --shape base        # of BERT-base size
    python benchmarks/inference.py --precision bf16    # both sides

Both sides get the same tokenizer, the same texts and the same encoder, and go from text to class scores on the
same threads, in fp32 unless --precision says bf16: ours under autocast, as `runtime.precision` has it, the pipeline
with its model in that type. The pipeline runs as its users have it (batch_size 1, its default) and with each of several
batch sizes, of which its best counts, once on texts in their order and once sorted by length, which its documentation
does not say to do. Ours is what the stage `predict` runs for the test rows of one fold model.

The contestants take turns; medians count. With one thread on a CPU the clock is that of the process's own CPU time, so
that other work on the machine does not count; elsewhere it is the wall's. --texts names a CSV with a column `text`;
generated texts unless given.
"""

import argparse
import csv
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.fields.build import build
from pipeline.members.neural.kind import Neural, NeuralModel
from pipeline.members.neural.recipe import Recipe
from pipeline.runtime.torch_setup import set_up_torch

SHAPES = {
    "tiny": {"num_hidden_layers": 2, "hidden_size": 128, "num_attention_heads": 2, "intermediate_size": 512},
    "small": {"num_hidden_layers": 4, "hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024},
    "base": {"num_hidden_layers": 12, "hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072},
}
N_CLASSES, MAX_LENGTH, VOCAB_SIZE = 35, 128, 8_000
BATCH_SIZES = (1, 8, 32, 128)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", default="small", choices=list(SHAPES))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32", choices=["fp32", "bf16"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--n-texts", type=int, default=1000)
    parser.add_argument("--texts", type=Path)
    arguments = parser.parse_args()
    set_up_torch(arguments.threads, 0)
    texts = read_texts(arguments.texts, arguments.n_texts)
    print_rows(texts, arguments.shape, arguments.device, arguments.precision, arguments.rounds)


def print_rows(texts: list[str], shape: str, device: str, precision: str, rounds: int) -> None:
    clock = read_clock(device)
    with tempfile.TemporaryDirectory() as folder:
        contestants = make_contestants(Path(folder), texts, shape, device, precision)
        seconds: dict[str, list[float]] = {name: [] for name in contestants}
        for run in contestants.values():
            run(texts[:64])  # warm-up
        for _ in range(rounds):
            for name, run in contestants.items():
                start = clock()
                run(texts)
                seconds[name].append(clock() - start)
    speed = {name: len(texts) / statistics.median(values) for name, values in seconds.items()}
    words = np.mean([len(text.split()) for text in texts])
    print(
        f"{len(texts)} texts of {words:.0f} words, encoder {shape}, {precision}, {device}, "
        f"{torch.get_num_threads()} threads"
    )
    print("| contestant | rows/s | ours is faster by |\n| --- | --- | --- |")
    for name, value in speed.items():
        print(f"| {name} | {value:,.0f} | {speed['ours'] / value:.2f} |")
    best = max(value for name, value in speed.items() if name.startswith("pipeline, batch"))
    best_sorted = max(value for name, value in speed.items() if name.startswith("pipeline, sorted"))
    print(f"ours over the pipeline's default: {speed['ours'] / speed['pipeline, batch 1']:.2f}")
    print(f"ours over its best batch size: {speed['ours'] / best:.2f}")
    print(f"ours over its best on sorted texts: {speed['ours'] / best_sorted:.2f}")


def make_contestants(
    folder: Path, texts: list[str], shape: str, device: str, precision: str
) -> dict[str, Callable[[list[str]], Any]]:
    """Ours and the pipeline, each from texts to class scores. Both have the encoder that is saved in `folder`."""
    from transformers import BertConfig, BertForSequenceClassification, pipeline

    from pipeline.data.labels import LabelSet
    from pipeline.models.build import build_classifier
    from pipeline.vocab.tokenizers import word_level_tokenizer

    words = sorted({word for text in texts for word in text.split()})[: VOCAB_SIZE - 5]
    tokenizer = word_level_tokenizer(words, max_length=MAX_LENGTH)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=VOCAB_SIZE, max_position_embeddings=MAX_LENGTH, num_labels=N_CLASSES, **SHAPES[shape]
    )
    rival = BertForSequenceClassification(config).eval()
    rival.bert.save_pretrained(folder / "encoder")
    tokenizer.save_pretrained(folder / "encoder")

    written = {
        "max_length": MAX_LENGTH,
        "layers": {"name": "last"},
        "sequence": [],
        "poolers": [{"name": "cls"}],
        "combine": "sum",
        "dropout": 0.1,
        "head": {"samples": 1, "reduce": "mean", "p": 0.1},
        "lora": None,
        "levels": None,
        "kind": "neural",
        "precision": precision,
    }
    classes = LabelSet([str(i) for i in range(N_CLASSES)], [], [])
    (folder / "fold-0").mkdir()
    kind, recipe = Neural(), build(Recipe, written)
    NeuralModel(build_classifier(folder / "encoder", N_CLASSES, recipe), "cpu", precision).save(folder / "fold-0")
    kind.save_shared(folder / "encoder", folder / "shared")
    read = kind.reader(folder / "shared", recipe)
    loaded = kind.load(folder / "shared", folder / "fold-0", classes, recipe, device)
    if precision == "bf16":
        rival.to(torch.bfloat16)
    classify = pipeline("text-classification", model=rival, tokenizer=tokenizer, device=device, top_k=None)

    def of_pipeline(size: int, ordered: bool) -> Callable[[list[str]], Any]:
        def run(batch: list[str]) -> Any:
            given = sorted(batch, key=len) if ordered else batch
            return classify(given, batch_size=size, truncation=True, max_length=MAX_LENGTH)

        return run

    contestants: dict[str, Callable[[list[str]], Any]] = {
        "ours": lambda batch: loaded.logits(read(batch), np.arange(len(batch)))
    }
    contestants |= {f"pipeline, batch {size}": of_pipeline(size, ordered=False) for size in BATCH_SIZES}
    return contestants | {
        f"pipeline, sorted, batch {size}": of_pipeline(size, ordered=True) for size in BATCH_SIZES[1:]
    }


def read_clock(device: str) -> Callable[[], float]:
    return time.process_time if device == "cpu" and torch.get_num_threads() == 1 else time.perf_counter


def read_texts(path: Path | None, n_texts: int) -> list[str]:
    """The first texts of a CSV; or of Zipf-distributed words, with lengths as in short posts: 8 to 126, 45 in mean."""
    if path is not None:
        with path.open(encoding="utf-8", newline="") as file:
            return [row["text"] for row in csv.DictReader(file)][:n_texts]
    rng = np.random.default_rng(0)
    lengths = np.clip(np.exp(rng.normal(3.65, 0.55, n_texts)), 8, 126).astype(int)
    odds = 1 / np.arange(1, VOCAB_SIZE - 4)
    return [" ".join(f"w{word}" for word in rng.choice(len(odds), n, p=odds / odds.sum())) for n in lengths]


if __name__ == "__main__":
    main()
