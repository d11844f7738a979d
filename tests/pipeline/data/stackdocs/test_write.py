import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipeline.data.stackdocs.packages import PACKAGES, TOY_PACKAGES, Packages
from pipeline.data.stackdocs.write import write_stackdocs
from pipeline.errors import UserError

FAKE = Packages(competition=("alpha", "beta"), unlabelled=("gamma",), plain=("delta", "epsilon/inner"))
ARGUMENTS: dict[str, Any] = {
    "n_classes": 3,
    "n_train": 40,
    "n_test": 20,
    "min_rows": 6,
    "max_tokens": 32,
    "seed": 7,
    "packages": FAKE,
}


def make(site_packages: Path, folder: Path, **changed: Any) -> dict[str, int]:
    return write_stackdocs(site_packages, folder / "raw", folder / "plain.txt", **{**ARGUMENTS, **changed})


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def competition(site_packages: Path, tmp_path: Path) -> Path:
    make(site_packages, tmp_path / "out")
    return tmp_path / "out"


def test_counts_and_files(site_packages: Path, tmp_path: Path) -> None:
    counts = make(site_packages, tmp_path / "out")
    raw = tmp_path / "out" / "raw"
    names = (
        "train",
        "test",
        "unlabelled",
        "sample_submission",
        "answer_key/test_labels",
        "answer_key/vocabulary",
    )
    assert [len(read(raw / f"{name}.csv")) for name in names] == [40, 20, 10, 20, 20, counts["words"]]
    plain = (tmp_path / "out" / "plain.txt").read_text(encoding="utf-8").splitlines()
    assert counts == {
        "classes": 3,
        "train": 40,
        "test": 20,
        "unlabelled": 10,
        "plain": 20,
        "words": counts["words"],
    }
    assert plain[0] == "return the plain of item 0 , which is more than eight words ( and plain_0 ) . x_plain : int"
    # the five vendored copies of competition texts are not there
    assert [line.split()[2] for line in plain] == ["plain"] * 10 + ["other"] * 10


def test_two_runs_give_the_same_bytes_and_another_seed_others(site_packages: Path, tmp_path: Path) -> None:
    make(site_packages, tmp_path / "a")
    make(site_packages, tmp_path / "b")
    make(site_packages, tmp_path / "c", seed=8)
    first, second, other = (contents(tmp_path / name) for name in "abc")
    assert first == second
    assert all(first[name] != other[name] for name in first if name.endswith(("train.csv", "vocabulary.csv")))
    assert not any(b"\r" in content for content in first.values())


def test_ids_are_unique_and_the_files_agree_on_them(competition: Path) -> None:
    raw = competition / "raw"
    ids = {name: [row["id"] for row in read(raw / f"{name}.csv")] for name in ("train", "test", "unlabelled")}
    assert [*ids["train"], *ids["test"], *ids["unlabelled"]] == [str(n) for n in range(70)]
    assert [row["id"] for row in read(raw / "sample_submission.csv")] == ids["test"]
    assert [row["id"] for row in read(raw / "answer_key" / "test_labels.csv")] == ids["test"]
    assert {row["label"] for row in read(raw / "sample_submission.csv")} == {"alpha-one"}


def test_the_key_opens_the_texts(competition: Path) -> None:
    raw = competition / "raw"
    words = {row["token"]: row["word"] for row in read(raw / "answer_key" / "vocabulary.csv")}
    assert list(words) == [str(n) for n in range(len(words))]
    labelled = read(raw / "train.csv")
    labelled += [
        {**a, **b} for a, b in zip(read(raw / "test.csv"), read(raw / "answer_key" / "test_labels.csv"), strict=True)
    ]
    for row in labelled:
        tokens = row["text"].split(" ")
        assert all(token in words or token in ",()." for token in tokens)
        opened = " ".join(words.get(token, token) for token in tokens)
        topic = row["label"].replace("-", "_")  # every made-up text names its subpackage
        assert opened.startswith(f"return the {topic} of item ")
        assert "x_" not in opened  # Parameters are no part of the description
    used = {
        token
        for name in ("train", "test", "unlabelled")
        for row in read(raw / f"{name}.csv")
        for token in row["text"].split(" ")
    }
    assert used - {",", "(", ")", ".", ":"} == set(words)


def test_no_text_is_in_two_places(competition: Path) -> None:
    texts = [
        row["text"] for name in ("train", "test", "unlabelled") for row in read(competition / "raw" / f"{name}.csv")
    ]
    assert len(texts) == len(set(texts))


def test_rare_classes_have_their_rows(competition: Path) -> None:
    train = Counter(row["label"] for row in read(competition / "raw" / "train.csv"))
    test = Counter(row["label"] for row in read(competition / "raw" / "answer_key" / "test_labels.csv"))
    assert set(train) == set(test) == {"alpha-one", "alpha-two", "beta-one"}  # beta-rare is too small
    assert min(train.values()) >= 6


def test_an_earlier_competition_is_replaced_whole(site_packages: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "raw").mkdir(parents=True)
    (tmp_path / "out" / "raw" / "old.csv").write_text("stale")
    make(site_packages, tmp_path / "out")
    assert not (tmp_path / "out" / "raw" / "old.csv").exists()


def test_a_missing_package_leaves_nothing_behind(site_packages: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no package 'absent'"):
        make(site_packages, tmp_path / "out", packages=FAKE._replace(plain=("delta", "absent")))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("packages", [PACKAGES, TOY_PACKAGES])
def test_each_package_serves_one_purpose(packages: Packages) -> None:
    names = [name for group in packages for name in group]
    assert len(names) == len(set(names))
    tops = [{name.split("/")[0] for name in group} for group in packages]
    assert not tops[0] & tops[1]
    assert not tops[0] & tops[2]
    assert not tops[1] & tops[2]
