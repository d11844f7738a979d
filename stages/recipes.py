"""Write each member's full recipe: `python -m stages.recipes`.

A recipe is the member with every default filled in, the runtime settings, the hashes of the copies of texts that it
names and the fingerprint of the code that it runs. It is what finetune depends on, so a new loss, an edit in another
member or a reworded comment leaves this member's file, and its training, as they were.
"""

from pathlib import Path
from typing import Any

from pipeline.runtime.cli import run_stage, say


def main() -> None:
    """Write models/recipes/<member>.json for every member."""
    from pipeline.artifacts.atomic import atomic_folder, write_json
    from pipeline.artifacts.hashes import hash_path
    from pipeline.artifacts.paths import AUGMENTED, RECIPES
    from pipeline.config import load_params

    params = load_params()
    with atomic_folder(RECIPES) as folder:
        for name, member in params.members.items():
            recipe = member.model_dump(by_alias=True)
            if member.kind != "linear":  # which has no use for it, and should not train again
                recipe |= {"precision": params.runtime.precision}
            augmented = {copies: hash_path(AUGMENTED / f"{copies}.parquet") for copies in recipe["augment"]}
            write_json(folder / f"{name}.json", {"name": name, **recipe, "augmented": augmented, **code(recipe)})
    say(f"recipes of {len(params.members)} members: {RECIPES}/")


def code(recipe: dict[str, Any]) -> dict[str, Any]:
    """The code that training by this recipe runs: where each of its pieces lives, and one fingerprint of all of it."""
    from pipeline.plan.fingerprint import fingerprint, named, root
    from pipeline.registry import FAMILIES

    pieces = pieces_of(recipe)
    components = {name: places for family, word in pieces for name, places in named(family, word).items()}
    return {
        "pieces": {f"{family}.{word}": FAMILIES[family][word] for family, word in pieces},
        "code": fingerprint(root("stages.finetune:main"), components),
    }


def pieces_of(recipe: dict[str, Any]) -> list[tuple[str, str]]:
    """The words of the registry that training by this recipe loads, each with its family."""
    pieces = [("kinds", recipe["kind"]), *source_pieces(recipe)]
    if recipe["kind"] == "neural":
        pieces += [(family, piece["name"]) for family, piece in neural_pieces(recipe)]
    if recipe["kind"] == "mlp":
        pieces.append(("imbalance", recipe["class_weights"]["name"]))
    return pieces


def source_pieces(recipe: dict[str, Any]) -> list[tuple[str, str]]:
    """The pieces that read texts for what a recipe starts from, each with its family.

    What vectors are made of stands in their folder, which is not there yet: any kind and any segmentation.
    """
    from pipeline.artifacts.paths import VECTORS
    from pipeline.registry import words

    # settings.json is what `is_vectors` looks for; its module would bring scipy, and this stage starts in no time.
    source = Path(recipe["from"])
    from_vectors = recipe["kind"] == "linear" or VECTORS in source.parents or (source / "settings.json").exists()
    if not from_vectors:
        segments = [piece["segment"] for piece in recipe.get("sequence", []) if "segment" in piece]
        if segments:
            return [("readers", "tokens_in_words"), ("segmentation", segments[0])]
        return [("readers", "tokens")]
    segmentation = [("segmentation", word) for word in words("segmentation")]
    if recipe["kind"] == "neural":
        return [("readers", "words"), *segmentation]
    return [("vectors", word) for word in words("vectors")] + segmentation


def neural_pieces(recipe: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The pieces that a neural member's recipe names, each with its family."""
    contrastive = recipe["contrastive"]
    named = [
        ("layers", [recipe["layers"]]),
        ("sequence", recipe["sequence"]),
        ("poolers", recipe["poolers"]),
        ("losses", [recipe["loss"]]),
        ("imbalance", [recipe["class_weights"]]),
        ("contrastive", [contrastive["loss"]] if contrastive else []),
        ("adversarial", [recipe["adversarial"]]),
        ("averaging", [recipe["averaging"]]),
        ("samplers", [recipe["sampler"]]),
        ("schedules", [recipe["schedule"]]),
    ]
    return [(family, piece) for family, pieces in named for piece in pieces if piece]


if __name__ == "__main__":
    run_stage(main)
