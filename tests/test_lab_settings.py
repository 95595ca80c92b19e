"""What may be set in a lab: read from text, refused with the label, the value and the limits, and written."""

import pytest

from ncbook import labs

WHOLE = labs.Whole("epochs", "Epochs", "Passes over the data", 20, 1, 100, "passes")
REAL = labs.Real("rate", "Learning rate", "Step size", 0.1, 1e-3, 10)
OPEN = labs.Real("decay", "Weight decay", "Of every weight", 0.1)
CHOICE = labs.Choice("arm", "Arm", "What is compared", "plain", (("as it is", "plain"), ("pushed", "push")))
EVERY = [setting for offer in labs.OFFERS.values() for setting in offer.plan.settings]


@pytest.mark.parametrize(
    ("setting", "text", "value"),
    [
        (WHOLE, "1", 1), (WHOLE, "100", 100), (REAL, "1e-3", 0.001), (REAL, "10", 10.0), (OPEN, "0", 0.0),
        (OPEN, "1e300", 1e300), (CHOICE, "push", "push"),
    ],
)  # fmt: skip
def test_a_text_is_read_up_to_the_limits(setting, text, value):
    read = setting.read(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("setting", "text", "rule"),
    [
        (WHOLE, "0", "a whole number from 1 to 100 passes"), (WHOLE, "101", "from 1 to 100"),
        (WHOLE, "2.5", "a whole number"), (WHOLE, "1e2", "a whole number"), (WHOLE, "", "a whole number"),
        (REAL, "0", "a number from 0.001 to 10"), (REAL, "10.1", "a number from 0.001 to 10"),
        (REAL, "nan", "a number"), (REAL, "inf", "a number"), (REAL, "0,1", "a number"), (REAL, "", "a number"),
        (OPEN, "-1", "a number at least 0"), (OPEN, "inf", "a number at least 0"),
        (CHOICE, "pushed", "one of plain, push"), (CHOICE, "", "one of plain, push"),
    ],
)  # fmt: skip
def test_what_is_refused_is_named_with_the_label_the_value_and_the_limits(setting, text, rule):
    with pytest.raises(ValueError, match=f"^{setting.label}: must be ") as caught:
        setting.read(text)
    assert rule in str(caught.value)
    assert str(caught.value).endswith(f"got {text!r}")


@pytest.mark.parametrize("value", [0.005, 1.0, 3, 0, 1e-9, 0.123456789, 1 / 3, 1234567.0, 1e300])
def test_what_is_written_is_read_again_without_loss(value):
    assert OPEN.read(OPEN.written(value)) == value


def test_numbers_are_written_as_one_types_them():
    assert [OPEN.written(value) for value in (1.0, 0.005, 5e-6, 3)] == ["1", "0.005", "5e-06", "3"]


@pytest.mark.parametrize("value", [None, "many", [1], 2.5, True])
def test_a_value_from_python_of_another_kind_is_refused_by_name(value):
    plan = labs.collapse.plan
    with pytest.raises(ValueError, match=r"^Epochs: must be a whole number"):
        plan.values({"epochs": value})
    if value not in (2.5, True):
        with pytest.raises(ValueError, match=r"^Weight decay: must be a number"):
            plan.values({"weight_decay": value})


def test_tips_say_what_a_setting_does_and_its_limits():
    assert WHOLE.tip() == "Passes over the data: a whole number from 1 to 100 passes"
    assert REAL.tip() == "Step size: a number from 0.001 to 10"
    assert OPEN.tip() == "Of every weight: a number at least 0"
    assert CHOICE.tip() == "What is compared"


@pytest.mark.parametrize("setting", EVERY, ids=lambda setting: setting.name)
def test_every_setting_of_every_lab_reads_its_default_and_what_it_offers(setting):
    assert setting.read(setting.written(setting.default)) == setting.default
    for value in getattr(setting, "usual", ()):
        assert setting.read(setting.written(value)) == value
    assert not setting.help.endswith(".")


@pytest.mark.parametrize("offer", labs.OFFERS.values(), ids=labs.OFFERS)
def test_every_name_and_label_of_a_lab_stands_once(offer):
    for names in ([each.name for each in offer.plan.settings], [each.label for each in offer.plan.settings]):
        assert len(set(names)) == len(names)
    assert offer.plan.question.endswith("?")
