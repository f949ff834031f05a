"""Say a sentence in other words that mean the same, by rules that are sure: what a claim may look like."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from retrieval.training.verbs import PARTICIPLE, PASSIVE

MONTHS = "January February March April May June July August September October November December".split()
_MONTH = "|".join(MONTHS)
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty".split()
)
_SYNONYMS = tuple(
    tuple(one.split("/"))
    for one in (
        "about/around/roughly began/started begin/start big/large bought/purchased buy/purchase "
        "killed/left_dead near/close_to nearly/almost more_than/over less_than/under said/stated "
        "said_that/stated_that also/too many/numerous several/a_number_of because/since "
        "because_of/owing_to/due_to although/even_though but/yet however/nevertheless while/whereas "
        "after/following get/receive got/received gave/handed help/assist helped/assisted show/indicate "
        "showed/indicated ended/finished end/finish use/employ used/employed child/youngster "
        "children/youngsters company/firm companies/firms film/movie car/vehicle job/post jobs/posts "
        "home/house police_officer/policeman lawyer/attorney doctor/physician teacher/schoolteacher "
        "leader/head chief/head chairman/chair prime_minister/premier deputy/second-in-command rose/climbed "
        "fell/dropped rise/climb fall/drop increased/went_up decreased/went_down is_going_to/will will/is_to "
        "must/has_to must/have_to need/require needs/requires want/wish wants/wishes allowed/permitted "
        "allow/permit banned/prohibited ban/prohibit agreed/consented refused/declined attempt/try "
        "attempted/tried chose/picked choose/pick founded/set_up founded/established built/constructed "
        "build/construct made/produced destroyed/wrecked damaged/harmed attacked/assaulted "
        "died/lost_his_life murdered/killed arrested/detained freed/released resigned/stepped_down "
        "resign/step_down appointed/named elected/voted_in dismissed/sacked fired/sacked won/gained "
        "lost/forfeited opened/inaugurated closed/shut close/shut halted/stopped halt/stop postponed/put_off "
        "cancelled/called_off approved/backed rejected/turned_down opposed/objected_to supported/backed "
        "criticised/faulted praised/commended blamed/faulted warned/cautioned told/informed asked/requested "
        "announced/made_public revealed/disclosed discovered/found entire/whole main/principal chief/main "
        "important/significant difficult/hard easy/simple quick/fast quickly/rapidly slowly/gradually "
        "rapidly/fast usually/generally often/frequently rarely/seldom initially/at_first "
        "eventually/in_the_end finally/at_last currently/now previously/earlier earlier/before "
        "later/afterwards annually/every_year annual/yearly daily/every_day approximately/about "
        "in_order_to/to such_as/like so_that/in_order_that first/initial last/final former/previous "
        "whole/complete total/overall war/conflict fight/battle town/community village/hamlet country/nation "
        "countries/nations government/administration parliament/the_legislature law/statute court/tribunal "
        "trial/court_case money/funds price/cost wage/pay wages/pay tax/levy fee/charge fine/penalty "
        "debt/liabilities report/study study/inquiry inquiry/investigation talks/negotiations agreement/deal "
        "accord/agreement victory/win defeat/loss citizens/people residents/inhabitants workers/employees "
        "staff/employees soldiers/troops ship/vessel ships/vessels plane/aircraft aeroplane/aircraft "
        "lorry/truck wounded/injured ill/sick hospital/clinic school/academy pupils/schoolchildren "
        "students/pupils"
    ).split()
)
_OTHERS: dict[str, list[str]] = {}
for _row in _SYNONYMS:
    for _word in _row:
        _OTHERS.setdefault(_word.replace("_", " "), []).extend(
            o.replace("_", " ") for o in _row if o != _word
        )
_KNOWN = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, _OTHERS), key=len, reverse=True))})\b")
_NAMES = r"(?:[A-Z][\w’'-]+(?: (?:of |de |van |von |bin |al-)?[A-Z][\w’'-]+){0,3})"
_THING = (
    rf"(?:{_NAMES}|(?:[Tt]he|[Aa]n?|[Hh]is|[Hh]er|[Ii]ts|[Tt]heir) (?:[a-z-]+ ){{0,2}}?[a-z-]+s?|"
    rf"{_NAMES} and {_NAMES})"
)
_VERBS = "|".join(sorted(PASSIVE, key=len, reverse=True))
_DONE = "|".join(sorted({PARTICIPLE[verb] for verb in PASSIVE if verb in PARTICIPLE}, key=len, reverse=True))
_PASTS = {PARTICIPLE[verb]: verb for verb in PASSIVE if verb in PARTICIPLE}
_REST = (
    r"(?:[.;]| (?:in|on|at|for|to|after|before|during|by|over|with|when|because|that|about|from|near)\b).*"
)
_ACTIVE = re.compile(rf"^({_THING}) ({_VERBS}) ({_THING})(?={_REST})(.*)$", re.DOTALL)
_PASSIVE = re.compile(rf"^({_THING}) (?:was|were) ({_DONE}) by ({_THING})(?={_REST})(.*)$", re.DOTALL)
_SAID = "said|stated|added|wrote|argued|declared|noted|announced|reported"
_LEAD = re.compile(r"^((?:In|On|At|During|After|Before|Since|By|From|Under|For) [^,.;:]{2,50}), (?=[a-zA-Z])")
_PRONOUNS = frozenset(
    "After Before In On At If When While He She It They We I You This That These Those There Who".split()
)

Reword = Callable[[str, Random], str]


def reword(sentence: str, chance: Random, may_cut: bool = True) -> str:
    """The sentence after none to four of the ways, drawn by chance; one of them leaves a part out."""
    for way in chance.sample(_WAYS, chance.choice((0, 1, 1, 2, 2, 3, 4))):
        if way is _shortened and not may_cut:
            continue
        sentence = way(sentence, chance)
    return sentence


def shorter(sentence: str) -> list[str]:
    """The sentence without a part that it can be without: each way in which that can be done."""
    found = []
    for part in _PARTS:
        cut = part.sub("", sentence, count=1)
        if cut != sentence and len(cut.split()) >= 5:
            found.append(cut[0].upper() + cut[1:])
    return found


_PARTS = tuple(
    re.compile(pattern)
    for pattern in (
        r" \([^()]*\)",
        r"(?<=\w), (?:an?|the|who|which|whose|where) [^,.;]{3,90},(?= )",
        r"(?<=\w), (?:which|who|where|while|although|though|with|including|as|after|because) [^.]*(?=\.$)",
        r"(?<=\w)(?:,| and| but) (?:and |but )?(?:was|were|had|has|is|he|she|it|they) [^.,;]*(?=\.$)",
        _LEAD.pattern,
        rf"(?:,| -) (?:according to [^.,]+|(?:{_NAMES}|[a-z ]+) (?:{_SAID})[^.,\"]*)(?=\.$)",
        r"(?<=\w{3}) (?:in|at|on|after|because of|because|during|despite|under|near|since|when) [^,;.]{6,70}"
        r"(?=\.$)",
    )
)


def _apart(sentence: str, _: Random) -> str:
    """The adverbial at the beginning put to the end."""
    found = _LEAD.match(sentence)
    if not found or not sentence.endswith(".") or re.search('["“,;]', sentence[found.end() :]):
        return sentence
    lead = found[1][0].lower() + found[1][1:]
    rest = sentence[found.end() :].rstrip(".")
    return f"{rest[0].upper()}{rest[1:]} {lead}."


def _shortened(sentence: str, chance: Random) -> str:
    ways = shorter(sentence)
    return chance.choice(ways) if ways else sentence


def _exchanged_words(sentence: str, chance: Random) -> str:
    found = list(_KNOWN.finditer(sentence))
    drawn = chance.sample(found, min(len(found), chance.choice((1, 2, 3))))
    for word in sorted(drawn, key=lambda word: -word.start()):
        sentence = f"{sentence[: word.start()]}{chance.choice(_OTHERS[word.group()])}{sentence[word.end() :]}"
    return sentence


def voice(sentence: str, _: Random) -> str:
    """Active for passive, or passive for active, where that is sure."""
    if found := _ACTIVE.match(sentence):
        agent, verb, patient, rest = found.groups()
        was = "were" if re.search(r" and |[^s’']s$", patient) else "was"
        turned = f"{patient} {was} {PARTICIPLE[verb]} by {agent}"
    elif found := _PASSIVE.match(sentence):
        patient, done, agent, rest = found.groups()
        turned = f"{agent} {_PASTS[done]} {patient}"
    else:
        return sentence
    if agent.split()[0] in _PRONOUNS or patient.split()[0] in _PRONOUNS:
        return sentence
    turned = re.sub(r"(?<=[a-z] )(The|An?|His|Her|Its|Their)(?= )", lambda m: m[0].lower(), turned)
    return f"{turned[0].upper()}{turned[1:]}{rest}"


def _attributed(sentence: str, chance: Random) -> str:
    """According to X, Y; X said that Y; Y, X said."""
    if '"' in sentence or "“" in sentence:
        return sentence
    if found := re.match(rf"^({_NAMES}) ({_SAID}) (?:that )?(?=[a-zA-Z])(.+)\.$", sentence):
        who, said = found[1], found[3]
    elif found := re.match(rf"^According to ({_NAMES}), (.+)\.$", sentence):
        who, said = found[1], found[2]
    elif found := re.match(rf"^(.+), ({_NAMES}) (?:{_SAID})\.$", sentence):
        who, said = found[2], found[1]
    else:
        return sentence
    if who.split()[0] in _PRONOUNS:
        return sentence
    capital = said[0].upper() + said[1:]
    return chance.choice(
        (
            f"According to {who}, {said}.",
            f"{capital}, {who} said.",
            f"{capital}, according to {who}.",
            f"{who} said that {said}.",
        )
    )


def _numbers(sentence: str, chance: Random) -> str:
    found = list(_NUMBER.finditer(sentence))
    if not found:
        return sentence
    one = chance.choice(found)
    return f"{sentence[: one.start()]}{_other_form(one, chance)}{sentence[one.end() :]}"


_NUMBER = re.compile(
    rf"\b(?P<month>{_MONTH}) (?P<day>\d{{1,2}})\b(?!\d)|\b(?P<first>\d{{1,2}}) (?P<then>{_MONTH})\b|"
    rf"\b(?P<word>{'|'.join(_UNITS[2:])})\b|(?<![\d.,$£€-])\b(?P<small>[2-9]|1\d|20)\b"
    rf"(?![\d,.%:-]|\s?(?:{_MONTH})|st|nd|rd|th)|"
    r"(?<=\d)(?P<percent> ?per ?cent|%)|(?<![\d.,])(?P<thousand>\d{1,3}),000\b(?!,)"
)


def _other_form(one: re.Match[str], chance: Random) -> str:
    if one["month"]:
        return f"{one['day']} {one['month']}"
    if one["first"]:
        return f"{one['then']} {one['first']}"
    if one["word"]:
        return str(_UNITS.index(one["word"]))
    if one["small"]:
        return _UNITS[int(one["small"])]
    if one["thousand"]:
        return f"{one['thousand']} thousand"
    return chance.choice([form for form in (" percent", " per cent", "%") if form != one["percent"]])


def _last_name(sentence: str, _: Random) -> str:
    """The family name alone, of a person who is likely to be one."""
    found = re.search(
        r"\b(?!The|New|North|South|East|West|Saint|San|Los|United|Great|Royal|[A-Z][a-z]+(?:ian|ish|ese)\b)"
        r"[A-Z][a-z]+ (?=[A-Z][a-z]+ (?:was|said|had|is|told|who|and|won|wrote|became)\b)",
        sentence,
    )
    return sentence[: found.start()] + sentence[found.end() :] if found else sentence


def _short_forms(sentence: str, _: Random) -> str:
    """Not in short, or in full."""
    if re.search(r"\w n[’']t|\wn[’']t\b", sentence):
        return re.sub(
            r"\b(did|was|were|is|are|has|had|have|could|would|should|does|do)n[’']t\b", r"\1 not", sentence
        )
    return re.sub(
        r"\b(did|was|were|is|are|has|had|have|could|would|should|does|do) not\b", r"\1n't", sentence
    )


_WAYS: Sequence[Reword] = (
    _apart,
    _shortened,
    _exchanged_words,
    _exchanged_words,  # twice as often as others
    voice,
    _attributed,
    _numbers,
    _last_name,
    _short_forms,
)
