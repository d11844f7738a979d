from pipeline.data.vocabulary import describe_growth, describe_vocabulary


def test_by_hand():
    tokens, characters = describe_vocabulary(["ab c", " c\nd "], ["c x x", "ab"])
    assert tokens == {
        "unit": "tokens",
        "train_tokens": 4,
        "train_distinct": 3,
        "train_once": 2,
        "test_tokens": 4,
        "test_distinct": 3,
        "unseen_distinct_share": 0.3333,
        "unseen_token_share": 0.5,
    }
    assert characters == {
        "unit": "characters",
        "train_tokens": 5,
        "train_distinct": 4,
        "train_once": 3,
        "test_tokens": 5,
        "test_distinct": 4,
        "unseen_distinct_share": 0.25,
        "unseen_token_share": 0.4,
    }


def test_no_text_has_no_share():
    assert describe_vocabulary(["a"], [""])[0]["unseen_token_share"] == 0


def test_growth_reads_everything_once_in_order():
    texts = [f"a {i % 3} {i}" for i in range(40)]
    points = [point for point in describe_growth(texts) if point["unit"] == "tokens"]
    assert [point["texts"] for point in points] == list(range(2, 41, 2))
    for point in points:
        read = [token for text in texts[: point["texts"]] for token in text.split()]
        assert (point["tokens_read"], point["distinct"]) == (len(read), len(set(read)))


def test_growth_of_few_texts():
    points = describe_growth(["x y", "x", "四个汉字"])
    assert [(p["unit"], p["texts"], p["tokens_read"], p["distinct"]) for p in points] == [
        ("tokens", 1, 2, 2), ("tokens", 2, 3, 2), ("tokens", 3, 4, 3),
        ("characters", 1, 2, 2), ("characters", 2, 3, 2), ("characters", 3, 7, 6),
    ]  # fmt: skip
