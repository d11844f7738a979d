"""Write each member's full recipe: `python -m stages.recipes`.

A recipe is the member with every default filled in, the runtime settings, and the hashes of the code that it runs. It
is what finetune depends on, so a new loss or an edit in another member leaves this member's file, and its training,
as they were.
"""

from typing import Any

from pipeline.runtime.cli import run_stage, say


def main() -> None:
    """Write models/recipes/<member>.json for every member."""
    from pipeline.artifacts.atomic import atomic_folder, write_json
    from pipeline.artifacts.paths import RECIPES
    from pipeline.config import load_params

    params = load_params()
    runtime = {"threads": params.runtime.threads, "precision": params.runtime.precision}
    with atomic_folder(RECIPES) as folder:
        for name, member in params.members.items():
            recipe = member.model_dump(by_alias=True) | runtime
            write_json(folder / f"{name}.json", {"name": name, **recipe, "sources": sources(recipe)})
    say(f"recipes of {len(params.members)} members: {RECIPES}/")


def sources(recipe: dict[str, Any]) -> dict[str, str]:
    """Hashes of the code that training by this recipe runs: the stage, the member's kind, and the pieces it names."""
    from pipeline.artifacts.hashes import source_hashes
    from pipeline.registry import module_of

    modules = ["stages.finetune", module_of("kinds", recipe["kind"])]
    if recipe["kind"] == "transformer":
        modules += [
            module_of("poolers", recipe["pooler"]["name"]),
            module_of("losses", recipe["loss"]["name"]),
            module_of("imbalance", recipe["class_weights"]),
        ]
        if recipe["contrastive"]:
            modules.append(module_of("contrastive", recipe["contrastive"]["loss"]["name"]))
    return source_hashes(modules)


if __name__ == "__main__":
    run_stage(main)
