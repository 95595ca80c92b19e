"""Claims that `transfer` decides, and the rules by which it does."""

import pandas as pd

from ncbook.claims import Claim, Evidence
from ncbook.readings.transfer import (
    COARSE,
    INPUT,
    LAST,
    PER_CLASS,
    WEAK,
    ends,
    final_layers,
    rank_correlation,
    since_zero_error,
)
from ncbook.runs import Run

SIMILAR = 2.0  # times: two numbers that are called similar
ORDERED = 0.9  # size of a rank correlation over the numbers of source classes: one swap of neighbors out of five
CORRELATED = 0.5  # size of a rank correlation along a training
POINTS = 0.02  # a difference of accuracies that counts
TENFOLD = 10.0  # the fall in the terminal phase that counts as collapse, as in part 1
RECOVERED = 0.8  # share of points put into their fine class


def _with_source(run: Run) -> pd.DataFrame:
    """Ends of the trainings with `per_class` images of each source class."""
    table = ends(run)
    return table[table.arm == PER_CLASS]


def _fewer(run: Run) -> pd.DataFrame:
    table = _with_source(run)
    return table[table.num_classes < run.config["target_classes"]]


def _over_classes(table: pd.DataFrame, values: pd.Series) -> list[float]:
    """Rank correlation of `values` with the number of source classes, one an arm and seed."""
    rows = table.assign(value=values).groupby(["arm", "seed"])
    return [rank_correlation(each.num_classes, each.value) for _, each in rows]


def _similar(run: Run) -> Evidence:
    table = _with_source(run)
    times = table.cdnv_test / table.cdnv_train
    return Evidence.of(times <= SIMILAR, times, "times the CDNV on train")


def _cdnv_falls(run: Run) -> Evidence:
    table = ends(run)
    found = _over_classes(table, table.cdnv_target)
    return Evidence.of((each <= -ORDERED for each in found), found, "rank correlation with l")


def _accuracy_rises(run: Run) -> Evidence:
    table = ends(run)
    found = _over_classes(table, table.probe_acc_target)
    return Evidence.of((each >= ORDERED for each in found), found, "rank correlation with l")


def _gap_falls(run: Run) -> Evidence:
    table = ends(run)
    found = _over_classes(table, table.cdnv_target - table.cdnv_test)
    return Evidence.of((each <= -ORDERED for each in found), found, "rank correlation with l")


def _impossible(run: Run) -> Evidence:
    table = _fewer(run)
    times = table.probe_acc_target * run.config["target_classes"]
    return Evidence.of(times <= SIMILAR, times, "times chance")


def _worse_than_pixels(run: Run) -> Evidence:
    table = _fewer(run)
    lost = 100 * (table.pixels - table.probe_acc_target)
    return Evidence.of(lost > 0, lost, "points below the pixels")


def _longer_few(run: Run) -> Evidence:
    table = _fewer(run)
    lost = table.probe_then - table.probe_acc_target
    return Evidence.of(lost >= POINTS, 100 * lost, "points lost")


def _terminal(run: Run, arms: tuple[str, ...]) -> pd.DataFrame:
    table = since_zero_error(run)
    return table[table.arm.isin(arms)]


def _lost(run: Run, arms: tuple[str, ...]) -> Evidence:
    table = _terminal(run, arms)
    lost = table.probe_then - table.probe_end
    return Evidence.of(lost >= POINTS, 100 * lost, "points lost")


def _longer(run: Run) -> Evidence:
    return _lost(run, COARSE)


def _longer_weak(run: Run) -> Evidence:
    return _lost(run, (WEAK,))


def _goes_with_collapse(run: Run) -> Evidence:
    found = _terminal(run, COARSE).correlation.dropna()
    return Evidence.of(found >= CORRELATED, found, "rank correlation")


def _middle(table: pd.DataFrame) -> Evidence:
    """By how much the best layer between the pixels and the last one beats the last."""
    gain = table.drop(columns=[INPUT, LAST]).max(axis=1) - table[LAST]
    return Evidence.of(gain >= POINTS, 100 * gain, "points above the last layer")


def _middle_groups(run: Run) -> Evidence:
    table = final_layers(run, "groups")
    return _middle(table[table.index.get_level_values("arm").isin(COARSE)])


def _middle_source(run: Run) -> Evidence:
    table = final_layers(run, "source")
    return _middle(table[table.index.get_level_values("arm") == PER_CLASS])


def _residual(run: Run) -> Evidence:
    table = _terminal(run, COARSE)
    found = table.cluster_end[table.ratio_then / table.ratio_end >= TENFOLD]
    return Evidence.of(found >= RECOVERED, 100 * found, "% recovered")


CLAIMS = (
    Claim(
        id="source-collapse-on-new-images",
        source="galanti2022role", where="as figure 6 of the survey",
        statement="On the source classes CDNV is similar on training images and on new ones.",
        rule="At the end CDNV of new images of the source classes is at most twice that of training images; a trial "
        "is a number of source classes and a seed.",
        control="the same networks untrained",
        judge=_similar, cell="source-numbers",
    ),
    Claim(
        id="unseen-cdnv-falls-with-classes",
        source="galanti2022role", where="as figure 6 of the survey",
        statement="The more source classes, the lower the CDNV of classes that the network has never seen.",
        rule="Over the numbers l of source classes the rank correlation of l with CDNV on the target classes at the "
        "end is -0.9 or lower; a trial is a protocol (equal images a class, or in all; equal steps in both) and a "
        "seed.",
        control="equal steps, and equal images in all",
        judge=_cdnv_falls, cell="source-numbers",
    ),
    Claim(
        id="unseen-accuracy-rises-with-classes",
        source="galanti2022role", where="as figure 6 of the survey",
        statement="The more source classes, the better a classifier that learns new classes from a few images.",
        rule="Over the numbers l of source classes the rank correlation of l with 5-shot accuracy at the end is 0.9 "
        "or higher; a trial is a protocol (equal images a class, or in all; equal steps in both) and a seed.",
        control="equal steps, and equal images in all",
        judge=_accuracy_rises, cell="source-numbers",
    ),
    Claim(
        id="unseen-gap-falls-with-classes",
        source="galanti2022role", where="the bound on unseen classes, as section 4.3 of the survey gives it",
        statement="What the bound must add to go from source to unseen classes gets small with many source classes.",
        rule="Over the numbers l of source classes the rank correlation of l with CDNV on the target classes minus "
        "that on new images of the source classes is -0.9 or lower; a trial is a protocol (equal images a class, or in "
        "all) and a seed.",
        control="equal steps, and equal images in all",
        judge=_gap_falls, cell="source-numbers",
    ),
    Claim(
        id="fewer-source-classes-impossible",
        source="agarwal2022what", where="section 4.3",
        statement="After pretraining on fewer classes than the target has, the target cannot be learned.",
        rule="5-shot accuracy at the end is at most twice chance; a trial is a number of source classes below that "
        "of the target classes, and a seed.",
        control="more source classes; untrained features",
        judge=_impossible, cell="fewer-numbers",
    ),
    Claim(
        id="fewer-source-classes-lose-information",
        source="agarwal2022what", where="section 4.3",
        statement="Pretraining on fewer classes than the target has throws away information about the target.",
        rule="5-shot accuracy at the end is below that of the same classifier on the pixels; a trial is a number of "
        "source classes below that of the target classes, and a seed.",
        control="more source classes; untrained features",
        judge=_worse_than_pixels, cell="fewer-numbers",
    ),
    Claim(
        id="longer-training-worse-few-classes",
        source="hui2022limitations", where="abstract",
        statement="Training longer makes last-layer features worse for transfer: here, with few source classes.",
        rule="5-shot accuracy at the end is lower by 2 points or more than after an eighth of the steps; a trial is "
        "a number of source classes below that of the target classes, and a seed.",
        control="more source classes",
        judge=_longer_few, cell="fewer-numbers",
    ),
    Claim(
        id="longer-training-worse-transfer",
        source="hui2022limitations", where="abstract",
        statement="Training longer on super-classes makes last-layer features worse for the classes within them.",
        rule="The accuracy of the linear probe on the last layer falls by 2 points or more from the first measured "
        "epoch without a training error to the end; a trial is a grouping of the digits, with the strong weight decay, "
        "and a seed.",
        control="fine labels; random labels; weak weight decay",
        judge=_longer, cell="longer-numbers",
    ),
    Claim(
        id="longer-training-worse-weak-decay",
        source="hui2022limitations", where="abstract",
        statement="Training longer on super-classes makes last-layer features worse, with little weight decay too.",
        rule="The accuracy of the linear probe on the last layer falls by 2 points or more from the first measured "
        "epoch without a training error to the end; a trial is a seed, with the weak weight decay.",
        control="the same networks with the strong weight decay",
        judge=_longer_weak, cell="longer-numbers",
    ),
    Claim(
        id="more-collapse-worse-transfer",
        source="hui2022limitations", where="abstract",
        statement="The more the features have collapsed on the super-classes, the worse they transfer.",
        rule="From the first measured epoch without a training error on, the rank correlation of Tr Sigma_W / Tr "
        "Sigma_B with the accuracy of the linear probe is 0.5 or higher; a trial is a grouping of the digits, with the "
        "strong weight decay, and a seed with three such epochs.",
        control="weak weight decay, where there is less collapse",
        judge=_goes_with_collapse, cell="longer-numbers",
    ),
    Claim(
        id="middle-layer-better-after-super-classes",
        source="agarwal2022what", where="section 5, asked as a question",
        statement="A layer in the middle transfers better than the last, after pretraining on super-classes.",
        rule="At the end the best linear probe on a block before the last beats that on the last by 2 points or more; "
        "a trial is a grouping of the digits, with the strong weight decay, and a seed.",
        control="the pixels; fine labels",
        judge=_middle_groups, cell="layer-numbers",
    ),
    Claim(
        id="middle-layer-better-for-unseen",
        source="agarwal2022what", where="section 5, asked as a question",
        statement="A layer in the middle transfers better than the last, to unseen classes.",
        rule="At the end 5-shot accuracy on the best block before the last beats that on the last by 2 points or "
        "more; a trial is a number of source classes and a seed.",
        control="the pixels",
        judge=_middle_source, cell="layer-numbers",
    ),
    Claim(
        id="residual-recovers-fine-classes",
        source="yang2023neurons", where="the experiment on super-classes",
        statement="Features that have collapsed onto super-classes still hold the fine classes in what is left.",
        rule="k-means on h - mu of each super-class, as many clusters as fine classes, puts 80 % or more of the "
        "training images into their class at the end; a trial is a grouping of the digits, with the strong weight "
        "decay, and a seed whose Tr Sigma_W / Tr Sigma_B has fallen tenfold since the first measured epoch without a "
        "training error.",
        control="the same clusters of the pixels, and after random labels",
        judge=_residual, cell="residual-numbers",
    ),
)  # fmt: skip
