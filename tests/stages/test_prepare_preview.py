import shutil
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from stages import prepare

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three training and two test posts, in the form of profiles/smp2020.yaml; no corpus is read."""
    shutil.copyfile(ROOT / "profiles/smp2020.yaml", tmp_path / "params.yaml")
    folder = tmp_path / "data/raw/smp2020_virus"
    folder.mkdir(parents=True)
    (folder / "train.tsv").write_text("id\tlabel\ttext\n1\t0\t加油！\n2\t1\t//@Lan:转发微博\n", encoding="utf-8")
    (folder / "dev.tsv").write_text("id\tlabel\ttext\n1\t0\t好\u200b的&amp;\n", encoding="utf-8")
    (folder / "test.tsv").write_text("id\ttext\n1\t//@Lan:转发微博\n2\t好,吗\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def run(*arguments: str) -> str:
    app = Typer()
    app.command()(prepare.main)
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_preview_shows_what_changes_most_and_writes_nothing(project: Path) -> None:
    before = files(project)
    lines = run("--preview", "2").splitlines()
    assert files(project) == before
    assert lines[0] == "4 of 5 rows change, 0 become empty; changed by"
    counts = dict(line.split() for line in lines[1:12])
    assert {name: count for name, count in counts.items() if count != "0"} == {
        "unescape_html": "1",
        "remove_invisible": "1",
        "mentions_to_at": "2",
        "strip_boilerplate": "2",
        "english_to_chinese_punctuation": "1",
        "strip_whitespace": "2",
    }
    assert lines[12:] == [
        "",
        f"{Path('data/raw/smp2020_virus/train.tsv')}:3 and 1 more: -10 +0 characters by "
        "mentions_to_at, strip_boilerplate, strip_whitespace",
        "  before  '//@Lan:转发微博'",
        "  after   '@'",
        "",
        f"{Path('data/raw/smp2020_virus/dev.tsv')}:2: -5 +0 characters by unescape_html, remove_invisible",
        "  before  '好\\u200b的&amp;'",
        "  after   '好的&'",
    ]


def test_preview_of_nothing_shows_the_counts_alone(project: Path) -> None:
    assert len(run("--preview", "0").splitlines()) == 12
