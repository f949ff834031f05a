"""Tell page furniture (menus, calls to subscribe, credits, notices) from the article it stands around.

Three kinds of evidence: what a line says, whatever site it is from; where it stands, in the menu above
the article or in the list of other stories below it; and that many files of a folder repeat it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from retrieval.types import Span

_LINE = re.compile("[^\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_TRIM = " \t\u00a0\u200b\u200c\u200d\u2060\ufeff"
_DECORATION = "#*_>|•·–—-→›» \t\u00a0"

_EDGE = 15  # non-blank lines at either end of a file where mastheads and footers stand
_MOST_EDGE_LINES = 30
_MOST_EDGE_WORDS = 8
_REPEATED_FILES = 3  # a line in fewer files than this, or than 1 % of them, may be chance
_REPEATED_SHARE = 0.01

_LONGEST = 500  # characters; a longer line is a paragraph of the article whatever it says
_MENU_WORDS = 4
_TEASER_WORDS = 18
_PROSE_WORDS = 20  # more words than a headline has
_SENTENCE_WORDS = 8  # with a full stop, so many words are prose
_STOPPED = re.compile(r"[.!?…][\"'”’»)\]]*$")


def _all_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split(","))


_STORIES = (
    r"(?:posts?|stories|articles?|topics?|content|news|reading|coverage|links|reads?|videos?|headlines?)"
)
_SITE = (
    r"(?:facebook|twitter|linkedin|whatsapp|instagram|youtube|telegram|reddit|pinterest|e-?mail|threads|"
    r"bluesky|rss|tiktok)"
)
_APP = r"(?:app|newsletters?|emails?|inbox|alerts?|updates|briefing|podcast)"
_AGENCY = (
    r"(?:reuters?|agence france[- ]presse|afp|ap|the associated press|associated press|press association|"
    r"pa media|pa|dpa|"
    r"tass|interfax|xinhua|bloomberg|anadolu(?: agency)?|kyodo(?: news)?|yonhap|efe|ansa|epa(?:-efe)?|upi|"
    r"ria novosti|"
    r"sputnik|getty(?: images)?|shutterstock|alamy|news agencies|agencies|wires?|wire services|pool)"
)
_AGENCIES = rf"{_AGENCY}(?:(?:,| and|, and|/| &| via) {_AGENCY}|/{_AGENCY})*"

# A line that is one of these from end to end.
_LONE = _all_of(
    r"(?:back to )?top(?: of page)?|menu|main menu|open menu|close menu|navigation",
    r"skip to (?:main )?content|search",
    r"share|share (?:this|on|via|it|full article|save)(?: .{1,30})?|copy link|link copied!?",
    r"print(?: this page)?|save|bookmark",
    r"(?:\d+ |no |view |show |add |leave a |post a |join the |see all )?comments?(?: \(?\d+\)?| closed)?",
    r"reply|leave a reply",
    r"\W?(?:advertisement|advertising|ads?|sponsored(?: content| by .{1,40})?|promoted(?: content)?|"
    r"paid (?:post|content))\W?",
    r"(?:advertisement|story|article|content) continues (?:below|after).{0,40}|skip advertisement",
    r"remove ads",
    rf"(?:follow|find|like|join) us(?: (?:on|at|in) .{{1,60}})?|follow|{_SITE}(?:\W+(?:x|{_SITE}))*",
    r"support(?: us)?|donate(?: now| here| today)?|contribute|give now|subscribe(?: now| here| today)?",
    r"subscriptions?",
    r"sign up(?: now| here| today)?|sign in|log ?in|log out|register(?: now| here)?|my account",
    r"start reading",
    r"(?:related|recommended|popular|trending|latest|more|other|top|featured|similar|further|"
    rf"editors?['’]? picks?)\W{{1,3}}{_STORIES}",
    r"related|recommended(?: for you)?|trending(?: now)?|(?:our|editors?['’]?|staff) picks",
    r"most (?:read|popular|viewed|shared)",
    r"more (?:from|in|on) .{1,40}|more|next|previous|next article|previous article",
    r"you (?:may|might) (?:also|like).{0,30}",
    r"what to read next|read next|don['’]t miss|popular|tags|filed under|newsletters?|loading\W*",
    r"read (?:more|also|next|on|now|the full (?:story|article))|continue reading|keep reading|learn more",
    r"view (?:more|all)|show more|see (?:more|all)",
    r"privacy(?: policy| notice)?|terms(?: (?:of|and|&) \w+)?",
    r"cookies?(?: policy| settings| preferences| notice)?|contact(?: us)?",
    r"about(?: us)?|accessibility(?: statement)?|site ?map|careers|advertise(?: with us)?",
    r"help(?: cent(?:er|re))?|faqs?|imprint",
    r"(?:accept|reject|allow|manage)(?: all)? (?:cookies|preferences|choices)|accept all|reject all",
    r"opens (?:in )?(?:a )?new (?:tab|window)",
    r"for immediate release|getty images|image source|file photo|(?:image|video) caption",
    r"(?:read|view|see|watch) (?:the |our )?(?:full|original) (?:article|story|coverage|post|report|"
    r"interview|video)(?: here| now)?[.]?",
    r"read (?:the|our) (?:original|full) .{0,20}here[.]?",
)

# How a call to the reader begins; the article seldom speaks to its reader like that.
_CALL = _all_of(
    r"(?:please )?sign[- ](?:up|in) (?:to|for (?:our|the|free|more|[\w’' ]{1,40}newsletter)|here|now|"
    r"today|and|with|below)",
    r"(?:please )?log ?in (?:to|or|here|with)",
    r"(?:please )?register (?:to (?:read|continue|comment)|for (?:free|our|a free)|now|here)",
    r"(?:please )?subscribe (?:to (?:our|the|my|this|read|continue|unlock|get|receive)|for (?:\W?\d|free|"
    r"unlimited|full)|now|here|today|and get|via|on)",
    r"(?:please )?download (?:the|our|this)(?: [\w’']+){0,4} (?:app|pdf|report|podcast)\b",
    rf"get (?:the|our)(?: [\w’']+){{0,3}} {_APP}",
    r"get (?:all )?(?:your (?:news|daily|free|copy)|unlimited|full access|breaking news|the latest|"
    r"the best|the day['’]s|exclusive|daily|started)",
    r"(?:please )?(?:donate|contribute) (?:to (?:(?-i:[Uu]s)\b|our|this|support)|now|today|here|via)",
    r"make a (?:one-time |monthly )?(?:donation|contribution)|chip in",
    r"(?:please )?(?:consider )?(?:support(?:ing)?) (?:(?-i:[Uu]s)\b|our (?:work|journalism|mission|"
    r"reporting|site|actions)|independent (?:journalism|media)|quality journalism)",
    r"(?:please )?follow (?:(?-i:[Uu]s)\b|@\w+|our|\w+(?: \w+)? on (?:twitter|facebook|x\b|instagram|"
    r"google|telegram))",
    r"like us on|find us on|join (?:us on|our|the conversation|the discussion)",
    r"share (?:this|on|via|your (?:thoughts|story|view))",
    r"tell us (?:what you|your (?:story|views?|thoughts))|have (?:a|your) (?:tip|story|say)",
    r"send (?:us )?(?:a tip|your tips)|got a (?:tip|story)",
    r"already (?:a (?:paid )?(?:member|subscriber)(?! of)|have an account|subscribed|registered)",
    r"not a (?:member|subscriber)(?! of)|don['’]t have an account|forgot (?:your )?password",
    r"enter your e-?mail|your e-?mail(?: address)?$",
    r"by (?:signing up|subscribing|registering|clicking|entering|continuing|providing)\b.{0,60}\byour?\b",
    r"(?:click|tap) (?:here|on the|below|the (?:link|button))|scroll (?:down|to continue)",
    r"swipe (?:left|right|up)",
    r"thanks? (?:you )?for (?:reading|subscribing|signing up|visiting)",
    r"(?:this (?:post|article|story|content) is (?:for|only|available|exclusive))",
    r"become an? (?:(?:member|subscriber|supporter|patron)(?! of (?:nato|the))|paid)",
    r"upgrade to (?:paid|premium|a )|(?:start|begin) (?:your|a) (?:free|trial|\d+-day)",
    r"try .{0,40}\bfree (?:for|today|now)\b|cancel any ?time",
    r"(?:to (?:continue|keep) reading|want to (?:read|see|hear) more|keep up with (?:the (?:latest|news)|"
    r"our)|stay (?:informed|up to date|in the know|connected)|never miss (?:a|an|our|the)|unlock (?:all|"
    r"this|the full|unlimited|access|your))",
    r"you(?:['’]ve| have) (?:read|reached|used|\d+|one|two|three) .{0,40}(?:articles?|limit)",
    r"(?:enjoy(?:ed|ing)?|liked?) (?:this (?:article|story|post|piece)|this\?|what you)",
    r"(?:want )?the (?:best|latest|day['’]s|top|biggest) .{0,60}(?:to|in) your (?:inbox|phone)",
    r"delivered to your|for (?:more|further) information,? (?:please )?(?:visit|contact|click|see|go to)",
    r"our (?:free )?(?:daily|weekly|morning|evening)?.{0,20}newsletter",
    r"(?:listen|watch|view|read) (?:to |on |in )?(?:this (?:article|story|episode|page|in app)|"
    r"in (?:the )?(?:app|browser))",
    r"read (?:more|also|next|on)\s*[:|»>–—-]|(?:see|also read|read) also\s*:|also read\b",
    r"related(?: (?:story|article|post))?\s*:|more on this(?: story)?",
    r"more (?:stories|news|headlines|coverage) (?:from|on|about)\b[^.:]*$|recommended\s*:",
    r"(?:watch|listen|video|gallery|in pictures)\s*:",
    rf"top {_STORIES}\b[^.:]{{0,60}}$|most (?:read|popular) (?:on|in|from|{_STORIES})\b[^.]{{0,30}}$",
    rf"latest {_STORIES} (?:from|on|in)\b[^.:]*$|{_STORIES} you (?:may|might)",
    r"you (?:may|might) (?:also )?like\s*:|(?:next|up next|coming up|in (?:the |our )?next issue|next issue|"
    r"next week)\s*:",
    r"subscribe from \W?\d",
    r"(?:watch|listen to) the full (?:report|interview|programme|program|episode|video) on\b",
    r"don['’]t miss\s*:|most (?:read|popular)\s*:",
)
_BOILERPLATE = _all_of(
    r"^(?:we|this (?:web)?site|our (?:web)?site|our partners|[\w.]+ and (?:its|"
    r"our) partners).{0,60}\bcookies\b",
    r"^(?:©|\(c\)|copyright\W+(?:©|\(c\)|notice|the|by|\d{4}))|\ball rights reserved\b",
    r"^(?:all|this|these|the|our|no part of|images?|photos?|content|any).{0,80}\b(?:may|"
    r"can) (?:not )?be (?:published|broadcast|rewritten|re-?distributed|reproduced|republished|"
    r"disseminated|copied|reprinted|used without)",
    r"^(?:re-?publish|republication|reproduction|reprint|re-?use of|unauthori[sz]ed).{0,120}(?:permission|"
    r"prohibited|licen[cs]e|credit|allowed|forbidden|site)",
    r"^(?:if )?.{0,120}\bplease (?:consider )?(?:support(?:ing)?|donat(?:e|ing)|subscrib(?:e|ing)|"
    r"contribut(?:e|ing))\b",
    r"^(?:donations|contributions) (?:from|by|to|are|keep|make)\b.{0,80}\b(?:our|us|possible|mission)\b",
    r"^.{0,60}\b(?:contributed|contributing) to this (?:report|story|article)\b",
    r"^our standards\s*:.{0,60}trust principles",
    r"^this (?:article|story|post|report|piece) (?:was |is |has been )?(?:originally |first |"
    r"also )?(?:published|appeared|posted|adapted|republished|syndicated)",
    rf"^(?:with|by) {_AGENCIES}\W*$|^(?!pool|wire|agencies){_AGENCIES}\W*$",
    rf"^(?:sources?|via)\s*:\s*{_AGENCIES}\W*$",
)
# Slogans and prices of a site, at the edges of its page only.
_SLOGAN = _all_of(
    r"^(?:one|a single) (?:app|membership|subscription|login|account|place)[.!]",
    r"^(?:\d[\d,.]*|hundreds|thousands|dozens)(?:['’]?s|\+)? (?:of )?(?:[\w-]+ ){0,3}(?:titles|sources|"
    r"publications|newspapers|magazines|publishers|outlets)[.!]?$",
    r"^[\w-]+ (?:days?|weeks?|months?) (?:free\b|for (?:only|just|free|[$€£]\d))",
    r"^(?:only|just|from) [$€£]\d|[$€£]\d[\d.]*\W*(?:a|per|/) ?(?:week|month|year)",
    r"\bcurated\b.{0,30}\bfor you\b|^(?:ad-free|no ads)\b",
    r"\ball (?:your|the) .{1,40} in one (?:place|app)[.!]?$|^free trial$|^limited[- ]time offer",
)
_REPORTED = re.compile(
    r"\b(?:said|says|told|tells|urged|urges|warned|warns|asked|asks|according to|added|wrote|vowed|vows|"
    r"ruled|ordered|demands?|demanded)\b|[“\"]",
    re.IGNORECASE,
)

_MARKUP = re.compile(
    r"(?:[-*+] |\d+\. |#+ )?(?:\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?|\[[^\]]*\]\([^)]*\)|<?(?:https?://|"
    r"www\.)\S+>?)[\s|,•·]*"
    r"|(?:[-*_=~—–#.·•] ?){3,}|[|:+ -]*-{3,}[|:+ -]*|(?:`{3,}|~{3,})[\w+-]*|(?:</?[a-zA-Z!][^<>]*>\s*)+"
)
_CRUMBS = re.compile(r"\s*[>»›→]\s*|\s+/\s+")
_MENU_BAR = re.compile(r"\s+[|•·]\s+")

_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DATED = re.compile(
    rf"\b(?:{_DAY}|{_MONTH}|\d+(?:st|nd|rd|th)?|[ap]\.?m|gmt|utc|bst|[cem][sde]t|et|at|on|ago|hours?|hrs?|"
    r"min(?:ute)?s?|days?|weeks?|read|last|"
    r"updated|modified|published|posted|first|created|issued|today|yesterday|\d+[hmd]|\d{2,4}t\d+z?)\b|"
    r"[^\w\s]",
    re.IGNORECASE,
)
_DATE_SIGN = re.compile(
    rf"{_MONTH}\.? \d|\d(?:st|nd|rd|th)? {_MONTH}|\d[/.-]\d{{1,2}}[/.-]\d|\bago\b|min(?:ute)?s? read|"
    r"updated|published|posted",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:date|authors?|by|published|posted|updated|last (?:updated|modified)|byline|written by|words(?: by)?|"
    r"pictures|reporter|text|category|section|tags?|topics?|url|"
    r"(?:media |press )?contact)(?: (?:on|at|date))?\s*:\s*\S",
    re.IGNORECASE,
)
_BY = re.compile(
    r"(?:by|words by|story by|written by|reported by|analysis by|review by|text by)\s+(?=\S)", re.IGNORECASE
)
_ROLE = re.compile(  # what follows the name in a byline
    r",? (?:the |our )?(?:[\w’'-]+ ){0,3}(?:reporter|correspondent|editor|writer|columnist|critic|producer|"
    r"journalist|bureau|desk|staff)s?\b.{0,40}$| in (?:[A-Z][\w’'-]+,? ?){1,4}$|$",
)
_STAFF = re.compile(
    r"(?:[\w’'-]+ ){0,3}(?:staff|staff writers?|staff reporters?|staff and agencies|and agencies|newsroom|"
    r"news desk|web desk|correspondents?|editorial board)",
    re.IGNORECASE,
)
_DAY_OR_MONTH = re.compile(rf"(?:{_DAY}|{_MONTH})\b", re.IGNORECASE)
_DESK = re.compile(
    r"\W?(?:(?:additional )?(?:reporting|writing|editing|research|graphics|translation|production)|"
    r"(?:compiled|edited|translated|produced|written))"
    r" (?:by|from|in \w+ by) ",
    re.IGNORECASE,
)
_NAME_JOINS = _listed("and,in,of,the,for,from,with,by,de,la,van,von,der,den,bin,al,el,at,via,photo")
_DESK_WORDS = _listed("reporting,writing,editing,additional,research,compiled,edited,graphics")

_CREDIT_LABEL = re.compile(
    r"(?P<fresh>^|[.!?…)”\"|]\s*)?(?P<label>[(\[]?\b(?:photographs?|photos?|pictures?|images?|"
    r"illustrations?|video|credit|source)(?: (?:credit|source|by|courtesy))?\s*[:/])\s*"
    r"(?P<names>[^:]{2,100})$",
    re.IGNORECASE,
)
_NAME = r"(?:(?:[A-Z]\.|[A-Z][\w’'-]*) ){0,3}[A-Z][\w’'-]*"
_SLASH = r"(?:\s?/\s?| via )"
_CREDIT_TAIL = re.compile(rf"[(\[]?(?<![\w’'-]){_NAME}(?:{_SLASH}{_NAME})+[)\]]?\W*$")
_AGENCY_ALONE = re.compile(rf"{_AGENCY}(?: photo)?", re.IGNORECASE)

_SECTIONS = _listed(
    "home,news,world,uk,us,politics,business,sport,sports,opinion,culture,tech,technology,science,"
    "health,travel,lifestyle,video,videos,live,europe,asia,africa,middle east,americas,australia,money,"
    "weather,arts,style,books,food,magazine,environment,climate,football,markets,economy,local,"
    "national,international,entertainment,games,podcasts,newsletters,obituaries,letters,editorial,"
    "editorials,world news,us news,uk news,latest,breaking news,more,search,features,analysis,blog,"
    "archive,events,press releases,about,shop,account,sections,comment"
)
_TAIL = _all_of(
    r"(?:related|recommended|popular|trending|latest|more|other|top|featured|similar|further)\W{1,3}"
    + _STORIES,
    r"(?:our|editors?['’]?|staff) picks|most (?:read|popular|viewed|shared)|related$",
    r"recommended\b|trending\b",
    r"sign up (?:to read|now|for)|subscribe\b|you (?:may|might) (?:also|like)|more (?:from|on|in)\b",
    r"(?:what to )?read next|(?:\d+ |view |show |leave a )?comments?\b|support us|newsletters?$|share this",
    r"don['’]t miss|tags$|filed under|read (?:more|also|next)$",
)


class _Line(NamedTuple):
    start: int
    end: int
    text: str  # without the white space around it

    @property
    def words(self) -> int:
        return len(self.text[:_LONGEST].split())

    @property
    def bare(self) -> str:
        """The text without list marks, emphasis and arrows."""
        return self.text.strip(_DECORATION)


def furniture(text: str, repeated: frozenset[str] = frozenset()) -> list[Span]:
    """The page furniture of an article, in order: lines (without their newline) or a credit that ends one.

    `repeated` are lines that many files share (see `repeated_lines`): furniture near either end of the
    file, unless nothing else would be left.
    """
    lines = _lines(text)
    marks = _marks(lines, repeated)
    if repeated and all(marks):
        marks = _marks(lines, frozenset())
    spans = (_whole(line) if mark else _credit(line) for line, mark in zip(lines, marks, strict=True))
    return [span for span in spans if span]


def edge_lines(text: str) -> frozenset[str]:
    """The short lines at either end of a file, case and white space folded: at most 30."""
    lines = _lines(text)
    edges = lines[:_EDGE] + lines[_EDGE:][-_EDGE:]
    short = (line for line in edges if len(line.text) <= _LONGEST and line.words <= _MOST_EDGE_WORDS)
    return frozenset(_folded(line) for line in short if not any(map(str.isdigit, line.text)))


def repeated_lines(edges: Iterable[frozenset[str]]) -> frozenset[str]:
    """The lines that at least three files, and at least one file in a hundred, have at an edge."""
    counts: Counter[str] = Counter()
    files = 0
    for edge in edges:
        files += 1
        counts.update(edge)
    least = max(_REPEATED_FILES, _REPEATED_SHARE * files)
    return frozenset(line for line, count in counts.items() if count >= least)


def _lines(text: str) -> list[_Line]:
    lines = []
    for found in _LINE.finditer(text):
        content = found[0].strip().strip(_TRIM).strip()
        if content:
            start = found.start() + found[0].index(content[0])
            lines.append(_Line(start, start + len(content), content))
    return lines


def _folded(line: _Line) -> str:
    return " ".join(line.text.casefold().split())


def _whole(line: _Line) -> Span:
    return Span(line.start, line.end)


def _marks(lines: list[_Line], repeated: frozenset[str]) -> list[bool]:
    """For each line, whether it is furniture."""
    marks = [_is_furniture(line) for line in lines]
    _mark_metadata(lines[:_EDGE], marks)
    edge = [at < _EDGE or at >= len(lines) - _EDGE for at in range(len(lines))]
    for at, line in enumerate(lines):
        marks[at] |= edge[at] and len(line.text) <= _LONGEST and bool(_SLOGAN.search(line.bare))
    known = [edge[at] and _folded(line) in repeated if repeated else False for at, line in enumerate(lines)]
    _mark_head(lines, marks, known)
    _mark_tail(lines, marks)
    return marks


def _is_furniture(line: _Line) -> bool:
    """Whether the line's own words, wherever it stands, make it furniture."""
    bare = line.bare
    if len(line.text) > _LONGEST:
        return False
    if not bare or _MARKUP.fullmatch(line.text) or _LONE.fullmatch(bare.rstrip(":")):
        return True
    spoken = (_CALL.match(bare) or _BOILERPLATE.search(bare)) and not _REPORTED.search(bare)
    return bool(spoken) or _is_desk(bare) or _is_navigation(line.text)


def _is_desk(bare: str) -> bool:
    """Reporting by Jane Doe in Moscow; editing by John Roe."""
    found = _DESK.match(bare)
    return bool(found) and _is_names(bare[found.end() if found else 0 :].rstrip(".)"), _DESK_WORDS, 40)


def _is_names(words: str, others: frozenset[str] = frozenset(), most: int = 12) -> bool:
    """Whether `words` are names only: capitals, and the small words that join them."""
    found = re.findall(r"[^\s,;/&|()\[\]]+", words)
    small = _NAME_JOINS | others
    return (
        0 < len(found) <= most
        and found[0][0].isupper()
        and all(word[0].isupper() or word.casefold() in small for word in found)
    )


def _is_navigation(text: str) -> bool:
    """Home > World > Asia, or News | Sport | Opinion, or Home News Sport Opinion."""
    crumbs = [crumb.casefold() for crumb in _CRUMBS.split(text.removeprefix("You are here: "))]
    if (
        len(crumbs) > 1
        and crumbs[0] in _SECTIONS
        and all(len(crumb.split()) <= _MENU_WORDS for crumb in crumbs)
    ):
        return len(crumbs) > 2 or crumbs[0] == "home"
    items = [item.casefold() for item in _MENU_BAR.split(text)]
    if len(items) > 2:
        return sum(item in _SECTIONS or bool(_LONE.fullmatch(item)) for item in items) > len(items) / 2
    words = text.casefold().split()
    return len(words) > 2 and all(word in _SECTIONS for word in words)


def _mark_metadata(head: list[_Line], marks: list[bool]) -> None:
    """Mark the lines near the head that say who wrote it and when."""
    days = [at for at, line in enumerate(head) if _is_day(line.text)]
    if len(days) < 3:  # more than a day of publication and one of update are a timeline's
        for at in days:
            marks[at] = True
    for at, line in enumerate(head):
        marks[at] |= line.words <= 14 and _is_byline(line.bare)


def _is_day(text: str) -> bool:
    day, _, author = text.partition(" by ")
    if len(text) > 100 or not _DATE_SIGN.search(day):
        return False
    return not _DATED.sub("", day).strip() and (not author or _is_names(author))


def _is_byline(bare: str) -> bool:
    if _LABEL.match(bare):
        return not _STOPPED.search(bare) or " pictures:" in bare.casefold()
    parts = _MENU_BAR.split(bare)
    if any(_is_by(part) for part in parts):
        return all(_is_by(part) or _is_day(part) or _is_names(part, most=6) for part in parts)
    return bool(_STAFF.fullmatch(bare))


def _is_by(part: str) -> bool:
    """By Jane Doe, chief reporter; By Jane Doe in Moscow."""
    by = _BY.match(part)
    names = part[by.end() :] if by else ""
    if not by or _STOPPED.search(names) or _DAY_OR_MONTH.match(names):
        return False
    return any(_is_names(names[: role.start()], most=8) for role in [_ROLE.search(names)] if role)


def _is_prose(line: _Line) -> bool:
    return line.words > _PROSE_WORDS or (line.words >= _SENTENCE_WORDS and bool(_STOPPED.search(line.text)))


def _mark_head(lines: list[_Line], marks: list[bool], known: list[bool]) -> None:
    """Mark the site's own header, and the `known` lines; the headline, last above the prose, stays."""
    prose = next((at for at, line in enumerate(lines) if not marks[at] and _is_prose(line)), 0)
    above = [at for at in range(prose) if not marks[at]]
    headline = next((at for at in reversed(above) if not known[at]), above[-1] if above else -1)
    menu = _menu(lines[: min(prose, _EDGE)], marks, headline)
    sections = {at for at in range(min(prose, _EDGE)) if _folded(lines[at]) in _SECTIONS}
    marked = sum(marks[at] or at in sections for at in range(max(menu, default=-1) + 1))
    for at in sections | (menu if marked > 1 else set()):
        marks[at] = True
    for at, is_known in enumerate(known):
        marks[at] |= is_known and at != headline


def _menu(head: list[_Line], marks: list[bool], headline: int) -> set[int]:
    """The short lines at the very top, down to the first that is not furniture and not short."""
    menu = set()
    for at, line in enumerate(head):
        if marks[at]:
            continue
        if at == headline or line.words > _MENU_WORDS or re.search(r"\d|[.!?:)]$|\(", line.text):
            break
        menu.add(at)
    return menu


def _mark_tail(lines: list[_Line], marks: list[bool]) -> None:
    """Mark all that follows the heading of a list of other stories, if that is the end of the file."""
    prose = next((at for at, line in enumerate(lines) if not marks[at] and _is_prose(line)), len(lines))
    tail = len(lines)
    for at in range(len(lines) - 1, prose, -1):
        if not marks[at] and not _is_teaser(lines[at]):
            break
        if marks[at] and _TAIL.match(lines[at].bare):
            tail = at
    for at in range(tail, len(lines)):
        marks[at] = True


def _is_teaser(line: _Line) -> bool:
    return line.words <= _TEASER_WORDS and not re.search(r"[.!…][\"'”’]?$", line.text)


def _credit(line: _Line) -> Span | None:
    """The credit that ends a caption: Photograph: Jane Doe/AFP."""
    if len(line.text) > _LONGEST:
        return None
    label, tail = _CREDIT_LABEL.search(line.text), _CREDIT_TAIL.search(line.text)
    starts = []
    if (
        label
        and _is_names(label["names"].rstrip("."))
        and (label["fresh"] is not None or "/" in label["names"])
    ):
        starts.append(label.start("label"))
    if tail and (tail[0][0] == "[" or _has_agency(tail[0])):
        starts.append(tail.start())
    return Span(line.start + min(starts), line.end) if starts else None


def _has_agency(names: str) -> bool:
    return any(_AGENCY_ALONE.fullmatch(name.strip("()[]. ")) for name in re.split(_SLASH, names))
