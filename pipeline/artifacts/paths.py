"""Where every artifact lies, relative to the project's root, in which every stage runs."""

from pathlib import Path

DATA = Path("data")
MODELS = Path("models")
REPORTS = Path("reports")
SCRATCH = Path(".scratch")  # checkpoints of training that has not finished; neither git's nor DVC's

PARAMS = Path("params.yaml")

RAW = DATA / "raw"
PLAIN = DATA / "plain"
TRAIN = DATA / "prepared" / "train.parquet"
TEST = DATA / "prepared" / "test.parquet"
CORPUS = DATA / "prepared" / "corpus.parquet"
REJECTED = DATA / "prepared" / "rejected.csv"
CLEANING = DATA / "prepared" / "cleaning.json"
LABELS = DATA / "prepared" / "labels.json"
UNLABELLED = DATA / "unlabelled"
FOLDS = DATA / "folds.parquet"
EXTERNAL = DATA / "external"
AUGMENTED = DATA / "augmented"
ADDITIONAL = DATA / "additional"

PRETRAINED = MODELS / "pretrained"
ALIGNED = MODELS / "aligned"
ENCODERS = MODELS / "encoders"
VECTORS = MODELS / "vectors"
PLAN = MODELS / "plan"
MEMBERS = MODELS / "members"
# A generation of members learns from the competition's labels, a later one from an earlier one's predictions too. The
# generation is in the path, because DVC takes a stage for a circle that depends on a folder in which it publishes.
OOF_LOGITS = MODELS / "oof_logits" / "1"
TEST_LOGITS = MODELS / "test_logits" / "1"
FUSED = MODELS / "fused"
PREDICTIONS = MODELS / "predictions.npz"
DECISION = MODELS / "decision"  # with MEMBERS all that answering new texts takes

DATA_REPORT = REPORTS / "data.json"
ALIGNMENT_REPORTS = REPORTS / "alignment"
HISTORY = REPORTS / "history"
LENGTH_REPORTS = REPORTS / "lengths"
MADE_ON = REPORTS / "made_on"
PLOTS = REPORTS / "plots"
FUSION_REPORT = REPORTS / "fusion.json"
CLASS_WEIGHTS_REPORT = REPORTS / "class_weights.json"
HIDDEN_REPORT = REPORTS / "hidden.json"
SUBMISSION = REPORTS / "submission.csv"
LEDGER = REPORTS / "ledger.csv"  # in git, written by hand with `stages.submit --record`
MANIFEST = REPORTS / "manifest.json"
HTML_REPORT = REPORTS / "index.html"
MARKDOWN_REPORT = REPORTS / "report.md"

# The folders in which stages put their outputs, those above before those inside.
WRITTEN = (
    *(DATA, PLAIN, TRAIN.parent, UNLABELLED, AUGMENTED, ADDITIONAL),
    *(MODELS, PRETRAINED, ALIGNED, ENCODERS, VECTORS, PLAN, MEMBERS),
    *(OOF_LOGITS.parent, OOF_LOGITS, TEST_LOGITS.parent, TEST_LOGITS),
    *(REPORTS, ALIGNMENT_REPORTS, HISTORY, HISTORY / "pretrain", HISTORY / "post_train", HISTORY / "finetune"),
    *(LENGTH_REPORTS, MADE_ON, PLOTS),
)


def fold_name(fold: int) -> str:
    """Return the name of a fold's file or folder; with repeated folds, fold k of repeat r is number r·n_folds + k."""
    return f"fold-{fold}"


def plan_file(stage: str, key: str | None = None) -> Path:
    """Return the path of the plan file, which says what a stage, or one of its entries, runs with."""
    return PLAN / (f"{stage}.json" if key is None else f"{stage}/{key}.json")
