import numpy as np
from transformers import PreTrainedTokenizerFast

from pipeline.vocab.alignment import AlignmentInputs
from pipeline.vocab.mapping import MappingRow
from pipeline.vocab.new_rows import align_random, embedding, random


def test_only_pinned_tokens_keep_a_row() -> None:
    assert align_random({"1": 2, "，": 3, "0": 2}, pinned={"，": "，"}) == [
        MappingRow("，", 3, None, "，"),
        MappingRow("0", 2, 1, None),
        MappingRow("1", 2, 2, None),
    ]


def test_random_method(anonymised_texts: list[str], plain_tokenizer: PreTrainedTokenizerFast) -> None:
    inputs = AlignmentInputs(anonymised_texts, plain_tokenizer, 1, "whitespace")
    alignment = random(inputs, pin_rule="no-digit")
    vocab = alignment.tokenizer.get_vocab()
    kept = {token: plain_tokenizer.get_vocab()[token] for token in (".", "，")}
    special = {token: i for i, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])}
    expected = np.full(len(vocab), -1)
    for token, old_id in (special | kept).items():
        expected[vocab[token]] = old_id
    np.testing.assert_array_equal(alignment.rows, expected)


def test_embedding_method(anonymised_texts: list[str], plain_tokenizer: PreTrainedTokenizerFast) -> None:
    inputs = AlignmentInputs([*anonymised_texts, "77"], plain_tokenizer, 2, "whitespace", width=8, seed=3)
    alignment = embedding(inputs, pin_rule="no-digit", epochs=2, window=3)
    vocab, old_vocab = alignment.tokenizer.get_vocab(), plain_tokenizer.get_vocab()
    assert "77" not in vocab
    assert {token for token in vocab if vocab[token] in alignment.vectors} == {"900", "15", "33", "4"}
    assert all(vector.shape == (8,) for vector in alignment.vectors.values())
    assert alignment.rows[[vocab[t] for t in ("900", "15")]].tolist() == [-1, -1]
    assert alignment.rows[vocab["."]] == old_vocab["."]
    assert alignment.rows[:5].tolist() == [0, 1, 2, 3, 4]
    assert all(row.mapped_to is None for row in alignment.table if not row.is_pinned)
