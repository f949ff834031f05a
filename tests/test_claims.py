"""What a claim names, held against what it cites: each row is told apart by its one flaw, or has none."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.claims.missing import Ground, missing, quotes
from retrieval.claims.normal import bare, normal
from retrieval.types import Source

GUARDIAN = Source("a.txt", "Harbour talks fail", "The Guardian", "Ada Brook", dt.date(2023, 7, 3))  # a Monday
UNDATED = Source("b.txt", "Harbour talks fail")


def flaws(claim: str, text: str, source: Source = GUARDIAN, context: str = "") -> list[tuple[str, str]]:
    return list(missing(claim, Ground(text, (source,), context)))


RIGHT = [
    # numbers
    ("It cost 31 million crowns.", "It cost 31m crowns."),
    ("There were 1.2 thousand people.", "There were 1,200 people."),
    ("Four ships sank.", "4 ships sank."),
    ("Forty-one per cent agreed.", "41% agreed."),
    ("About 400 came.", "412 people came."),
    ("Some 400 people came.", "Exactly 412 people came."),
    ("More than 400 people came.", "412 people came."),
    ("Nearly 300 left.", "In all, 296 people left."),
    ("Both countries, two in all, signed.", "Ruritania and Estmark signed."),
    ("Three parties joined.", "The Greens, Labour and the Centre joined."),
    ("It opens six months late.", "It opens half a year late."),
    ("The price rose by 36 million crowns.", "The price is 164 million crowns instead of 128 million."),
    ("Support fell by seven points.", "Support is at 27 percent, down from 34."),
    ("Twelve ministries are shared.", "Labour gets five ministries, the Centre four and the Greens three."),
    ("Nine out of ten said yes.", "Of the members, 91 percent said yes."),
    ("Thirty percent were for it.", "Seven in ten were against it."),
    ("A third of them left.", "Of 60 people 20 left."),
    ("It flew at 18,000 metres.", "No jet climbs above 9,000 metres. It flew at twice that height."),
    ("She left at twenty to five.", "She left at 4.40 am."),
    ("It was his first visit in a decade.", "He had not been there for ten years."),
    ("He owes half a million euros.", "He owes 500,000 euros."),
    # dates
    ("He came on 23 June.", "He came on June 23."),
    ("He came on the 23rd of June 2023.", "He came on June 23."),
    ("He came on 23 June 2023.", "He came on Friday, 23 June."),
    ("He came on Friday.", "He came on 23 June 2023."),
    ("He came in 2022.", "He came last year."),
    ("He came on 2 July.", "He came yesterday."),
    ("He came in June 2023.", "He came last month."),
    ("He came on 3 July 2023.", "He came on Monday."),
    ("He came on Monday.", "He came on Monday."),
    ("She led it from 2016.", "She joined in 2011 and led it five years later."),
    ("He was dismissed on 8 March.", "It failed on 7 March. He was dismissed the next day."),
    ("The talks last from 3 to 5 July.", "The talks last from 3 to 5 July 2023."),
    ("It ended on 1 December.", "It ended by the first of December."),
    ("It was reported on 3 July 2023.", "Nothing came of it."),
    ("According to the Guardian (3 July 2023), nothing came of it.", "Nothing came of it."),
    # names
    ("Ada Brook wrote that nothing came of it.", "Nothing came of it."),
    ("Americans objected.", "The United States objected."),
    ("The US objected.", "Washington and American diplomats objected."),
    ("China objected.", "Chinese officials objected."),
    ("A Tavrian minister objected.", "A minister from Tavria objected."),
    ("Dutch courts objected.", "Courts in the Netherlands objected."),
    ("The EU objected.", "The European Union objected."),
    ("NATO objected.", "The North Atlantic Treaty Organization objected."),
    ("The National Audit Chamber objected.", "The NAC objected."),
    ("Defense Secretary Ott objected.", "The defence secretary, Jan Ott, objected."),
    ("President Ott's objection was noted.", "Ott objected."),
    ("Anibal Baez objected.", "Aníbal Báez objected."),
    ("The Centers for Health objected.", "The Centres for Health objected."),
    ("Without the harbour there is no trade.", "There is no trade if the harbour shuts."),
    ("Fans asked why.", "Supporters asked why."),
    ("Harbour talks were held.", "Talks were held."),
    # quotes
    ("He called it “a joke”.", 'He called it "a joke".'),
    ("He called it 'a joke'.", "“It was a joke,” he said."),
    ('He said it "was … a joke".', 'He said it "was, in short, a joke".'),
    ('Under the title "Harbour talks fail" it was told.', "It was told."),
    ("Fishermen's boats and the sailors' boats sank.", "Boats of fishermen and sailors sank."),
    # negation
    ("There was no rain on the coast.", "It did not rain on the coast."),
    ("He would not sign the treaty.", "He refused to sign the treaty."),
    ("He said that the ship had sailed.", "He denied that the ship had not sailed."),
    ("The harbour will not open until May.", "The harbour will open in May."),
    ("Not only the harbour was shut on Sunday.", "The harbour was shut on Sunday."),
    ("No storm has been worse in thirty years.", "It was the worst storm in thirty years."),
    ("The army failed to take the port.", "The army did not take the port."),
    # who did it
    ("Ott was told by Brook of the plan.", "Brook told Ott of the plan."),
    ("Brook told Ott of the plan.", "Ott was told of the plan by Brook."),
    ("The group organised a march.", "A march organised by the group drew crowds."),
]

WRONG = [
    ("number", "24", "The 24 ships sank.", "The 42 ships sank."),
    ("number", "400", "A crowd of 400 people came.", "A crowd of 412 people came."),
    ("number", "31 million", "It cost 31 million crowns.", "It cost 31 billion crowns."),
    ("number", "5", "It fell by 5 percentage points.", "It fell by 5%."),
    ("number", "5", "It fell by 5%.", "It fell by 5 dollars."),
    ("number", "three", "It cost three careers.", "It cost two careers and three ships."),
    ("number", "nine", "It took nine months.", "It took nine weeks."),
    ("number", "fourteenth", "It began on the fourteenth floor.", "It began on the fourth floor."),
    ("number", "60", "More than 60 came.", "Fewer than 60 came."),
    ("number", "300", "About 300 came.", "412 people came."),
    ("date", "24 June", "He came on 24 June.", "He came on June 23."),
    ("date", "23 May", "He came on 23 May.", "He came on June 23."),
    ("date", "2021", "He came in 2021.", "He came last year."),
    ("date", "Tuesday", "He came on Tuesday.", "He came on Wednesday."),
    ("date", "Thursday", "He came on Thursday.", "He came on 23 June 2023."),
    ("date", "23 June 1998", "He came on 23 June 1998.", "He came on June 23."),
    ("name", "Jan Ott", "It was Jan Ott who objected.", "It was Ada Brook who objected."),
    ("name", "Peru", "He flew to Peru.", "He flew to Chile."),
    ("name", "South Korea", "He flew to South Korea.", "He flew to North Korea."),
    ("name", "Tadzik", "Tadzik said no.", "The minister said no."),
    ("name", "Russians", "Many Russians objected.", "Many Chinese objected."),
    ("quote", "a triumph", 'He called it "a triumph".', 'He called it "a joke".'),
    ("quote", "joke", "It was called a 'joke'.", "It was called a hoax."),
    ("negation", "sign", "He did not sign the treaty.", "He signed the treaty."),
    ("negation", "signed", "He signed the treaty with Chile.", "He refused to sign the treaty with Chile."),
    ("negation", "rose", "Prices of bread rose by a fifth.", "Prices of bread fell by a fifth."),
    ("negation", "after", "He left after the storm had begun.", "He left before the storm had begun."),
    ("meaning", "Ott told Brook of the plan", "Ott told Brook of the plan.", "Brook told Ott of the plan."),
    ("meaning", "Ott beat Brook", "Ott beat Brook.", "Ott was beaten by Brook. Brook beat Ott."),
]


@pytest.mark.parametrize(("claim", "text"), RIGHT)
def test_what_the_text_says_in_other_words_has_no_flaw(claim: str, text: str) -> None:
    assert flaws(claim, text) == []


@pytest.mark.parametrize(("kind", "said", "claim", "text"), WRONG)
def test_what_the_text_does_not_say_is_named_by_its_kind(kind: str, said: str, claim: str, text: str) -> None:
    assert (kind, said) in flaws(claim, text)


@pytest.mark.parametrize("claim", ["He came on Friday.", "He came last year.", "He came on 23 June 2023."])
def test_a_day_that_only_the_date_of_the_article_tells_needs_one(claim: str) -> None:
    text = "He came on Friday, 23 June, as he had last year."
    assert flaws(claim, text) == []
    assert flaws(claim, text, UNDATED) == ([("date", "23 June 2023")] if "2023" in claim else [])


LI = "Defence minister Li Shangfu flew in. Mr Li spoke of trade. His host, Jan Ott, listened. He left."


@pytest.mark.parametrize(
    ("claim", "text", "context", "found"),
    [
        ("Li Shangfu spoke of trade.", "Mr Li spoke of trade.", LI, []),
        ("Li Shangfu spoke of trade.", "Mr Li spoke of trade.", "", [("name", "Li Shangfu")]),
        ("Li Shangfu spoke of trade.", "He spoke of trade.", "Li Shangfu flew in. He spoke of trade.", []),
        ("It was Jan Ott who spoke of trade.", "Mr Li spoke of trade.", LI, [("name", "Jan Ott")]),
        # he cannot be one who is named later
        ("It was Ott who spoke.", "He spoke.", "Li flew in. He spoke. Ott slept.", [("name", "Ott")]),
    ],
)
def test_the_context_tells_who_is_meant(
    claim: str, text: str, context: str, found: list[tuple[str, str]]
) -> None:
    assert flaws(claim, text, UNDATED, context) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("He said “no” and ‘never’.", ["no", "never"]),
        ("It's the sailors' harbour, isn't it?", []),
        ('"It was [a] joke ... on us," he said.', ["It was", "joke", "on us,"]),
        ('An open " mark', []),
        ('""', []),
    ],
)
def test_quoted_words(text: str, found: list[str]) -> None:
    assert quotes(text) == found


@pytest.mark.parametrize("text", sorted({text for _, text in RIGHT}))
def test_a_text_has_no_flaw_against_itself(text: str) -> None:
    assert flaws(text, text) == []


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_texts_can_be_compared(claim: str, text: str) -> None:
    assert {kind for kind, _ in flaws(claim, text)} <= {
        "number",
        "date",
        "name",
        "quote",
        "negation",
        "meaning",
    }


@given(st.text())
def test_normal_text_stays_as_it_is(text: str) -> None:
    assert normal(normal(text)) == normal(text)


def test_how_quotes_and_dashes_are_written_does_not_matter() -> None:
    assert bare("“No\u00a0– never,” he said.") == bare('"No - never", he said')
    assert bare("He left?") != bare("He left.")
