import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from pipeline.vocab.context.corpus import OTHER, Corpus, cut_in_halves, rank_tokens, read_documents, tokenize_documents


def test_ranks_follow_counts_and_ties_the_code_points() -> None:
    corpus = rank_tokens(
        [["b", "a"], [], ["é", "b", "[PAD]", "[PAD]", "[PAD]"]], min_count=1, max_tokens=9, without=["[PAD]"]
    )
    assert corpus.tokens == ["b", "a", "é"]
    assert corpus.counts.tolist() == [2, 1, 1]
    assert corpus.ids.tolist() == [0, 1, 2, 0, OTHER, OTHER, OTHER]
    assert corpus.documents.tolist() == [0, 0, 2, 2, 2, 2, 2]


def test_rare_tokens_and_those_past_the_end_have_no_rank() -> None:
    corpus = rank_tokens([["x", "x", "y", "y", "z", "w", "w"]], min_count=2, max_tokens=2)
    assert corpus.tokens == ["w", "x"]
    assert corpus.ids.tolist() == [1, 1, OTHER, OTHER, OTHER, 0, 0]


def test_a_token_that_ends_in_a_null_is_itself() -> None:
    assert rank_tokens([["a\0", "a", "a"]], min_count=1, max_tokens=9).tokens == ["a", "a\0"]


def test_no_text() -> None:
    corpus = rank_tokens([], min_count=1, max_tokens=9)
    assert corpus.tokens == []
    assert len(corpus.ids) == len(corpus.documents) == 0


def test_words_of_the_competition() -> None:
    assert list(read_documents(["a  b,", ""], "punctuation")) == [["a", "b", ","], []]


def test_tokens_of_the_checkpoint_come_without_lone_space_markers() -> None:
    pieces = [("<unk>", 0.0), ("▁", -5.0), ("▁the", -1.0), ("c", -2.0), ("at", -2.0)]
    backend = Tokenizer(models.Unigram(pieces, unk_id=0))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>")
    assert list(tokenize_documents(["the cat", ""], tokenizer)) == [["▁the", "c", "at"], []]


def test_halves_share_the_documents_and_keep_copies_together() -> None:
    texts = [[f"w{i % 17}", f"w{i % 5}", "x"] for i in range(200)]
    corpus = rank_tokens(texts, min_count=1, max_tokens=10)
    halves = cut_in_halves(corpus)
    assert sum(len(half.ids) for half in halves) == len(corpus.ids)
    assert min(len(half.ids) for half in halves) > 100
    np.testing.assert_array_equal(halves[0].counts + halves[1].counts, corpus.counts)
    assert halves[0].tokens == halves[1].tokens == corpus.tokens
    assert not documents_of(halves[0]) & documents_of(halves[1])


def test_halves_do_not_depend_on_the_order_of_the_documents() -> None:
    texts = [["a", str(i)] for i in range(60)]
    forward, backward = (
        cut_in_halves(rank_tokens(order, min_count=1, max_tokens=99))[0] for order in (texts, texts[::-1])
    )
    assert documents_of(forward) == documents_of(backward)


def documents_of(corpus: Corpus) -> set[tuple[int, ...]]:
    return {tuple(corpus.ids[corpus.documents == d].tolist()) for d in np.unique(corpus.documents)}
