"""What an encoder's `reference` holds: counts of the pretrained tokens in plain text, or that text itself."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.data.corpus import stream_texts
from pipeline.vocab.counts import count_tokens, read_counts

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


def read_reference(path: Path, tokenizer: "PreTrainedTokenizerBase") -> tuple[dict[str, int], list[str] | None]:
    """Read a counts file (`.json`), or a text and count its tokens: → counts, texts (None for a counts file).

    A text is any file that `stream_texts` reads: another corpus of the checkpoint's language, or the competition's own
    unlabelled text where there is a plain form of it. Raises UserError where the file is missing or of another kind.
    """
    if path.suffix == ".json":
        return read_counts(path), None
    texts = list(stream_texts(path))
    return count_tokens(texts, tokenizer), texts
