"""Every profile, whole, at toy size, on files of its competition's format made here."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dag_workspace import run_in_process

from pipeline.artifacts.atomic import read_json
from pipeline.config import load_params
from stages import hold_out

ROOT = Path(__file__).parents[2]
PROFILES = sorted(path.stem for path in (ROOT / "profiles").glob("*.yaml"))

pytestmark = pytest.mark.dag


def write_daguan(folder: Path) -> list[str]:
    """CSV of number tokens with two-level labels; → test ids."""
    rng = np.random.default_rng(0)
    labels = ["1-1", "1-2", "2-1", "10-3"]
    rows = [(i, number_text(rng, k), labels[k]) for i, k in enumerate(rng.integers(0, 4, 100))]
    test = [(i, number_text(rng, int(k))) for i, k in enumerate(rng.integers(0, 4, 30))]
    for name, header, body in (
        ("train.csv", ("id", "text", "label"), rows),
        ("test.csv", ("id", "text"), test),
        ("sample_submission.csv", ("id", "label"), [(i, "1-1") for i, _ in test]),
    ):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *body])
    return [str(i) for i, _ in test]


def number_text(rng: np.random.Generator, label: int) -> str:
    words = [str(rng.integers(label * 20, label * 20 + 30)) for _ in range(rng.integers(5, 30))]
    return " ".join([*words, "，", str(rng.integers(200)), "。"])


def write_smp2020(folder: Path) -> list[str]:
    """TSV without quoting, quotes as plain characters, a text that repeats with another label; → test ids.

    The files of the competition's other part lie in other/.
    """
    rng = np.random.default_rng(1)
    words = ["开心", "生气", "难过", "害怕", "惊讶", "路过"]
    extra = ["[心]", '"', "//@某人:转发微博", "http://t.cn/A6PqoMKY", "今天", "真的", "！"]

    def text(label: int) -> str:
        return words[label] + "".join(rng.choice(extra, size=5))

    labelled = [(int(k), text(int(k))) for k in rng.integers(0, 6, 160)]
    labelled += [(0, "同一条"), (1, "同一条")]
    parts = {"train.tsv": labelled[:120], "dev.tsv": labelled[120:]}
    for name, rows in parts.items():
        body = "".join(f"{i}\t{label}\t{words}\n" for i, (label, words) in enumerate(rows))
        (folder / name).write_text(f"id\tlabel\ttext\n{body}", encoding="utf-8")
    test = [text(int(k)) for k in rng.integers(0, 6, 30)]
    body = "".join(f"{i}\t{words}\n" for i, words in enumerate(test))
    (folder / "test.tsv").write_text(f"id\ttext\n{body}", encoding="utf-8")
    (folder / "other").mkdir()
    for name in ("train.tsv", "dev.tsv", "test.tsv"):
        shutil.copyfile(folder / name, folder / "other" / name)
    return [str(i) for i in range(len(test))]


def write_cped(folder: Path) -> list[str]:
    """CSV with BOM and CRLF in which every turn has a label, a part of it held out as the profile says; → test ids."""
    rng = np.random.default_rng(2)
    emotions = ["neutral", "anger", "happy", "negative-other"]
    rows = []
    for dialogue in range(40):
        for turn in range(rng.integers(1, 9)):
            label = int(rng.integers(4))
            text = "".join(
                rng.choice(list("你好啊怎么了撞车没事气死我真的吗"[label * 4 :][:6]), size=rng.integers(1, 9))
            )
            speaker = str(rng.choice(["于春晓", "戴娜"]))
            rows.append((f"32_{dialogue:03d}", f"32_{dialogue:03d}_{turn:03d}", speaker, emotions[label], text))
    with (folder / "valid_split.csv").open("w", encoding="utf-8-sig", newline="") as file:
        header = ("Dialogue_ID", "Utterance_ID", "Speaker", "Emotion", "Utterance")
        csv.writer(file, lineterminator="\r\n").writerows([header, *rows])
    hold_out.main("valid_split.csv", share=0.2, seed=42)
    lines = (folder / "test.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["Utterance_ID"] for line in lines]


WRITERS: dict[str, Callable[[Path], list[str]]] = {
    "daguan": write_daguan,
    "smp2020_virus": write_smp2020,
    "cped": write_cped,
}


@pytest.mark.parametrize("profile", PROFILES)
def test_profile_runs_from_files_to_submission(profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / f"profiles/{profile}.yaml").read_text(encoding="utf-8")
    assert "toy: false" in text
    (tmp_path / "params.yaml").write_text(text.replace("toy: false", "toy: true"), encoding="utf-8")
    shutil.copyfile(ROOT / "requirements.lock", tmp_path / "requirements.lock")
    monkeypatch.chdir(tmp_path)
    params = load_params()
    test_ids = None
    if params.data.competition in WRITERS:
        folder = tmp_path / "data/raw" / params.data.competition
        folder.mkdir(parents=True)
        test_ids = WRITERS[params.data.competition](folder)

    run_in_process(params)

    submission = Path("reports/submission.csv").read_text(encoding="utf-8").splitlines()
    labels = read_json(Path("data/prepared/labels.json"))["labels"]
    ids, predicted = zip(*(line.split(",") for line in submission[1:]), strict=True)
    assert test_ids is None or list(ids) == test_ids
    assert set(predicted) <= set(labels)
    assert "<title>" in Path("reports/index.html").read_text(encoding="utf-8")
