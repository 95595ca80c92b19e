"""What chapters say in words about recorded runs: a new recording that no longer says so fails here."""

import pytest

from ncbook import experiments, readings


@pytest.fixture(scope="module")
def watching():
    """The run of "Watching a network collapse", its arms, and its rows at the main weight decay."""
    run = experiments.collapse.load("laptop")
    frame = run.to_frame()
    main, control = run.config["weight_decays"]
    return readings.collapse.falls(run), frame[frame.weight_decay == main], main, control


def test_the_terminal_phase_begins_after_six_to_nine_epochs_and_no_error_comes_back(watching):
    arms, rows, _, _ = watching
    assert arms.zero_error_epoch.between(6, 9).all()
    assert (arms.phase_start == arms.zero_error_epoch).all()
    assert (rows[rows.epoch >= 9].train_error == 0).all()


def test_with_the_larger_weight_decay_test_collapse_falls_about_threefold(watching):
    arms, _, main, _ = watching
    assert arms[arms.weight_decay == main].fall_test.between(2.8, 3.5).all()


def test_nc1_on_test_hardly_falls_with_the_rate_while_train_falls_on(watching):
    rows = watching[1]
    held, end = (
        rows[rows.epoch == epoch].groupby("network")[["nc1_train", "nc1_test"]].median() for epoch in (120, 200)
    )
    fall = held / end
    assert (fall.nc1_train > 2).all()
    assert (fall.nc1_test < 1 / 0.8).all()


def test_the_angles_of_the_means_stay_about_three_hundredths_off(watching):
    rows = watching[1]
    assert rows[(rows.epoch == 200) & (rows.network == "mlp")].nc2_angles_train.between(0.025, 0.04).all()


def test_the_ranges_of_test_errors_overlap_for_both_networks(watching):
    arms, _, main, control = watching

    def ends(network, decay):
        return arms[(arms.network == network) & (arms.weight_decay == decay)].test_error_end

    for network in ("mlp", "convnet"):
        assert ends(network, main).max() >= ends(network, control).min()
        assert ends(network, control).max() >= ends(network, main).min()
