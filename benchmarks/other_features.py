"""What do published claims come to with other features? For claims that do not tell all about theirs.

Each claim's own recipe is measured with other feature sets put in its place, all else as it is: as claimed and on
unheard speakers, in as many divisions as `emotrace reproduce` makes of it. The remarks of those recipes cite these
figures. (Needs RAVDESS.)
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from _measure import parser, report
from emotrace.learn.laboratory.recipe import find_claim, read_claim
from emotrace.learn.laboratory.reproduce import reproduce
from emotrace.learn.laboratory.summary import summarise

SETS = {
    "R7": ("stats70", "means180"),
    "R8": ("stats70", "means180", "voice-functionals"),
    "R9": ("means180", "stats70"),
}
SIDES = ("as_claimed", "speaker_independent")


def main() -> None:
    """Measure, print, and write the results."""
    options = parser(__doc__)
    options.add_argument("--corpora", type=Path, required=True, metavar="DIR", help="with a sub-folder ravdess")
    arguments = options.parse_args()
    claims = {
        name: {features: measure(name, features, arguments.corpora) for features in sets}
        for name, sets in SETS.items()
    }
    rows = [("claim", "features", "group", *SIDES)]
    rows += [
        (name, features, group, *(f"{sides[side]['mean']:.3f}" for side in SIDES))
        for name, sets in claims.items()
        for features, groups in sets.items()
        for group, sides in groups.items()
    ]
    what = "accuracy of published claims with their own and with other feature sets, mean and sd over divisions"
    report(rows, {"what": what, "claims": claims}, arguments.output, ("scikit-learn", "lightgbm"))


def measure(claim: str, features: str, corpora: Path) -> dict[str, Any]:
    """Give the accuracies of a claim, by group and side, with a feature set in the place of its own."""
    recipe = find_claim(claim).read_text(encoding="utf-8")
    own = f'[features]\nset = "{read_claim(claim).features.set}"\n'
    assert recipe.count(own) == 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{claim}.toml"
        path.write_text(recipe.replace(own, f'[features]\nset = "{features}"\n'), encoding="utf-8")
        told = summarise(reproduce(str(path), corpora, Path(folder) / "runs"))
    return {
        result["group"]: {side: {"n_runs": result[side]["n_runs"], **result[side]["accuracy"]} for side in SIDES}
        for result in told["results"]
    }


if __name__ == "__main__":
    main()
