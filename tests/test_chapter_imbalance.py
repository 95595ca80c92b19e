"""What the chapter on unequal classes says in words about its recorded runs."""

import numpy as np
import pytest
from prose._trials import BOTH, load

from ncbook import labs
from ncbook.readings import imbalance as reading
from ncbook.readings.imbalance import ADJUSTED, FEW, FIXED, FREE, LIMIT, NETWORK, OVERSAMPLED, PLAIN, REWEIGHTED

STRONG, WEAK = 5e-3, 5e-4


@pytest.fixture(scope="module", params=BOTH)
def run(request):
    return load("imbalance", request.param)


def of(run, part, **values):
    table = reading.ends(run, part)
    for name, value in values.items():
        table = table[table[name] == value]
    return table


def gain(run, decay, arm, column="rare_acc_head"):
    """Percentage points above the plain network, median over the seeds."""
    found = reading.beside(run, column).loc[decay]
    return float(100 * (found[arm] - found[PLAIN]).median())


def median(run, arm, rule="head"):
    """Accuracy on rare digits with the larger decay."""
    return reading.beside(run, f"rare_acc_{rule}").loc[STRONG][arm].median()


def test_the_search_found_minima_and_no_network_has_an_error_left(run):
    assert reading.ends(run, FREE).slope.max() < 1e-8
    assert reading.ends(run, LIMIT).slope.max() < 1e-8
    assert (reading.ends(run, NETWORK).train_error == 0).all()


def test_curves_of_one_product_lie_on_each_other(run):
    tables = (of(run, FREE, arm=PLAIN, weight_decay=decay) for decay in (3e-3, 1.5e-2))
    one, two = (table.sort_values(["seed", "ratio"]) for table in tables)
    for column in ("cos_rows_rare", "cos_means_rare"):
        np.testing.assert_allclose(one[column], two[column], atol=1e-3)


def test_rows_draw_together_before_features_do(run):
    table = of(run, FREE, arm=PLAIN)
    below = table[table.apart_rare > reading.ONE]
    assert (below.cos_rows_rare >= below.cos_means_rare - 1e-6).all()
    largest = below.sort_values("ratio").groupby(["weight_decay", "seed"]).tail(1)
    assert (largest.cos_rows_rare - largest.cos_means_rare).min() > 0.2


def test_the_distance_to_seli_falls_with_the_decay_and_far_more_than_that_to_the_simplex(run):
    table = of(run, LIMIT)
    for column in ("seli_rows", "seli_means"):
        medians = table.groupby("weight_decay")[column].median().sort_index()
        assert medians.is_monotonic_increasing
    assert table[table.weight_decay <= 1e-3].etf_rows.between(0.45, 0.6).all()


def test_with_the_larger_decay_rows_are_as_near_to_seli_at_every_ratio_as_to_the_simplex_at_equal_sizes(run):
    medians = of(run, NETWORK, arm=PLAIN, weight_decay=STRONG).groupby("ratio")[["seli_rows", "etf_rows"]].median()
    assert (medians.seli_rows[5:] < 1.3 * medians.etf_rows[1]).all()
    weak = of(run, NETWORK, arm=PLAIN, weight_decay=WEAK).groupby("ratio").seli_rows.median()
    assert (weak > medians.seli_rows).all()


def test_rare_rows_of_networks_stay_apart(run):
    assert of(run, NETWORK, arm=PLAIN).cos_rows_rare.max() < 0.4


def test_with_more_weight_decay_rare_rows_do_become_one():
    """The third task of the lab."""
    end = labs.imbalance.run(ratio=50, weight_decay=0.02).iloc[-1]
    assert end.cos_rows_rare > 0.99
    assert end.rare_acc_head < 0.05
    assert end.train_error > 0


def test_remedies_that_restore_the_rows(run):
    for decay in (STRONG, WEAK):
        rows = reading.beside(run, "etf_rows").loc[decay]
        assert (rows[FIXED] < 1e-4).all()
        assert (rows[OVERSAMPLED] < 0.75 * rows[PLAIN]).all()
        assert abs(gain(run, decay, OVERSAMPLED)) < 5
        assert abs(gain(run, decay, FIXED)) < 5


def test_weights_help_with_the_larger_decay_alone(run):
    assert gain(run, STRONG, REWEIGHTED) > 2
    assert gain(run, WEAK, REWEIGHTED) < 2
    assert gain(run, STRONG, ADJUSTED) > 5


def test_the_nearest_training_mean_is_worse_than_the_head(run):
    head, nearest, pool = (median(run, PLAIN, rule) for rule in ("head", "nearest", "pool"))
    assert nearest < head < pool


def test_few_of_every_class_are_between_plain_and_adjusted(run):
    few, head, shifted = median(run, FEW), median(run, PLAIN), median(run, PLAIN, "shifted")
    assert head < few < shifted
