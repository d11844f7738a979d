from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from pipeline.vocab.alignment import Alignment, AlignmentInputs
from pipeline.vocab.identity import align_identity, identity
from pipeline.vocab.mapping import MappingRow
from pipeline.vocab.readings import Reading
from pipeline.vocab.tokenizers import word_level_tokenizer


def wrap(backend: Tokenizer, cls_token: str = "[CLS]", unk_token: str = "[UNK]") -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(tokenizer_object=backend, unk_token=unk_token, cls_token=cls_token)


@pytest.fixture
def wordpiece() -> PreTrainedTokenizerFast:
    tokens = ["[PAD]", "[UNK]", "[CLS]", "good", "##ness", "中", "a", "##b", "，"]
    backend = Tokenizer(models.WordPiece({t: i for i, t in enumerate(tokens)}, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return wrap(backend)


@pytest.fixture
def unigram() -> PreTrainedTokenizerFast:
    pieces = [("<s>", 0.0), ("<unk>", 0.0), ("▁", -3.0), ("▁good", -1.0), ("ness", -2.0), ("o", -4.0)]
    backend = Tokenizer(models.Unigram(pieces, unk_id=1))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Metaspace()
    return wrap(backend, cls_token="<s>", unk_token="<unk>")


@pytest.fixture
def byte_bpe() -> PreTrainedTokenizerFast:
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.post_processor = processors.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=264,
        special_tokens=["<s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    backend.train_from_iterator(["good good good"], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=backend, cls_token="<s>")


def run(tokenizer: PreTrainedTokenizerFast, texts: list[str], units: str, min_count: int = 2) -> Alignment:
    return identity(AlignmentInputs(texts, tokenizer, min_count, "whitespace"), units=units)


def names_of_pieces(alignment: Alignment, old: PreTrainedTokenizerFast) -> dict[str, list[str]]:
    names = alignment.tokenizer.convert_ids_to_tokens
    return {names(new): old.convert_ids_to_tokens(ids) for new, ids in alignment.pieces.items()}


def test_stay_add_or_leave_unknown() -> None:
    readings = {
        "x": Reading(4, n_unknown=4),
        "ab": Reading(4, n_in_pieces=4),
        "half": Reading(4, n_in_pieces=1, n_unknown=1),
        "more": Reading(5, n_in_pieces=2, n_unknown=1),
        "a": Reading(5),
        "ac": Reading(1, n_in_pieces=1),
        "y": Reading(1, n_unknown=1),
    }
    assert align_identity(readings, min_count=2) == [
        MappingRow("a", 5, None, "a"),
        MappingRow("more", 5, 1, None),
        MappingRow("ab", 4, 2, None),
        MappingRow("half", 4, None, "half"),
        MappingRow("x", 4, 3, None),
        MappingRow("ac", 1, None, "ac"),  # rare, but read in pieces; "y" stays unknown
    ]


def test_wordpiece_gets_missing_characters(wordpiece: PreTrainedTokenizerFast) -> None:
    # the letters of "goodness" have no tokens of their own, but are read inside longer ones; d☃ is unknown
    alignment = run(wordpiece, ["中☃中☃ GOOD", "d☃ goodness，", "鬱"], "auto")
    assert names_of_pieces(alignment, wordpiece) == {"☃": ["[UNK]"]}
    tokens = ["中", "☃", "中", "good", "##ness", "，", "[UNK]", "☃"]
    assert alignment.tokenizer.tokenize("中☃中 GOODNESS，鬱☃") == tokens
    np.testing.assert_array_equal(alignment.rows, [*range(len(wordpiece)), -1])
    assert alignment.counts["☃"] == 3
    assert alignment.counts["鬱"] == 1
    assert {row.token for row in alignment.table} == {*"中☃GODgodnes，"}  # 鬱 is out of vocabulary


def test_a_known_character_of_an_unknown_word_is_not_missing(wordpiece: PreTrainedTokenizerFast) -> None:
    alignment = run(wordpiece, ["a☃ a☃"], "characters")
    assert names_of_pieces(alignment, wordpiece) == {"☃": ["[UNK]"]}
    assert alignment.tokenizer.tokenize("a☃") == ["a", "☃"]


def test_wordpiece_gets_whole_words(wordpiece: PreTrainedTokenizerFast) -> None:
    alignment = run(wordpiece, ["goodness goodness good", "ab goodness abab"], "words")
    assert names_of_pieces(alignment, wordpiece) == {"goodness": ["good", "##ness"]}
    assert alignment.tokenizer.tokenize("goodness good ab") == ["goodness", "good", "a", "##b"]
    assert MappingRow("ab", 1, None, "ab") in alignment.table


def test_known_pieces_alone_make_the_mean(unigram: PreTrainedTokenizerFast) -> None:
    alignment = run(unigram, ["good☃ good☃"], "words")
    assert names_of_pieces(alignment, unigram) == {"good☃": ["▁good"]}


def test_word_level_gets_words_exactly() -> None:
    old = word_level_tokenizer(["a", "b"])
    alignment = run(old, ["new new.er a [MASK] [MASK]", "new"], "auto")
    assert names_of_pieces(alignment, old) == {"new": ["[UNK]"]}
    # a word, not a string to be found inside others
    assert alignment.tokenizer.tokenize("new new.er a") == ["new", "[UNK]", "a"]
    assert alignment.rows.tolist() == [*range(7), -1]
    assert "[MASK]" not in alignment.counts
    assert len(old) == 7  # the given tokenizer stays as it was


def test_word_level_with_added_tokens_of_its_own() -> None:
    old = word_level_tokenizer(["a"])
    old.add_tokens(["z"])
    alignment = run(old, ["new new a z"], "auto")
    assert alignment.tokenizer.convert_tokens_to_ids(["a", "z", "new"]) == [5, 6, 7]
    assert alignment.tokenizer.tokenize("new a z") == ["new", "a", "z"]


def test_unigram_gets_missing_characters(unigram: PreTrainedTokenizerFast) -> None:
    alignment = run(unigram, ["o☃ ☃"], "auto")
    assert names_of_pieces(alignment, unigram) == {"☃": ["<unk>"]}
    new_id, good, ness = (alignment.tokenizer.convert_tokens_to_ids(t) for t in ("☃", "▁good", "ness"))
    assert alignment.tokenizer("goodness ☃ goodness☃")["input_ids"] == [
        good,
        ness,
        new_id,
        good,
        ness,
        new_id,
    ]


def test_byte_level_bpe_gets_characters_from_their_bytes(byte_bpe: PreTrainedTokenizerFast) -> None:
    alignment = run(byte_bpe, ["鬱鬱 good", "好"], "auto")
    new_id = alignment.tokenizer.convert_tokens_to_ids("鬱")
    assert alignment.pieces == {new_id: byte_bpe("鬱")["input_ids"]}
    assert len(alignment.pieces[new_id]) == 3
    assert alignment.tokenizer("good鬱")["input_ids"] == [*byte_bpe("good")["input_ids"], new_id]
    assert next(row for row in alignment.table if row.token == "好").mapped_to is not None  # readable as bytes


@pytest.mark.parametrize("name", ["wordpiece", "unigram", "byte_bpe", "words"])
def test_saved_and_loaded_it_reads_the_same(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    old = word_level_tokenizer(["good"]) if name == "words" else request.getfixturevalue(name)
    alignment = run(old, ["good ☃ 鬱 good☃", "☃ 鬱 ☃鬱"], "auto")
    alignment.tokenizer.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path, local_files_only=True)
    assert loaded.get_vocab() == alignment.tokenizer.get_vocab()
    for text in ["good ☃ 鬱 good☃", "☃鬱", "goodness"]:
        assert loaded(text)["input_ids"] == alignment.tokenizer(text)["input_ids"]


def test_a_readable_text_changes_nothing(wordpiece: PreTrainedTokenizerFast) -> None:
    alignment = run(wordpiece, ["中，中\u200b"], "auto", min_count=1)  # the zero-width space is deleted by BERT
    assert alignment.rows.tolist() == list(range(len(wordpiece)))
    assert alignment.pieces == {}
    assert alignment.counts == {"中": 2, "，": 1}


def test_unknown_units(wordpiece: PreTrainedTokenizerFast) -> None:
    with pytest.raises(ValueError, match="one of: auto, characters, words"):
        run(wordpiece, [], "tokens")
