"""A tiny pretrained world: plain sentences, their anonymised form under a known key, a tokenizer, a BERT."""

from collections.abc import Callable

import pytest
import torch
from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast

from pipeline.vocab.tokenizers import word_level_tokenizer

# counts: the 6, cat 4, sat 3, on 2, mat 1; "." 4 and "，" 1 stay plain; "15" is a plain number
PLAIN_TEXTS = ["the cat sat on the mat .", "the cat sat .", "the cat on the ，", "the cat sat .", "15 ."]
KEY = {"the": "900", "cat": "15", "sat": "33", "on": "4", "mat": "1523"}  # "15" hides "cat"


@pytest.fixture
def plain_texts() -> list[str]:
    return PLAIN_TEXTS[:4]


@pytest.fixture
def anonymised_texts(plain_texts: list[str]) -> list[str]:
    return [" ".join(KEY.get(word, word) for word in text.split()) for text in plain_texts]


@pytest.fixture
def key() -> dict[str, str]:
    return dict(KEY)


@pytest.fixture
def plain_tokenizer() -> PreTrainedTokenizerFast:
    words = ["dog", "，", "15", "on", "the", ".", "sat", "cat", "mat", "1523", "unused"]
    return word_level_tokenizer(words, max_length=32)


@pytest.fixture
def make_bert() -> Callable[[int], BertForMaskedLM]:
    def make(vocab_size: int) -> BertForMaskedLM:
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=vocab_size,
            hidden_size=8,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=32,
        )
        model = BertForMaskedLM(config).eval()
        with torch.no_grad():
            model.cls.predictions.bias.copy_(torch.randn(vocab_size))
        return model

    return make
