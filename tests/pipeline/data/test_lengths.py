import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from pipeline.data.lengths import describe_token_lengths


@pytest.fixture
def tokenizer() -> PreTrainedTokenizerFast:
    """Words, with [CLS] and [SEP] around them, that says it reads eight tokens."""
    core = Tokenizer(models.WordLevel({"[CLS]": 0, "[SEP]": 1, "[UNK]": 2, "a": 3}, unk_token="[UNK]"))
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    core.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, [("[CLS]", 0), ("[SEP]", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=core, unk_token="[UNK]", model_max_length=8)


def test_lengths_by_hand(tokenizer: PreTrainedTokenizerFast) -> None:
    texts = ["a", "a a a", "", "a b c d e f g h i j"]
    assert describe_token_lengths(tokenizer, texts, 5) == {
        "texts": 4, "mean": 5.5, "q50": 3, "q75": 5, "q90": 5, "q95": 5, "q99": 5, "q100": 12, "cut_share": 0.25,
    }  # fmt: skip


def test_a_text_of_just_max_length_is_not_cut(tokenizer: PreTrainedTokenizerFast) -> None:
    texts = ["a " * n for n in range(10)]
    expected = float(np.mean([n + 2 > 7 for n in range(10)]))
    assert describe_token_lengths(tokenizer, texts, 7)["cut_share"] == expected


def test_no_text_is_a_mistake(tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(ValueError, match="no text"):
        describe_token_lengths(tokenizer, [], 5)
