"""Write each member's full recipe: `python -m stages.recipes`.

A recipe is the member with every default filled in, the runtime settings, the hashes of the copies of texts that it
names and the fingerprint of the code that it runs. It is what finetune depends on, so a new loss, an edit in another
member or a reworded comment leaves this member's file, and its training, as they were.
"""

from pipeline.runtime.cli import run_stage, say


def main() -> None:
    """Write models/recipes/<member>.json for every member."""
    from pipeline.artifacts.atomic import atomic_folder, write_json
    from pipeline.artifacts.hashes import hash_path
    from pipeline.artifacts.paths import AUGMENTED, RECIPES
    from pipeline.config import load_params
    from pipeline.plan.components import components_of_member
    from pipeline.plan.fingerprint import fingerprint, named, root
    from pipeline.registry import FAMILIES

    params = load_params()
    with atomic_folder(RECIPES) as folder:
        for name, member in params.members.items():
            recipe = member.model_dump(by_alias=True)
            if member.kind != "linear":  # which has no use for it, and should not train again
                recipe |= {"precision": params.runtime.precision}
            augmented = {copies: hash_path(AUGMENTED / f"{copies}.parquet") for copies in recipe["augment"]}
            words = components_of_member(member)
            components = {key: places for word in words for key, places in named(*word).items()}
            code = {
                "pieces": {f"{family}.{word}": FAMILIES[family][word] for family, word in words},
                "code": fingerprint(root("stages.finetune:main"), components),
            }
            write_json(folder / f"{name}.json", {"name": name, **recipe, "augmented": augmented, **code})
    say(f"recipes of {len(params.members)} members: {RECIPES}/")


if __name__ == "__main__":
    run_stage(main)
