"""Claims that copy a sentence but for two parts that changed places."""

from __future__ import annotations

import pytest

from retrieval.claims.missing import Ground, missing
from retrieval.claims.swap import swapped


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        (
            "The police called on councillor Ada Voss to open the archive.",
            "Councillor Ada Voss called on the police to open the archive.",
        ),
        (
            "That afternoon Osk dropped its pursuit of Varn Shipping.",
            "That afternoon Varn Shipping dropped its pursuit of Osk.",
        ),
        (
            "The clinic will drop paper files and move to the tablets.",
            "The clinic would drop the tablets and move to paper files.",
        ),
        (
            "The judge threw out a claim of the company against ninety neighbours.",
            "The judge threw out a claim of ninety neighbours against the company.",
        ),
        (
            "The new bridge carries more lorries than cars every day.",
            "The new bridge carries more cars than lorries every day.",
        ),
        (
            "The mayor gave way before the council voted on the harbour.",
            "The council voted on the harbour before the mayor gave way.",
        ),
    ],
)
def test_two_parts_that_changed_places_are_found(claim: str, text: str) -> None:
    assert list(swapped(claim, text))
    assert [kind for kind, _ in missing(claim, Ground(f"Rain fell. {text}"))] == ["meaning"]


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        # the passive
        (
            "The police were called on by councillor Ada Voss in spring.",
            "Councillor Ada Voss called on the police in spring.",
        ),
        # who speaks
        ("The lock was shut in May, Ada Voss said.", "Ada Voss said the lock was shut in May."),
        # as true the other way round
        (
            "In spring Ada Voss met the old harbour master.",
            "In spring the old harbour master met Ada Voss.",
        ),
        # less for more
        (
            "A volunteer costs the country less than a conscript.",
            "A conscript costs the country more than a volunteer.",
        ),
        # what is done to it stands before it in both
        (
            "To save money the repair was put off each time.",
            "Each time the repair was put off to save money.",
        ),
        # with a preposition in one
        (
            "A raise of three per cent ended the strike of 2011.",
            "The strike of 2011 ended with a raise of three per cent.",
        ),
        # a relative clause
        (
            "The Osk marathon, which he finished in spring, was his last.",
            "In spring he finished the Osk marathon, his last.",
        ),
        # parts of a list
        ("The port and the lock were shut in May.", "The lock and the port were shut in May."),
        # too little is the same
        ("Osk beat Varn in May.", "Varn beat Osk on a cold day in June after rain had fallen for a week."),
    ],
)
def test_what_means_the_same_in_another_order_passes(claim: str, text: str) -> None:
    assert not list(swapped(claim, text))
