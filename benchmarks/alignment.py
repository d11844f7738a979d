"""What alignment by context recovers, when its confidence is right, how long it takes: the tables of docs/alignment.md.

    python benchmarks/alignment.py methods       # mass right by method, on the embedded competition and other texts
    python benchmarks/alignment.py confidence    # less and less text: confidence beside what is really right
    python benchmarks/alignment.py time          # 10 million tokens of generated text on either side

The embedded competition is read from what the DAG made (`dvc repro prepare`). Other text takes part by path, one
document a line: `--pair NAME PLAIN.txt HIDDEN.txt` anonymises HIDDEN under a permutation of its own and keeps only the
marks in --plain-marks; `--unknown NAME PLAIN.txt ANONYMISED.txt` takes text that is anonymised already, whose truth
nobody knows. `--split characters` is for unsegmented Chinese. Nothing is decoded to the screen.

A clock that other work on the machine does not touch: seconds are the process's own, on one thread.
"""

import argparse
import resource
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.artifacts.paths import CORPUS, PLAIN, RAW
from pipeline.data.corpus import stream_texts
from pipeline.data.sources.read import read_table
from pipeline.data.stackdocs.docstrings import read_docstrings
from pipeline.data.stackdocs.texts import collect_texts
from pipeline.vocab.context.confidence import match_by_rank, measure_confidence
from pipeline.vocab.context.corpus import Corpus, rank_tokens
from pipeline.vocab.context.decide import assign
from pipeline.vocab.context.method import MAX_TOKENS, match_corpora, name_pinned
from pipeline.vocab.context.rounds import FIRST, TEMPERATURE, search
from pipeline.vocab.context.transport import Names
from pipeline.vocab.splits import split_words

Texts = list[list[str]]

PLAIN_PACKAGES = ("torch", "transformers", "networkx", "matplotlib")
HIDDEN_PACKAGES = ("numpy", "scipy", "pandas", "sklearn")


class Case(NamedTuple):
    """Two texts, and what is known: token → word, None where nobody knows."""

    name: str
    hidden: Texts
    plain: Texts
    truth: Mapping[str, str] | None
    pinned: Callable[[str], bool]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", choices=["methods", "confidence", "time"])
    parser.add_argument("--pair", nargs=3, action="append", default=[], metavar=("NAME", "PLAIN", "HIDDEN"))
    parser.add_argument("--unknown", nargs=3, action="append", default=[], metavar=("NAME", "PLAIN", "ANONYMISED"))
    parser.add_argument("--split", default="whitespace", choices=["whitespace", "punctuation", "characters"])
    parser.add_argument("--plain-marks", default="，。！？", help="characters that HIDDEN keeps")
    parser.add_argument("--without-stackdocs", action="store_true")
    parser.add_argument("--packages", action="store_true", help="docstrings of " + ", ".join(HIDDEN_PACKAGES))
    parser.add_argument("--millions", type=float, default=10, help="of tokens on either side, for `time`")
    options = parser.parse_args()
    if options.study == "time":
        return print_time(int(options.millions * 1e6))
    cases = list(list_cases(options))
    return print_methods(cases) if options.study == "methods" else print_confidence(cases)


def list_cases(options: argparse.Namespace) -> Iterator[Case]:
    """Cases of the embedded competition, then those of the command line."""
    if not options.without_stackdocs:
        yield from stackdocs_cases(options.study)
    if options.packages:
        yield from package_cases()
    marks = frozenset(options.plain_marks)
    for name, plain, hidden in options.pair:
        texts, truth = anonymise(read_split(hidden, options.split), seed=1, kept=marks.__contains__)
        yield Case(name, texts, read_split(plain, options.split), truth, marks.__contains__)
    for name, plain, hidden in options.unknown:
        yield Case(name, read_split(hidden, "whitespace"), read_split(plain, options.split), None, marks.__contains__)


def stackdocs_cases(study: str) -> Iterator[Case]:
    hidden = [text.split() for text in stream_texts(CORPUS)]
    plain = [text.split() for text in stream_texts(PLAIN / "stackdocs.txt")]
    words = read_table(RAW / "stackdocs/answer_key/vocabulary.csv", {"token": "token", "word": "word"}).rows
    truth = dict(zip(words["token"], words["word"], strict=True))
    yield Case("stackdocs, other packages", hidden, plain, truth, is_mark)
    if study == "confidence":
        return
    everything, all_truth = anonymise(
        [[truth.get(t, t) for t in text] for text in hidden], seed=1, kept=lambda t: False
    )
    yield Case("stackdocs, punctuation hidden too", everything, plain, all_truth, lambda token: False)
    yield Case("stackdocs, plain words shuffled", hidden, shuffle(plain, seed=0), truth, is_mark)


def package_cases() -> Iterator[Case]:
    """Docstrings of installed packages (matplotlib is no dependency of Conclave; install it for this)."""
    site_packages = Path(sysconfig.get_paths()["purelib"])
    plain, hidden = (
        [list(text) for text in collect_texts(chain(*(read_docstrings(site_packages, p) for p in names)), (), 512)]
        for names in (PLAIN_PACKAGES, HIDDEN_PACKAGES)
    )
    known = set(map(tuple, plain))
    texts, truth = anonymise([text for text in hidden if tuple(text) not in known], seed=1, kept=is_mark)
    yield Case("docstrings, across packages", texts, plain, truth, is_mark)
    first, second = random_halves([*plain, *hidden], seed=0)
    texts, truth = anonymise(first, seed=1, kept=is_mark)
    yield Case("docstrings, two random halves", texts, second, truth, is_mark)


def print_methods(cases: list[Case]) -> None:
    """Shares of the text's mass that are mapped right; `random` has right what is plain in both texts."""
    print("| text | tokens | plain tokens | can be right | random | frequency | context | agreement | recovery | s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for case in cases:
        hidden, plain, names = read_case(case)
        start = time.process_time()
        confidence = measure_confidence(hidden, plain, names)
        matched, _ = match_corpora(hidden, plain, names)
        seconds = time.process_time() - start
        sizes = [f"{sum(map(len, texts)):,}" for texts in (case.hidden, case.plain)]
        cells = [f"{confidence.agreement:.2f}", f"{confidence.recovery:.2f}", f"{seconds:.0f}"]
        shares = ["unknown"] * 4
        if case.truth is not None:
            gold = find_gold(case, hidden, plain)
            by_rank = match_by_rank(names, len(hidden.tokens))
            found_by = (gold, names.plain_id, by_rank, matched)
            shares = [f"{right_mass(found, gold, case, hidden):.3f}" for found in found_by]
        print("|", " | ".join([case.name, *sizes, *shares, *cells]), "|", flush=True)


def print_confidence(cases: list[Case]) -> None:
    """The share of the anonymised mass of the 1,000 most frequent tokens that is right, beside the confidence."""
    print("| text | tokens | plain tokens | frequency | context | agreement | recovery | confidence |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for case in cases:
        for part, plain_part in [(1, 1), (4, 1), (16, 1), (64, 1), (1, 4), (1, 16), (1, 64), (16, 16)]:
            less = case._replace(hidden=case.hidden[::part], plain=case.plain[::plain_part])
            hidden, plain, names = read_case(less)
            confidence = measure_confidence(hidden, plain, names)
            found, _ = assign(search(hidden, plain, names, FIRST), names, temperature=TEMPERATURE)
            shares = ["unknown"] * 2
            if case.truth is not None:
                gold = find_gold(less, hidden, plain)[: len(found)]
                mass = hidden.counts[: len(found)] * (names.is_free[: len(found)] & (gold >= 0))
                rank = match_by_rank(names, len(found))
                shares = [f"{mass[matched == gold].sum() / mass.sum():.2f}" for matched in (rank, found)]
            sizes = [f"{sum(map(len, texts)):,}" for texts in (less.hidden, less.plain)]
            witnesses = [f"{w:.2f}" for w in (confidence.agreement, confidence.recovery, confidence.value)]
            print("|", " | ".join([case.name, *sizes, *shares, *witnesses]), "|", flush=True)


def print_time(n_tokens: int) -> None:
    """Texts of a first-order Markov chain over 40,000 words of Zipf's frequencies, with 300 favourites after each."""
    language = np.random.default_rng(0)
    n_words = 40_000
    odds = np.cumsum(1 / np.arange(1, n_words + 1))
    favourites = np.searchsorted(odds, language.random((n_words, 300)) * odds[-1])
    texts = [generate(favourites, odds, n_tokens, seed) for seed in (1, 2)]
    names = language.permutation(n_words)
    hidden, plain = (
        rank_tokens((list(map(str, row)) for row in rows), min_count=2, max_tokens=MAX_TOKENS)
        for rows in (names[texts[0]], texts[1])
    )
    unknown = name_pinned(hidden, plain, {})
    start, wall = time.process_time(), time.monotonic()
    confidence = measure_confidence(hidden, plain, unknown)
    matched, _ = match_corpora(hidden, plain, unknown)
    seconds, wall = time.process_time() - start, time.monotonic() - wall
    word_of = np.argsort(names)
    words = [str(word_of[int(token)]) for token in hidden.tokens]
    is_right = [j >= 0 and plain.tokens[j] == word for j, word in zip(matched, words, strict=True)]
    mass = hidden.counts[is_right].sum() / n_tokens
    sizes = f"{n_tokens:,} tokens a side, vocabularies of {len(hidden.tokens):,} and {len(plain.tokens):,}"
    print(f"{sizes}: {seconds:.0f} s of CPU, {wall:.0f} s of the clock; mass right {mass:.3f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")  # Linux counts in KiB
    print(confidence)


def generate(favourites: np.ndarray, odds: np.ndarray, n_tokens: int, seed: int) -> np.ndarray:
    """[n_tokens / 50, 50] words: a favourite of the word before with odds of 7 to 3, else one by frequency."""
    rng = np.random.default_rng(seed)
    words = np.empty((n_tokens // 50, 50), np.int64)
    words[:, 0] = np.searchsorted(odds, rng.random(len(words)) * odds[-1])
    for i in range(1, 50):
        follower = favourites[words[:, i - 1], rng.integers(favourites.shape[1], size=len(words))]
        other = np.searchsorted(odds, rng.random(len(words)) * odds[-1])
        words[:, i] = np.where(rng.random(len(words)) < 0.7, follower, other)
    return words


def read_case(case: Case) -> tuple[Corpus, Corpus, Names]:
    hidden = rank_tokens(case.hidden, min_count=2, max_tokens=MAX_TOKENS)
    plain = rank_tokens(case.plain, min_count=1, max_tokens=MAX_TOKENS)
    pinned = {token: token for token in hidden.tokens if case.pinned(token)}
    return hidden, plain, name_pinned(hidden, plain, pinned)


def find_gold(case: Case, hidden: Corpus, plain: Corpus) -> np.ndarray:
    """The plain id of each token's true word; -1 where the plain text does not have it."""
    ids = {word: i for i, word in enumerate(plain.tokens)}
    return np.array([ids.get((case.truth or {}).get(token, token), -1) for token in hidden.tokens])


def right_mass(found: np.ndarray, gold: np.ndarray, case: Case, hidden: Corpus) -> float:
    """Share of all occurrences of the text, what is plain or rare included, that are mapped to their word."""
    return float(hidden.counts[(found == gold) & (gold >= 0)].sum() / sum(map(len, case.hidden)))


def read_split(path: str, split: str) -> Texts:
    return [split_words(text, split) for text in stream_texts(Path(path))]


def is_mark(token: str) -> bool:
    return not any(character.isalnum() or character == "_" for character in token)


def anonymise(texts: Texts, seed: int, kept: Callable[[str], bool]) -> tuple[Texts, dict[str, str]]:
    """Every token but those kept as a number, under a permutation: → texts, number → word."""
    words = sorted({token for text in texts for token in text if not kept(token)})
    numbers = np.random.default_rng(seed).permutation(len(words))
    number_of = {word: f"#{number}" for word, number in zip(words, numbers, strict=True)}
    return [[number_of.get(t, t) for t in text] for text in texts], {n: word for word, n in number_of.items()}


def random_halves(texts: Texts, seed: int) -> tuple[Texts, Texts]:
    order = np.random.default_rng(seed).permutation(len(texts))
    first, second = (sorted(half) for half in np.array_split(order, 2))
    return [texts[i] for i in first], [texts[i] for i in second]


def shuffle(texts: Texts, seed: int) -> Texts:
    """The same words in texts of the same lengths: frequencies stay, company goes."""
    words = np.random.default_rng(seed).permutation(np.array([t for text in texts for t in text], dtype=object))
    return [list(part) for part in np.split(words, np.cumsum([len(text) for text in texts])[:-1])]


if __name__ == "__main__":
    main()
