import hashlib
import json

from pipeline.submission import make_manifest

CHOSEN = {"candidate": "vote_first", "class_weights": "none"}


def test_a_manifest_holds_the_submissions_hash_and_its_inputs_in_order():
    manifest = make_manifest("id,label\n1,类\n", {"b": "2", "a": "1"}, CHOSEN)
    assert manifest["submission_sha256"] == hashlib.sha256("id,label\n1,类\n".encode()).hexdigest()
    assert list(manifest["inputs"].items()) == [("a", "1"), ("b", "2")]
    assert manifest["chosen"] == CHOSEN


def test_equal_content_gives_an_equal_manifest():
    """No time, no machine, no order of the inputs."""
    one = make_manifest("x", {"a": "1", "b": "2"}, CHOSEN)
    other = make_manifest("x", {"b": "2", "a": "1"}, dict(CHOSEN))
    assert json.dumps(one) == json.dumps(other)
