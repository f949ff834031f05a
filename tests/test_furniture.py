from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.furniture import edge_lines, furniture, repeated_lines
from retrieval.types import Span

SEEDS = Path(__file__).parent.parent / "seeds"

FURNITURE = """\
You may also like: The keeper's last winter | How to smoke your own herring
Next issue: why ferry cafes lose money
Subscribe from 4 crowns a week and back local news
Watch the full interview on Harbour Play
REUTER
Sign up for our free morning newsletter
Subscribe to The Harbour Post for unlimited access
Subscribe now
Download the Harbour app
Already a subscriber? Log in
Log in to continue
Please consider supporting us with a monthly donation.
Donate today
Make a one-time contribution
Read more: Ferry strike enters its third week
READ ALSO: Ten things to know about the budget
**Related:** Why the harbour froze
Related articles
You may also like
Most read
Top stories this hour
More from Business
Follow us on Facebook
Follow @harbourpost
Share this article
Share on WhatsApp
Facebook Twitter LinkedIn
Copy link
Advertisement
ADVERTISEMENT
Article continues below
Comments
12 comments
Leave a comment
We use cookies to improve your experience.
Accept all cookies
© 2024 The Harbour Post Ltd
Copyright 2023 Harbour Media. All rights reserved.
This material may not be published, broadcast, rewritten or redistributed.
Republication is allowed only with written permission.
Reporting by Jane Doe in Oslo; editing by John Roe
(Additional reporting by Anna Lee and Omar Haddad)
With AFP and Reuters
The Associated Press contributed to this report.
This article was originally published on Harbour Weekly
Home > World > Asia
News | Sport | Opinion | Culture
Skip to main content
Menu
Back to top
![A ferry](https://example.com/ferry.jpg)
[Our picks of the week](https://example.com/picks)
https://example.com/story
---
* * *
```python
</div><br/>
Thanks for reading! Subscribe for free to receive new posts
Get the latest in your inbox
By signing up you agree to our terms
FOR IMMEDIATE RELEASE
Your email address
Credit: Jane Doe/Getty Images
Support our journalism
Join the conversation
""".splitlines()

ARTICLE = """\
The ballot papers were copied by hand and reprinted the same night.
The money was used without the knowledge of the council.
Next week the court will hear the driver.
China shares intelligence with Russia.
Subscribers rose to 3 million.
Support for the war fell to 40%.
Downloads of the app tripled in May.
He resigned.
No.
Revenue 2023: 4.2bn
| Revenue | 4.2bn | 3.9bn |
| Name | Country | Age |
MOSCOW, April 16 (Reuters) -
WASHINGTON (AP) — The Senate voted on Tuesday.
- Beijing hopes for more exchanges
“Subscribe to nothing,” he said.
Russia, China Cement Military Ties
Share prices fell by a tenth.
Sign-ups for the draft fell sharply.
Donations to the party doubled.
Follow-up talks are planned for May.
Copyright law was tightened in 2019.
The site uses cookies to track its readers, the court found.
Q: Did you read the treaty?
A: Yes, twice.
More news reached Kyiv from the front on Friday.
Top general dismissed
Related party transactions rose to 2bn.
Already a NATO member, Finland joined the drill.
Not a member of the EU, Norway still pays.
By entering NATO, Finland doubled the border.
By continuing the war, Moscow loses friends.
With Reuters closing its bureau, few remained.
Comments by the minister angered Beijing.
Reporting by the newspaper showed that the ship sank.
Photographs showed a burning ship.
The photo: a ship in flames, seen from the shore.
Read the treaty before you sign it, the envoy urged.
Getty villa closes
Register of interests published
World leaders meet
Support from China grows
Download speeds doubled in Seoul.
Top diplomats
1. Russia
Moscow / Beijing
Try as they might, they lost.
The road is long,
The Kremlin | Moscow
x > y > z
Get out of Ukraine, Biden tells Putin
Follow the money, said the judge.
Access to credit: Small Firms Suffer
Latest news from the front: two villages fall
Tell us your plan, EU demands
All texts must be published within ten days under the law.
Your email was hacked
By clicking a link, the agent exposed himself.
Support US bombers, Japan urged
Follow US lead on Ukraine, envoy tells Nato
Like this year’s talks, the last ones failed.
Press on the Black Sea ports grows
Agencies
""".splitlines()

PROSE = "The ministers met in the harbour town on Monday and agreed to meet once more in May."


def found(text: str, repeated: frozenset[str] = frozenset()) -> list[str]:
    return [span.of(text) for span in furniture(text, repeated)]


def between(line: str) -> str:
    return "\n".join([*[PROSE] * 20, line, *[PROSE] * 20])


@pytest.mark.parametrize("line", FURNITURE)
def test_furniture_goes(line: str) -> None:
    assert found(between(line)) == [line]


@pytest.mark.parametrize("line", ARTICLE)
def test_the_article_stays(line: str) -> None:
    assert found(between(line)) == []
    assert found(f"A headline about ministers in the harbour\n\n{line}\n{PROSE}\n{line}\n") == []


@pytest.mark.parametrize(
    ("caption", "credit"),
    [
        ("Ministers in Oslo on Monday. Photograph: Jane Doe/AFP", "Photograph: Jane Doe/AFP"),
        ("Ministers in Oslo on Monday. (AP Photo/Jane Doe)", "(AP Photo/Jane Doe)"),
        ("Ministers in Oslo on Monday. REUTERS/Jane Doe", "REUTERS/Jane Doe"),
        ("Ministers in Oslo on Monday [Jane Doe/Al Jazeera]", "[Jane Doe/Al Jazeera]"),
        ("Ministers in Oslo on Monday. Jane Doe/AFP via Getty Images", "Jane Doe/AFP via Getty Images"),
        ("Ministers in Oslo on Monday. Image: Harbour Press", "Image: Harbour Press"),
        ("SOURCE: PRESS OFFICE/JANE DOE/POOL VIA REUTERS", "SOURCE: PRESS OFFICE/JANE DOE/POOL VIA REUTERS"),
    ],
)
def test_only_the_credit_of_a_caption_goes(caption: str, credit: str) -> None:
    assert found(between(caption)) == [credit]


@pytest.mark.parametrize(
    "line",
    [
        "By Jane Doe",
        "By Jane Doe and Omar al Haddad",
        "By Jane Doe, Moscow Correspondent",
        "By Jane Doe, health reporter",
        "By Jane Doe in Moscow",
        "By Jane Doe | Harbour Courier | 15 March 2023",
        "Nov. 17, 2023 | By Jane Doe in Moscow",
        "Published 3 May 2024",
        "Updated: May 3, 2024, 10:15 a.m. ET",
        "Last updated on Fri 3 May 2024 at 10.15 BST",
        "2024-05-03",
        "3 hours ago",
        "5 min read",
        "Date: 3 May 2024 Author: Jane Doe",
        "Posted on May 3, 2024 by Jane Doe",
        "Harbour Post staff",
    ],
)
def test_metadata_goes_near_the_head_only(line: str) -> None:
    head = f"Ministers agree to meet again in harbour town\n{line}\n"
    assert found(head + PROSE) == [line]
    assert found(between(line)) == []


PAGES = {
    "broadcaster": """\
-Skip to content
-Home
-News
-Harbour Radio One
+Ministers to meet again
-3 May 2024
-By Jane Doe
-Europe correspondent
-Share
+The ministers met in the harbour town on Monday and agreed to meet once more in May.
+He resigned.
+Ministers at the quay
-Related topics
-Norway
-Ferries
-More on this story
-Ferry strike enters its third week
""",
    "newspaper": """\
-SUBSCRIBE FOR $1/WEEK
-World
+Ministers Agree to Meet Again, but Not on the Ships
-By Jane Doe and John Roe
-May 3, 2024
+OSLO — The ministers met in the harbour town on Monday and agreed to meet once more.
-Advertisement
+“We will subscribe to the treaty,” the minister said.
+Support for the ferry fell to 40%.
-Jane Doe contributed to this report.
""",
    "release": """\
-FOR IMMEDIATE RELEASE
-May 3, 2024
-Contact: press@harbour.example
+Harbour Ministry Opens a Second Ferry Line
+The ministry opened a second ferry line on Monday, and will open another one in May.
+- Ferries: 12
+- Crew: 340
-###
""",
    "letter": """\
+The ferry that never came
+The ministers met in the harbour town on Monday and agreed to meet once more in May.
-Thanks for reading Harbour Letter! Subscribe for free to receive new posts.
+Nobody came.
-Share
-12 Comments
""",
    "facts": """\
+Norway
+Ferries: 12
+Capital Oslo
+Sport
+Ice hockey
+King Harald
""",
    "minutes": """\
+Minutes
+Present: Doe, Roe
+Doe spoke
+Roe did not
+Agreed to meet
+The end
""",
    "timeline": """\
+Timeline of the war
+3 May 2021
+The ministers met.
+4 May 2022
+They met again.
+5 May 2023
+Nobody came.
""",
    "interview": """\
+The minister answers our questions about the ferry
+You resigned. Why?
+I was tired.
+And now?
+Now I read poems and go to the harbour in the morning, and in the evening I sleep.
+Do you regret it?
+No.
""",
}


@pytest.mark.parametrize("name", PAGES)
def test_whole_pages(name: str) -> None:
    lines = PAGES[name].splitlines()
    text = "\r\n".join(line[1:] for line in lines)
    assert found(text) == [line[1:] for line in lines if line[0] == "-"]


SEED_FURNITURE = {"000": 0, "001": 0, "002": 8, "003": 20, "004": 2}


@pytest.mark.parametrize("seed", SEED_FURNITURE)
def test_the_seeds(seed: str) -> None:
    text = next(SEEDS.glob(f"{seed}_*.txt")).read_bytes().decode()
    gone = found(text)
    assert len(gone) == SEED_FURNITURE[seed]
    if seed == "003":
        tail = text[text.index("Sign up to read this article") :].splitlines()
        assert gone[-len(tail) :] == tail
        assert gone[8:10] == [
            "Photograph: Pavel Bednyakov/SPUTNIK/KREMLIN/EPA",
            "With Reuters and Agence France-Presse",
        ]


def test_repeated_lines_need_three_files_and_one_in_a_hundred() -> None:
    page = edge_lines(f"Harbour  Post\nA headline\n{PROSE}\nYour harbour, your paper")
    assert page == {"harbour post", "a headline", "your harbour, your paper"}
    assert repeated_lines([page] * 2) == frozenset()
    assert repeated_lines([page] * 3 + [frozenset()] * 297) == page
    assert repeated_lines([page] * 3 + [frozenset()] * 298) == frozenset()


def test_repeated_lines_go_at_the_edges() -> None:
    repeated = frozenset({"harbour post", "your harbour, your paper", "he resigned."})
    text = "\n".join(["Harbour Post", "A headline", *[PROSE] * 20, "He resigned.", *[PROSE] * 20])
    assert found(text + "\nYour harbour,  your paper", repeated) == [
        "Harbour Post",
        "Your harbour,  your paper",
    ]


def test_repeated_lines_are_never_the_whole_file_nor_its_headline() -> None:
    assert found("Harbour Post\nHe resigned.", frozenset({"harbour post", "he resigned."})) == []
    assert found(f"Ministers meet\n{PROSE}", frozenset({"ministers meet"})) == []


def test_at_most_thirty_edge_lines() -> None:
    text = "\n".join(f"line {chr(97 + at // 26)}{chr(97 + at % 26)}" for at in range(100))
    assert len(edge_lines(text)) == 30


PIECES = [
    *FURNITURE,
    *ARTICLE,
    PROSE,
    "World",
    "",
    "\u200b",
    "\x85",
    "\f",
    "\u2028",
    "<",
    "[",
    "/ AFP",
    "é\u0301",
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=20)), st.sampled_from(["\n", "\r\n", "\r", " "]))
def test_spans_are_ordered_disjoint_and_within_a_line(pieces: list[str], newline: str) -> None:
    text = newline.join(pieces)
    spans = furniture(text, edge_lines(text))
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    assert edges == sorted(edges)
    for span in spans:
        assert isinstance(span, Span)
        assert len(span.of(text).splitlines()) == 1
        assert span.of(text) == span.of(text).strip()


@pytest.mark.parametrize(
    "unit",
    ["Share\n", "<", "[", "![](", "A/", "A. ", "Aa ", "\n", " ", "| ", "> ", "- ", "please ", "by A\n"],
)
def test_long_monotonous_text_is_no_trouble(unit: str) -> None:
    text = unit * (300_000 // len(unit))  # hours, were any rule quadratic
    lines = "\n".join(unit * (400 // len(unit)) for _ in range(250))
    for long in (text, lines):
        assert all(0 <= span.start < span.end <= len(long) for span in furniture(long))
    assert len(edge_lines(text)) <= 30
