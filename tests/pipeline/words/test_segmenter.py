"""Every word of the registry's `segmentation`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import registry
from pipeline.artifacts.atomic import read_json
from pipeline.errors import UserError
from pipeline.words.segmenter import join_words, load_segmenter, make_segmenter

ROOT = Path(__file__).parents[3]
JIEBA = {"name": "jieba", "dictionary": None, "new_words": None, "hashtags": True}
NEW_WORDS = {"min_count": 5, "min_pmi": 1.0, "min_entropy": 1.5, "max_length": 4}
# A word that no dictionary has, among many neighbours.
BEFORE, AFTER = ("我们", "大家", "他", "快看", "那就"), ("吧", "！", "呀", "了", "")
TEXTS = [f"{before}鹅鹅冲{after}" for before in BEFORE for after in AFTER]
ODDITIES = ["", " ", "\u3000", "，。！", "今天 天气\u2028真好\t！", "I love 北京 and C++", "#话 题#，#tag"]
ODDITIES += ["👍🏽好\ud800"]


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory):
    path = tmp_path_factory.mktemp("words") / "own.txt"
    path.write_text("天气真 100000 n\n北京城里\n", encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def pieces(dictionary):
    return {
        "whitespace": {"name": "whitespace"},
        "characters": {"name": "characters"},
        "jieba": JIEBA,
        "jieba with all": JIEBA | {"dictionary": dictionary, "new_words": NEW_WORDS, "hashtags": False},
    }


@pytest.mark.parametrize("name", ["whitespace", "characters", "jieba", "jieba with all"])
def test_saved_and_loaded_splits_the_same(pieces, name, tmp_path):
    assert pieces[name]["name"] in registry.words("segmentation")
    made = make_segmenter(pieces[name], TEXTS)
    made.save(tmp_path)
    loaded = load_segmenter(tmp_path)
    texts = [*TEXTS, *ODDITIES, "北京城里天气真好"]
    assert [loaded.split(text) for text in texts] == [made.split(text) for text in texts]
    for text in texts:
        words = made.split(text)
        assert all(word.split() == [word] for word in words), "no word is empty or holds white space"
        assert "".join(words).replace("_", "") == "".join(text.split())
    again = tmp_path / "again"
    again.mkdir()
    loaded.save(again)
    for file in ("segmentation.json", "dictionary.txt"):
        if (tmp_path / file).exists():
            assert (again / file).read_bytes() == (tmp_path / file).read_bytes()


def test_every_word_of_the_registry_is_tested(pieces):
    assert {piece["name"] for piece in pieces.values()} == set(registry.words("segmentation"))


def test_whitespace_splits_and_joins():
    segmenter = make_segmenter({"name": "whitespace"}, [])
    assert segmenter.split(" 12\t34 ，\u3000！\n") == ["12", "34", "，", "！"]
    assert segmenter.join(["12", "，", "34"]) == "12 ， 34"


def test_characters_stand_alone_and_letters_and_digits_together():
    segmenter = make_segmenter({"name": "characters"}, [])
    words = ["北", "京", "2020", "年", "，", "武", "汉", "加", "油", "！", "！", "C", "+", "+", "ü1", "か", "👍"]
    assert segmenter.split(" 北京2020年，武汉\u3000加油！！\nC++ ü1 か👍") == words
    assert segmenter.join(words) == "北京2020年，武汉加油！！C++ü1か👍"
    assert segmenter.join(["I", "love", "北", "京"]) == "I love北京"


def test_jieba_splits_as_jieba_does():
    import jieba

    reference = jieba.Tokenizer()
    reference.FREQ, reference.total = reference.gen_pfdict(reference.get_dict_file())
    reference.initialized = True
    text = "他来到了网易杭研大厦，小明硕士毕业于中国科学院计算所"
    words = make_segmenter(JIEBA, []).split(text)
    assert words == reference.lcut(text)
    assert "中国科学院" in words


def test_a_dictionarys_words_are_words(dictionary):
    plain, own = (make_segmenter(JIEBA | {"dictionary": file}, []) for file in (None, dictionary))
    assert "北京城里" not in plain.split("我在北京城里")
    assert own.split("我在北京城里") == ["我", "在", "北京城里"]
    assert own.split("天气真好") == ["天气真", "好"]


def test_two_segmenters_do_not_share_words(dictionary):
    make_segmenter(JIEBA | {"dictionary": dictionary}, [])
    assert "北京城里" not in make_segmenter(JIEBA, []).split("我在北京城里")


def test_new_words_are_words_and_are_written_down(tmp_path):
    plain, found = (make_segmenter(JIEBA | {"new_words": rule}, TEXTS) for rule in (None, NEW_WORDS))
    assert "鹅鹅冲" not in plain.split("都说鹅鹅冲")
    assert "鹅鹅冲" in found.split("都说鹅鹅冲")
    found.save(tmp_path)
    rows = [line.split("\t") for line in (tmp_path / "new_words.tsv").read_text(encoding="utf-8").splitlines()]
    assert rows[0] == ["word", "count", "pmi", "entropy"]
    assert rows[1][:2] == ["鹅鹅冲", "25"]
    assert (tmp_path / "dictionary.txt").read_text(encoding="utf-8").split() == [row[0] for row in rows[1:]]
    assert read_json(tmp_path / "segmentation.json")["dictionary"] == "dictionary.txt"


def test_hashtags_are_words_if_wanted():
    opened, plain = (make_segmenter(JIEBA | {"hashtags": flag}, []) for flag in (True, False))
    assert opened.split("#今天天气真好#哈") == ["#", "今天天气真好", "#", "哈"]
    assert "今天天气真好" not in plain.split("#今天天气真好#哈")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["今天", "天气", "，", "好"], "今天天气，好"),
        (["I", "love", "北京", "and", "2", "cats", "!"], "I love北京and 2 cats!"),
        (["é", "ü", "я"], "é ü я"),
        ([], ""),
    ],
)
def test_joined_words_do_not_run_together(words, text):
    assert join_words(words) == text


def test_a_folder_without_a_segmenter_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"segmentation\.json: not found"):
        load_segmenter(tmp_path)


def test_jieba_leaves_no_cache_and_says_nothing(tmp_path):
    code = (
        f"from pipeline.words.segmenter import make_segmenter\nprint(make_segmenter({JIEBA!r}, []).split('北京大学'))"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "['北京大学']\n"
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
