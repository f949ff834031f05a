from __future__ import annotations

import pytest

from retrieval.claims.exchange import replaced

TOLD = "Harbour master Lena Voss thanked pilot Karel Brandt for 40 trips with 12 boats to Osk in May."


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        (TOLD, []),
        ("Lena Voss thanked pilot Karel Brandt for 40 trips with 12 boats.", []),
        ("Harbour master Voss thanked Brandt for 40 trips to Osk in May.", []),
        ("Pilot Karel Brandt was thanked by harbour master Lena Voss for 40 trips to Osk in May.", []),
        (
            TOLD.replace("40", "x").replace("12", "40").replace("x", "12"),
            [("number", "12"), ("number", "40")],
        ),
        (TOLD.replace("12", "13"), [("number", "13")]),
        (TOLD.replace("12", "about 13"), []),
        (TOLD.replace("Osk", "Tarn"), [("name", "Tarn")]),
        (
            "Harbour master Karel Brandt thanked pilot Lena Voss for 40 trips with 12 boats to Osk in May.",
            [("name", "Karel"), ("name", "Brandt"), ("name", "Lena"), ("name", "Voss")],
        ),
        ("Karel Brandt went to Tarn.", []),
        (TOLD.replace("May", "spring"), []),
        ("Karel Brandt thanked pilot Lena Voss for 40 trips.", [("meaning", "Karel")]),
        ("Brandt thanked Voss for 40 trips with 12 boats.", [("meaning", "Brandt")]),
        ("Brandt was thanked by Voss for 40 trips with 12 boats.", []),
        ("In May Voss thanked Brandt for 40 trips with 12 boats.", []),
    ],
)
def test_another_name_or_number_in_its_place(claim: str, found: list[tuple[str, str]]):
    assert list(replaced(claim, f"It rained. {TOLD} Nobody was hurt.")) == found


def test_a_people_stands_for_its_land():
    assert (
        list(
            replaced(
                "The navy of China sent six ships to the drill.",
                "The navy of Chinese sent six ships to the drill.",
            )
        )
        == []
    )


def test_nothing_is_compared_where_there_is_no_sentence():
    assert list(replaced("The navy of China sent six ships.", "")) == []


PAYS = "The province is meeting most of the bill of last autumn, and the city the rest."


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        (
            "The city is meeting most of the bill of last autumn, and the province the rest.",
            [("meaning", "city")],
        ),
        (PAYS.replace("autumn", "spring"), [("date", "spring")]),
        (PAYS.replace("bill", "cost"), []),
        ("Most of the bill of last autumn the province is meeting, and the city the rest.", []),
    ],
)
def test_words_that_change_places_and_times_that_are_others(claim: str, found: list[tuple[str, str]]):
    assert list(replaced(claim, PAYS)) == found


def test_of_two_neighbours_the_order_is_free():
    told = "The minister thanked pilots and sailors for six hard months at the lock."
    assert list(replaced(told.replace("pilots and sailors", "sailors and pilots"), told)) == []
    assert (
        list(replaced("The trip took half a year of the crew.", "The trip took six months of the crew."))
        == []
    )
