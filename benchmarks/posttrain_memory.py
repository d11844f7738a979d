"""Peak memory of post-training by the size of the text: `python benchmarks/posttrain_memory.py 100 2000` (MB).

That much generated text is written to disk (JSON Lines); then a process of its own tokenises it, trains some steps, and
says what its resident memory was at most. The text is Zipf-distributed words in documents of 5 to 200 words.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

WORDS = [f"word{i}" for i in range(20_000)]
SETTINGS = {
    "steps": 40,
    "checkpoints": [],
    "batch_tokens": 2048,
    "max_length": 128,
    "learning_rate": 1e-3,
    "warmup_ratio": 0.1,
    "weight_decay": 0.01,
    "masking": {"name": "token"},
    "mlm_probability": 0.15,
    "held_out": 0.02,
    "evaluate_every": 20,
    "early_stop": None,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=[100, 2000], help="megabytes of text")
    parser.add_argument("--folder", type=Path, help="where the text is written; a temporary folder unless given")
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)  # what the processes below are started with
    arguments = parser.parse_args()
    if arguments.train:
        train(arguments.train)
        return
    peaks = []
    print("   text  peak memory  documents      tokens  tokens on disk  seconds", flush=True)
    for megabytes in arguments.sizes:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            write_text(Path(folder) / "corpus.jsonl", megabytes * 10**6)
            command = [sys.executable, __file__, "--train", folder]
            printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            figures = json.loads(printed.splitlines()[-1])  # above it, progress
        peaks.append(figures["peak_mb"])
        print(
            f"{megabytes:>4} MB  {figures['peak_mb']:>8.0f} MB  {figures['documents']:>9,}  {figures['tokens']:>10,}"
            f"  {figures['disk_mb']:>11.0f} MB  {figures['seconds']:>7.0f}",
            flush=True,
        )
    print(f"largest over smallest: {max(peaks) / min(peaks):.2f}")


def write_text(path: Path, size: int) -> None:
    """Write documents until the file has `size` bytes."""
    with path.open("w", encoding="utf-8") as file:
        for document in generate():
            file.write(document)
            if file.tell() >= size:
                return


def generate() -> Iterator[str]:
    """Blocks of 1,000 documents, each a line of JSON."""
    rng = np.random.default_rng(0)
    shares = 1 / np.arange(10, len(WORDS) + 10)
    shares /= shares.sum()
    words = np.array(WORDS, dtype=object)
    while True:
        lengths = rng.integers(5, 201, size=1000)
        drawn = words[rng.choice(len(WORDS), size=lengths.sum(), p=shares)]
        texts = np.split(drawn, np.cumsum(lengths)[:-1])
        yield "".join(f'{{"text": "{" ".join(text)}"}}\n' for text in texts)


def train(folder: Path) -> None:
    """Tokenise and train as the stage `post_train` does, and print the figures as JSON."""
    import torch

    from pipeline import registry
    from pipeline.data.corpus import stream_texts
    from pipeline.data.token_store import open_token_store
    from pipeline.training.encoder import train_encoder
    from pipeline.vocab.tokenizers import word_level_tokenizer

    torch.set_num_threads(1)
    torch.manual_seed(0)
    tokenizer = word_level_tokenizer(WORDS, max_length=128)
    shape = {"layers": 2, "hidden": 128, "heads": 2, "intermediate": 512, "max_length": 128, "dropout": 0.0}
    model = registry.load("architectures", "bert")(vocab_size=len(tokenizer), **shape)
    (folder / "encoder").mkdir()
    start = time.monotonic()
    texts, scratch = stream_texts(folder / "corpus.jsonl"), folder / "scratch"
    options = {"precision": "fp32", "device": "cpu", "seed": 0, "what": "benchmark"}
    train_encoder(model, tokenizer, texts, folder / "encoder", scratch, SETTINGS, **options)
    store = open_token_store(scratch / "tokens")
    n_bytes = (store.folder / "token_ids.bin").stat().st_size
    figures = {
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,  # kilobytes on Linux
        "documents": len(store),
        "tokens": n_bytes // np.dtype(store.dtype).itemsize,
        "disk_mb": sum(file.stat().st_size for file in store.folder.iterdir()) / 10**6,
        "seconds": time.monotonic() - start,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
