import os
import subprocess
import sys

import numpy as np
import pytest
from transformers import PreTrainedTokenizerFast

from pipeline.vocab.alignment import AlignmentInputs
from pipeline.vocab.embedding import embedding, train_word2vec

pytest.importorskip("gensim")

SENTENCES = [f"{a} {b} .".split() for a, b in [("1", "2"), ("3", "4")] * 100]


def test_every_token_has_a_vector_and_company_shows() -> None:
    vectors = train_word2vec([["5", *s] for s in SENTENCES], width=8, epochs=20, window=2, seed=1)
    assert sorted(vectors) == [".", "1", "2", "3", "4", "5"]
    assert all(vector.shape == (8,) and vector.dtype == np.float32 for vector in vectors.values())


def test_the_same_in_another_process() -> None:
    """Python hashes strings differently there; the vectors must not depend on it."""
    code = (
        "from tests.pipeline.vocab.test_embedding import SENTENCES\n"
        "from pipeline.vocab.embedding import train_word2vec\n"
        "print(train_word2vec(SENTENCES, width=4, epochs=2, window=2, seed=1)['3'].tobytes().hex())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    here = train_word2vec(SENTENCES, width=4, epochs=2, window=2, seed=1)["3"].tobytes().hex()
    assert runs == {here + "\n"}
    assert here != train_word2vec(SENTENCES, width=4, epochs=2, window=2, seed=2)["3"].tobytes().hex()


def test_method(anonymised_texts: list[str], plain_tokenizer: PreTrainedTokenizerFast) -> None:
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
