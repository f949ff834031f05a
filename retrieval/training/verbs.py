"""Forms of common English verbs: what turns "did X found" into "X founded", and active into passive."""

from __future__ import annotations

import re

_IRREGULAR = (
    "become/became/become begin/began/begun bind/bound/bound bleed/bled/bled break/broke/broken "
    "bring/brought/brought build/built/built burn/burned/burned buy/bought/bought catch/caught/caught "
    "choose/chose/chosen come/came/come cost/cost/cost cut/cut/cut deal/dealt/dealt do/did/done "
    "draw/drew/drawn drive/drove/driven eat/ate/eaten fall/fell/fallen feel/felt/felt fight/fought/fought "
    "find/found/found fly/flew/flown forbid/forbade/forbidden get/got/got give/gave/given go/went/gone "
    "grow/grew/grown have/had/had hear/heard/heard hide/hid/hidden hit/hit/hit hold/held/held keep/kept/kept "
    "know/knew/known lay/laid/laid lead/led/led leave/left/left lend/lent/lent let/let/let lose/lost/lost "
    "make/made/made mean/meant/meant meet/met/met overcome/overcame/overcome overtake/overtook/overtaken "
    "pay/paid/paid put/put/put read/read/read ride/rode/ridden rise/rose/risen run/ran/run say/said/said "
    "see/saw/seen seek/sought/sought sell/sold/sold outsell/outsold/outsold send/sent/sent set/set/set "
    "shoot/shot/shot show/showed/shown shut/shut/shut sing/sang/sung sink/sank/sunk sit/sat/sat "
    "speak/spoke/spoken spend/spent/spent split/split/split stand/stood/stood steal/stole/stolen "
    "strike/struck/struck swim/swam/swum take/took/taken teach/taught/taught tell/told/told "
    "think/thought/thought throw/threw/thrown understand/understood/understood wear/wore/worn win/won/won "
    "withdraw/withdrew/withdrawn write/wrote/written beat/beat/beaten bear/bore/borne"
)
_REGULAR = (
    "abandon abolish accept accompany accuse achieve acquire add address admit adopt advise affect agree aim "
    "allow announce answer appear appoint approach approve argue arrest arrive ask assassinate assist attack "
    "attempt attend attract award ban back base believe belong blame block bomb borrow call cancel capture "
    "carry cause celebrate challenge change charge chase cheat cite claim clear climb close collapse collect "
    "command commit compare compete complain complete compose conclude condemn conduct confirm connect "
    "conquer consider consist construct consult contact contain continue contribute control convert convince "
    "correct cover create criticise criticize cross crown damage date debut decide declare decline decrease "
    "dedicate defeat defend define delay deliver demand demolish deny depart depend deploy describe design "
    "destroy detain determine develop die direct discover dismiss dispute dissolve divide divorce dominate "
    "donate double earn edit elect emerge emigrate employ enable encourage end endorse enjoy enrol enter "
    "escape establish estimate evacuate examine execute exceed exchange exile exist expand expect expel "
    "explain exploit explore export express extend fail favour favor fill film finance fine finish fire flee "
    "focus follow force form found free function fund gain generate govern graduate grant guard guide handle "
    "happen hand help hire honor honour host house identify ignore implement import impose improve include "
    "increase influence inform inherit inspire install interview introduce invade invent invest investigate "
    "invite involve issue join judge kidnap kill label lack land last launch learn license limit link list "
    "live locate look maintain manage mark marry mention merge murder move name need negotiate nominate note "
    "notice number obtain occupy occur offer open operate oppose order organise organize originate outnumber "
    "own participate pass permit persuade phone place plan plant play point praise predict prefer prepare "
    "present prevent print produce promise promote propose prosecute protect protest prove provide publish "
    "punish purchase pursue push question raise rank reach receive recognise recognize recommend record "
    "recruit reduce refer refuse reign reject release rely remain remove rename rent repair replace report "
    "represent request require rescue resign resist respond restore result retire return reveal review rule "
    "sack save score search seize select separate serve settle share sign sponsor start state stay stop "
    "study submit succeed suffer suggest sue summon supply support surpass surrender survive suspect suspend "
    "target test thank threaten trade train transfer translate travel treat trigger try turn unite urge use "
    "value view violate visit vote walk want warn watch weaken welcome work wound"
)
_DOUBLED = frozenset(
    "admit ban commit enrol expel permit plan rely stop submit transfer refer control occur".split()
) - {"rely"}


def _regular(base: str) -> str:
    if base in _DOUBLED:
        return f"{base}{base[-1]}ed"
    if base.endswith("e"):
        return f"{base}d"
    return f"{base[:-1]}ied" if re.search("[^aeiou]y$", base) else f"{base}ed"


_FORMS = [tuple(one.split("/")) for one in _IRREGULAR.split()] + [
    (base, _regular(base), _regular(base)) for base in _REGULAR.split() if base != "flee"
]
PAST = {base: past for base, past, _ in _FORMS} | {"flee": "fled"}
BASE = {past: base for base, past, _ in _FORMS}
PARTICIPLE = {past: participle for _, past, participle in _FORMS}
PASSIVE = frozenset(
    "accused acquired appointed approached arrested attacked beat blamed bought captured cheated chased "
    "condemned consulted contacted convinced criticised criticized dated defeated defended detained "
    "dismissed divorced elected employed endorsed exiled expelled fined fired fought followed found founded "
    "funded governed guarded helped hired honoured hosted identified ignored informed inspired interviewed "
    "invaded invited killed led married murdered named nominated overtook outnumbered outsold owned passed "
    "persuaded phoned praised promoted prosecuted protected published punished pursued questioned recognised "
    "recommended recruited rejected released replaced represented rescued sacked saved seized shot sponsored "
    "struck succeeded sued summoned supported surpassed suspected suspended targeted taught thanked "
    "threatened told trained treated urged visited warned watched welcomed wounded".split()
)  # of these, who did it and to whom it was done may be exchanged in a sentence that still makes sense
