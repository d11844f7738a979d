import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from pipeline.vocab.pinning import find_pinned
from pipeline.vocab.tokenizers import word_level_tokenizer

TOKENS = ["，", "15", "the", "a1", "cafe", "!?", "１５", "[MASK]", "[UNK]"]


@pytest.mark.parametrize(("rule", "pinned"), [("no-digit", ["，", "the"]), ("punctuation", ["，"]), ("none", [])])
def test_rules_never_pin_a_number(rule: str, pinned: list[str]) -> None:
    tokenizer = word_level_tokenizer(["，", "15", "the", "a1", "１５"])
    assert find_pinned(TOKENS, tokenizer, rule) == {token: token for token in pinned}


def test_pins_follow_the_pretrained_tokenizer() -> None:
    backend = Tokenizer(models.Unigram([("<unk>", 0.0), ("▁", -2.0), ("，", -2.0), ("▁the", -1.0)], unk_id=0))
    backend.normalizer = normalizers.Lowercase()
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>")
    # "，" is read as "▁", "，"; "cat" is not in the vocabulary
    assert find_pinned(["The", "，", "cat"], tokenizer, "no-digit") == {"The": "▁the", "，": "，"}


def test_unknown_rule() -> None:
    with pytest.raises(ValueError, match="one of: no-digit, punctuation, none"):
        find_pinned([], word_level_tokenizer([]), "digits")
