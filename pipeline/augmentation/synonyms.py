"""Synonyms from a file of the user's, or from the neighbours in word vectors."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.artifacts.require import require_file
from pipeline.errors import UserError
from pipeline.vectors.word2vec import nearest, read_word_vectors


def read_synonyms(path: Path) -> dict[str, list[str]]:
    """The synonyms of each word of a UTF-8 file that has one group of synonyms a line, with white space between words.

    A word of several groups has the synonyms of all, in the order of the file. Raises UserError for a missing file,
    one that is not UTF-8, and one without a group.
    """
    require_file(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 ({error}); synonyms are text, one group a line") from None
    synonyms: dict[str, dict[str, None]] = {}
    for group in (dict.fromkeys(line.split()) for line in lines):
        for word in group if len(group) > 1 else ():
            synonyms.setdefault(word, {}).update({other: None for other in group if other != word})
    if not synonyms:
        raise UserError(f"{path}: no line holds two words; synonyms stand one group a line, with spaces between them")
    return {word: list(others) for word, others in synonyms.items()}


def neighbours(folder: Path, words: Iterable[str], n: int, threshold: float) -> dict[str, list[str]]:
    """For each of `words` that the word vectors in a folder know: its up to `n` nearest with a cosine of `threshold`.

    Raises UserError where the folder holds no word vectors.
    """
    known = read_word_vectors(folder)
    row = {word: index for index, word in enumerate(known.words)}
    asked = [word for word in dict.fromkeys(words) if word in row]
    found = nearest(known.vectors, [row[word] for word in asked], n, threshold)
    return {word: [known.words[near] for near in rows] for word, rows in zip(asked, found, strict=True) if rows}
