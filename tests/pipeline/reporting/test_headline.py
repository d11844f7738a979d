from pipeline.reporting.headline import headline

CHOSEN = {"candidate": "vote_rank", "method": "none", "nested": 0.51234, "low": 0.49, "high": 0.53}
GAIN = {"difference": -0.001, "low": -0.01, "high": 0.02, "member": {"candidate": "svm", "nested": 0.5}}


def test_every_score_that_is_known_is_said():
    lines = headline({"chosen": CHOSEN, "gain": GAIN}, {"submission": 0.5})
    assert [line.split()[0] for line in lines] == ["submission", "report", "chosen", "gain", "hidden"]
    assert "vote_rank, none class weights: nested macro-F1 0.5123 [0.4900, 0.5300]" in lines[2]
    assert "-0.0010 [-0.0100, +0.0200] over the best member, svm (0.5000)" in lines[3]
    assert lines[4].endswith("0.5000")


def test_what_is_not_known_is_left_out():
    assert len(headline({"chosen": CHOSEN}, {"submission": None})) == 3
    assert len(headline({"chosen": CHOSEN}, {})) == 3
