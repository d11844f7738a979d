"""Make an encoder from scratch: `python -m stages.pretrain tiny-bert`.

A word-level vocabulary of the text, an architecture with fresh weights, masked-language modelling. What it writes is a
normal Hugging Face directory, with `token_counts.json` (how often each word occurs in the text) beside it. A run that
was killed goes on where it was, from what it kept in .scratch/.
"""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.runtime.cli import run_stage, say


def main(name: Annotated[str, typer.Argument(help="A name under `scratch` in params.yaml.")]) -> None:
    """Write models/pretrained/NAME/."""
    import shutil

    from pipeline import registry
    from pipeline.artifacts.atomic import atomic_folder
    from pipeline.artifacts.paths import HISTORY, PRETRAINED
    from pipeline.artifacts.scratch import scratch_folder
    from pipeline.artifacts.tables import write_history
    from pipeline.config import load_params
    from pipeline.data.corpus import stream_texts
    from pipeline.runtime.devices import available_devices
    from pipeline.runtime.torch_setup import set_up_torch
    from pipeline.training.encoder import describe_curve, train_encoder
    from pipeline.vocab.counts import count_tokens, sort_counts, write_counts
    from pipeline.vocab.tokenizers import SPECIAL_TOKENS, word_level_tokenizer

    params = load_params()
    settings, device = params.entry("scratch", name), available_devices(params.runtime.threads)[0]
    source = Path(settings.from_)
    architecture, masking = settings.architecture.name, settings.mlm.masking["name"]
    scratch = scratch_folder(
        f"pretrain-{name}",
        [source],
        {**settings.model_dump(), **params.runtime.model_dump(), "device": device.partition(":")[0]},
        [
            "stages.pretrain",
            registry.module_of("architectures", architecture),
            registry.module_of("masking", masking),
        ],
    )
    set_up_torch(params.runtime.threads, params.runtime.seed)
    counted = count_tokens(stream_texts(source, what=f"count words of {name}"), settings.split)
    counts = {word: n for word, n in counted.items() if word not in SPECIAL_TOKENS}
    vocabulary = list(sort_counts(counts))[: settings.vocab_size - len(SPECIAL_TOKENS)]
    shape = settings.architecture.model_dump()
    tokenizer = word_level_tokenizer(vocabulary, max_length=shape["max_length"], split=settings.split)
    model = registry.load("architectures", shape.pop("name"))(
        vocab_size=len(tokenizer), dropout=settings.mlm.dropout, **shape
    )
    say(f"{name}: {sum(counts.values())} words, vocabulary of {len(tokenizer)}")
    with atomic_folder(PRETRAINED / name) as folder:
        history = train_encoder(
            model,
            tokenizer,
            stream_texts(source, what=f"tokenise {name}"),
            folder,
            scratch,
            settings.mlm.model_dump(),
            precision=params.runtime.precision,
            device=device,
            seed=params.runtime.seed,
            what=f"pretrain {name}",
        )
        write_counts(folder / "token_counts.json", {word: counts[word] for word in vocabulary})
    write_history(HISTORY / "pretrain" / f"{name}.csv", history)
    shutil.rmtree(scratch)
    say(f"{name}: {describe_curve(history, settings.mlm.early_stop)}: {PRETRAINED / name}/")


if __name__ == "__main__":
    run_stage(main)
