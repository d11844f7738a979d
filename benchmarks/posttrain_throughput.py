"""Real tokens a second of post-training, against transformers' own masked-LM recipe on the same model and text.

    python benchmarks/posttrain_throughput.py                                    # CPU: a BERT of 4 layers of 256
    python benchmarks/posttrain_throughput.py --device cuda --precision bf16     # a BERT of base size

The recipe is examples/pytorch/language-modeling/run_mlm.py: Trainer with DataCollatorForLanguageModeling.
- default: what the script does unless told otherwise: all texts joined and cut into blocks of 512 tokens
  (`line_by_line` off, `max_seq_length` the model's), 8 of them a batch.
- packed: joined and cut into blocks of 128 tokens, in batches of half, once and twice our tokens.
- grouped: one text a row (`line_by_line`), in batches of like lengths (`group_by_length`), padded to the longest.
The best of these is what its best settings give. Model, text, precision, threads and dropout (none on attention) are
the same for all. None of these settings of the recipe pads to the maximum length, which would only make it slower.

The contestants take turns in short blocks; the medians count. Padding is not counted as tokens, special tokens are.
With one thread on a CPU the clock is that of the process's own CPU time, so that other work on the machine does not
count; elsewhere it is the wall's.
"""

import argparse
import copy
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.data.corpus import stream_texts
from pipeline.data.text_blocks import draw_held_out, stream_batches
from pipeline.data.token_store import TokenStore, write_token_store
from pipeline.models.attention import use_fastest_attention
from pipeline.training.masked_lm import train_masked_lm
from pipeline.training.masked_lm_loss import MaskingIds
from pipeline.training.masking import token
from pipeline.vocab.tokenizers import word_level_tokenizer

SHAPES = {
    "cpu": {"num_hidden_layers": 4, "hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024},
    "cuda": {"num_hidden_layers": 12, "hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072},
}
VOCAB_SIZE, HELD_OUT, WARM_UP_STEPS = 21_128, 0.001, 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--precision", default="fp32", choices=["fp32", "bf16"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, help="timed steps of a block; 4 on a CPU, 40 on a GPU unless given")
    parser.add_argument("--batch-tokens", type=int, help="4,096 on a CPU, 16,384 on a GPU unless given")
    parser.add_argument("--text", type=Path, help="a file with the text; generated unless given")
    arguments = parser.parse_args()
    is_gpu = arguments.device == "cuda"
    steps = arguments.steps or (40 if is_gpu else 4)
    batch_tokens = arguments.batch_tokens or (16_384 if is_gpu else 4_096)
    torch.set_num_threads(arguments.threads)
    clock = partial(read_clock, is_gpu, arguments.threads)

    texts = list(itertools.islice(stream_texts(arguments.text), 40_000)) if arguments.text else generate(20_000)
    words = sorted({word for text in texts for word in text.split()})
    fillers = [f"[unused{i}]" for i in range(VOCAB_SIZE - 5 - len(words))]
    tokenizer = word_level_tokenizer([*words, *fillers][: VOCAB_SIZE - 5], max_length=512)
    model = make_model(arguments.device)
    with tempfile.TemporaryDirectory() as folder:
        store = write_token_store(Path(folder), tokenizer, texts, 128)
        lengths = np.diff(np.fromfile(Path(folder) / "offsets.bin", dtype=np.int64))
        print(f"{len(texts)} texts of {lengths.mean():.0f} tokens, at most 128; batches of {batch_tokens} tokens")
        encoded = tokenizer(texts, truncation=True, max_length=128, return_special_tokens_mask=True)
        rows = [{key: encoded[key][i] for key in encoded} for i in range(len(texts))]
        packed = pack_blocks(rows, 128)
        options: dict[str, Any] = {"clock": clock, "device": arguments.device, "precision": arguments.precision}
        recipe = partial(time_recipe, model, tokenizer, **options)
        ours = partial(time_ours, model, tokenizer, store, steps=steps, batch_tokens=batch_tokens, **options)
        n_packed, n_grouped = batch_tokens // 128, batch_tokens // round(lengths.mean())
        contestants: dict[str, Callable[[], float]] = {
            "ours": ours,
            "default": lambda: recipe(pack_blocks(rows, 512), 8, steps=steps),
            f"packed, {n_packed // 2}": lambda: recipe(packed, n_packed // 2, steps=2 * steps),
            f"packed, {n_packed}": lambda: recipe(packed, n_packed, steps=steps),
            f"packed, {2 * n_packed}": lambda: recipe(packed, 2 * n_packed, steps=max(1, steps // 2)),
            "grouped": lambda: recipe(rows, n_grouped, steps=steps, train_sampling_strategy="group_by_length"),
        }
        speeds: dict[str, list[float]] = {name: [] for name in contestants}
        for number in range(arguments.rounds):
            for name, run in contestants.items():
                speeds[name].append(run())
                print(f"round {number + 1}: {name:<12}{speeds[name][-1]:>12,.0f} tokens/s", flush=True)
    report({name: statistics.median(values) for name, values in speeds.items()})


def report(median: dict[str, float]) -> None:
    for name, speed in median.items():
        print(f"median:  {name:<12}{speed:>12,.0f} tokens/s")
    best = max((name for name in median if name != "ours"), key=median.__getitem__)
    print(f"ours over the recipe's default: {median['ours'] / median['default']:.2f}")
    print(f"ours over the recipe's best ({best}): {median['ours'] / median[best]:.2f}")


def generate(n_texts: int) -> list[str]:
    """Texts of Zipf-distributed words with lengths as in short social posts: log-normal, 8 to 126, 45 on average."""
    rng = np.random.default_rng(0)
    words = np.array([f"w{i}" for i in range(VOCAB_SIZE - 5)], dtype=object)
    shares = 1 / np.arange(10, len(words) + 10)
    lengths = np.clip(rng.lognormal(3.6, 0.6, size=n_texts), 8, 126).astype(int)
    drawn = words[rng.choice(len(words), size=lengths.sum(), p=shares / shares.sum())]
    return [" ".join(text) for text in np.split(drawn, np.cumsum(lengths)[:-1])]


def make_model(device: str) -> Any:
    from transformers import BertConfig, BertForMaskedLM

    dropout = 0.1 if device == "cuda" else 0.0  # as in the profiles for either
    config = BertConfig(vocab_size=VOCAB_SIZE, hidden_dropout_prob=dropout, **SHAPES[device])
    config.attention_probs_dropout_prob = 0.0
    torch.manual_seed(0)
    return BertForMaskedLM(config)


def read_clock(is_gpu: bool, threads: int) -> float:
    if is_gpu:
        torch.cuda.synchronize()
    return time.process_time() if threads == 1 and not is_gpu else time.perf_counter()


def time_ours(
    model: Any,
    tokenizer: Any,
    store: TokenStore,
    *,
    steps: int,
    batch_tokens: int,
    device: str,
    precision: str,
    clock: Callable[[], float],
) -> float:
    """Real tokens a second of `train_masked_lm`, without its first steps and without evaluation."""
    times: list[float] = []
    first, last = WARM_UP_STEPS, WARM_UP_STEPS + steps
    model = copy.deepcopy(model)
    use_fastest_attention(model)
    with tempfile.TemporaryDirectory() as folder:
        train_masked_lm(
            model,
            store,
            MaskingIds(tokenizer.mask_token_id, tuple(tokenizer.all_special_ids), np.ones(len(tokenizer), dtype=bool)),
            token,
            steps=last + 1,  # the held-out loss is taken at the end
            checkpoints=[first, last],
            batch_tokens=batch_tokens,
            learning_rate=1e-4,
            warmup_ratio=0.1,
            weight_decay=0.01,
            mlm_probability=0.15,
            held_out=HELD_OUT,
            evaluate_every=last + 1,
            early_stop=None,
            precision=precision,
            device=device,
            seed=0,
            save_checkpoint=lambda step: times.append(clock()),
            state_file=Path(folder) / "state.pt",
            what="ours",
        )
    rng = np.random.default_rng(0)  # the same batches once more
    held_out = draw_held_out(len(store), HELD_OUT, rng)
    batches = itertools.islice(stream_batches(store, held_out, batch_tokens, rng), first, last)
    return sum(int(texts.lengths[batch].sum()) for texts, batch in batches) / (times[1] - times[0])


def time_recipe(
    model: Any,
    tokenizer: Any,
    rows: list[dict[str, list[int]]],
    batch_size: int,
    *,
    steps: int,
    clock: Callable[[], float],
    device: str,
    precision: str,
    **settings: Any,
) -> float:
    """Real tokens a second of Trainer with DataCollatorForLanguageModeling, without its first steps."""
    from transformers import DataCollatorForLanguageModeling, Trainer, TrainerCallback, TrainingArguments

    collate = DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15)
    n_tokens: list[int] = []
    times: list[float] = []

    def count_and_collate(examples: list[dict[str, list[int]]]) -> Any:
        n_tokens.append(sum(len(example["input_ids"]) for example in examples))
        return collate(examples)

    class Clock(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if state.global_step in (WARM_UP_STEPS, WARM_UP_STEPS + steps):
                times.append(clock())

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder,
            per_device_train_batch_size=batch_size,
            max_steps=WARM_UP_STEPS + steps,
            learning_rate=1e-4,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
            use_cpu=device == "cpu",
            bf16=precision == "bf16",
            **settings,
        )
        trainer = Trainer(
            copy.deepcopy(model), arguments, count_and_collate, rows, callbacks=[Clock()], processing_class=tokenizer
        )
        trainer.train()
    return sum(n_tokens[WARM_UP_STEPS : WARM_UP_STEPS + steps]) / (times[1] - times[0])


def pack_blocks(rows: list[dict[str, list[int]]], length: int) -> list[dict[str, list[int]]]:
    """All rows joined, special tokens and all, and cut into blocks of one length; the rest is dropped."""

    def cut(key: str) -> Iterator[list[int]]:
        joined = list(itertools.chain.from_iterable(row[key] for row in rows))
        return (joined[i : i + length] for i in range(0, len(joined) - length + 1, length))

    return [dict(zip(rows[0], values, strict=True)) for values in zip(*map(cut, rows[0]), strict=True)]


if __name__ == "__main__":
    main()
