"""Word starts from the vocabulary, against the word ids that tokenizers give for a text."""

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from pipeline.vocab.word_starts import find_word_starts

SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}


def wrap(backend):
    return PreTrainedTokenizerFast(tokenizer_object=backend, **SPECIAL)


def word_piece():
    tokens = [*SPECIAL.values(), "play", "##ing", "##s", "un", "##like", "##ly", "，", "今", "天", "##", "#"]
    backend = Tokenizer(models.WordPiece({t: i for i, t in enumerate(tokens)}, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return wrap(backend)


def sentence_piece():
    tokens = [*SPECIAL.values(), "▁", "▁play", "ing", "s", "▁un", "like", "ly", ",", "今", "天"]
    backend = Tokenizer(models.Unigram([(token, -float(i)) for i, token in enumerate(tokens)], unk_id=1))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Metaspace()
    return wrap(backend)


def starts_by_word_ids(encoding):
    """Where the tokenizer's word id changes; a special token has none."""
    ids = encoding.word_ids()
    return [i == 0 or ids[i] is None or ids[i] != ids[i - 1] for i in range(len(ids))]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (word_piece, "playing unlikely plays， 今天playing"),
        (word_piece, "plays zzz playing"),
        (sentence_piece, "playing unlikely, plays"),
    ],
)
def test_are_those_of_the_tokenizers_word_ids(make, text):
    tokenizer = make()
    encoding = tokenizer(text)
    starts = find_word_starts(tokenizer)[encoding["input_ids"]]
    assert starts.tolist() == starts_by_word_ids(encoding)
    assert not starts.all()


def test_a_sentence_without_spaces_is_not_one_word():
    tokenizer = sentence_piece()
    assert find_word_starts(tokenizer)[tokenizer.convert_tokens_to_ids(["今", "天", "ing"])].tolist() == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("make", [word_piece, sentence_piece])
def test_special_and_added_tokens_are_words(make):
    tokenizer = make()
    tokenizer.add_tokens(["##like-this", "哈"])
    starts = find_word_starts(tokenizer)
    assert len(starts) == len(tokenizer)
    assert starts[tokenizer.convert_tokens_to_ids([*SPECIAL.values(), "##like-this", "哈"])].all()


def test_every_token_of_a_word_level_vocabulary_is_a_word(tiny_tokenizer):
    from pipeline.vocab.tokenizers import word_level_tokenizer

    assert find_word_starts(tiny_tokenizer).all()
    assert find_word_starts(word_level_tokenizer(["##", "▁x", "##a"])).all()


def test_byte_level_tokens_begin_a_word_with_their_space():
    vocab = {token: i for i, token in enumerate([*SPECIAL.values(), "a", "b", "Ġ", "Ġa"])}
    backend = Tokenizer(models.BPE(vocab, [("Ġ", "a")], unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer = wrap(backend)
    encoding = tokenizer("ab aba")
    assert find_word_starts(tokenizer)[encoding["input_ids"]].tolist() == starts_by_word_ids(encoding)
