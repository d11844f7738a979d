"""How the vocabulary grows with the text that is read, and how much of the test text is new."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

# What a token is: between white space (anonymised and segmented text), or a character (unsegmented Chinese).
UNITS = ("tokens", "characters")
POINTS = 20


def describe_vocabulary(train_texts: Sequence[str], test_texts: Sequence[str]) -> list[dict[str, Any]]:
    """Count tokens and distinct tokens, and how much of the test text training lacks, for each unit.

    `train_once`: distinct tokens that occur once. `unseen_distinct_share`: the share of the test text's distinct tokens
    that training lacks; `unseen_token_share`: that of its tokens, each as often as it occurs.
    """
    described = []
    for unit in UNITS:
        train, test = (
            Counter(token for text in texts for token in split_tokens(text, unit))
            for texts in (train_texts, test_texts)
        )
        unseen = [token for token in test if token not in train]
        described.append(
            {
                "unit": unit,
                "train_tokens": train.total(),
                "train_distinct": len(train),
                "train_once": sum(count == 1 for count in train.values()),
                "test_tokens": test.total(),
                "test_distinct": len(test),
                "unseen_distinct_share": round(len(unseen) / max(1, len(test)), 4),
                "unseen_token_share": round(sum(test[token] for token in unseen) / max(1, test.total()), 4),
            }
        )
    return described


def describe_growth(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Count the tokens, and the distinct ones, up to each twentieth of the texts in their order, for each unit."""
    ends = {round(len(texts) * point / POINTS) for point in range(1, POINTS + 1)}
    points = []
    for unit in UNITS:
        n_read, seen = 0, set[str]()
        for number, text in enumerate(texts, start=1):
            tokens = split_tokens(text, unit)
            n_read += len(tokens)
            seen.update(tokens)
            if number in ends:
                points.append({"unit": unit, "texts": number, "tokens_read": n_read, "distinct": len(seen)})
    return points


def split_tokens(text: str, unit: str) -> Sequence[str]:
    """Split a text into its units: `tokens` between white space, or `characters` without white space."""
    words = text.split()
    return words if unit == "tokens" else "".join(words)
