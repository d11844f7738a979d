"""Pinned tokens: tokens of the competition that were never anonymised and keep their own pretrained row."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pipeline.vocab.tokenizers import find_whole_token

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Which tokens may be plain. All rules refuse "1523": a number may be an anonymised word, and must not take
# the row that the pretrained vocabulary has for the number of that name.
PIN_RULES: dict[str, Callable[[str], bool]] = {
    # no digit anywhere: words and punctuation; for competitions that write every anonymised token with digits
    "no-digit": lambda token: not any(character.isdigit() for character in token),
    # no letter and no digit: punctuation and symbols; for codes that can be letters alone
    "punctuation": lambda token: not any(character.isalnum() for character in token),
    # nothing is plain
    "none": lambda token: False,
}


def find_pinned(tokens: Iterable[str], tokenizer: "PreTrainedTokenizerBase", pin_rule: str) -> dict[str, str]:
    """Map every token that the rule calls plain to itself, where it is one token of the pretrained tokenizer.

    The pretrained token is spelled as its tokenizer spells it (`the` → `▁the`, or `The` → `the` if it lowers
    case). Raises ValueError for an unknown rule.
    """
    if pin_rule not in PIN_RULES:
        raise ValueError(f"unknown pin rule {pin_rule!r}, one of: {', '.join(PIN_RULES)}")
    may_be_plain = PIN_RULES[pin_rule]
    found = ((token, find_whole_token(tokenizer, token)) for token in tokens if may_be_plain(token))
    return {token: plain_token for token, plain_token in found if plain_token is not None}
