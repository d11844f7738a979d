import pytest

from pipeline.text.boilerplate import strip_boilerplate


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("转发微博", ""),
        ("穷苦挨饿都刻到骨子里了转发微博", "穷苦挨饿都刻到骨子里了"),
        ("好看 O网页链接 L人民日报的微博视频", "好看  "),
        ("欲言又止的话语...展开全文c", "欲言又止的话语..."),
        ("记忆#钟南山# 收起全文d", "记忆#钟南山# "),
        ("展开全文cat", "cat"),
        ("动机是什么...全文", "动机是什么"),
        ("动机是什么...全文转发微博", "动机是什么"),
        ("笑话全文）", "笑话全文）"),
        ("分享图片最近喜欢", "最近喜欢"),
        ("大家可以分享图片", "大家可以分享图片"),
        ("用流量看微博视频", "用流量看微博视频"),
        ("慎点！秒拍视频", "慎点！"),
    ],
)
def test_examples(given_text, expected):
    assert strip_boilerplate(given_text) == expected
