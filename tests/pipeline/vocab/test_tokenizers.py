from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer, BertConfig

from pipeline.vocab.splits import split_words
from pipeline.vocab.tokenizers import (
    SPECIAL_TOKENS,
    find_whole_token,
    order_special_tokens,
    special_token_ids,
    word_level_tokenizer,
)

WORDS = ["，", "12", "a.b", "中"]


def test_ids_and_template() -> None:
    tokenizer = word_level_tokenizer(WORDS, max_length=64)
    assert tokenizer.convert_ids_to_tokens(range(len(tokenizer))) == [*SPECIAL_TOKENS, *WORDS]
    encoded = tokenizer("12 ， x", "中")
    assert encoded["input_ids"] == [2, 6, 5, 1, 3, 8, 3]
    assert encoded["token_type_ids"] == [0, 0, 0, 0, 0, 1, 1]
    assert special_token_ids(tokenizer) == {token: i for i, token in enumerate(SPECIAL_TOKENS)}


def test_auto_tokenizer_loads_it_beside_a_bert_config(tmp_path: Path) -> None:
    tokenizer = word_level_tokenizer(WORDS, max_length=4)
    tokenizer.save_pretrained(tmp_path)
    BertConfig(vocab_size=len(tokenizer)).save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path, local_files_only=True)
    assert loaded.get_vocab() == tokenizer.get_vocab()
    assert loaded("a.b 12 12 12", truncation=True)["input_ids"] == [2, 7, 6, 3]
    assert loaded(["12", ""], padding=True)["input_ids"] == [[2, 6, 3], [2, 3, 0]]
    assert loaded.model_max_length == 4
    assert loaded.mask_token_id == 4


def test_decode_gives_the_words_back() -> None:
    tokenizer = word_level_tokenizer(WORDS)
    ids = tokenizer("中 a.b ， 12")["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == "中 a.b ， 12"


@settings(max_examples=50)
@given(st.text(st.characters(codec="utf-8", exclude_characters="["), max_size=30))
@pytest.mark.parametrize("split", ["whitespace", "punctuation", "characters"])
def test_a_counted_word_is_a_known_word(split: str, text: str) -> None:
    words = split_words(text, split)
    tokenizer = word_level_tokenizer(sorted({*words}), split=split)
    assert tokenizer.tokenize(text) == words


@pytest.mark.parametrize("words", [["a", "a"], ["a", ""], ["[MASK]"]])
def test_bad_words(words: list[str]) -> None:
    with pytest.raises(ValueError, match="distinct"):
        word_level_tokenizer(words)


def test_bad_special_tokens() -> None:
    with pytest.raises(ValueError, match="special_tokens"):
        word_level_tokenizer(["a"], special_tokens=["[PAD]", "[UNK]"])


@pytest.mark.parametrize(
    ("ids", "order"),
    [
        ((0, 100, 101, 102, 103), "[PAD] [UNK] [CLS] [SEP] [MASK]"),  # bert-base
        ((1, 3, 0, 2, 50264), "[CLS] [PAD] [SEP] [UNK] [MASK]"),  # roberta-base
        ((1, 4, 5, 6, 32004), "[UNK] [PAD] [CLS] [SEP] [MASK]"),  # camembert: <pad> must stay 1
        ((5, 0, 3, 4, 6), "[UNK] [CLS] [SEP] [PAD] [MASK]"),  # xlnet: 5 is not among the first five
        ((None, 0, 1, 2, None), "[UNK] [CLS] [SEP] [PAD] [MASK]"),
    ],
)
def test_special_order(ids: tuple[int | None, ...], order: str) -> None:
    assert order_special_tokens(dict(zip(SPECIAL_TOKENS, ids, strict=True))) == order.split()


def test_whole_token() -> None:
    tokenizer = word_level_tokenizer(WORDS)
    assert find_whole_token(tokenizer, "12") == "12"
    assert find_whole_token(tokenizer, "13") is None
    assert find_whole_token(tokenizer, "[MASK]") is None
    assert find_whole_token(tokenizer, "12 12") is None
