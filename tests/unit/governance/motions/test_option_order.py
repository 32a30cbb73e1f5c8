"""Options stand as given, by name, or shuffled: for one member always the same."""

from dataclasses import replace

from fedcoop.governance.motions.motion import Option, OptionOrder, Settings
from fedcoop.governance.motions.option_order import shown_order

OPTIONS = tuple(Option(key, name) for key, name in (("n", "None"), ("z", "ähre"), ("b", "Zopf"), ("a", "Brot")))


def order(how: OptionOrder, member: str = "7", **extra: str) -> list[str]:
    settings = replace(Settings(), option_order=how, extra=extra)
    return [option.key for option in shown_order(OPTIONS, settings, poll="p", member=member)]


def test_the_order_of_the_proposal_is_kept() -> None:
    assert order(OptionOrder.FIXED) == ["n", "z", "b", "a"]


def test_names_are_sorted_without_regard_to_case() -> None:
    assert order(OptionOrder.ALPHABETICAL)[0] == "a"
    assert sorted(order(OptionOrder.ALPHABETICAL)) == ["a", "b", "n", "z"]


def test_a_shuffled_order_is_stable_for_a_member_and_differs_between_members() -> None:
    assert order(OptionOrder.SHUFFLED) == order(OptionOrder.SHUFFLED)
    assert len({tuple(order(OptionOrder.SHUFFLED, str(member))) for member in range(40)}) > 10


def test_every_option_comes_first_for_about_as_many() -> None:
    firsts = [order(OptionOrder.SHUFFLED, str(member))[0] for member in range(400)]
    assert all(60 <= firsts.count(option.key) <= 140 for option in OPTIONS)


def test_none_of_these_and_reopening_stay_at_the_end() -> None:
    for how in OptionOrder:
        assert order(how, none="n")[-1] == "n"
        assert order(how, ron="b")[-1] == "b"
