import hashlib
import json

from pipeline.submission import make_manifest

CHOSEN = {"candidate": "vote_first", "class_weights": "none"}


def test_a_manifest_holds_the_submissions_hash_and_its_inputs_in_order():
    manifest = make_manifest("id,label\n1,类\n", {"b": "2", "a": "1"}, CHOSEN, {})
    assert manifest["submission_sha256"] == hashlib.sha256("id,label\n1,类\n".encode()).hexdigest()
    assert list(manifest["inputs"].items()) == [("a", "1"), ("b", "2")]
    assert manifest["chosen"] == CHOSEN


def test_equal_content_gives_an_equal_manifest():
    """No time, no machine, no order of the inputs."""
    one = make_manifest("x", {"a": "1", "b": "2"}, CHOSEN, {})
    other = make_manifest("x", {"b": "2", "a": "1"}, dict(CHOSEN), {})
    assert json.dumps(one) == json.dumps(other)


OLD, NEW = {"device": "cpu", "cpu": "AVX2"}, {"device": "cpu", "cpu": "AVX512"}


def test_folds_of_one_machine_add_nothing():
    """Nor do members whose folds differ from another member's."""
    made_on = {"bert": {"fold-0": OLD, "fold-1": dict(OLD)}, "svm": {"fold-0": NEW}, "none": {}}
    assert make_manifest("x", {}, CHOSEN, made_on) == make_manifest("x", {}, CHOSEN, {})


def test_mixed_folds_are_named_with_what_they_were_made_on():
    made_on = {"svm": {"fold-0": OLD}, "bert": {"fold-0": OLD, "fold-1": NEW, "fold-2": dict(OLD)}}
    assert make_manifest("x", {}, CHOSEN, made_on)["folds_made_on"] == {
        "bert": [{"folds": ["fold-0", "fold-2"], **OLD}, {"folds": ["fold-1"], **NEW}]
    }
