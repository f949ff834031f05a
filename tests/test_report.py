from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from lxml.html import HtmlElement

from eval import charts, headline, measures, report
from eval.compare import compare, interval
from eval.excerpt import excerpt
from eval.measures import MEASURES
from eval.outcome import Cited, Outcome, Place, Said
from eval.results import Results
from eval.view import is_asked, questions, state
from retrieval.errors import InputError
from tests.browser import Browser, chromium

LOCK = "Voss shut the lock."
TEXT = f"Title\n\n{'Rain fell on the canal. ' * 20}\n{LOCK} Water rose.\n{'The town slept. ' * 20}\n"
EVIL = (
    "<script>window.hacked = 1</script>",
    "</style></script></title><img src=x onerror='window.hacked = 1'>",
    '"><a href="javascript:window.hacked=1">\'"`',
    "-->]]><!-- &lt;b&gt; &amp; {{ 7 * 7 }} {% raw %}",
    "a\u202eb\u2066c\x00d\x1be\ud800f\U000e0041",
    "// </details></blockquote> https://evil.test/x.png @import url(//evil.test)",
)
WORD = "Donaudampfschifffahrt" * 30


def place(quote: str = LOCK, file: str = "a.txt", text: str = TEXT) -> Place:
    return Place(file, text.index(quote), text.index(quote) + len(quote))


def cited(quote: str = LOCK, right: bool = True, **changes: Any) -> Cited:
    row = {"number": 1, "place": place(quote), "line": 4, "quote": quote, "exact": True, "right": right}
    return Cited(**(row | changes))


def outcome(id_: str = "q1", right: bool = True, answered: bool = True, **changes: Any) -> Outcome:
    """A question of the articles, or one that they do not answer where `answerable` is False."""
    answerable = changes.get("answerable", True)
    first = float(answerable and answered and right)
    truth = first if first or not answered else -1.0
    row: dict[str, Any] = {
        "kind": "fact",
        "split": "test",
        "conversation": None,
        "question": f"Who shut the lock, {id_}?",
        "understood": None,
        "answerable": answerable,
        "expected": ("Voss",) if answerable else (),
        "evidence": (place(),) if answerable else (),
        "answered": answered,
        "notes": (),
        "sentences": (Said(LOCK if right else "Water rose.", (1,)),) if answered else (),
        "citations": (cited() if right else cited("Water rose.", right=False),) if answered else (),
        "short": "Voss" if first else None,
        "confidence": 0.9 if answered else 0.1,
        "seconds": 0.25,
        "marks": {"truth": truth, "insisted": first} | ({"first": first} if answerable else {}),
    }
    return Outcome(id=id_, **(row | changes))


def results(*outcomes: Outcome, name: str = "quoth", **changes: Any) -> Results:
    row: dict[str, Any] = {
        "system": "quoth",
        "made": {"settings": {"k": 12, "threshold": None}, "commit": "b04c9b801b3a"},
        "metrics": measures.metrics(outcomes),
        "latency": measures.latency(outcomes),
        "texts": {"a.txt": TEXT},
    }
    return Results(name=name, outcomes=outcomes, **(row | changes))


def retrieved(id_: str, found: bool) -> Outcome:
    """A question of which the retrieval alone was judged."""
    marks = {"recall@5": float(found), "mrr@10": float(found)}
    return outcome(id_, answered=False, marks=marks, confidence=0.0, seconds=0.0)


RUN = results(
    outcome("right-1"),
    outcome("wrong-1", right=False, kind="date"),
    outcome("declined-1", answered=False, kind="nearmiss", answerable=False),
    outcome("declined-2", answered=False, kind="date"),
    outcome("talk-1", conversation="talk", kind="turn"),
    outcome("talk-2", conversation="talk", kind="turn", understood="Who shut the lock of Voss?"),
)
BASE = results(
    outcome("right-1", right=False),
    outcome("wrong-1", kind="date"),
    outcome("declined-1", kind="nearmiss", answerable=False, right=False),
    outcome("declined-2", right=False, kind="date"),
    outcome("talk-1", conversation="talk", kind="turn"),
    outcome("talk-2", conversation="talk", kind="turn"),
    outcome("only-here"),
    name="tutorial",
    system="tutorial",
    made={"settings": {"k": 4, "threshold": None}, "commit": "b04c9b801b3a"},
)


def poisoned(evil: str) -> Outcome:
    text = evil + " " + LOCK
    return outcome(
        evil,
        kind=evil,
        split=evil,
        conversation=evil,
        question=evil,
        understood=evil,
        expected=(evil,),
        evidence=(Place(evil, 0, len(evil)),),
        notes=(evil,),
        sentences=(Said(text, (1,)),),
        citations=(replace(cited(), place=Place(evil, 0, 9), quote=evil, exact=False),),
        short=evil,
    )


POISONED = results(
    *map(poisoned, EVIL),
    name=EVIL[0],
    system=EVIL[1],
    made={EVIL[1]: {EVIL[2]: [EVIL[0]]}},
    texts={evil: f"{evil} {LOCK}" for evil in EVIL},
)
LONG = results(
    replace(poisoned(WORD), conversation=None), name=WORD, made={WORD: WORD}, texts={WORD: f"{WORD} {LOCK}"}
)
NAMES = {
    "alone": (RUN, None),
    "beside": (RUN, BASE),
    "poisoned": (POISONED, None),
    "poisoned beside": (POISONED, replace(POISONED, name=EVIL[2])),
    "long words": (LONG, None),
    "long words beside": (LONG, LONG),
    "retrieval": (results(retrieved("q1", True), retrieved("q2", False)), None),
    "empty": (results(), None),
    "one": (results(outcome()), None),
}


@pytest.fixture(scope="module", autouse=True)
def few_resamples() -> Iterator[None]:
    """It is the page that is tested here, and not how fine its intervals are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("eval.compare.RESAMPLES", 40)
        yield


@cache
def page(name: str) -> str:
    return report.html(*NAMES[name])


@cache
def tree(name: str) -> HtmlElement:
    return html.document_fromstring(page(name))


def text(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())


def every(root: HtmlElement, css: str) -> list[HtmlElement]:
    """What stands in `root` by `tag`, `.class` or `tag.class`; after a blank, what stands in that."""
    first, _, rest = css.partition(" ")
    tag, _, name = first.partition(".")
    found = [one for one in root.iter(tag or "*") if one is not root and (not name or name in one.classes)]
    return [inner for one in found for inner in every(one, rest)] if rest else found


def texts(name: str, css: str) -> list[str]:
    return [text(element) for element in every(tree(name), css)]


def row(name: str, measure: str) -> list[str]:
    """The cells of a measure in the headline table."""
    found = tree(name).xpath("//table[contains(@class,'metrics')]//tr[th[@scope='row']]")
    return next(
        [text(cell) for cell in one.findall("td")]
        for one in found
        if (one.find("th").text or "").strip() == measure
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_one_style_one_script_at_most_and_nothing_from_outside(name: str):
    root = tree(name)
    assert len(root.xpath("//style")) == 1
    assert len(root.xpath("//script")) == (name != "empty")
    assert not root.xpath("//iframe | //object | //embed | //link | //base | //form")
    attributes = [(key, value) for element in root.iter("*") for key, value in element.attrib.items()]
    assert not [key for key, _ in attributes if key.startswith("on") or key == "style"]
    links = [value for key, value in attributes if key in ("src", "srcset", "href", "action", "data")]
    assert all(link.startswith(("#", "data:image/svg+xml;base64,")) for link in links)


def test_style_and_script_name_no_address():
    for kind in ("css", "js"):
        source = (Path(report.__file__).parent / f"report.{kind}").read_text("utf-8")
        assert not re.search(r"url\(|@import|https?:|//\w+\.|\bfetch\b|XMLHttp|\beval\b|innerHTML", source)


@pytest.mark.parametrize("name", NAMES)
def test_the_policy_allows_this_style_and_this_script_and_no_other(name: str):
    policy = tree(name).xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert {key: rules[key] for key in ("default-src", "base-uri", "form-action")} == dict.fromkeys(
        ("default-src", "base-uri", "form-action"), "'none'"
    )
    assert rules["img-src"] == "data:"
    for tag in ("style", "script"):
        for content in re.findall(f"<{tag}>(.*?)</{tag}>", page(name), re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
            assert rules[f"{tag}-src"] == f"'sha256-{digest}'"


def test_what_articles_and_questions_say_is_shown_and_not_obeyed():
    heads = texts("poisoned", "summary h3")
    assert heads[:3] == [" ".join(evil.split()) for evil in EVIL[:3]]
    assert not tree("poisoned").xpath("//img[not(ancestor::picture)] | //a[not(starts-with(@href, '#'))]")
    assert "{{ 7 * 7 }}" in heads[3]


def test_characters_that_hide_or_turn_text_are_made_visible():
    assert texts("poisoned", "summary h3")[4] == "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\ufffd"
    for name in NAMES:
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page(name)
        )


@pytest.mark.parametrize("name", ["alone", "beside", "retrieval", "empty", "one"])
def test_headings_go_down_one_level_at_a_time_and_ids_are_unique(name: str):
    levels = [int(element.tag[1]) for element in tree(name).iter("h1", "h2", "h3", "h4", "h5")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = tree(name).xpath("//@id")
    assert len(ids) == len(set(ids))
    assert set(tree(name).xpath("//@aria-labelledby")) <= set(ids)
    assert all(cell.get("scope") for cell in tree(name).iter("th"))


def test_links_between_questions_lead_to_a_question():
    links = {link.removeprefix("#") for link in tree("alone").xpath("//a/@href")}
    assert "talk-1" in links
    assert links <= set(tree("alone").xpath("//@id"))


@pytest.mark.parametrize("name", ["alone", "beside", "retrieval"])
def test_without_a_script_every_question_is_open_and_no_control_is_shown(name: str):
    assert all("open" in one.attrib for one in every(tree(name), "details"))
    assert "hidden" in tree(name).get_element_by_id("_controls").attrib


def test_equal_results_give_an_equal_page():
    assert report.html(RUN, BASE) == page("beside")


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (outcome(), "right"),
        (outcome(right=False), "wrong"),
        (outcome(answerable=False), "wrong"),
        (outcome(answered=False), "declined-wrong"),
        (outcome(answered=False, answerable=False), "declined-right"),
        (retrieved("q", True), "found"),
        (retrieved("q", False), "missed"),
    ],
)
def test_what_became_of_a_question(one: Outcome, expected: str):
    assert state(one) == expected


def test_the_headline_table_has_every_measured_value_with_its_interval():
    names = {measure.name: measure for measure in MEASURES}
    low, high = interval(RUN.outcomes, names["first"]) or (0, 0)
    assert row("alone", "first") == [f"0.600 {low:.3f} to {high:.3f}"]
    assert row("alone", "truth")[0].startswith("0.333 ")
    assert not [one for one in texts("alone", "table.metrics th") if one.startswith("recall@1")]
    assert "No question of the set counts for: recall@1, " in text(tree("alone"))
    assert row("alone", "p50") == ["0.250"]


def test_beside_a_baseline_differences_are_of_the_run_from_it():
    assert texts("beside", "table.metrics thead th") == ["Measure", "quoth", "tutorial", "quoth − tutorial"]
    found = next(one for one in compare(BASE, RUN).differences if one.measure.name == "truth")
    assert (found.a, found.b, found.value) == (0.0, 0.333333, 0.333333)
    low, high = (f"{bound:.3f}".replace("-", "−") for bound in found.interval or ())
    assert row("beside", "truth")[1:] == ["0.000", f"+0.333 {low} to {high} undecided"]
    assert row("beside", "p50")[2] == "0.000"


def test_a_measure_that_did_not_change_is_equal():
    same = html.document_fromstring(report.html(RUN, replace(RUN, name="again")))
    assert {text(one) for one in every(same, "table.metrics .verdict")} == {"equal"}


def test_flipped_questions_are_marked_and_both_answers_stand_side_by_side():
    flips = {one.get("id"): one.get("data-flip") for one in every(tree("beside"), "details")}
    assert flips == {
        "right-1": "won",
        "wrong-1": "lost",
        "declined-1": "won",
        "declined-2": "",
        "talk-1": "",
        "talk-2": "",
    }
    assert all(len(every(one, ".answer")) == 2 for one in every(tree("beside"), "details"))
    assert "1 question of tutorial" in text(tree("beside").find(".//header"))


def test_runs_of_the_same_name_are_told_apart():
    assert texts("long words beside", "table.metrics thead th")[1:3] == [f"{WORD} (A)", f"{WORD} (B)"]


def test_runs_that_have_no_question_in_common_cannot_be_compared():
    with pytest.raises(InputError, match="no question in common"):
        report.html(RUN, results(outcome("other"), name="other"))


def test_slices_by_kind_count_what_is_right_and_declined():
    rows = tree("alone").xpath("//table[contains(@class,'kinds')]/tbody/tr")
    found = {text(one[0]): [text(cell) for cell in one[1:]] for one in rows}
    assert found == {
        "fact": ["1", "1 100%", "0", "0.90"],
        "date": ["2", "0 0%", "1", "0.50"],
        "nearmiss": ["1", "1 100%", "1", "0.10"],
        "turn": ["2", "2 100%", "0", "0.90"],
    }


def test_a_citation_is_marked_in_its_context_and_missed_evidence_in_another_way():
    right, wrong = (tree("alone").get_element_by_id(id_) for id_ in ("right-1", "wrong-1"))
    assert [(text(mark), mark.get("class")) for mark in every(right, "blockquote mark")] == [
        (LOCK, "quoted evidence")
    ]
    assert [(text(mark), mark.get("class")) for mark in every(wrong, "blockquote mark")] == [
        (LOCK, "missed"),
        ("Water rose.", "quoted"),
        (LOCK, "missed"),
    ]
    context = text(every(right, "blockquote")[0])
    assert context.startswith("…") and context.endswith("…") and 200 < len(context) - len(LOCK) < 320
    assert "Evidence that it missed" in text(wrong)
    assert "a.txt:4 · not the evidence" in text(wrong)


def test_a_quote_that_does_not_stand_at_its_place_is_told():
    shifted = cited(place=Place("a.txt", 5, 9), exact=False)
    gone = cited(place=Place("gone.txt", 5, 9), exact=False, number=2)
    outside = cited(place=Place("a.txt", -5, 99_999), exact=False, number=3)
    root = html.document_fromstring(report.html(results(outcome(citations=(shifted, gone, outside)))))
    places = [text(one) for one in every(root, ".places li")]
    assert len(places) == 3
    assert all("not exact" in one and LOCK in one for one in places)


def test_a_set_with_retrieval_alone_has_no_answers_and_no_charts():
    assert not every(tree("retrieval"), "picture")
    assert not every(tree("retrieval"), ".given")
    assert texts("retrieval", "summary .badge") == ["✓ evidence found", "✗ evidence missed"]
    assert row("retrieval", "recall@5")[0].startswith("0.500")
    assert texts("retrieval", "h5") == ["Evidence", "Evidence"]
    assert "p50" not in text(every(tree("retrieval"), ".metrics")[0])


def test_where_whole_articles_were_judged_their_beginning_is_shown():
    one = replace(retrieved("q1", True), evidence=(Place("a.txt", 0, 0),))
    shown = next(questions({"quoth": results(one)}, [[one]])).answers[0].missed
    assert shown[0].notes == ("the whole article",)
    assert shown[0].pieces[0].text.startswith("Title")


def test_an_empty_set_and_one_question():
    assert "The set has no question." in text(tree("empty"))
    assert "Nothing was measured." in text(tree("empty"))
    assert len(every(tree("one"), "details")) == 1
    assert len(every(tree("one"), "picture")) == 2


def test_what_made_the_runs_is_told_with_what_differs():
    rows = tree("beside").xpath("//table[@class='made']/tbody/tr")
    found = {text(one[0]): [text(cell) for cell in one[1:]] for one in rows}
    assert found == {
        "system differs": ["quoth", "tutorial"],
        "settings.k differs": ["12", "4"],
        "settings.threshold": ["–"],
        "commit": ["b04c9b801b3a"],
    }


def test_every_group_of_measures_begins_with_a_measure():
    assert set(headline.FIRST) <= {measure.name for measure in MEASURES}
    assert next(iter(headline.FIRST)) == MEASURES[0].name


@pytest.mark.parametrize("name", ["alone", "beside", "poisoned"])
def test_charts_are_images_with_words_for_who_does_not_see_them(name: str):
    pictures = every(tree(name), "picture")
    assert len(pictures) == 2
    for picture in pictures:
        assert picture.xpath(".//source/@media") == ["screen and (prefers-color-scheme: dark)"]
        assert picture.xpath(".//img/@alt")[0]
        addresses = picture.xpath(".//source/@srcset | .//img/@src")
        assert len(set(addresses)) == 2
        for address in addresses:
            drawn = ElementTree.fromstring(base64.b64decode(address.partition(",")[2]))  # noqa: S314  # ours
            assert not [one for one in drawn.iter() if one.tag.endswith(("script", "image", "foreignObject"))]


@pytest.mark.parametrize("draw", [charts.risk_coverage, charts.latency])
@pytest.mark.parametrize(
    "outcomes",
    [
        [outcome()],
        [outcome(answered=False, seconds=0.0)],
        [outcome("q1", seconds=0.001), outcome("q2", right=False, seconds=20.0)],
    ],
)
def test_a_chart_is_the_same_every_time(draw: charts.Draw, outcomes: Sequence[Outcome]):
    assert all(map(is_asked, outcomes))
    drawn = draw([outcomes, outcomes], charts.LIGHT)
    assert drawn == draw([outcomes, outcomes], charts.LIGHT) != draw([outcomes, outcomes], charts.DARK)
    assert ElementTree.fromstring(drawn).tag.endswith("svg")  # noqa: S314  # drawn here
    assert not re.search("[0-9]{4}-[0-9]{2}-[0-9]{2}", drawn)


@st.composite
def places(draw: st.DrawFn) -> tuple[str, list[tuple[int, int]]]:
    said = draw(st.text(st.sampled_from("ab \n"), max_size=1500))
    ends = st.integers(0, len(said))
    return said, [tuple(sorted((draw(ends), draw(ends)))) for _ in range(draw(st.integers(1, 4)))]  # type: ignore[misc]


@given(places())
def test_the_pieces_of_an_excerpt_are_the_text_in_order_with_every_marked_character(drawn):
    said, (quoted, *evidence) = drawn
    at, marked = 0, 0
    for piece in excerpt(said, quoted, evidence, quoted):
        if not piece.omitted:
            at = said.index(piece.text, at) + len(piece.text)
            marked += len(piece.text) * piece.evidence
    shown = {character for one in evidence for character in range(*one)} & set(range(*quoted))
    assert marked >= len(shown)


def test_of_a_long_quote_the_middle_is_left_out_but_not_its_evidence():
    said = "word " * 300 + LOCK + " word" * 300
    evidence = (1500, 1500 + len(LOCK))
    pieces = excerpt(said, (0, len(said)), [evidence], (0, len(said)))
    assert [piece.text for piece in pieces if piece.evidence] == [LOCK]
    assert sum(len(piece.text) for piece in pieces) < 800
    assert sum(piece.omitted for piece in pieces) == 2


def test_a_report_is_written_whole_or_the_reason_is_told(tmp_path: Path):
    report.save("<p>ü</p>", tmp_path / "new" / "report.html")
    assert (tmp_path / "new" / "report.html").read_text("utf-8") == "<p>ü</p>"
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["report.html"]
    with pytest.raises(InputError, match="cannot be written"):
        report.save("", tmp_path / "new" / "report.html" / "below")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every page as a file, by its name."""
    folder = tmp_path_factory.mktemp("reports")
    found = {name: folder / f"{name.replace(' ', '-')}.html" for name in NAMES}
    for name, file in found.items():
        report.save(page(name), file)
    return found


ALL = [one.id for one in RUN.outcomes]


@pytest.mark.parametrize("name", NAMES)
def test_browser_shows_every_page_without_complaint_and_runs_nothing_of_an_article(browser, files, name):
    browser.look()
    browser.open(files[name])
    browser.run("document.querySelectorAll('details').forEach(question => (question.open = true))")
    assert browser.complaints() == []
    assert browser.run("return window.hacked === undefined")
    assert browser.run("return [...document.images].every(image => image.naturalWidth > 0)")


def test_browser_refuses_a_script_that_slipped_through(browser, files, tmp_path):
    slipped = page("one").replace(
        "</main>", "<script>window.hacked = 1</script><img src=x onerror='hacked=1'></main>"
    )
    report.save(slipped, tmp_path / "slipped.html")
    browser.look()
    browser.open(tmp_path / "slipped.html")
    assert browser.run("return window.hacked === undefined")
    refused = browser.run("return refused")
    assert {one.removesuffix("-elem").removesuffix("-attr") for one in refused} == {"script-src", "img-src"}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("script", [True, False])
def test_browser_scrolls_no_page_sideways_on_a_phone(browser, files, name, script):
    browser.look(width=360, height=740, script=script)
    browser.open(files[name])
    browser.run("document.querySelectorAll('details').forEach(question => (question.open = true))")
    assert browser.run("return document.documentElement.scrollWidth") == 360


CONTRASTS = """
const channel = (value) => ((value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const colour = (text) => text.match(/[\\d.]+/g).map(Number);
function ground(element) {
  for (let at = element; at; at = at.parentElement) {
    const found = colour(getComputedStyle(at).backgroundColor);
    if (found.length === 3 || found[3] === 1) return found;
  }
  return [255, 255, 255];
}
const poor = [];
document.querySelectorAll('details').forEach((question) => (question.open = true));
for (const element of document.body.querySelectorAll('*')) {
  const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!says || !element.checkVisibility() || element.closest('svg, script')) continue;
  const pair = [colour(getComputedStyle(element).color), ground(element)].map(luminance);
  const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  if (ratio < 4.5) poor.push(`${element.tagName}.${element.className}: ${ratio.toFixed(2)}`);
}
return [poor, luminance(ground(document.body)) < 0.2];
"""


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["alone", "beside"])
def test_browser_shows_text_that_can_be_read_in_light_and_in_dark(browser, files, name, dark):
    browser.look(dark=dark)
    browser.open(files[name])
    browser.find("#_controls input[type=checkbox]").click()
    assert browser.run(CONTRASTS) == [[], dark]
    used = browser.run("return document.images[0].currentSrc")
    picture = every(tree(name), "picture")[0]
    assert used == picture.xpath(".//source/@srcset" if dark else ".//img/@src")[0]


def test_browser_filters_by_outcome_kind_text_and_flip(browser, files):
    browser.look()
    browser.open(files["beside"])
    assert browser.shown() == ALL
    assert browser.opened() == []
    browser.find("input[value=wrong]").click()
    assert browser.shown() == ["wrong-1"]
    browser.find("input[value='declined-wrong']").click()
    assert browser.shown() == ["wrong-1", "declined-2"]
    browser.find("#_text").send_keys("LOCK, declined-2")
    assert browser.shown() == ["declined-2"]
    assert browser.find("#_shown").text == "1 of 6 shown"
    browser.find("#_text").send_keys(" nowhere")
    assert browser.shown() == []
    assert browser.find("#_none").is_displayed()
    browser.find("#_clear").click()
    assert browser.shown() == ALL
    for turned, expected in (
        ("flipped", ["right-1", "wrong-1", "declined-1"]),
        ("won", ["right-1", "declined-1"]),
        ("lost", ["wrong-1"]),
    ):
        browser.find(f"#_flip option[value={turned}]").click()
        assert browser.shown() == expected
    browser.find("a[data-kind=turn]").click()
    assert browser.shown() == ["talk-1", "talk-2"]
    assert browser.complaints() == []


def test_browser_steps_by_keys_through_what_is_shown(browser, files):
    browser.look()
    browser.open(files["beside"])
    browser.press("j")
    assert browser.opened() == ["right-1"]
    browser.press("j", "\ue014")  # the right arrow
    assert browser.opened() == ["declined-1"]
    assert browser.run("return [location.hash, document.activeElement.parentElement.id]") == [
        "#declined-1",
        "declined-1",
    ]
    browser.press("k", "\ue012", "k")  # the left arrow; there is none before the first
    assert browser.opened() == ["right-1"]
    browser.find("input[value='declined-wrong']").click()
    browser.press("j")
    assert browser.opened() == ["declined-2"]
    browser.press("/", "j")
    assert browser.run("return [document.activeElement.id, document.activeElement.value]") == ["_text", "j"]
    browser.press("\ue00c", "?")  # escape
    assert browser.find("#_keys").is_displayed()
    browser.press("j", "\ue00c")
    assert not browser.find("#_keys").is_displayed()
    assert browser.opened() == ["declined-2"]
    assert browser.complaints() == []


def test_browser_opens_and_closes_all(browser, files):
    browser.look()
    browser.open(files["alone"])
    browser.find("#_all").click()
    assert browser.opened() == ALL
    browser.press("j", "j")
    assert browser.opened() == ALL
    browser.find("#_all").click()
    assert browser.opened() == []


def test_browser_follows_a_link_to_a_question(browser, files):
    browser.look()
    browser.open(files["alone"], "#talk-2")
    assert browser.opened() == ["talk-2"]
    assert browser.run("return document.getElementById('talk-2').getBoundingClientRect().top < innerHeight")
    browser.find("input[value=wrong]").click()
    browser.run("location.hash = '#talk-1'")
    assert browser.shown() == ALL
    assert browser.opened() == ["talk-1"]
    browser.open(files["alone"], "#%zz")
    assert browser.opened() == []
    assert browser.complaints() == []


def test_browser_follows_a_link_to_a_question_with_any_id(browser, files):
    browser.look()
    browser.open(files["poisoned"])
    browser.press("j", "j", "j")
    third = browser.opened()
    assert third == [EVIL[2]]
    browser.open(files["poisoned"], browser.run("return location.hash"))
    assert browser.opened() == third


def test_browser_without_javascript_has_every_question_open(browser, files):
    browser.look(script=False)
    browser.open(files["beside"])
    assert browser.opened() == ALL
    assert not browser.find("#_controls").is_displayed()


def test_browser_prints_every_question_and_no_control(browser, files):
    browser.look()
    browser.open(files["alone"])
    browser.run("dispatchEvent(new Event('beforeprint'))")
    assert browser.opened() == ALL
    browser.run("dispatchEvent(new Event('afterprint'))")
    assert browser.opened() == []
