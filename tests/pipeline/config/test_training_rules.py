"""Keys of a neural member that make no sense together are refused before anything trains; each alone is fine."""

import pytest

WHOLE = "needs the batch whole: 1 is allowed"
SUPCON = {"loss": "supcon", "weight": 0.1, "on": "samples"}
LORA = {"rank": 4, "alpha": 8.0, "dropout": 0.0}
RULES = [
    ({"accumulate": 64, "batch_size": 32}, "accumulate: got 64 parts of a batch of 32 rows, at most one part a row is"),
    ({"accumulate": 2, "loss": "dice"}, f"accumulate: got 2, but loss dice {WHOLE}"),
    ({"accumulate": 2, "loss": {"name": "macro_f1"}}, f"accumulate: got 2, but loss macro_f1 {WHOLE}"),
    ({"accumulate": 2, "contrastive": SUPCON}, f"accumulate: got 2, but contrastive {WHOLE}"),
    ({"accumulate": 2, "flooding": 0.2, "loss": "dice"}, f"accumulate: got 2, but loss dice and flooding {WHOLE}"),
    ({"adversarial": "fgm", "unfreeze_every": 100}, "adversarial: fgm needs the gradients of weights that unfreeze_ev"),
    ({"adversarial": {"name": "pgd", "steps": 2}, "lora": LORA}, "adversarial: pgd needs the gradients of weights tha"),
    ({"unfreeze_every": 100, "lora": LORA}, "unfreeze_every: lora keeps the encoder's own weights frozen to the end;"),
    (
        {"r_drop": 1.0, "dropout": 0.0, "head": {"samples": 1, "reduce": "mean", "p": 0.0}},
        "r_drop: two passes differ by their dropout alone, and there is none",
    ),
    (
        {
            "sequence": [
                "word_conv",
                {"name": "word_conv", "segment": "jieba"},
                {"name": "word_conv", "segment": "whitespace"},
            ]
        },
        "sequence: got word_conv with segment jieba and whitespace; a text is cut into words one way",
    ),
    ({"levels": {"weight": 0.2, "prediction": "flat"}}, "levels: labels have one level unless data.level_separator sa"),
]


@pytest.mark.parametrize(("keys", "message"), RULES)
def test_what_clashes_is_told(errors, keys, message):
    lines = errors({"data.level_separator": None, **{f"members.bert-ce.{key}": value for key, value in keys.items()}})
    assert any(line.startswith(f"members.bert-ce.{message}") for line in lines), lines


@pytest.mark.parametrize(
    "keys",
    [
        {"accumulate": 4, "loss": "focal", "r_drop": 1.0, "adversarial": "freelb"},
        {"accumulate": 1, "loss": "dice", "contrastive": SUPCON, "flooding": 0.2},
        {"adversarial": "pgd", "averaging": "ema", "flooding": 0.1},
        {"unfreeze_every": 100, "layer_decay": 0.9},
        {"lora": LORA, "averaging": "swa"},
        {"r_drop": 1.0, "dropout": 0.0},
        {"r_drop": 1.0, "dropout": 0.0, "head": {"p": 0.0}, "lora": LORA | {"dropout": 0.1}},
    ],
)
def test_what_goes_together_loads(load, keys):
    load({f"members.bert-ce.{key}": value for key, value in keys.items()})


def test_levels_with_a_separator(load):
    load({"data.level_separator": "-", "members.bert-ce.levels": {"weight": 0.2, "prediction": "hierarchical"}})


@pytest.mark.parametrize(
    ("key", "piece", "message"),
    [
        ("averaging", {"name": "swa", "every": 0}, "averaging.every: got 0, 1 or more is allowed"),
        ("averaging", {"name": "swa", "start": 1.0}, "averaging.start: got 1.0, less than 1 is allowed"),
        ("averaging", {"name": "ema", "decay": 2.0}, "averaging.decay: got 2.0, less than 1 is allowed"),
        ("adversarial", {"name": "freelb", "steps": 0}, "adversarial.steps: got 0, 1 or more is allowed"),
        ("adversarial", {"name": "fgm", "epsilon": -1.0}, "adversarial.epsilon: got -1.0, more than 0 is allowed"),
        ("adversarial", {"name": "pgd", "on": []}, "adversarial.on: "),
        ("adversarial", {"name": "pgd", "on": [""]}, "adversarial.on"),
        ("loss", {"name": "focal", "gamma": -1.0}, "loss.gamma: got -1.0, 0 or more is allowed"),
        ("loss", {"name": "ce", "label_smoothing": 2.0}, "loss.label_smoothing: got 2.0, less than 1 is allowed"),
        ("loss", {"name": "dice", "hardest_share": 0.0}, "loss.hardest_share: got 0.0, more than 0 is allowed"),
        ("class_weights", {"name": "effective_number", "beta": 1.0}, "class_weights.beta: got 1.0, less than 1 is"),
        ("sampler", {"name": "weighted", "power": -1.0}, "sampler.power: got -1.0, 0 or more is allowed"),
        ("layers", {"name": "early_exit", "n": 0}, "layers.n: got 0, 1 or more is allowed"),
        ("sequence", [{"name": "textcnn", "widths": []}], "sequence.0.widths: "),
        ("contrastive", SUPCON | {"loss": {"name": "ntxent", "temperature": 0.0}}, "contrastive.loss.temperature: got"),
    ],
)
def test_numbers_out_of_range_are_told_before_anything_runs(errors, key, piece, message):
    (line,) = errors({f"members.bert-ce.{key}": piece})
    assert line.startswith(f"members.bert-ce.{message}"), line
