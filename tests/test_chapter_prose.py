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


def test_the_terminal_phase_begins_after_four_to_six_epochs(watching):
    assert watching[0].zero_error_epoch.between(4, 6).all()


def test_the_mlp_errs_again_near_epoch_51_and_never_after_67(watching):
    mlp = watching[1].query("network == 'mlp'")
    assert mlp[mlp.epoch == 51].train_error.median() > 0
    assert (mlp[mlp.epoch >= 67].train_error == 0).all()


def test_the_terminal_phase_of_the_mlp_starts_at_epoch_59_and_nc1_falls_five_to_six_fold_in_it(watching):
    arms, _, main, _ = watching
    mlp = arms[(arms.weight_decay == main) & (arms.network == "mlp")]
    assert (mlp.phase_start == 59).all()
    assert mlp.phase_fall_train.between(4.9, 6).all()


def test_with_the_larger_weight_decay_test_collapse_falls_about_threefold(watching):
    arms, _, main, _ = watching
    assert arms[arms.weight_decay == main].fall_test.between(3, 4).all()


def test_nc1_on_test_stands_still_after_the_first_drop_while_train_falls_on(watching):
    rows = watching[1]
    then, end = (
        rows[rows.epoch == epoch].groupby("network")[["nc1_train", "nc1_test"]].median() for epoch in (77, 200)
    )
    fall = then / end
    assert (fall.nc1_train > 1.25).all()
    assert (fall.nc1_test < 1.1).all()


def test_the_ranges_of_test_errors_overlap_for_the_mlp_alone(watching):
    arms, _, main, control = watching

    def ends(network, decay):
        return arms[(arms.network == network) & (arms.weight_decay == decay)].test_error_end

    assert ends("mlp", main).max() >= ends("mlp", control).min()
    assert ends("convnet", main).max() < ends("convnet", control).min()
    images = 797 * (ends("convnet", control).median() - ends("convnet", main).median())
    assert 4 <= images <= 6
