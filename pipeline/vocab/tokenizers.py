"""Word-level tokenizers; and what alignment asks of any tokenizer: special ids, how a word is read."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipeline.vocab.splits import get_split

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
MODEL_INPUT_NAMES = ("input_ids", "token_type_ids", "attention_mask")
SPACE_MARKERS = ("▁", "Ġ")  # a space before a word, as SentencePiece and byte-level BPE write it


def word_level_tokenizer(
    tokens: Sequence[str],
    *,
    max_length: int | None = None,
    split: str = "whitespace",
    special_tokens: Sequence[str] = SPECIAL_TOKENS,
    model_input_names: Sequence[str] = MODEL_INPUT_NAMES,
) -> "PreTrainedTokenizerFast":
    """Build a tokenizer with one id a word: the special tokens first, then `tokens` in the given order.

    A text becomes `[CLS] … [SEP]`, a pair `[CLS] … [SEP] … [SEP]` with token types 0 and 1; other words are
    `[UNK]`. `save_pretrained` writes a directory that `AutoTokenizer.from_pretrained` loads offline.

    Args:
        tokens: words, each once, none of them a special token, none that `split` would cut.
        max_length: longest sequence in tokens, special tokens included; None for no limit.
        split: how a text is cut into words, a name of `pipeline.vocab.splits.SPLITS`.
        special_tokens: the five special tokens in the order of their ids.
        model_input_names: what the encoder's `forward` accepts (RoBERTa takes no `token_type_ids`).

    Raises:
        ValueError: for repeated, empty or special words, an unknown split, or other special tokens.
    """
    from tokenizers import Tokenizer, models, processors
    from transformers import PreTrainedTokenizerFast

    if sorted(special_tokens) != sorted(SPECIAL_TOKENS):
        raise ValueError(f"special_tokens must be {SPECIAL_TOKENS} in some order, got {tuple(special_tokens)}")
    vocab = {token: index for index, token in enumerate([*special_tokens, *tokens])}
    if len(vocab) != len(special_tokens) + len(tokens) or "" in vocab:
        raise ValueError("tokens must be distinct, not empty and not special tokens")
    backend = Tokenizer(models.WordLevel(vocab, unk_token="[UNK]"))
    backend.pre_tokenizer = get_split(split)
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0",
        pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
        special_tokens=[(token, vocab[token]) for token in ("[CLS]", "[SEP]")],
    )
    build: Any = PreTrainedTokenizerFast  # its constructor has no annotations
    tokenizer: PreTrainedTokenizerFast = build(
        tokenizer_object=backend,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=max_length,
        model_input_names=list(model_input_names),
    )
    return tokenizer


def is_word_level(tokenizer: "PreTrainedTokenizerBase") -> bool:
    """Tell whether every token of the tokenizer is a whole word."""
    from tokenizers.models import WordLevel

    return isinstance(tokenizer.backend_tokenizer.model, WordLevel)


def special_token_ids(tokenizer: "PreTrainedTokenizerBase") -> dict[str, int | None]:
    """Return the id of each of `SPECIAL_TOKENS`, whatever the tokenizer calls the token; None for a missing token."""
    cls_id, sep_id = tokenizer.cls_token_id, tokenizer.sep_token_id
    return {
        "[PAD]": tokenizer.pad_token_id,
        "[UNK]": tokenizer.unk_token_id,
        "[CLS]": tokenizer.bos_token_id if cls_id is None else cls_id,
        "[SEP]": tokenizer.eos_token_id if sep_id is None else sep_id,
        "[MASK]": tokenizer.mask_token_id,
    }


def order_special_tokens(ids: dict[str, int | None]) -> list[str]:
    """Order `SPECIAL_TOKENS` for a tokenizer that replaces one with these special ids.

    By id, missing ones last, except that `[PAD]` keeps its id where that is one of the first five: RoBERTa
    and its relatives count positions from the id of the padding token, so that another id would shift every
    position.
    """
    order = sorted(SPECIAL_TOKENS, key=lambda token: (ids[token] is None, ids[token] or 0))
    pad_id = ids["[PAD]"]
    if pad_id is not None and pad_id < len(order):
        order.remove("[PAD]")
        order.insert(pad_id, "[PAD]")
    return order


def read_pieces(tokenizer: "PreTrainedTokenizerBase", word: str) -> list[str]:
    """Cut a word into the tokenizer's tokens, without a space marker that stands alone."""
    ids = tokenizer(word, add_special_tokens=False, verbose=False)["input_ids"]
    # by id, because Unigram's `tokenize` shows the text of an unknown piece, not the unknown token
    return [piece for piece in tokenizer.convert_ids_to_tokens(ids) if piece not in SPACE_MARKERS]


def find_whole_token(tokenizer: "PreTrainedTokenizerBase", word: str) -> str | None:
    """Return the one ordinary token as which the tokenizer reads the whole word; None if there is none."""
    pieces = read_pieces(tokenizer, word)
    if len(pieces) != 1 or pieces[0] in tokenizer.all_special_tokens:
        return None
    return pieces[0]
