import pytest

from pipeline.text.mentions import mentions_to_at, reply_chains_to_at


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
def test_examples(given_text, expected):
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
