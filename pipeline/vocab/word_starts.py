"""Which tokens of a vocabulary begin a word."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.vocab.tokenizers import SPACE_MARKERS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

# Scripts without spaces, whose characters BERT's tokenizer makes words of their own: the CJK ideographs with their
# extensions and compatibility forms (as in BERT), and Japanese kana.
UNSPACED = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2FA1F))


def find_word_starts(tokenizer: "PreTrainedTokenizerBase") -> NDArray[np.bool_]:
    """Tell for each id whether its token begins a word or goes on with the word before: → bool [V].

    WordPiece marks what goes on (`##ing`); SentencePiece and byte-level BPE mark what begins (`▁play`, `Ġplay`), and
    there a character of a script without spaces begins a word too, or a whole Chinese sentence would be one. In any
    other vocabulary, and for special and added tokens, every token is a word.
    """
    from tokenizers.models import BPE, Unigram, WordPiece

    model = tokenizer.backend_tokenizer.model
    tokens = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    whole = set(tokenizer.get_added_vocab())
    marker = next((m for m in SPACE_MARKERS if any(token.startswith(m) for token in tokens)), None)
    if isinstance(model, WordPiece):
        starts = [token in whole or not token.startswith(model.continuing_subword_prefix) for token in tokens]
    elif isinstance(model, Unigram | BPE) and marker:
        starts = [token in whole or token.startswith(marker) or _is_unspaced(token[0]) for token in tokens]
    else:
        starts = [True] * len(tokens)
    return np.array(starts, dtype=bool)


def _is_unspaced(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in UNSPACED)
