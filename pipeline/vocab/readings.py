"""How a pretrained tokenizer reads words or characters: as one token, in several pieces, or not at all."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from pipeline.vocab.counts import BATCH_SIZE, count_tokens, sort_counts
from pipeline.vocab.tokenizers import SPACE_MARKERS, read_pieces

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

UNKNOWN = -1


class Reading(NamedTuple):
    """How often a unit (word or character) occurs, is read in several known pieces, and is read as unknown."""

    total: int
    n_in_pieces: int = 0
    n_unknown: int = 0


def count_own_words(texts: Iterable[str], tokenizer: "PreTrainedTokenizerBase") -> dict[str, int]:
    """Count the words into which a word-level tokenizer itself cuts the texts, known and unknown ones."""
    backend = tokenizer.backend_tokenizer
    counter: Counter[str] = Counter()
    for word, count in count_tokens(texts, "whitespace").items():
        own = word if backend.normalizer is None else backend.normalizer.normalize_str(word)
        for part, _ in backend.pre_tokenizer.pre_tokenize_str(own) if backend.pre_tokenizer else [(own, None)]:
            counter[part] += count
    return sort_counts(counter)


def read_words(word_counts: Mapping[str, int], tokenizer: "PreTrainedTokenizerBase") -> dict[str, Reading]:
    """Tell for each word how it is read; special tokens and words that the tokenizer deletes are left out."""
    special, unk_token = tokenizer.all_special_tokens, tokenizer.unk_token
    readings = {}
    for word, count in word_counts.items():
        pieces = read_pieces(tokenizer, word)
        if not pieces or word in special:
            continue
        if unk_token in pieces:
            readings[word] = Reading(count, n_unknown=count)
        else:
            readings[word] = Reading(count, n_in_pieces=count if len(pieces) > 1 else 0)
    return readings


def read_characters(texts: Iterable[str], tokenizer: "PreTrainedTokenizerBase") -> dict[str, Reading]:
    """Tell for each character how it is read where it stands; characters that are deleted are left out.

    A character inside a longer token is read. In a word that is unknown as a whole (BERT gives up a word for
    one character) each character counts as what it is on its own.
    """
    word_counts = count_tokens(texts, "whitespace")
    characters = sorted({character for word in word_counts for character in word})
    alone = {c: n_pieces[0] for c, n_pieces in _pieces_per_character(characters, tokenizer)}
    counts: Counter[str] = Counter()
    in_pieces: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for word, n_pieces_in_word in _pieces_per_character(word_counts, tokenizer):
        for character, n_pieces in zip(word, n_pieces_in_word, strict=True):
            n_pieces = alone[character] if n_pieces == UNKNOWN else n_pieces
            counts[character] += word_counts[word] if n_pieces else 0
            in_pieces[character] += word_counts[word] if n_pieces > 1 else 0
            unknown[character] += word_counts[word] if n_pieces == UNKNOWN else 0
    return {c: Reading(n, in_pieces[c], unknown[c]) for c, n in sort_counts(counts).items() if n}


def _pieces_per_character(
    words: Iterable[str], tokenizer: "PreTrainedTokenizerBase"
) -> Iterator[tuple[str, list[int]]]:
    """Yield each word and in how many tokens each of its characters lies; UNKNOWN in the unknown token."""
    vocab = tokenizer.get_vocab()
    marker_ids = {vocab[marker] for marker in SPACE_MARKERS if marker in vocab}
    unknown_id = tokenizer.unk_token_id
    remaining = iter(words)
    while batch := list(islice(remaining, BATCH_SIZE)):
        encoded = tokenizer(batch, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        columns = zip(batch, encoded["input_ids"], encoded["offset_mapping"], strict=True)
        for word, token_ids, offsets in columns:
            n_pieces = [0] * len(word)
            for token_id, (start, end) in zip(token_ids, offsets, strict=True):
                if token_id == unknown_id:
                    n_pieces[start:end] = [UNKNOWN] * (end - start)
                elif token_id not in marker_ids:
                    n_pieces[start:end] = [n if n == UNKNOWN else n + 1 for n in n_pieces[start:end]]
            yield word, n_pieces
