"""The wording of page furniture: what menus, calls to the reader, bylines, credits and notices say.

Patterns only, whatever site they come from; `retrieval/furniture.py` says where each counts.
"""

from __future__ import annotations

import re


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
LONE = _all_of(
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
CALL = _all_of(
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
BOILERPLATE = _all_of(
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
SLOGAN = _all_of(
    r"^(?:one|a single) (?:app|membership|subscription|login|account|place)[.!]",
    r"^(?:\d[\d,.]*|hundreds|thousands|dozens)(?:['’]?s|\+)? (?:of )?(?:[\w-]+ ){0,3}(?:titles|sources|"
    r"publications|newspapers|magazines|publishers|outlets)[.!]?$",
    r"^[\w-]+ (?:days?|weeks?|months?) (?:free\b|for (?:only|just|free|[$€£]\d))",
    r"^(?:only|just|from) [$€£]\d|[$€£]\d[\d.]*\W*(?:a|per|/) ?(?:week|month|year)",
    r"\bcurated\b.{0,30}\bfor you\b|^(?:ad-free|no ads)\b",
    r"\ball (?:your|the) .{1,40} in one (?:place|app)[.!]?$|^free trial$|^limited[- ]time offer",
)
REPORTED = re.compile(
    r"\b(?:said|says|told|tells|urged|urges|warned|warns|asked|asks|according to|added|wrote|vowed|vows|"
    r"ruled|ordered|demands?|demanded)\b|[“\"]",
    re.IGNORECASE,
)

MARKUP = re.compile(
    r"(?:[-*+] |\d+\. |#+ )?(?:\[?!\[[^\]]*\]\([^)]*\)(?:\]\([^)]*\))?|\[[^\]]*\]\([^)]*\)|<?(?:https?://|"
    r"www\.)\S+>?)[\s|,•·]*"
    r"|(?:[-*_=~—–#.·•] ?){3,}|[|:+ -]*-{3,}[|:+ -]*|(?:`{3,}|~{3,})[\w+-]*|(?:</?[a-zA-Z!][^<>]*>\s*)+"
)
CRUMBS = re.compile(r"\s*[>»›→]\s*|\s+/\s+")
MENU_BAR = re.compile(r"\s+[|•·]\s+")

_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
DATED = re.compile(
    rf"\b(?:{_DAY}|{_MONTH}|\d+(?:st|nd|rd|th)?|[ap]\.?m|gmt|utc|bst|[cem][sde]t|et|at|on|ago|hours?|hrs?|"
    r"min(?:ute)?s?|days?|weeks?|read|last|"
    r"updated|modified|published|posted|first|created|issued|today|yesterday|\d+[hmd]|\d{2,4}t\d+z?)\b|"
    r"[^\w\s]",
    re.IGNORECASE,
)
DATE_SIGN = re.compile(
    rf"{_MONTH}\.? \d|\d(?:st|nd|rd|th)? {_MONTH}|\d[/.-]\d{{1,2}}[/.-]\d|\bago\b|min(?:ute)?s? read|"
    r"updated|published|posted",
    re.IGNORECASE,
)
LABEL = re.compile(
    r"(?:date|authors?|by|published|posted|updated|last (?:updated|modified)|byline|written by|words(?: by)?|"
    r"pictures|reporter|text|category|section|tags?|topics?|url|"
    r"(?:media |press )?contact)(?: (?:on|at|date))?\s*:\s*\S",
    re.IGNORECASE,
)
BY = re.compile(
    r"(?:by|words by|story by|written by|reported by|analysis by|review by|text by)\s+(?=\S)", re.IGNORECASE
)
ROLE = re.compile(  # what follows the name in a byline
    r",? (?:the |our )?(?:[\w’'-]+ ){0,3}(?:reporter|correspondent|editor|writer|columnist|critic|producer|"
    r"journalist|bureau|desk|staff)s?\b.{0,40}$| in (?:[A-Z][\w’'-]+,? ?){1,4}$|$",
)
STAFF = re.compile(
    r"(?:[\w’'-]+ ){0,3}(?:staff|staff writers?|staff reporters?|staff and agencies|and agencies|newsroom|"
    r"news desk|web desk|correspondents?|editorial board)",
    re.IGNORECASE,
)
DAY_OR_MONTH = re.compile(rf"(?:{_DAY}|{_MONTH})\b", re.IGNORECASE)
DESK = re.compile(
    r"\W?(?:(?:additional )?(?:reporting|writing|editing|research|graphics|translation|production)|"
    r"(?:compiled|edited|translated|produced|written))"
    r" (?:by|from|in \w+ by) ",
    re.IGNORECASE,
)
NAME_JOINS = _listed("and,in,of,the,for,from,with,by,de,la,van,von,der,den,bin,al,el,at,via,photo")
DESK_WORDS = _listed("reporting,writing,editing,additional,research,compiled,edited,graphics")

CREDIT_LABEL = re.compile(
    r"(?P<fresh>^|[.!?…)”\"|]\s*)?(?P<label>[(\[]?\b(?:photographs?|photos?|pictures?|images?|"
    r"illustrations?|video|credit|source)(?: (?:credit|source|by|courtesy))?\s*[:/])\s*"
    r"(?P<names>[^:]{2,100})$",
    re.IGNORECASE,
)
_NAME = r"(?:(?:[A-Z]\.|[A-Z][\w’'-]*) ){0,3}[A-Z][\w’'-]*"
SLASH = r"(?:\s?/\s?| via )"
CREDIT_TAIL = re.compile(rf"[(\[]?(?<![\w’'-]){_NAME}(?:{SLASH}{_NAME})+[)\]]?\W*$")
AGENCY_ALONE = re.compile(rf"{_AGENCY}(?: photo)?", re.IGNORECASE)

SECTIONS = _listed(
    "home,news,world,uk,us,politics,business,sport,sports,opinion,culture,tech,technology,science,"
    "health,travel,lifestyle,video,videos,live,europe,asia,africa,middle east,americas,australia,money,"
    "weather,arts,style,books,food,magazine,environment,climate,football,markets,economy,local,"
    "national,international,entertainment,games,podcasts,newsletters,obituaries,letters,editorial,"
    "editorials,world news,us news,uk news,latest,breaking news,more,search,features,analysis,blog,"
    "archive,events,press releases,about,shop,account,sections,comment"
)
TAIL = _all_of(
    r"(?:related|recommended|popular|trending|latest|more|other|top|featured|similar|further)\W{1,3}"
    + _STORIES,
    r"(?:our|editors?['’]?|staff) picks|most (?:read|popular|viewed|shared)|related$",
    r"recommended\b|trending\b",
    r"sign up (?:to read|now|for)|subscribe\b|you (?:may|might) (?:also|like)|more (?:from|on|in)\b",
    r"(?:what to )?read next|(?:\d+ |view |show |leave a )?comments?\b|support us|newsletters?$|share this",
    r"don['’]t miss|tags$|filed under|read (?:more|also|next)$",
)
