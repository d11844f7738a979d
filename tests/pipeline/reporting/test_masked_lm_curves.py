from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.reporting.contents import Contents, Curve
from pipeline.reporting.curves import mlm_curves
from pipeline.reporting.histories import masked_lm_curves
from pipeline.reporting.page import render_html

NAN = float("nan")


@pytest.mark.parametrize(
    ("planned", "said"),
    [
        (None, "held-out loss at the end 5.2"),
        (300, "weights of step 100, held-out loss 5.1"),
        (1000, "weights of step 100, held-out loss 5.1; stopped early, at step 300 of 1,000"),
    ],
)
def test_the_page_says_which_weights_were_kept_and_whether_training_stopped_early(
    contents: Contents, planned: int | None, said: str
) -> None:
    curve = Curve([100, 200, 300], [6.0, 5.5, 5.0], held_out_loss=[5.1, 5.1, 5.2], planned_steps=planned)
    curves = {"post-train tiny": curve}
    page = render_html(replace(contents, mlm_curves=curves))
    assert f"<figcaption>post-train tiny <small>{said}</small></figcaption>" in page


def test_steps_without_a_held_out_loss_are_not_kept(contents: Contents) -> None:
    curve = Curve([100, 200, 300], [6.0, 5.5, 5.0], held_out_loss=[NAN, 5.3, NAN], planned_steps=300)
    (panel,) = mlm_curves(replace(contents, mlm_curves={"x": curve}))
    assert panel["end"] == "weights of step 200, held-out loss 5.3"


def test_planned_steps_go_to_the_run_of_their_stage(tmp_path: Path) -> None:
    for stage in ("pretrain", "post_train"):
        (tmp_path / stage).mkdir()
        (tmp_path / stage / "tiny.csv").write_text("step,loss,held_out_loss\n2,5.5,5.25\n")
    curves = masked_lm_curves(tmp_path, {"tiny": None, "absent": 9}, {"tiny": 4})
    read = Curve([2], [5.5], held_out_loss=[5.25])
    assert curves == {"pretrain tiny": read, "post-train tiny": replace(read, planned_steps=4)}
