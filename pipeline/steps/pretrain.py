"""Make an encoder from scratch."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import registry
from pipeline.artifacts.paths import HISTORY, PRETRAINED
from pipeline.data.corpus import stream_texts
from pipeline.runtime.devices import usable_devices
from pipeline.runtime.messages import say
from pipeline.runtime.scratch import alone, is_kept, keep_folder, mark_published, scratch_folder
from pipeline.runtime.torch_setup import set_up_torch
from pipeline.training.encoder import publish_encoder, train_encoder
from pipeline.vocab.counts import count_tokens, sort_counts, write_counts
from pipeline.vocab.tokenizers import SPECIAL_TOKENS, word_level_tokenizer

if TYPE_CHECKING:
    from pipeline.plan.entries import Entry


def run(entry: "Entry") -> None:
    """Pretrain one encoder, or publish what an earlier run has finished."""
    name, params = str(entry.key), entry.params
    encoder, device = params.scratch[name], usable_devices(gpu=True)[0]
    settings = {**entry.settings, "device": device.partition(":")[0]}
    scratch = scratch_folder(f"pretrain-{name}", [Path(encoder.from_)], settings, entry.code)
    kept, what = scratch / "encoder", f"pretrain {name}"
    with alone(scratch, what):
        if not is_kept(kept, what):
            with keep_folder(kept) as folder:
                _train_into(folder, entry, scratch, device, what)
        curve, early_stop = HISTORY / "pretrain" / f"{name}.csv", encoder.mlm.early_stop
        result = publish_encoder(kept, PRETRAINED / name, curve, early_stop)
        mark_published(scratch, f"pretrain@{name}")
    say(f"{name}: {result}: {PRETRAINED / name}/")


def _train_into(folder: Path, entry: "Entry", scratch: Path, device: str, what: str) -> None:
    name, runtime = str(entry.key), entry.params.runtime
    encoder = entry.params.scratch[name]
    source = Path(encoder.from_)
    set_up_torch(runtime.threads, runtime.seed)
    counted = count_tokens(stream_texts(source, what=f"count words of {name}"), encoder.split)
    counts = {word: n for word, n in counted.items() if word not in SPECIAL_TOKENS}
    vocabulary = list(sort_counts(counts))[: encoder.vocab_size - len(SPECIAL_TOKENS)]
    shape = encoder.architecture.model_dump()
    tokenizer = word_level_tokenizer(vocabulary, max_length=shape["max_length"], split=encoder.split)
    model = registry.load("architectures", shape.pop("name"))(
        vocab_size=len(tokenizer), dropout=encoder.mlm.dropout, **shape
    )
    say(f"{name}: {sum(counts.values())} words, vocabulary of {len(tokenizer)}")
    train_encoder(
        model,
        tokenizer,
        stream_texts(source, what=f"tokenise {name}"),
        folder,
        scratch,
        dict(entry.settings["scratch"][name]["mlm"]),
        precision=runtime.precision,
        device=device,
        seed=runtime.seed,
        what=what,
    )
    write_counts(folder / "token_counts.json", {word: counts[word] for word in vocabulary})
