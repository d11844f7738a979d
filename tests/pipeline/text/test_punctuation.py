import pytest

from pipeline.text.punctuation import english_to_chinese_punctuation


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("好,真的!是吗?对;是:的.", "好，真的！是吗？对；是：的。"),
        ("加油!!!武汉~~", "加油！！！武汉～～"),
        ("真的?!...好", "真的？！……好"),
        ("然后.. 然后.... 好", "然后…… 然后…… 好"),
        ("武汉(封城)了(2020)", "武汉（封城）了(2020)"),
        ("((武汉)封城)", "（（武汉）封城）"),
        ('他说"好"和"ok"', '他说“好”和"ok"'),
        ('"a"好"b"', '"a"好"b"'),
        ("wow,好", "wow，好"),
        ("，,好", "，，好"),
        ("[泪],[泪]!! wow![心] [ok], [1]. x", "[泪]，[泪]！！ wow！[心] [ok], [1]. x"),
        # numbers, Latin, addresses, lists, emoticons
        ("3.5万 1,000例 10:30见 50~60岁", "3.5万 1,000例 10:30见 50~60岁"),
        ("N95, 3M. ok? (yes)", "N95, 3M. ok? (yes)"),
        ("百度.com 微博:Diary 见http://t.cn/A6.", "百度.com 微博：Diary 见http://t.cn/A6."),
        ("1.洗手 2.口罩", "1.洗手 2.口罩"),
        ("好:) 好:D 好;-) 好:P吧", "好:) 好:D 好;-) 好:P吧"),
        ("12 , 34 . 5 。", "12 , 34 . 5 。"),
        ("好 ,吗", "好 ，吗"),
        ("（＞﹏＜) (^_^)", "（＞﹏＜) (^_^)"),
    ],
)
def test_examples(given_text, expected):
    assert english_to_chinese_punctuation(given_text) == expected
    assert english_to_chinese_punctuation(expected) == expected


def test_a_long_run_takes_no_long():
    """A pattern that tries every start and every end would not come back from this."""
    assert english_to_chinese_punctuation("." * 300_000) == "." * 300_000
    assert english_to_chinese_punctuation("(" * 100_000) == "(" * 100_000
