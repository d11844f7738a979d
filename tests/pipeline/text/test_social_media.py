import pytest

from pipeline.text.social_media import (
    drop_bracket_codes,
    drop_hashtags,
    drop_urls,
    mentions_to_at,
    open_bracket_codes,
    open_hashtags,
    reply_chains_to_at,
    strip_boilerplate,
    urls_to_token,
)


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
def test_urls_examples(given_text, expected):
    assert urls_to_token(given_text) == expected
    assert drop_urls(given_text) == expected.replace("[URL]", " ")


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("致敬[心]//@Mr_凡先生:致敬[心]", "致敬[心]@ 致敬[心]"),
        ("//@阿詹Gang-Kha://@热依扎:感谢", "@ 感谢"),
        ("3//@蔡蔡 ://@Only-For-Kun唯粉站 :武汉", "3@ 武汉"),
        ("回复@邪噁小天才:我算了//@邪噁小天才:回复@想干啥:哈", "@ 我算了@ 哈"),
        ("回复@沉香701 的表态:[握手]", "@ [握手]"),
        ("回复@罗百竹: 是的", "@ 是的"),
        ("致敬/@唐艺昕：向所有", "致敬@ 向所有"),
        ("加油//@·白桃奶绒·:好", "加油@ 好"),
        ("加油//@", "加油@"),
        ("加油//@Lan", "加油@"),
        ("哈哈//@战争史研究WHS://@", "哈哈@"),
        ("晕了！@李易峰@黄宗泽", "晕了！@"),
        ("支持你 @微博客服 好吗", "支持你 @ 好吗"),
        ("hi @bob_1, see", "hi @ , see"),
        ("@招商银行我只是想改个电话号码而已啊", "@招商银行我只是想改个电话号码而已啊"),
        ("mail foo.b@bar.com or foo@baidu,com", "mail foo.b@bar.com or foo@baidu,com"),
        ("回复@A:回复@B:回复@C:哈//@D:啊//@E://@F:哦", "@ 哈@ 啊@ 哦"),
        ("//@A: //@B:\n//@C:好 @D @E", "@ 好 @"),
        ("好////@Lan:对", "好@ 对"),
        ("RT @bob_1: so true //@al", "RT @ so true @"),
        ("回复的了[摊手]", "回复的了[摊手]"),
        ("请回复！@人", "请回复！@"),
        ("a @ b", "a @ b"),
        ("1//2 a/b", "1//2 a/b"),
    ],
)
def test_mentions_examples(given_text, expected):
    assert mentions_to_at(given_text) == expected
    assert mentions_to_at(expected) == expected


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("赞//@Lan://@Wei:谢@Tao", "赞@ 谢@Tao"),
        ("回复@A:回复@B:哈//@C:@D 啊", "@ 哈@ @D 啊"),
        ("感谢@人民日报 的报道//@新华社 :赞//@Lan", "感谢@人民日报 的报道@ 赞@"),
        ("@Lan: 好", "@Lan: 好"),
        ("mail a@b.com", "mail a@b.com"),
        ("看//www.x.org", "看//www.x.org"),
    ],
)
def test_chains_alone(given_text, expected):
    assert reply_chains_to_at(given_text) == expected
    assert reply_chains_to_at(expected) == expected


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
def test_boilerplate_examples(given_text, expected):
    assert strip_boilerplate(given_text) == expected


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
def test_hashtags_examples(given_text, opened, dropped):
    assert open_hashtags(given_text) == opened
    assert drop_hashtags(given_text) == dropped


@pytest.mark.parametrize(
    ("given_text", "opened", "dropped"),
    [
        ("好[心][泪]吧", "好 心  泪 吧", "好  吧"),
        ("[doge]", " doge ", " "),
        ("[哆啦A梦吃惊]!", " 哆啦A梦吃惊 !", " !"),
        ("看[URL] [url] [12] [1][2]", "看[URL] [url] [12] [1][2]", "看[URL] [url] [12] [1][2]"),
        ("[恐怖！台州一轿车被贯通]", "[恐怖！台州一轿车被贯通]", "[恐怖！台州一轿车被贯通]"),
        ("[十一个字就是太长一些了]", "[十一个字就是太长一些了]", "[十一个字就是太长一些了]"),
        ("x[i] [] [ 泪 ] [/cp] 【心】", "x i  [] [ 泪 ] [/cp] 【心】", "x  [] [ 泪 ] [/cp] 【心】"),
        ("[[泪]]", "[ 泪 ]", "[ ]"),
    ],
)
def test_bracket_codes_examples(given_text, opened, dropped):
    assert open_bracket_codes(given_text) == opened
    assert drop_bracket_codes(given_text) == dropped
