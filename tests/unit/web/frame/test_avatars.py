"""People are round, co-ops are square; both are drawn from the digest of their address."""

import hashlib

from fedcoop.web.frame import avatars


def test_initials_are_the_first_letters_of_the_first_and_last_word() -> None:
    assert avatars.initials("Noor van Castellan") == "NC"
    assert avatars.initials("noor") == "N"
    assert avatars.initials("– ") == ""


def test_a_person_is_round_with_a_colour_and_a_turn_from_the_digest() -> None:
    digest = hashlib.sha256(b"https://alder.example/members/42").digest()
    drawn = str(avatars.person("https://alder.example/members/42", "Noor Castellan"))
    assert "<circle" in drawn
    assert f"rotate({digest[1] % 8 * 45} " in drawn
    assert f"#{avatars.PAIRS[digest[0] % 8][0]}" in drawn
    assert 'aria-hidden="true"' in drawn


def test_a_coop_is_square_in_its_palette_without_letters() -> None:
    drawn = str(avatars.coop("https://alder.example/actors/alder", "harbour"))
    assert "<rect" in drawn
    assert "#1b4f80" in drawn
    assert "<text" not in drawn


def test_a_name_cannot_break_out_of_the_drawing() -> None:
    drawn = str(avatars.person("x", "<script> &amp;"))
    assert "<script" not in drawn


def test_nothing_in_a_drawing_is_a_style() -> None:
    assert "style=" not in str(avatars.person("x", "A B")) + str(avatars.coop("y"))
