import pytest

from pipeline.text.hashtags import drop_hashtags, open_hashtags


@pytest.mark.parametrize(
    ("given_text", "opened", "dropped"),
    [
        ("#武汉加油#冲", " 武汉加油 冲", " 冲"),
        ("好&#武汉#", "好& 武汉 ", "好& "),
        ("加油#武汉封城##众志 成城#！", "加油 武汉封城  众志 成城 ！", "加油  ！"),
        ("#肖战[超话]#好", " 肖战[超话] 好", " 好"),
        ("＃武汉＃", " 武汉 ", " "),
        ("#a b#c", " a b c", " c"),
        ("stay #home #COVID19, ok", "stay  home   COVID19 , ok", "stay    , ok"),
        ("好看#春天", "好看 春天 ", "好看 "),
        ("#日本語 は", " 日本語  は", "  は"),
        # no hashtags
        ("we are #1, #2 of 10", "we are #1, #2 of 10", "we are #1, #2 of 10"),
        *[(text, text, text) for text in ("C# and F# code", "it&#39;s", "page.html#part", "x/#y")],
        ("### title\n# 1", "### title\n# 1", "### title\n# 1"),
        ("# 12 # 34 ，", "# 12 # 34 ，", "# 12 # 34 ，"),
        ("#穿条纹睡衣的男孩结尾时小男孩虽然惶恐不安", *["#穿条纹睡衣的男孩结尾时小男孩虽然惶恐不安"] * 2),  # no end
        ("抗肺炎情景报告# 大家", "抗肺炎情景报告# 大家", "抗肺炎情景报告# 大家"),
        ("##", "##", "##"),
        # pairs never span what is too long, or lines
        ("#头\n尾#", " 头 \n尾#", " \n尾#"),
        (f"#{'长' * 32}#", f" {'长' * 32} ", " "),
        (f"#{'长' * 33}#", f"#{'长' * 33}#", f"#{'长' * 33}#"),
    ],
)
def test_examples(given_text, opened, dropped):
    assert open_hashtags(given_text) == opened
    assert drop_hashtags(given_text) == dropped
