"""Which word a token lies in, against a reading by hand and the tokenizers' own account of words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from pipeline.data.batches import load_token_reader
from pipeline.errors import UserError
from pipeline.vectors import token_words
from pipeline.vectors.token_words import hash_word, load_token_word_reader, words_of_tokens

CHINESE = "我来到北京清华大学 。"


@pytest.fixture(scope="module")
def characters(tmp_path_factory):
    """The folder of a tokenizer that reads characters, between [CLS] and [SEP]."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    vocabulary = {token: i for i, token in enumerate([*special, *sorted(set(CHINESE) - {" "}), "a", "b"])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("", "isolated")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    folder = tmp_path_factory.mktemp("characters")
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)
    return folder


def test_characters_of_chinese_words_by_hand(characters):
    pytest.importorskip("jieba")
    read = load_token_word_reader(characters, 16, "jieba")([CHINESE, "ab"])
    words = ["", "我", *["来到"] * 2, *["北京"] * 2, *["清华大学"] * 4, "。", "", "", "ab", "ab", ""]
    assert read.word_ids.tolist() == [hash_word(word) if word else 0 for word in words]
    assert read.word_ids.dtype == np.int32


def test_tokens_are_those_of_the_plain_reader(characters):
    texts = ["ab  a", "", " ", CHINESE]
    plain = load_token_reader(characters, 5)(texts)
    read = load_token_word_reader(characters, 5, "whitespace")(texts)
    assert read.lengths.tolist() == [5, 2, 2, 5]  # cut in the middle of words too
    assert read.token_ids.tolist() == plain.token_ids.tolist()
    assert read.offsets.tolist() == plain.offsets.tolist()
    assert read.pad_id == plain.pad_id
    assert len(read.word_ids) == len(read.token_ids)
    assert read.word_ids[:5].tolist() == [0, hash_word("ab"), hash_word("ab"), hash_word("a"), 0]
    assert plain.word_ids is None


@given(st.lists(st.text("ab一🎉", min_size=1, max_size=4), max_size=6))
def test_byte_level_tokens_lie_in_the_words_that_the_tokenizer_counts(words):
    """A span may begin with the space before its word, or be that space alone; a character may be several tokens."""
    tokenizer = byte_level()
    encoded = tokenizer.encode(" ".join(words))
    pairs = zip(encoded.word_ids, encoded.tokens, strict=True)
    expected = [0 if token == "Ġ" else hash_word(words[index]) for index, token in pairs]
    assert words_of_tokens(" ".join(words), words, encoded.offsets) == expected


def byte_level():
    tokenizer = Tokenizer(models.BPE())
    splits = [pre_tokenizers.Split(" ", "merged_with_next"), pre_tokenizers.ByteLevel(False, use_regex=False)]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(splits)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=260, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(["a a b ab a", "一 a"], trainer)
    assert "Ġa" in tokenizer.get_vocab()
    return tokenizer


def test_of_several_words_the_first_and_repeats_in_their_order():
    assert words_of_tokens("a ab a", ["a", "ab", "a"], [(0, 0), (0, 1), (2, 4), (3, 6), (1, 2)]) == [
        0,
        hash_word("a"),
        hash_word("ab"),
        hash_word("ab"),
        0,
    ]
    assert words_of_tokens("abcd", ["ab", "cd"], [(1, 3), (2, 3)]) == [hash_word("ab"), hash_word("cd")]


def test_the_hash_of_a_word_never_changes():
    assert [hash_word(word) for word in ("北京", "a")] == [1282113171, 1756872261]
    assert hash_word("\ud800") > 0  # half a character, as broken files have them
    assert 0 < max(hash_word(str(i)) for i in range(999)) < 2**31


def test_every_segmentation_into_words_is_there_as_the_registry_has_it():
    """A convolution over words has no use for characters, which its tokens are already."""
    from pipeline import registry

    assert set(token_words.SEGMENTATIONS) == set(registry.words("segmentation")) - {"characters"}
    for word, piece in token_words.SEGMENTATIONS.items():
        assert sorted(piece) == sorted(["name", *(a.name for a in registry.arguments("segmentation", word))])


def test_a_tokenizer_without_positions_is_refused(tmp_path, monkeypatch):
    from transformers import AutoTokenizer

    class Slow:
        is_fast = False

    monkeypatch.setattr(AutoTokenizer, "from_pretrained", lambda *args, **kwargs: Slow())
    with pytest.raises(UserError, match="does not say where its tokens stand"):
        load_token_word_reader(tmp_path, 8, "whitespace")
