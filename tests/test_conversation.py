from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.conversation import REACH, StandAlone, stand_alone
from retrieval.types import Turn
from retrieval.understanding import _most_alike

VISIT = Turn(
    "When did Li Shangfu visit Moscow?",
    "Vladimir Putin and China’s defence minister Li Shangfu have vowed to deepen military cooperation "
    "between China and Russia after the men met in Moscow over the weekend. [1]",
)
MEETING = Turn(
    "Who met Dong Jun in Beijing?",
    "Chinese defense minister Dong Jun met Russian counterpart Andrei Belousov in Beijing on Monday. [1]",
)
DRILLS = Turn(
    "How many joint drills did China and Russia hold in 2023?",
    "Both states regularly stage joint air force and navy drills. [1]",
)
NAVY = Turn(
    "Which country has the largest navy in the world?",
    "China operates the world’s largest navy by number of hulls. [1]",
)
BRIDGE = Turn("Who opened the bridge in Harford?", "Then Mayor Ada Brook opened the bridge in Harford. [1]")
BUS = Turn("Who drove the bus?", "Its driver, Callum Ott, 52, smashed the rear window. [1]")
MAYOR = Turn("What did Ada Brook say about the bridge?", "“It will last,” said Brook. [1]")
REFUSED = "The articles don't say."


def by_words(new: str, texts: Sequence[str]) -> int:
    """The text that shares most words with `new`; the last of those that share as many."""
    words = set(new.lower().split())
    return max(range(len(texts)), key=lambda at: (len(words & set(texts[at].lower().split())), at))


def like(*wanted: str):
    """Of the texts, that which is among `wanted`."""
    return lambda new, texts: next(at for at, text in enumerate(texts) if text in wanted)


def asked(question: str, *turns: Turn, alike=by_words) -> StandAlone:
    return stand_alone(question, turns, alike)


def texts(*questions: str, answer: str = REFUSED) -> list[Turn]:
    return [Turn(question, answer) for question in questions]


@pytest.mark.parametrize(
    ("turns", "question", "text"),
    [
        # nothing of its own: the topic behind the word that asks
        ([VISIT], "Why?", "Why did Li Shangfu visit Moscow?"),
        ([VISIT], "why", "why did Li Shangfu visit Moscow?"),
        ([VISIT], "But why?", "why did Li Shangfu visit Moscow?"),
        ([VISIT], "When was that?", "When did Li Shangfu visit Moscow?"),
        ([VISIT], "When did that happen?", "When did Li Shangfu visit Moscow?"),
        ([VISIT], "Who else was there?", "Who did Li Shangfu visit Moscow?"),
        ([VISIT], "where exactly?", "where exactly Li Shangfu visit Moscow?"),
        ([VISIT], "since when?", "since when Li Shangfu visit Moscow?"),
        ([VISIT], "Is that true?", "Is true Li Shangfu visit Moscow?"),
        ([VISIT], "What happened there?", "What happened Li Shangfu visit Moscow?"),
        ([DRILLS], "How many of them?", "How many of joint drills did China and Russia hold in 2023?"),
        # a time for a time
        ([DRILLS], "And in 2024?", "How many joint drills did China and Russia hold in 2024?"),
        ([DRILLS], "and 2024", "How many joint drills did China and Russia hold in 2024?"),
        ([DRILLS], "What about since 2022?", "How many joint drills did China and Russia hold since 2022?"),
        ([DRILLS], "and last year?", "How many joint drills did China and Russia hold last year?"),
        ([DRILLS], "And now?", "How many joint drills did China and Russia hold now?"),
        ([VISIT], "And in April?", "When did Li Shangfu visit Moscow in April?"),
        (texts("Who met in Moscow on 8 November?"), "And on Monday?", "Who met in Moscow on Monday?"),
        (
            texts("Who met on 8 November 2023?"),
            "And in the spring of 2022?",
            "Who met in the spring of 2022?",
        ),
        (texts("In 2023, what did Putin say?"), "And in 2024?", "what did Putin say in 2024?"),
        # a name for a name, whole
        ([DRILLS], "And Japan's?", "How many joint drills did China and Japan hold in 2023?"),
        ([VISIT], "What about Putin?", "When did Putin visit Moscow?"),
        ([VISIT], "what about putin", "When did Putin visit Moscow?"),
        (texts("Who is the mayor of Harford?"), "And Corvane?", "Who is the mayor of Corvane?"),
        (texts("Who owns Harford’s bridge?"), "And Corvane's?", "Who owns Corvane’s bridge?"),
        (texts("Has the Royal Navy ships?"), "And the Russian Navy?", "Has the Russian Navy ships?"),
        (texts("Is the US worried?"), "And the UK?", "Is the UK worried?"),
        ([NAVY], "And Russia?", "Which country has the largest navy in the world Russia?"),
        # what stands after the same small word
        (
            texts("How did Ada Brook vote in Harford?"),
            "And in Corvane?",
            "How did Ada Brook vote in Corvane?",
        ),
        (texts("Who is the mayor of Harford?"), "and of Corvane", "Who is the mayor of Corvane?"),
        (
            texts("What did Shoigu say about Russia and China making a bloc?"),
            "And Putin, about alliances?",
            "What did Putin say about alliances?",
        ),
        ([VISIT], "And with Putin?", "When did Li Shangfu visit Moscow with Putin?"),
        # the person instead of the pronoun
        ([VISIT], "What did he say?", "What did Li Shangfu say?"),
        ([VISIT], "Who met him there?", "Who met Li Shangfu there?"),
        ([VISIT], "What was his message?", "What was Li Shangfu’s message?"),
        ([VISIT], "And his wife?", "And Li Shangfu’s wife?"),
        ([VISIT], "Did he say that China was neutral?", "Did Li Shangfu say that China was neutral?"),
        ([MAYOR], "what did she say then", "what did Ada Brook say then"),
        ([MAYOR], "Who met her?", "Who met Ada Brook?"),
        ([MAYOR], "Who met her yesterday?", "Who met Ada Brook yesterday?"),
        ([MAYOR], "Did they give her a medal?", "Did they give Ada Brook a medal?"),
        ([MAYOR], "What was her plan?", "What was Ada Brook’s plan?"),
        ([MAYOR], "Was the plan hers?", "Was the plan Ada Brook’s?"),
        ([MEETING], "What did he say?", "What did Andrei Belousov say?"),  # who was asked for
        ([BRIDGE], "How old is she?", "How old is Ada Brook?"),
        ([VISIT], "Why did he go?", "Why did Li Shangfu go?"),
        # more of the same
        *(
            ([VISIT], more, VISIT.question)
            for more in ("yes", "Yes, please.", "tell me more", "anything else?", "go on", "ok, and then?")
        ),
    ],
)
def test_a_follow_up_stands_alone(turns: Sequence[Turn], question: str, text: str) -> None:
    assert asked(question, *turns).text == text


@pytest.mark.parametrize(
    "question",
    [
        "How long did the visit last?",
        "how long did the visit last",
        "What did they discuss?",
        "Who hosted their talks?",
        "What did it achieve?",
        "Was this the first such visit?",
        "Were these talks public?",
        "What came of those talks?",
        "What did Putin say about that?",
        "What did Putin say about it?",
        "What did Shoigu do that week?",
        "Who met Shoigu there?",
        "What did Putin do then?",
        "Has anything changed since then?",
        "What else did Putin say?",
        "Who attended both?",
        "Were there others?",
        "did it help moscow",
    ],
)
def test_what_points_back_has_the_topic_behind_it(question: str) -> None:
    found = asked(question, VISIT)
    assert found.text.endswith("(Li Shangfu visit Moscow)?")
    assert found.text.lower().startswith(question.rstrip("?").lower())
    assert found.about == "Li Shangfu visit Moscow"
    assert not found.more and not found.again


@pytest.mark.parametrize(
    "question",
    [
        "Who is Ada Brook?",
        "who is ada brook",
        "What is NATO?",
        "why did prigozhin march on rostov",
        "What did Putin say about his talks?",
        "what did putin say about his talks",  # the last answer writes Putin
        "What did the mayor say about her plan?",
        "Did Putin say that China was neutral?",
        "Did China expand its navy?",
        "did china expand its navy",
        "What did the company say of its losses?",
        "Did Ada Brook and Callum Ott sell their house?",
        "Did both China and Japan sign?",
        "What happened to those who took part in the mutiny?",
        "Is there a treaty between Japan and Korea?",
        "Has there been a treaty between Japan and Korea?",
        "How many ships are there in Japan?",
        "Who owns the bus that was on the bridge?",
        "Did it rain in Harford?",
        "Is it true that Brook resigned?",
        "What did Brook say this week?",
        "hello",
        "thanks",
        "no",
        "Really?",
        "?",
        "",
    ],
)
def test_a_question_of_its_own_carries_nothing(question: str) -> None:
    assert asked(question, VISIT) == StandAlone(question)


@pytest.mark.parametrize(
    ("turns", "question", "about"),
    [
        ([VISIT], "Why?", "Li Shangfu visit Moscow"),
        ([VISIT], "What did he say?", "Li Shangfu"),
        ([VISIT], "And in 2024?", "Li Shangfu visit Moscow in 2024"),
        ([DRILLS], "Where were they held?", "joint drills, China and Russia hold in 2023"),
        ([DRILLS], "and in 2024?", "joint drills, China and Russia hold in 2024"),
        ([VISIT], "yes", "Li Shangfu visit Moscow"),
        ([VISIT, Turn("What did it cost?", REFUSED)], "And in 2024?", "cost, Li Shangfu visit Moscow, 2024"),
    ],
)
def test_what_was_carried_is_shown(turns: Sequence[Turn], question: str, about: str) -> None:
    assert asked(question, *turns).about == about


@pytest.mark.parametrize(
    ("question", "answer", "person"),
    [
        (
            "who is the head of the Tarn navy?",
            "Minister Ida Brook told the head of the Tarn navy, Admiral Nils Roe, to sail.",
            "Nils Roe",
        ),
        (
            "Who is the mayor of Osk?",
            "Governor Lena Voss met the mayor of Osk, Ruben Hale, on Monday.",
            "Ruben Hale",
        ),
    ],
)
def test_a_pronoun_means_who_holds_the_office_that_was_asked_for(question: str, answer: str, person: str):
    assert asked("What did he say?", Turn(question, answer)).about == person


def test_another_source_takes_the_place_of_the_first():
    before = Turn("According to the Tarn Times, what did the mayor say?", "The mayor spoke.")
    text = asked("and according to the Wire?", before).text
    assert "the Wire" in text and "mayor" in text and "Tarn Times" not in text


def test_a_minister_of_another_country_is_a_fresh_topic():
    before = Turn("What did Putin say?", "Russian President Vladimir Putin met Russian officers.")
    assert asked("who is the russian defence minister now", before).about == ""


@pytest.mark.parametrize(
    ("question", "more", "again"),
    [
        ("tell me more", True, False),
        ("yes", True, False),
        ("Why?", False, True),
        ("When was that?", False, True),
        ("What did he say?", False, False),
        ("And in 2024?", False, True),
        ("Who is Ada Brook?", False, False),
    ],
)
def test_more_of_the_same_is_told_from_the_same_anew(question: str, more: bool, again: bool) -> None:
    found = asked(question, VISIT)
    assert (found.more, found.again) == (more, again)


SHE_THEN_HE = [MAYOR, Turn("How old is she?", REFUSED), BUS, Turn("Where does he live?", REFUSED)]


@pytest.mark.parametrize(
    ("turns", "question", "text"),
    [
        (SHE_THEN_HE, "What did she say?", "What did Ada Brook say?"),
        (SHE_THEN_HE, "What did he say?", "What did Callum Ott say?"),
        ([BRIDGE, BUS], "What did he say?", "What did Callum Ott say?"),  # the last of two fresh topics
        ([BUS, BRIDGE], "What did she say?", "What did Ada Brook say?"),
        ([VISIT, MAYOR], "Why?", "Why did Ada Brook say about the bridge?"),
        ([VISIT, Turn("What did he say?", REFUSED)], "And why?", "why did Li Shangfu say?"),
        (
            [VISIT, Turn("Who else was there?", REFUSED)],
            "What did they discuss?",
            "What did they discuss (Li Shangfu visit Moscow)?",
        ),
        (
            [DRILLS, Turn("And in 2024?", REFUSED)],
            "And Japan?",
            "How many joint drills did China and Japan hold in 2024?",
        ),
        (
            [DRILLS, Turn("And in 2024?", REFUSED), Turn("thanks", "You're welcome.")],
            "yes",
            "How many joint drills did China and Russia hold in 2024?",
        ),
        ([VISIT, Turn("And Putin?", REFUSED)], "Why?", "Why did Putin visit Moscow?"),
        (
            [NAVY, Turn("Where is it based?", REFUSED), Turn("How many ships are in it?", REFUSED)],
            "Since when?",
            "Since when ships are in it, country has the largest navy in the world?",
        ),
        ([VISIT, Turn("tell me more", VISIT.text)], "What did he say?", "What did Li Shangfu say?"),
    ],
)
def test_a_conversation_goes_on(turns: Sequence[Turn], question: str, text: str) -> None:
    assert asked(question, *turns).text == text


@pytest.mark.parametrize(
    "courtesy", ["thanks", "Thank you!", "hello", "ok great", "good morning", "cool, thx"]
)
@pytest.mark.parametrize("question", ["Why?", "What did he say?", "And in 2024?", "tell me more", "how so?"])
def test_courtesies_do_not_end_a_topic(courtesy: str, question: str) -> None:
    assert asked(question, VISIT, Turn(courtesy, "You're welcome.")) == asked(question, VISIT)


@pytest.mark.parametrize(
    "question", ["What did he say?", "Why?", "And in 2024?", "How long did the visit last?"]
)
def test_a_declined_turn_is_a_topic_too(question: str) -> None:
    found = asked(question, MAYOR, Turn(VISIT.question, REFUSED))
    assert "Li Shangfu" in found.text and "Brook" not in found.text


@pytest.mark.parametrize(
    "said",
    [
        "About Li Shangfu, Moscow: {}",
        "As of 14 Oct 2024, the newest that says: {}",
        "About Li Shangfu: As of 14 Oct 2024: {} Earlier, 3 Jul 2023: {}",
        "The articles differ: St. Clara Dale, 3 Jul 2023: {} Rosa Pine, 4 Jul 2023: {}",
        "{} On the other hand: {}",
        "No article is dated before March 2019, so all were searched. {}",
        "No article is dated before March 2019, so all were searched. About Rosa Pine: {}",
        "Only articles by Harford Courier were searched. {}",
    ],
)
def test_quoth_s_own_words_are_not_taken_for_the_articles(said: str) -> None:
    quote = "The driver, Callum Ott, 52, smashed the rear window. [1]"
    plain = asked("How old is he?", Turn("Who drove the bus?", f"{quote} {quote}"))
    assert plain.text == "How old is Callum Ott?"
    assert asked("How old is he?", Turn("Who drove the bus?", said.replace("{}", quote))) == plain


def test_a_refusal_under_a_filter_names_nobody() -> None:
    refused = "Only articles by Harford Courier were searched. The articles don't say."
    assert "Courier" not in asked("How old is he?", Turn("Who drove the bus?", refused)).text


@pytest.mark.parametrize(
    ("careless", "careful"),
    [
        ("  WHY???  ", "Why?"),
        ("why...", "Why?"),
        ("and in 2024", "And in 2024?"),
        ("what about putin", "What about Putin?"),
        ("ok, and what about Putin??", "What about Putin?"),
        ("WHAT DID HE SAY", "What did he say?"),
        ("tell  me more", "tell me more"),
        ("When  was\tthat ?", "When was that?"),
    ],
)
def test_careless_typing_means_the_same(careless: str, careful: str) -> None:
    found, expected = asked(careless, VISIT), asked(careful, VISIT)
    assert found.text.lower().rstrip("?. ") == expected.text.lower().rstrip("?. ")
    assert found.about == expected.about


class Unread:
    """A turn that must not be looked at."""

    @property
    def question(self) -> str:
        raise AssertionError("An old turn was read.")

    text = question


@pytest.mark.parametrize("question", ["Why?", "What did he say?", "yes", "And Japan?", "Who is Ada Brook?"])
def test_only_the_last_turns_are_read(question: str) -> None:
    last = [MAYOR, VISIT, DRILLS, MEETING]
    assert len(last) == REACH
    assert stand_alone(question, [Unread()] * 196 + last, by_words) == asked(question, *last)  # type: ignore[list-item]


@pytest.mark.parametrize("question", ["Why?", "What did he say?", "And in 2024?", "yes"])
def test_very_long_turns_do_no_harm(question: str) -> None:
    """An answer or a question of a megabyte is read at its start alone."""
    longer = " ".join(f"Ada Brook{at} met Callum Ott{at}." for at in range(40_000))
    assert len(longer) > 1_000_000
    assert asked(question, Turn(VISIT.question, f"{VISIT.text} {longer}")).text
    assert asked(question, Turn(longer, longer), VISIT) == asked(question, VISIT)
    assert len(asked(question, Turn(f"When did Li Shangfu say {longer}", VISIT.text)).text) < 10_000


WORDS = st.sampled_from(
    "who what why when did do is was he she him her his they it its that this there then and or about in of "
    "the 2024 April Moscow putin Li Shangfu China’s US visit say more yes else ? . , ( [1] \n".split(" ")
)
TYPED = st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=9).map(" ".join))
TURNS = st.lists(st.builds(Turn, TYPED, TYPED), max_size=6)


@given(history=TURNS, question=TYPED)
@settings(max_examples=300)
def test_any_conversation_can_be_followed(history: list[Turn], question: str) -> None:
    found = stand_alone(question, history, by_words)
    assert found.text.strip() or not question.strip()
    assert found == stand_alone(question, history[-REACH:], by_words)
    assert found.text == question or found.about or not history
    assert not (found.more and found.again)


@given(question=TYPED)
@settings(max_examples=200)
def test_without_a_history_a_question_is_unchanged(question: str) -> None:
    assert stand_alone(question, (), by_words) == StandAlone(question)


@given(history=TURNS, question=TYPED, longer=st.integers(1, 200))
@settings(max_examples=50)
def test_two_hundred_turns_mean_what_their_last_mean(history, question: str, longer: int) -> None:
    last = [*history, VISIT, DRILLS, MEETING, MAYOR][-REACH:]
    assert stand_alone(question, [BUS] * longer + last, by_words) == stand_alone(question, last, by_words)


@pytest.mark.parametrize(
    ("turn", "question", "text"),
    [
        (VISIT, "What about Beijing?", "When did Li Shangfu visit Beijing?"),
        (VISIT, "What about Putin?", "When did Putin visit Moscow?"),
        (DRILLS, "and naval patrols?", "How many naval patrols did China and Russia hold in 2023?"),
        (DRILLS, "What about Japan in 2024?", "How many joint drills did Japan and Russia hold in 2024?"),
        (NAVY, "What about the army?", "Which country has the largest army in the world?"),
        (NAVY, "And the smallest?", "Which country has the smallest navy in the world?"),
    ],
)
def test_the_model_tells_what_is_most_alike(quoth, turn: Turn, question: str, text: str) -> None:
    embedder = quoth.index.embedder
    assert asked(question, turn, alike=lambda new, parts: _most_alike(new, parts, embedder)).text == text


def test_what_is_most_alike_is_asked_of_whole_names_and_of_terms_side_by_side() -> None:
    assert "naval patrols did China" in asked("and naval patrols?", DRILLS, alike=like("joint drills")).text
    assert "visit Beijing?" in asked("And Beijing?", VISIT, alike=like("Moscow")).text
    with pytest.raises(StopIteration):
        asked("And Beijing?", VISIT, alike=like("Li", "Shangfu"))
