"""Which names mean the same land or its people: "China" and "Chinese", "US" and "American"."""

from __future__ import annotations

import re
from functools import lru_cache

_LANDS = (
    (re.compile(r"\bUnited States(?: of America)?\b|\bU\.S\.(?:A\.)?|\bUSA?\b"), "America"),
    (re.compile(r"\b(?:the )?(?:United Kingdom|Great Britain)\b|\bU\.K\.|\bUK\b"), "Britain"),
    (re.compile(r"\bEuropean Union\b|\bE\.U\.|\bEU\b"), "Europe"),
    (re.compile(r"\bUnited Nations\b|\bU\.N\."), "UN"),
)
# A land, its people, and the capital that often stands for its government.
_IRREGULAR = """
    britain british briton london; france french frenchman frenchwoman frenchmen paris; spain spanish
    spaniard madrid; netherlands dutch dutchman holland hague; denmark danish dane copenhagen; sweden
    swedish swede stockholm; finland finnish finn helsinki; norway norwegian oslo; poland polish pole
    warsaw; greece greek athens; turkey turkish turk turkiye ankara; switzerland swiss bern; wales welsh
    welshman; ireland irish irishman dublin; scotland scottish scot edinburgh; england english englishman;
    philippines filipino philippine manila; thailand thai bangkok; portugal portuguese lisbon; lebanon
    lebanese beirut; cyprus cypriot; peru peruvian lima; slovakia slovak; serbia serb belgrade; croatia
    croat zagreb; czechia czech prague; burma burmese myanmar; congo congolese; madagascar malagasy;
    monaco monegasque; naples neapolitan; venice venetian; soviet ussr; malta maltese; germany german
    berlin; hungary hungarian budapest; mexico mexican; ukraine ukrainian kyiv kiev; china chinese beijing
    peking; russia russian moscow muscovite kremlin; america american washington pentagon; europe european
    brussels; japan japanese tokyo; india indian delhi; italy italian rome; austria austrian vienna; iran
    iranian tehran; iraq iraqi baghdad; egypt egyptian cairo; israel israeli jerusalem; canada canadian
    ottawa; australia australian canberra; brazil brazilian brasilia; argentina argentine argentinian
    buenos aires; chile chilean santiago; colombia colombian bogota; ghana ghanaian accra; kenya kenyan
    nairobi; nigeria nigerian abuja; taiwan taiwanese taipei; korea korean seoul pyongyang; vietnam
    vietnamese hanoi; indonesia indonesian jakarta; pakistan pakistani islamabad; belarus minsk;
    afghanistan afghan kabul; syria syrian damascus; georgia georgian tbilisi; romania romanian bucharest;
    bangladesh bangladeshi dhaka; luxembourg luxembourger; belgium belgian; kosovo kosovar; mongolia
    mongol; panama panamanian; tibet tibetan; cuba cuban havana; venezuela venezuelan caracas; ethiopia
    addis
"""
_GROUPS = {word: at for at, group in enumerate(_IRREGULAR.split(";")) for word in group.split()}
_ENDINGS = """
    nian ian ean an n ese ish ic i er ine ia ea a y e o os us es land lander stan istan stani man woman men
    vian ern
""".split()
_SHORTEST = 4  # letters that must be left


def lands(text: str) -> str:
    """`text` with one word for those lands and unions that have several."""
    for written, name in _LANDS:
        text = written.sub(name, text)
    return text


def same_people(one: str, other: str) -> bool:
    """Whether two words in lower case may name a land and what is of it."""
    groups = [_GROUPS.get(word, _GROUPS.get(word.removesuffix("s"))) for word in (one, other)]
    return (groups[0] is not None and groups[0] == groups[1]) or bool(_roots(one) & _roots(other))


@lru_cache(maxsize=4096)
def _roots(word: str) -> frozenset[str]:
    forms = (word, word.removesuffix("s"))
    roots = {form.removesuffix(ending) for form in forms for ending in ("", *_ENDINGS)}
    return frozenset(root for root in roots if len(root) >= _SHORTEST)
