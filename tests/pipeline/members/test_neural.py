"""A fold from texts to saved weights and back, for every registered piece that a member may name."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from pipeline import registry
from pipeline.data.labels import make_label_set
from pipeline.errors import UserError
from pipeline.members import neural
from pipeline.members.inner_split import inner_split
from pipeline.members.labelled_rows import LabelledRows

CLASSES = make_label_set("abc")
HELD_OUT = np.arange(0, 60, 4)
TRAIN = np.setdiff1d(np.arange(60), HELD_OUT)
BOTH = pytest.mark.parametrize("architecture", ["bert", "nezha"])


WORD_CONV = {"name": "word_conv", "segment": "whitespace", "buckets": 30, "size": 4, "filters": 4, "widths": [2, 3]}


@pytest.fixture
def train(tiny_checkpoint, short_texts, short_labels, neural_recipe):
    def run(architecture="bert", source=None, labels=short_labels, classes=CLASSES, held_out=HELD_OUT, **changes):
        recipe = neural_recipe() | changes
        source = source or tiny_checkpoint(architecture)
        features = neural.featurize(source, short_texts, recipe)
        train_rows = np.setdiff1d(TRAIN, held_out)
        rows = LabelledRows(features, labels, classes)
        return neural.train_fold(source, rows, train_rows, held_out, recipe, "cpu", "x fold 0")

    return run


def save(fold, source, folder):
    """As finetune does; returns the shared folder and the fold's."""
    neural.save_shared(source, folder / "shared")
    (folder / "fold-0").mkdir()
    fold.save(folder / "fold-0")
    return folder / "shared", folder / "fold-0"


def digest(fold, folder):
    folder.mkdir()
    fold.save(folder)
    return hashlib.sha256((folder / neural.WEIGHTS).read_bytes()).hexdigest()


def piece(family, word, piece_arguments):
    return {"name": word, **piece_arguments(family, word)}


def assert_saved_fold_predicts_the_same(fold, source, texts, recipe, folder, classes=CLASSES, tolerance=1e-5):
    shared, fold_folder = save(fold, source, folder)
    held_out = neural.featurize(shared, [texts[row] for row in HELD_OUT], recipe)
    logits = neural.predict(shared, fold_folder, held_out, classes, recipe, "cpu")
    assert logits.dtype == fold.logits.dtype == np.float32
    np.testing.assert_array_equal(logits, fold.logits)  # the same batches: the same bits
    everything = neural.featurize(shared, texts, recipe)
    logits = neural.predict(shared, fold_folder, everything, classes, recipe, "cpu")
    np.testing.assert_allclose(logits[HELD_OUT], fold.logits, rtol=0, atol=tolerance)  # other batches


@BOTH
@pytest.mark.parametrize("pooler", registry.words("poolers"))
def test_saved_fold_predicts_the_same_logits(
    train, tiny_checkpoint, short_texts, piece_arguments, tmp_path, architecture, pooler, neural_recipe
):
    changes = {"poolers": [piece("poolers", pooler, piece_arguments)], "epochs": 1}
    fold = train(architecture, **changes)
    assert_saved_fold_predicts_the_same(
        fold, tiny_checkpoint(architecture), short_texts, neural_recipe() | changes, tmp_path
    )


def test_the_whole_recipe_of_nezha_dice(train, tiny_checkpoint, short_texts, piece_arguments, tmp_path, neural_recipe):
    changes = {
        "poolers": [piece("poolers", "dynamic_routing", piece_arguments)],
        "loss": piece("losses", "dice", piece_arguments),
        "contrastive": {
            "loss": piece("contrastive", "supcon", piece_arguments),
            "weight": 0.1,
            "on": "samples_and_classes",
        },
        "head": {"samples": 4, "reduce": "sum", "p": 0.2},
        "class_weights": {"name": "sqrt_balanced"},
        "early_stop": {"on": "inner", "metric": "macro_f1", "share": 0.2, "patience": 1},
        "precision": "bf16",
        "epochs": 4,
    }
    fold = train("nezha", **changes)
    assert_saved_fold_predicts_the_same(
        fold, tiny_checkpoint("nezha"), short_texts, neural_recipe() | changes, tmp_path, tolerance=0.05
    )


def test_prediction_has_the_precision_of_training_where_the_device_knows_it(
    train, tiny_checkpoint, short_texts, tmp_path, neural_recipe
):
    shared, fold_folder = save(train(epochs=1), tiny_checkpoint("bert"), tmp_path)
    features = neural.featurize(shared, short_texts, neural_recipe())
    full, half, on_gpus = (
        neural.predict(shared, fold_folder, features, CLASSES, neural_recipe(precision=precision), "cpu")
        for precision in ("fp32", "bf16", "fp16")
    )
    assert not np.array_equal(half, full)
    np.testing.assert_allclose(half, full, rtol=0, atol=0.05)
    np.testing.assert_array_equal(on_gpus, full)


@pytest.mark.parametrize("word", registry.words("losses"))
@pytest.mark.parametrize("class_weights", registry.words("imbalance"))
def test_every_loss_and_weighting_trains_a_fold(train, piece_arguments, word, class_weights):
    loss = piece("losses", word, piece_arguments)
    fold = train(loss=loss, class_weights=piece("imbalance", class_weights, piece_arguments), epochs=1)
    assert np.isfinite(fold.logits).all()
    assert np.isfinite(fold.history.to_numpy(dtype=float)).all()
    same = np.array_equal(fold.logits, train(loss=loss, epochs=1).logits)
    assert same is (class_weights == "none")


@pytest.mark.parametrize("word", registry.words("contrastive"))
def test_every_contrastive_term_trains_a_fold(train, piece_arguments, word):
    term = {"loss": piece("contrastive", word, piece_arguments), "weight": 0.5}
    terms = (None, term | {"on": "samples"}, term | {"on": "samples_and_classes"})
    plain, samples, classes = (train(contrastive=term, epochs=1).logits for term in terms)
    assert np.isfinite([samples, classes]).all()
    assert not np.array_equal(plain, samples)
    assert not np.array_equal(samples, classes)


@BOTH
def test_it_learns(train, short_labels, architecture):
    fold = train(architecture, epochs=10)
    assert fold.history.columns.tolist() == ["step", "loss", "macro_f1", "accuracy", "held_out_loss"]
    assert fold.history["step"].tolist() == [6 * epoch for epoch in range(1, 11)]
    assert fold.history["loss"].iloc[-1] < 0.5 * fold.history["loss"].iloc[0]
    assert (fold.logits.argmax(axis=1) == short_labels[HELD_OUT]).mean() > 0.7


@BOTH
def test_same_seed_same_bytes_and_another_seed_others(train, tmp_path, architecture):
    torch.manual_seed(123)  # what ran before has no say
    first = train(architecture)
    second = train(architecture)
    assert first.logits.tobytes() == second.logits.tobytes()
    assert first.history.equals(second.history)
    digests = [digest(fold, tmp_path / name) for name, fold in (("first", first), ("second", second))]
    assert digests[0] == digests[1]
    assert train(architecture, seed=1).logits.tobytes() != first.logits.tobytes()


def test_held_out_labels_have_no_say(train, short_labels):
    other = short_labels.copy()
    other[HELD_OUT] = (other[HELD_OUT] + 1) % 3
    for on in ("never", "inner"):
        early_stop = {"on": on, "metric": "macro_f1", "share": 0.2, "patience": 1}
        folds = [train(labels=labels, early_stop=early_stop) for labels in (short_labels, other)]
        np.testing.assert_array_equal(folds[0].logits, folds[1].logits)


def test_stopping_on_an_inner_split_trains_on_the_rest(train, short_labels, monkeypatch):
    asked = {}
    real = neural.train_classifier

    def watched(model, features, labels, rows, settings, **rest):
        asked.update(rows=rows, patience=settings.keep_best and settings.keep_best.patience)
        return real(model, features, labels, rows, settings, **rest)

    monkeypatch.setattr(neural, "train_classifier", watched)
    fit_rows, _ = inner_split(short_labels, TRAIN, 0.2, 0)
    for on, rows, patience in (("never", TRAIN, None), ("inner", fit_rows, 2), ("fold", TRAIN, 2)):
        train(early_stop={"on": on, "metric": "macro_f1", "share": 0.2, "patience": 2}, epochs=1)
        assert asked["rows"].tolist() == rows.tolist()
        assert asked["patience"] == patience


@pytest.mark.parametrize("on", ["never", "inner"])
def test_copies_follow_their_rows_into_training_alone(
    tiny_checkpoint, short_texts, short_labels, monkeypatch, on, neural_recipe
):
    """Every row has a copy; those of held-out rows and of rows to stop on are in no batch and in no evaluation."""
    asked = {"scored": []}
    real, predict = neural.train_classifier, neural.predict_logits

    def watched(model, features, labels, rows, settings, **rest):
        asked.update(rows=rows, labels=labels[rows])
        return real(model, features, labels, rows, settings, **rest)

    def watched_prediction(model, features, rows, *rest):
        asked["scored"] += rows.tolist()
        return predict(model, features, rows, *rest)

    monkeypatch.setattr(neural, "train_classifier", watched)
    monkeypatch.setattr(neural, "predict_logits", watched_prediction)
    recipe = neural_recipe() | {
        "early_stop": {"on": on, "metric": "macro_f1", "share": 0.2, "patience": 2},
        "epochs": 1,
    }
    source = tiny_checkpoint("bert")
    features = neural.featurize(source, [*short_texts, *short_texts], recipe)
    labels = np.concatenate([short_labels, short_labels])
    rows = LabelledRows(features, labels, CLASSES, np.arange(60))
    neural.train_fold(source, rows, TRAIN, HELD_OUT, recipe, "cpu", "x")
    fit_rows = TRAIN if on == "never" else inner_split(short_labels, TRAIN, 0.2, 0)[0]
    assert asked["rows"].tolist() == [*fit_rows, *(fit_rows + 60)]
    assert asked["labels"].tolist() == [*short_labels[fit_rows], *short_labels[fit_rows]]
    assert max(asked["scored"]) < 60
    assert not set(asked["scored"]) & set(fit_rows.tolist())


def test_nothing_to_stop_on_is_refused(train):
    with pytest.raises(UserError, match=r"^x fold 0: early_stop.share 0.001 .* set early_stop.on to never$"):
        train(early_stop={"on": "inner", "metric": "macro_f1", "share": 0.001, "patience": 1})


def test_class_that_training_lacks(train, tiny_checkpoint, short_texts, tmp_path, neural_recipe):
    """Class 3 has no row anywhere; balanced weights have to live with its count of 0."""
    changes = {"class_weights": {"name": "balanced"}, "epochs": 1}
    fold = train(classes=make_label_set("abcd"), **changes)
    assert fold.logits.shape == (len(HELD_OUT), 4)
    assert np.isfinite(fold.logits).all()
    assert_saved_fold_predicts_the_same(
        fold, tiny_checkpoint("bert"), short_texts, neural_recipe() | changes, tmp_path, make_label_set("abcd")
    )


def test_length_without_positions_is_refused(train):
    with pytest.raises(UserError, match=r"^x fold 0: got max_length 33, .* set max_length to 32 or less$"):
        train(max_length=33)
    train("nezha", max_length=33, epochs=1)


def test_texts_are_cut_to_the_recipes_length(tiny_checkpoint, short_texts, neural_recipe):
    features = neural.featurize(tiny_checkpoint("bert"), short_texts, neural_recipe() | {"max_length": 8})
    assert features.lengths.max() == 8


def test_half_precision_checkpoint_loses_nothing_on_the_way_to_prediction(
    train, tiny_checkpoint, short_texts, tmp_path, neural_recipe
):
    from transformers import AutoModel, AutoTokenizer

    source = tmp_path / "half"
    AutoModel.from_pretrained(tiny_checkpoint("bert"), dtype=torch.bfloat16).save_pretrained(source)
    AutoTokenizer.from_pretrained(tiny_checkpoint("bert")).save_pretrained(source)
    fold = train(source=source, epochs=1)
    assert_saved_fold_predicts_the_same(fold, source, short_texts, neural_recipe(), tmp_path)


@pytest.mark.parametrize("model_type", ["roberta", "albert", "electra", "deberta-v2", "modernbert"])
def test_other_encoders_run_through_a_fold(train, make_model, short_texts, tmp_path, model_type, neural_recipe):
    """RoBERTa with the padding id 1; ALBERT's layers share their weights."""
    from pipeline.vocab.tokenizers import word_level_tokenizer

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    if model_type == "roberta":
        special = ["[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"]
    words = sorted({word for text in short_texts for word in text.split()})[:35]
    source = tmp_path / "source"
    make_model(model_type).save_pretrained(source)
    word_level_tokenizer(words, special_tokens=special).save_pretrained(source)
    fold = train(source=source, epochs=1)
    assert_saved_fold_predicts_the_same(fold, source, short_texts, neural_recipe(), tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"layers": {"name": "early_exit", "n": 1}},
        {"layers": {"name": "hire", "size": 4}, "sequence": [{"name": "lstm", "size": 5}, {"name": "gru", "size": 3}]},
        {"sequence": [{"name": "textcnn", "filters": 4, "widths": [2, 3]}], "poolers": [{"name": "max"}]},
        {"poolers": [{"name": "mean"}, {"name": "self_attention", "size": 4}], "combine": "concat"},
        {"sequence": [WORD_CONV], "poolers": [{"name": "max"}]},
        {"sequence": [WORD_CONV], "r_drop": 1.0, "accumulate": 2},
        {"lora": {"rank": 2, "alpha": 4, "dropout": 0.1}},
    ],
    ids=["early exit", "hire and recurrent", "textcnn", "poolers", "words", "words twice and in parts", "lora"],
)
def test_other_models_run_through_a_fold(train, tiny_checkpoint, short_texts, tmp_path, changes, neural_recipe):
    fold = train(epochs=1, **changes)
    assert_saved_fold_predicts_the_same(fold, tiny_checkpoint("bert"), short_texts, neural_recipe() | changes, tmp_path)


def test_words_have_a_say_in_training_and_prediction(
    train, tiny_checkpoint, short_texts, short_labels, tmp_path, neural_recipe
):
    """The same tokens with other words beside them: other logits, of the same fold and of another training."""
    recipe, source = neural_recipe() | {"sequence": [WORD_CONV], "epochs": 1}, tiny_checkpoint("bert")
    features = neural.featurize(source, short_texts, recipe)
    others = replace(features, word_ids=features.word_ids[::-1].copy())
    folds = [
        neural.train_fold(source, LabelledRows(texts, short_labels, CLASSES), TRAIN, HELD_OUT, recipe, "cpu", "x")
        for texts in (features, others)
    ]
    assert not np.allclose(folds[0].logits, folds[1].logits)
    shared, fold_folder = save(folds[0], source, tmp_path)
    logits = [neural.predict(shared, fold_folder, texts, CLASSES, recipe, "cpu") for texts in (features, others)]
    assert not np.allclose(*logits)


def test_two_segmentations_are_refused(tiny_checkpoint, short_texts, neural_recipe):
    both = [WORD_CONV, WORD_CONV | {"segment": "jieba"}]
    with pytest.raises(UserError, match=r"^sequence: got word_conv with segment jieba and whitespace on "):
        neural.featurize(tiny_checkpoint("bert"), short_texts, neural_recipe() | {"sequence": both})
    twice = neural.featurize(
        tiny_checkpoint("bert"), short_texts, neural_recipe() | {"sequence": [WORD_CONV, WORD_CONV]}
    )
    assert twice.word_ids.shape == twice.token_ids.shape


@pytest.mark.parametrize("prediction", ["flat", "hierarchical"])
def test_levels_run_through_a_fold(train, tiny_checkpoint, short_texts, tmp_path, prediction, neural_recipe):
    classes = make_label_set(["1-a", "1-b", "2-a"], "-")
    changes = {"levels": {"weight": 0.2, "prediction": prediction}, "epochs": 1}
    fold = train(classes=classes, **changes)
    assert not np.array_equal(fold.logits, train(epochs=1).logits)
    assert_saved_fold_predicts_the_same(
        fold, tiny_checkpoint("bert"), short_texts, neural_recipe() | changes, tmp_path, classes
    )


def test_levels_of_labels_without_any_are_refused_before_training(train):
    with pytest.raises(UserError, match=r"^levels: .* the labels have no levels"):
        train(levels={"weight": 0.2, "prediction": "flat"})


def test_shared_folder_has_no_weights(tiny_checkpoint, tmp_path):
    source = tmp_path / "source"
    (source / "step-10").mkdir(parents=True)
    for file in tiny_checkpoint("bert").iterdir():
        (source / file.name).write_bytes(file.read_bytes())
    neural.save_shared(source, tmp_path / "a" / "shared")
    names = sorted(path.name for path in (tmp_path / "a" / "shared").iterdir())
    assert names == ["config.json", *sorted(n for n in names if n.startswith("tokenizer"))]
    assert json.loads((tmp_path / "a" / "shared" / "config.json").read_text())["model_type"] == "bert"


@pytest.mark.parametrize("word", registry.words("kinds"))
def test_every_kind_has_the_same_functions(word):
    import inspect

    kind = registry.load("kinds", word)
    names = ("set_up", "resources", "featurize", "train_fold", "load_reader", "save_shared", "predict", "load_fold")
    for name in names:
        ours, reference = (inspect.signature(getattr(module, name)) for module in (kind, neural))
        assert list(ours.parameters) == list(reference.parameters)


FAMILIES = {"layers": "layers", "sequence": "sequence", "adversarial": "adversarial", "averaging": "averaging"}
FAMILIES |= {"samplers": "sampler", "schedules": "schedule"}
FITTING = {"early_exit": {"n": 1}, "concat_last": {"n": 2}}  # for encoders of two layers


@pytest.mark.parametrize(("family", "word"), [(family, word) for family in FAMILIES for word in registry.words(family)])
def test_every_word_trains_a_fold_and_its_weights_predict_the_same(
    train, tiny_checkpoint, short_texts, neural_recipe, tmp_path, family, word
):
    piece = {"name": word, **FITTING.get(word, {})}
    recipe = neural_recipe(**{FAMILIES[family]: [piece] if family == "sequence" else piece})
    fold = train(**recipe)
    assert np.isfinite(fold.logits).all()
    assert fold.history["loss"].notna().all()
    assert_saved_fold_predicts_the_same(fold, tiny_checkpoint("bert"), short_texts, recipe, tmp_path)
