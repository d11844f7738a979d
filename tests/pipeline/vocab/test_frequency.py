import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from pipeline.errors import UserError
from pipeline.vocab.alignment import AlignmentInputs
from pipeline.vocab.frequency import align_by_frequency, frequency, rank_windows
from pipeline.vocab.mapping import MappingRow

COUNTS = st.dictionaries(st.text("abc123，。", min_size=1, max_size=3), st.integers(1, 5), max_size=20)


def test_ranks_meet_and_ties_break_by_token() -> None:
    competition = {"9": 5, "10": 5, "，": 7, "8": 1, "7": 1}
    plain = {"of": 3, "the": 9, "，": 20, "and": 3, "never": 0}
    assert align_by_frequency(competition, plain, pinned={"，": "，"}) == [
        MappingRow("，", 7, None, "，"),
        MappingRow("10", 5, 1, "the", 1),  # "10" < "9" as strings
        MappingRow("9", 5, 2, "and", 2),
        MappingRow("7", 1, 3, "of", 3),
        MappingRow("8", 1, 4, None),  # past the end: a new row
    ]


def test_a_smaller_competition_leaves_rare_plain_tokens_unused() -> None:
    rows = align_by_frequency({"1": 2}, {"a": 1, "b": 2}, pinned={})
    assert rows == [MappingRow("1", 2, 1, "b", 1)]


def test_nothing_to_align() -> None:
    assert align_by_frequency({}, {"a": 1}, pinned={}) == []


@given(COUNTS, COUNTS)
def test_every_pretrained_token_is_used_at_most_once(competition: dict[str, int], plain: dict[str, int]) -> None:
    pinned = {token: token for token in competition if token in plain and not token.isdigit()}
    rows = align_by_frequency(competition, plain, pinned=pinned)
    used = [row.mapped_to for row in rows if row.mapped_to is not None]
    assert len(used) == len({*used})
    assert sorted(row.token for row in rows) == sorted(competition)
    assert all(row.count == competition[row.token] for row in rows)
    assert all(row.mapped_to == row.token and row.is_pinned for row in rows if row.token in pinned)
    ranked = [row for row in rows if not row.is_pinned]
    assert sorted(row.rank or 0 for row in ranked) == list(range(1, len(ranked) + 1))
    n_free = len(plain) - len(pinned)
    assert sum(row.mapped_to is None for row in ranked) == max(0, len(ranked) - n_free)
    for row in ranked:  # the slow rule: as many plain tokens stand before mapped_to as ranked tokens before the token
        if row.mapped_to is not None:
            place = (-plain[row.mapped_to], row.mapped_to)
            before = sum((-n, t) < place for t, n in plain.items() if t not in pinned)
            assert before == sum((-r.count, r.token) < (-row.count, row.token) for r in ranked)


def test_the_order_of_the_input_does_not_matter() -> None:
    competition, plain = {"1": 2, "2": 2, "3": 1}, {"a": 4, "b": 4, "c": 4}
    reverse = [dict(reversed(counts.items())) for counts in (competition, plain)]
    assert align_by_frequency(competition, plain, pinned={}) == align_by_frequency(*reverse, pinned={})


def test_method_on_anonymised_text(
    anonymised_texts: list[str], plain_tokenizer: PreTrainedTokenizerFast, key: dict[str, str]
) -> None:
    plain_counts = {"the": 60, "cat": 40, "sat": 30, "on": 20, "mat": 10, "15": 5, ".": 99, "[UNK]": 999}
    inputs = AlignmentInputs(
        texts=[*anonymised_texts, "[MASK] once"],
        tokenizer=plain_tokenizer,
        min_count=1,
        split="whitespace",
        plain_counts=plain_counts,
    )
    alignment = frequency(inputs, pin_rule="no-digit", window=1)
    found = {row.token: row.mapped_to for row in alignment.table}
    # "15" hides "cat" and must not take the pretrained row "15"; "once" is plain but not pretrained
    assert found == {**{token: word for word, token in key.items()}, ".": ".", "，": "，", "once": "15"}
    assert "[MASK]" not in alignment.counts
    vocab, old_vocab = alignment.tokenizer.get_vocab(), plain_tokenizer.get_vocab()
    assert [int(alignment.rows[vocab[token]]) for token in found] == [old_vocab[w] for w in found.values() if w]
    assert alignment.rows[:5].tolist() == [0, 1, 2, 3, 4]
    assert alignment.tokenizer.model_max_length == 32


def test_min_count_leaves_rare_tokens_to_unk(plain_tokenizer: PreTrainedTokenizerFast) -> None:
    inputs = AlignmentInputs(["7 7 8"], plain_tokenizer, 2, "whitespace", {"the": 1})
    alignment = frequency(inputs, pin_rule="none", window=1)
    assert [row.token for row in alignment.table] == ["7"]
    assert alignment.counts == {"7": 2, "8": 1}
    assert alignment.tokenizer.tokenize("7 8") == ["7", "[UNK]"]


def test_foreign_counts_are_refused(plain_tokenizer: PreTrainedTokenizerFast) -> None:
    inputs = AlignmentInputs(["7"], plain_tokenizer, 1, "whitespace", {"zzz": 4, "the": 0, "[PAD]": 3})
    with pytest.raises(UserError, match="of 3 tokens counted in plain text none"):
        frequency(inputs, pin_rule="none", window=1)


def test_counts_are_needed(plain_tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(ValueError, match="plain_counts"):
        frequency(AlignmentInputs(["7"], plain_tokenizer, 1, "whitespace"), pin_rule="none", window=1)


def test_windows_of_ranks() -> None:
    assert rank_windows("abcd", 3) == [["a", "b"], ["a", "b", "c"], ["b", "c", "d"], ["c", "d"]]
    assert rank_windows("abcd", 5)[0] == ["a", "b", "c"]
    assert rank_windows("abc", 1) == rank_windows("abc", 0) == [["a"], ["b"], ["c"]]
    assert rank_windows("", 3) == []


def test_a_window_starts_from_the_mean_of_near_ranks(plain_tokenizer: PreTrainedTokenizerFast) -> None:
    counts = {"the": 60, "cat": 40, "sat": 30, ".": 99}
    inputs = AlignmentInputs(["7 7 7 7 8 8 8 9 9 6 . ."], plain_tokenizer, 1, "whitespace", counts)
    single, smooth = (frequency(inputs, pin_rule="no-digit", window=window) for window in (1, 3))
    assert single.table == smooth.table
    assert not single.pieces
    old, vocab = plain_tokenizer.get_vocab(), smooth.tokenizer.get_vocab()
    near = {"7": ["the", "cat"], "8": ["the", "cat", "sat"], "9": ["cat", "sat"]}
    assert smooth.pieces == {vocab[token]: [old[t] for t in tokens] for token, tokens in near.items()}
    assert all(smooth.rows[i] == -1 for i in smooth.pieces)
    assert smooth.rows[vocab["6"]] == -1  # past the end: drawn
    others = [i for i in range(len(smooth.rows)) if i not in smooth.pieces]
    assert smooth.rows[others].tolist() == single.rows[others].tolist()
    assert smooth.rows[vocab["."]] == old["."]
