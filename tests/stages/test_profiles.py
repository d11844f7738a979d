"""Every profile and params.yaml, whole, at toy size, on files of the competition's format made here.

What runs is written down: every function that a stage's entry runs has to be in its fingerprint, and an edit of any of
them has to change it.
"""

import ast
import csv
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from dag_workspace import environment
from numpy.typing import NDArray
from tiny_ensemble import PARAMS, write_files, write_params

from pipeline.artifacts.atomic import read_json
from pipeline.config import load_params
from pipeline.plan import fingerprint, modules
from pipeline.plan.entries import fingerprint_of, list_entries, roots_of
from pipeline.plan.fingerprint import Place, component, reach
from pipeline.plan.modules import read_definition, read_module
from pipeline.plan.source_text import SourceText
from pipeline.plan.sources import read_source
from tools import hold_out

ROOT = Path(__file__).parents[2]
OWN, TINY = "params", "tiny"
PROFILES = {path.stem: path for path in sorted((ROOT / "profiles").glob("*.yaml"))}
# Profiles whose boards and kinds of members another one has: they differ from it in settings alone.
LIKE = {"daguan": "daguan-cpu", "smp2020": "smp2020-cpu"}
FILES = {OWN: ROOT / f"{OWN}.yaml"} | {name: path for name, path in PROFILES.items() if name not in LIKE}
N_MUTATIONS = 100
SYNONYMS = {"near": {"method": {"name": "synonym_replacement", "share": 0.5}, "from": "models/vectors/w2v"}}

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


class Run(NamedTuple):
    """What came of a params file: its folder, its test ids, and the places that each entry ran."""

    folder: Path
    test_ids: list[str] | None
    ran: dict[str, set[Place]] | str


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory, short_texts: list[str], short_labels: NDArray[np.int64]
) -> dict[str, Run]:
    """Every params file run whole at toy size, all in one process beside this one: importing torch takes longer.

    A competition of 60 rows with every fusion rule runs in another process, where no function is machine code.
    """
    root = tmp_path_factory.mktemp("profiles")
    test_ids = {name: write_competition(root / name, file) for name, file in FILES.items()}
    write_files(root / TINY, short_texts, short_labels)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root / TINY)
        write_params(
            vectors=PARAMS["vectors"] | {"w2v": {**PARAMS["vectors"]["w2v"], "segment": "characters"}}, augment=SYNONYMS
        )
    found = record(root, list(FILES)) | record(root, [TINY], NUMBA_DISABLE_JIT="1")
    return {name: Run(root / name, test_ids.get(name), as_places(ran)) for name, ran in found.items()}


def write_competition(folder: Path, file: Path) -> list[str] | None:
    """A params file at toy size, and its competition's files where no stage makes them: → test ids."""
    folder.mkdir()
    text = file.read_text(encoding="utf-8")
    assert "toy: false" in text
    (folder / "params.yaml").write_text(text.replace("toy: false", "toy: true"), encoding="utf-8")
    shutil.copyfile(ROOT / "requirements.lock", folder / "requirements.lock")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        competition = load_params().data.competition
        if competition not in WRITERS:
            return None
        raw = folder / "data/raw" / competition
        raw.mkdir(parents=True)
        return WRITERS[competition](raw)


def record(root: Path, names: list[str], **variables: str) -> dict[str, Any]:
    """Run the competitions in folders below the root in a process of their own: → what `record_runs.py` has noted."""
    output = root / f"{names[0]}.json"
    command = [sys.executable, str(ROOT / "tests/stages/record_runs.py"), str(output), *(str(root / n) for n in names)]
    done = subprocess.run(command, env=environment() | variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(output.read_text(encoding="utf-8"))
    return {name: found[str(root / name)] for name in names}


def as_places(ran: dict[str, list[list[str]]] | str) -> dict[str, set[Place]] | str:
    return ran if isinstance(ran, str) else {entry: {Place(*pair) for pair in pairs} for entry, pairs in ran.items()}


def components_of(folder: Path, entry: str) -> tuple[str, ...]:
    """The components of an entry, as its plan names them."""
    return tuple(read_json(folder / "models/plan" / f"{entry.replace('@', '/')}.json")["components"])


@pytest.mark.parametrize("name", LIKE)
def test_a_profile_like_another_is_planned(name: str) -> None:
    """It reads the same files in the same way, and no stage loads a component that it does not load in those below."""
    assert load_params(PROFILES[name]).data == load_params(PROFILES[LIKE[name]]).data
    assert loads(PROFILES[name]) <= set().union(*map(loads, FILES.values()))


def loads(file: Path) -> set[tuple[str, str]]:
    return {(entry.stage, name) for entry in list_entries(load_params(file)) for name in entry.components}


@pytest.mark.parametrize("name", FILES)
def test_params_run_from_files_to_submission(runs: dict[str, Run], name: str) -> None:
    folder, test_ids, ran = runs[name]
    assert isinstance(ran, dict), ran
    submission = (folder / "reports/submission.csv").read_text(encoding="utf-8").splitlines()
    labels = read_json(folder / "data/prepared/labels.json")["labels"]
    ids, predicted = zip(*(line.split(",") for line in submission[1:]), strict=True)
    assert test_ids is None or list(ids) == test_ids
    assert set(predicted) <= set(labels)
    assert "<title>" in (folder / "reports/index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*FILES, TINY])
def test_what_runs_is_in_the_fingerprint(runs: dict[str, Run], name: str) -> None:
    folder, _, ran = runs[name]
    assert isinstance(ran, dict), ran
    for entry, places in ran.items():
        stage, _, _ = entry.partition("@")
        components = [place for name in components_of(folder, entry) for place in component(name)]
        reached = reach([*roots_of(stage), *components]).texts
        missed = sorted(str(place) for place in places - reached.keys() if not read_module(place.module).is_harmless)
        assert missed == [], f"{entry} runs what its fingerprint does not know"
        assert Place(f"pipeline.steps.{stage}", "run") in places


def test_machine_code_is_seen_where_it_is_none(runs: dict[str, Run]) -> None:
    ran = runs[TINY].ran
    assert isinstance(ran, dict), ran
    assert Place("pipeline.fusion.kernels", "count_votes") in ran["fuse"]
    assert Place("pipeline.class_weights.kernels", "macro_f1_of_weightings") in ran["search_weights"]


def test_an_edit_of_a_function_changes_every_plan_that_runs_it(
    runs: dict[str, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One more statement in each of a hundred functions that ran, one after the other."""
    entries: dict[tuple[str, tuple[str, ...]], set[Place]] = {}
    for name in (OWN, TINY):
        folder, _, ran = runs[name]
        assert isinstance(ran, dict), ran
        for entry, places in ran.items():
            key = entry.partition("@")[0], components_of(folder, entry)
            entries[key] = entries.get(key, set()) | places
    functions = sorted(place for place in set().union(*entries.values()) if not read_module(place.module).is_harmless)
    drawn = random.Random(0).sample(functions, N_MUTATIONS)
    before = {key: fingerprint_of(*key).code for key in entries}
    for place in drawn:
        edited = with_statement(place)
        monkeypatch.setattr(
            fingerprint, "read_definition", lambda *at, p=place, e=edited: e if at == p else read_definition(*at)
        )
        for key, places in entries.items():
            assert place not in places or fingerprint_of(*key).code != before[key], f"{place} was edited: {key}"


def with_statement(place: Place) -> modules.Definition:
    """A definition with one more statement at its end."""
    source = read_source(place.module)
    (node,) = [node for node in ast.parse(source).body if getattr(node, "name", None) == place.name]
    lines = source.splitlines(keepends=True)
    lines.insert(node.end_lineno or 0, f"{' ' * node.body[-1].col_offset}pass\n")  # type: ignore[attr-defined]
    edited = "".join(lines)
    nodes = [node for node in ast.parse(edited).body if getattr(node, "name", None) == place.name]
    return modules._definition(place.module, nodes, SourceText(edited))
