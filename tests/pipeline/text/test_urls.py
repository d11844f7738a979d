import pytest

from pipeline.text.urls import drop_urls, urls_to_token


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("看 http://t.cn/A6PL5dyZ ??", "看 [URL] ??"),
        ("预防http://t.cn/AiHjK6JQ上海·工作室", "预防[URL]上海·工作室"),
        ("http://t.cn/A6v1http://t.cn/A6v2 x", "[URL][URL] x"),
        ("气死 http://t.cn/A6Phd9va//@sean_xll:提醒", "气死 [URL]//@sean_xll:提醒"),
        ("看http://t.cn/A6v[泪][泪]", "看[URL][泪][泪]"),
        ("http://t.cn/A6v#春晚#", "[URL]#春晚#"),
        ("see https://docs.org/a_b?q=1&r=%20#part-2, then (HTTP://x.org/y).", "see [URL], then ([URL])."),
        ("www.baidu.com好用", "[URL]好用"),
        ("http://t.cn/A6PAVieg。新型", "[URL]。新型"),
        ("底下翻译http:动机", "底下翻译http:动机"),
        ("https://medium.com/@user_1/post-2, 见http://t.cn/A6@Lan", "[URL], 见[URL]@Lan"),
        ("1/2 a//b awww.x ftp", "1/2 a//b awww.x ftp"),
    ],
)
def test_examples(given_text, expected):
    assert urls_to_token(given_text) == expected
    assert drop_urls(given_text) == expected.replace("[URL]", " ")
