"""What is claimed of collapsed networks beyond the test set, and the rules by which a run decides."""

import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence
from ncbook.readings import _rows
from ncbook.readings import reliability as reading
from ncbook.readings.moments import COLLAPSED
from ncbook.readings.reliability import FALLING, HIT, NOISE, PLAIN, ROBUST
from ncbook.runs import Run

CLEARLY = 0.01  # of AUROC
_HALF = 0.5
_SMALL, _LARGE = 0.2, 0.4  # radii: the one of robust training, and one at which plain networks are fooled throughout
_AT_CORNER = 0.25  # of the way between two corners: nearer to the corner than to the boundary, which is half way
_ALIGNED = 0.99
_POINT = 0.01  # of test error
_SAME = 1e-6
OUTPUTS = ("msp", "energy", "neco")  # the scores that collapse is said to help
LUCK = 0.1  # how often sampling of the images parts two equal scores by 0.01 of AUROC


def _orthogonal(run: Run) -> Evidence:
    table = _decayed(reading.since_fitted(run, ["nc5"]))
    unit = "NC5 at the end, over NC5 at the first probe without a training error"
    return Evidence.compared(table.seed, table.nc5_end / table.nc5_then, "<=", _HALF, unit, table.train_error_end == 0)


def _neco(run: Run) -> Evidence:
    gain = (reading.beside(run, "auroc_neco") - reading.beside(run, "auroc_msp")).stack()
    return Evidence.compared(_rows.seeds(gain), gain, ">=", CLEARLY, "AUROC above the softmax", chance=LUCK)


def _decay(run: Run) -> Evidence:
    strong, weak = reading.strongest(run), reading.weakest(run)
    nc1, error = reading.beside(run, "nc1_train"), reading.beside(run, "test_error")
    valid = (nc1[strong] <= _HALF * nc1[weak]) & ((error[strong] - error[weak]).abs() <= _POINT)
    tables = [reading.beside(run, f"auroc_{name}") for name in OUTPUTS]
    gain = pd.concat([table[strong] - table[weak] for table in tables], keys=OUTPUTS, names=["score", "seed"])
    fits = valid.reindex(_rows.seeds(gain))
    return Evidence.compared(_rows.seeds(gain), gain, ">=", CLEARLY, "AUROC above no decay", fits, LUCK)


def _longer(run: Run) -> Evidence:
    table = _decayed(reading.since_fitted(run, ["auroc_neco", "nc1_train"]))
    gain = table.auroc_neco_end - table.auroc_neco_then
    valid = (table.nc1_train_end <= _HALF * table.nc1_train_then) & (table.train_error_end == 0)
    return Evidence.compared(table.seed, gain, ">=", CLEARLY, "AUROC of NECO gained after zero error", valid, LUCK)


def _pixels(run: Run) -> Evidence:
    nearest = reading.baselines(run)["nearest"]
    ahead = pd.concat([nearest - reading.best_score(run, decay) for decay in run.config["weight_decays"]])
    unit = "AUROC of the nearest image above the network's best score"
    return Evidence.compared(_rows.seeds(ahead), ahead, ">=", CLEARLY, unit, chance=LUCK)


def _breaks(run: Run) -> Evidence:
    hit, noise = (_decayed(reading.changed(run, change, _SMALL, FALLING)) for change in (HIT, NOISE))
    rise = hit.nc1_hit / hit.nc1_clean
    holds = (rise >= COLLAPSED) & (noise.nc1_hit <= hit.nc1_hit / COLLAPSED)
    return Evidence.of(hit.seed, holds, rise, "times NC1 of the images as they are", hit.fitted)


def _leaps(run: Run) -> Evidence:
    tables = [reading.changed(run, HIT, _LARGE, arm) for arm in (PLAIN, FALLING)]
    table = _rows.chosen(pd.concat(tables), weight_decay=reading.strongest(run))
    unit = "of the way between two corners is left"
    fooled = table.fitted & (table.hit_error_train >= _HALF)
    return Evidence.compared(table.seed, table.to_corner, "<=", _AT_CORNER, unit, fooled)


def _aligned(run: Run) -> Evidence:
    robust = reading.changed(run, HIT, _SMALL, ROBUST).set_index("seed")
    plain = _rows.chosen(reading.changed(run, HIT, _SMALL, FALLING), weight_decay=reading.strongest(run)).set_index(
        "seed"
    )
    less = plain.nc1_hit / robust.nc1_hit
    holds = (robust.means_cosine >= _ALIGNED) & (less >= COLLAPSED)
    unit = "times smaller NC1 of attacked images"
    return Evidence.of(robust.index, holds, less, unit, robust.fitted & plain.fitted[robust.index])


def _scaling(run: Run) -> Evidence:
    seeds, moved = [], []
    for (seed, _), own in reading.scalings(run).groupby(["seed", "weight_decay"]):
        fixed = own[["test_error", "nc1_train", "nc2_angles_train", "nc3_train"]]
        seeds.append(seed)
        moved.append(((fixed.max() - fixed.min()) / fixed.max().clip(lower=_SAME)).max())
    unit = "largest relative change of errors, NC1, NC2 and NC3"
    return Evidence.compared(seeds, moved, "<=", _SAME, unit)


def _opposite(run: Run) -> Evidence:
    strong, weak = reading.strongest(run), reading.weakest(run)
    nc1, best = reading.beside(run, "nc1_train"), reading.beside(run, "temperature")
    holds = (best[strong] < 1) & (best[weak] > 1)
    valid = (nc1[strong] <= _HALF * nc1[weak]) & best[[strong, weak]].notna().all(axis=1)
    unit = "times the temperature of the network without decay"
    return Evidence.of(best.index, holds, best[strong] / best[weak], unit, valid, SIGN**2)


def _decayed(table: pd.DataFrame) -> pd.DataFrame:
    """The rows with a weight decay, which collapse."""
    return table[table.weight_decay > 0].reset_index(drop=True)


CLAIMS = read(
    __file__,
    {
        "unseen-mean-turns-orthogonal": _orthogonal,
        "neco-beats-confidence": _neco,
        "more-collapse-detects-better": _decay,
        "detection-improves-past-zero-error": _longer,
        "pixels-detect-better": _pixels,
        "attacks-break-the-simplex": _breaks,
        "attacked-images-leap-to-corners": _leaps,
        "robust-simplices-aligned": _aligned,
        "scaling-moves-confidence-alone": _scaling,
        "decay-decides-confidence": _opposite,
    },
)
