"""docs/cleaning.md and defaults.yaml, held against the steps themselves."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline import registry
from pipeline.config.defaults import lay_over_defaults
from pipeline.text import clean, load_step, step_name

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/cleaning.md").read_text(encoding="utf-8")
TABLE = PAGE[PAGE.index("## The steps") : PAGE.index("## The order")]
ROWS = [re.split(r" *\| *", line.strip("| ")) for line in TABLE.split("\n") if re.match(r"\| `", line)]
YAML_READER = YAML(typ="safe", pure=True)
STEPS = {step_name(step): step for step in (YAML_READER.load(row[0].strip("`")) for row in ROWS)}
EXAMPLES = [
    (step, *example)
    for step, row in zip(STEPS.values(), ROWS, strict=True)
    for example in re.findall("`([^`]+)` → `([^`]+)`", row[2])
]


def show(escaped: str) -> str:
    r"""A text of the page with `\u200b` and `\n` as the characters themselves."""
    return re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), escaped).replace("\\n", "\n")


def test_the_page_has_a_row_for_every_step_in_the_order_of_the_registry():
    assert list(STEPS) == registry.words("cleaning")
    assert all(len(row) == 4 for row in ROWS)
    assert {step_name(step) for step, _, _ in EXAMPLES} == set(STEPS)


@pytest.mark.parametrize(("step", "before", "after"), EXAMPLES)
def test_the_examples_are_true(step, before, after):
    assert show(before) != show(after)
    assert load_step(step)(show(before)) == show(after)


def test_the_defaults_name_every_step():
    text = (ROOT / "pipeline/config/defaults.yaml").read_text(encoding="utf-8")
    comments = " ".join(re.findall("#(.*)", text[: text.index("\ndefaults:")]))
    assert [word for word in registry.words("cleaning") if not re.search(rf"\b{word}\b", comments)] == []


def test_every_params_file_has_the_arguments_of_every_step():
    for path in [ROOT / "params.yaml", *sorted((ROOT / "profiles").glob("*.yaml"))]:
        defaults = lay_over_defaults(YAML_READER.load(path))["defaults"]["cleaning"]
        for word in registry.words("cleaning"):
            names = [argument.name for argument in registry.arguments("cleaning", word)]
            assert list(defaults.get(word, {})) == names, (path.name, word)


def test_the_list_for_weibo_is_the_profiles_and_works():
    listed = YAML_READER.load(PAGE.split("<!-- weibo -->\n```yaml")[1].split("```")[0])["clean"]
    profile = lay_over_defaults(YAML_READER.load(ROOT / "profiles/smp2020.yaml"))
    assert listed == profile["data"]["clean"]
    assert listed == YAML_READER.load(ROOT / "profiles/smp2020-cpu.yaml")["data"]["clean"]
    steps = [{"name": word, **profile["defaults"]["cleaning"].get(word, {})} for word in listed]
    posts = [
        "回复@Lan_1:好的&amp;＃武漢加油＃😂😂😂😂😂!!!!!\u200b[淚][淚][淚][淚]http://t.cn/A6v //@Wei://@Tao:转发微博\u2028",
        "转发微博",
        "Ｎ９５口罩,10:30到 3.5万只... O网页链接",
    ]
    assert clean(posts, steps) == [
        "@ 好的&#武汉加油#[笑哭了][笑哭了][笑哭了]！！！[泪][泪][泪][URL] @",
        "",
        "N95口罩，10:30到 3.5万只……",
    ]
