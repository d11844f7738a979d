"""Whether the words come back, on a language made here, and whether the confidence knows."""

import numpy as np
import pytest
from transformers import PreTrainedTokenizerFast

from pipeline.errors import UserError
from pipeline.vocab.alignment import AlignmentInputs
from pipeline.vocab.context import method
from pipeline.vocab.context.confidence import Confidence, bigram_gain, mass_agreed, match_by_rank, measure_confidence
from pipeline.vocab.context.corpus import Corpus, rank_tokens, read_documents
from pipeline.vocab.context.method import context, match_corpora, name_pinned
from pipeline.vocab.context.neighbours import count_neighbours
from pipeline.vocab.context.signature import signature_distance
from pipeline.vocab.context.transport import Names
from pipeline.vocab.tokenizers import word_level_tokenizer


def read(texts: list[str]) -> Corpus:
    return rank_tokens(read_documents(texts, "whitespace"), min_count=1, max_tokens=1000)


def share_right(tokens: list[str], counts: np.ndarray, found: list[str | None], key: dict[str, str]) -> float:
    right = [key.get(token) == word for token, word in zip(tokens, found, strict=True)]
    hidden = np.array([token in key for token in tokens])
    return float(counts[np.array(right)].sum() / counts[hidden].sum())


def shuffle(texts: list[str]) -> list[str]:
    """The same words in the same number of texts, and no company."""
    words = np.random.default_rng(0).permutation([word for text in texts for word in text.split()])
    ends = np.cumsum([len(text.split()) for text in texts])[:-1]
    return [" ".join(part) for part in np.split(words, ends)]


def test_signatures_do_not_depend_on_names(world) -> None:
    hidden = read(world.hidden)
    names = {token: f"n{i}" for i, token in enumerate(sorted(hidden.tokens, key=lambda t: t[::-1]))}
    other = read([" ".join(names[word] for word in text.split()) for text in world.hidden])
    none = (np.zeros(0, np.int64), np.zeros(0, np.int64))
    distance = signature_distance(
        (hidden, count_neighbours(hidden, 99)), (other, count_neighbours(other, 99)), none, 60
    )
    same = [other.tokens.index(names[token]) for token in hidden.tokens[:60]]
    pairs = [(i, j) for i, j in enumerate(same) if j < 60]
    assert len(pairs) > 55
    assert max(distance[i, j] for i, j in pairs) < 1e-2
    assert np.median(distance) > 0.5


def test_words_come_back(world) -> None:
    hidden, plain = read(world.hidden), read(world.plain)
    names = name_pinned(hidden, plain, {".": "."})
    matched, probability = match_corpora(hidden, plain, names)
    found = [plain.tokens[j] if j >= 0 else None for j in matched]
    by_rank = [plain.tokens[j] for j in match_by_rank(names, len(hidden.tokens))]
    assert share_right(hidden.tokens, hidden.counts, found, world.key) > 0.95
    assert share_right(hidden.tokens, hidden.counts, by_rank, world.key) < 0.6
    assert found[hidden.tokens.index(".")] == "."
    assert len(set(matched.tolist())) == len(matched)
    right = np.array([world.key.get(t) == w for t, w in zip(hidden.tokens, found, strict=True)])
    assert probability[right].mean() > 0.8


def test_the_rare_take_what_is_left(world, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, "FIRST", tuple(r._replace(n=60) for r in method.FIRST))
    monkeypatch.setattr(method, "THEN", ())
    hidden, plain = read(world.hidden), read(world.plain)
    matched, probability = match_corpora(hidden, plain, name_pinned(hidden, plain, {".": "."}))
    found = [plain.tokens[j] if j >= 0 else None for j in matched]
    assert np.isnan(probability[60:]).all()
    assert not np.isnan(probability[:60]).any()
    assert len(set(matched[matched >= 0].tolist())) == (matched >= 0).sum()
    right = [world.key.get(t) == w for t, w in zip(hidden.tokens, found, strict=True)]
    assert np.mean(right[60:]) > 0.3


def test_confidence_tells_success_from_failure(world) -> None:
    hidden, plain = read(world.hidden), read(world.plain)
    names = name_pinned(hidden, plain, {".": "."})
    good = measure_confidence(hidden, plain, names)
    assert good.value > 0.7
    assert good.gain > good.gain_by_rank
    shuffled = read(shuffle(world.plain))
    bad = measure_confidence(hidden, shuffled, name_pinned(hidden, shuffled, {".": "."}))
    assert bad.value < 0.3
    assert measure_confidence(hidden, read(["w1"]), name_pinned(hidden, read(["w1"]), {})).value == 0


def test_the_value_is_the_weaker_witness() -> None:
    assert Confidence(0.7, 0.2, 0, 0, 0).value == 0.2
    assert Confidence(0.1, 0.2, 0, 0, 0).value == 0.1


def test_mass_agreed() -> None:
    first, second = np.array([4, 2, -1, 5]), np.array([4, 3, -1, 5])
    assert mass_agreed(first, second, np.array([6, 1, 1, 2])) == 0.8  # two that found nothing do not agree
    assert mass_agreed(first, second, np.zeros(4)) == 0


def test_rank_keeps_known_names() -> None:
    names = Names(np.array([-1, 1, -1, -1]), np.array([True, False, True, True]), np.array([True, False, True]))
    assert match_by_rank(names, 4).tolist() == [0, 1, 2, -1]


def test_bigram_gain_against_the_definition() -> None:
    model = read(["a b a b a c", "b b c a"])
    text = read(["1 2 1", "3 2 9"])
    decoded = {"1": "a", "2": "b", "3": "c"}
    plain_ids = np.array([model.tokens.index(decoded[t]) if t in decoded else -1 for t in text.tokens])
    words = {t: int(n) for t, n in zip(model.tokens, model.counts, strict=True)}
    pairs = ["ab", "ba", "ab", "ba", "ac", "bb", "bc", "ca"]
    gains = []
    for before, after in ("ab", "ba", "cb"):  # "b 9" has no plain word
        followers = [pair for pair in pairs if pair[0] == before]
        trust = len(followers) / (len(followers) + len(set(followers)))
        alone = words[after] / sum(words.values())
        gains.append(np.log((trust * followers.count(before + after) / len(followers) + (1 - trust) * alone) / alone))
    assert bigram_gain(text, model, plain_ids) == pytest.approx(np.mean(gains), rel=1e-5)
    assert bigram_gain(text, model, np.full(4, -1)) == 0


@pytest.fixture(scope="module")
def tokenizer(world) -> PreTrainedTokenizerFast:
    return word_level_tokenizer([*sorted(set(world.key.values())), "."], max_length=32)


def test_method(world, tokenizer: PreTrainedTokenizerFast) -> None:
    inputs = AlignmentInputs(world.hidden, tokenizer, 2, "whitespace", plain_texts=world.plain)
    alignment = context(inputs, pin_rule="no-digit", min_confidence=0.4)
    assert alignment.evidence["method_used"] == "context"
    assert alignment.evidence["confidence"] == min(alignment.evidence["evidence"][w] for w in ("agreement", "recovery"))
    rows = {row.token: row for row in alignment.table}
    right = sum(row.count for row in alignment.table if world.key.get(row.token) == row.mapped_to)
    assert right / sum(row.count for row in alignment.table if row.token in world.key) > 0.95
    assert rows["."].is_pinned
    assert rows["."].mapped_to == "."
    frequent = alignment.table[0] if alignment.table[0].token != "." else alignment.table[1]
    assert frequent.rank == frequent.mapped_rank == 1
    assert 0.5 < (frequent.probability or 0) <= 1
    vocab, old_vocab = alignment.tokenizer.get_vocab(), tokenizer.get_vocab()
    assert alignment.rows[vocab[frequent.token]] == old_vocab[frequent.mapped_to or ""]


def test_the_fallback_is_frequency(world, tokenizer: PreTrainedTokenizerFast) -> None:
    inputs = AlignmentInputs(world.hidden, tokenizer, 2, "whitespace", plain_texts=shuffle(world.plain))
    alignment = context(inputs, pin_rule="no-digit", min_confidence=0.4)
    assert alignment.evidence["method_used"] == "frequency"
    assert alignment.evidence["confidence"] < 0.4
    assert all(row.rank == row.mapped_rank for row in alignment.table if not row.is_pinned and row.mapped_to)


def test_the_same_twice(world, tokenizer: PreTrainedTokenizerFast) -> None:
    inputs = AlignmentInputs(world.hidden[:400], tokenizer, 2, "whitespace", plain_texts=world.plain[:400])
    first, second = (context(inputs, pin_rule="none", min_confidence=0.0) for _ in range(2))
    assert first.table == second.table
    assert first.evidence == second.evidence


def test_counts_are_no_reference(tokenizer: PreTrainedTokenizerFast) -> None:
    inputs = AlignmentInputs(["7"], tokenizer, 1, "whitespace", plain_counts={"w1": 3})
    with pytest.raises(UserError, match="holds counts alone"):
        context(inputs, pin_rule="none", min_confidence=0.4)


def test_foreign_text_is_refused(tokenizer: PreTrainedTokenizerFast) -> None:
    inputs = AlignmentInputs(["7"], tokenizer, 1, "whitespace", plain_texts=["so ganz und gar fremd"])
    with pytest.raises(UserError, match="no token that its tokenizer knows"):
        context(inputs, pin_rule="none", min_confidence=0.4)
