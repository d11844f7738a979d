import numpy as np
from transformers import PreTrainedTokenizerFast

from pipeline.vocab.alignment import AlignmentInputs
from pipeline.vocab.mapping import MappingRow
from pipeline.vocab.random import align_random, random


def test_only_pinned_tokens_keep_a_row() -> None:
    assert align_random({"1": 2, "，": 3, "0": 2}, pinned={"，": "，"}) == [
        MappingRow("，", 3, None, "，"),
        MappingRow("0", 2, 1, None),
        MappingRow("1", 2, 2, None),
    ]


def test_method(anonymised_texts: list[str], plain_tokenizer: PreTrainedTokenizerFast) -> None:
    inputs = AlignmentInputs(anonymised_texts, plain_tokenizer, 1, "whitespace")
    alignment = random(inputs, pin_rule="no-digit")
    vocab = alignment.tokenizer.get_vocab()
    kept = {token: plain_tokenizer.get_vocab()[token] for token in (".", "，")}
    special = {token: i for i, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])}
    expected = np.full(len(vocab), -1)
    for token, old_id in (special | kept).items():
        expected[vocab[token]] = old_id
    np.testing.assert_array_equal(alignment.rows, expected)
