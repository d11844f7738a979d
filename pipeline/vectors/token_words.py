"""Texts as token ids, and beside every token the word that it lies in."""

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.data.batches import TokenizedTexts, pack, pad_id_of
from pipeline.errors import UserError
from pipeline.words.segmenter import make_segmenter

# Words are looked up in the text itself, so hashtags, whose inside a segmenter may change, are not opened.
SEGMENTATIONS: dict[str, dict[str, Any]] = {
    "whitespace": {"name": "whitespace"},
    "jieba": {"name": "jieba", "dictionary": None, "new_words": None, "hashtags": False},
}


def load_token_word_reader(folder: Path, max_length: int, segment: str) -> Callable[[Sequence[str]], TokenizedTexts]:
    """Load a function from texts to token ids, as `load_token_reader` does, with `word_ids`: hashes of words.

    Raises UserError for a tokenizer that does not say which characters its tokens stand for.
    """
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if not tokenizer.is_fast:
        raise UserError(
            f"{folder}: the tokenizer does not say where its tokens stand in a text, which word_conv needs; a folder "
            "with tokenizer.json is allowed, or leave word_conv out of sequence"
        )
    split = make_segmenter(SEGMENTATIONS[segment], []).split

    def read(texts: Sequence[str]) -> TokenizedTexts:
        encoded = tokenizer(
            list(texts),
            truncation=True,
            max_length=max_length,
            padding=False,
            return_attention_mask=False,
            return_token_type_ids=False,
            return_offsets_mapping=True,
        )
        tokens = pack(encoded["input_ids"], pad_id_of(tokenizer))
        pairs = zip(texts, encoded["offset_mapping"], strict=True)
        word_ids = [word for text, spans in pairs for word in words_of_tokens(text, split(text), spans)]
        return replace(tokens, word_ids=np.array(word_ids, dtype=np.int32))

    return read


def words_of_tokens(text: str, words: Sequence[str], spans: Iterable[tuple[int, int]]) -> list[int]:
    """Return the hash of the word that each token lies in: of several words, the first; 0 for none (special tokens).

    `words` stand in `text` in this order; `spans` are where tokens begin and end, in characters.
    """
    hash_at, end = [0] * len(text), 0
    for word in words:
        start = text.index(word, end)
        end = start + len(word)
        hash_at[start:end] = [hash_word(word)] * len(word)
    return [next(filter(None, hash_at[start:end]), 0) for start, end in spans]


def hash_word(word: str) -> int:
    """Hash a word to a number from 1 to 2^31 - 1 that is the same on every machine."""
    return zlib.crc32(word.encode("utf-8", errors="surrogatepass")) % (2**31 - 1) + 1
