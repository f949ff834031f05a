"""Words that turn what a sentence says: the opposite, more or less sure, all for some, because for though."""

from __future__ import annotations

TURNED = {
    left: right
    for one in (
        "refused_to/agreed_to failed_to/managed_to denied/confirmed denies/confirms rejected/accepted "
        "rejects/accepts without/with rose/fell increased/decreased increase/decrease higher/lower "
        "more/fewer more/less opposed/supported opposes/supports approved/rejected success/failure "
        "successful/unsuccessful possible/impossible able_to/unable_to likely/unlikely legal/illegal "
        "guilty/innocent convicted/acquitted won/lost allowed/forbidden began/ended before/after "
        "older/younger larger/smaller greater/smaller cheaper/dearer stronger/weaker faster/slower "
        "better/worse up/down above/below majority/minority first/last earlier/later since/until least/most "
        "gained/lost remained/left joined/left entered/left praised/criticised encouraged/discouraged "
        "remembered/forgot safe/dangerous open/closed strong/weak high/low rich/poor good/bad same/different "
        "often/rarely always/never everyone/no_one everything/nothing at_least/at_most more_than/less_than "
        "over/under widely/hardly true/false include/exclude borrowed/lent bought/sold teacher/pupil "
        "buyer/seller winner/loser parent/child landlord/tenant host/guest employer/employee doctor/patient "
        "accused/defended attacked/defended victim/attacker"
    ).split()
    for one_way in [one.replace("_", " ").split("/")]
    for left, right in (one_way, one_way[::-1])
}
CERTAIN = {
    "will": ("may", "might", "could", "wants to", "is expected to", "has been asked to"),
    "may": ("will",),
    "might": ("will",),
    "could": ("will", "did"),
    "is to": ("may", "hopes to"),
    "is expected to": ("will", "is certain to"),
    "are expected to": ("will", "are certain to"),
    "plans to": ("refuses to", "has begun to"),
    "wants to": ("will", "has decided to"),
    "was": ("may have been", "was said to be", "was expected to be", "was reportedly", "was almost"),
    "were": ("may have been", "were said to be", "were expected to be", "were reportedly"),
    "has been": ("may have been", "is to be", "will be", "is said to have been"),
    "have been": ("may have been", "are to be", "will be"),
    "is": ("may be", "might be", "will soon be", "is allegedly", "used to be"),
    "are": ("may be", "could be", "will soon be", "are supposed to be", "used to be"),
    "had": ("may have", "had reportedly", "should have", "would have"),
}
SCOPE = {
    "some": ("all", "most"),
    "many": ("all", "most"),
    "most": ("all",),
    "several": ("all", "most"),
    "often": ("always",),
    "usually": ("always",),
    "sometimes": ("always", "usually"),
    "partly": ("entirely",),
    "one of the": ("the",),
    "a": ("the only", "the first", "every"),
    "almost all": ("all",),
    "half": ("all", "most"),
    "mainly": ("only",),
    "mostly": ("only",),
    "at least": ("exactly",),
    "nearly": ("exactly", "more than"),
    "about": ("exactly", "at least"),
    "part of": ("all of",),
    "in": ("only in",),
    "a few": ("most", "all"),
}
RELATION = {
    "because": ("although", "before", "so that"),
    "because of": ("despite", "in order to get"),
    "although": ("because",),
    "despite": ("because of",),
    "after": ("because of", "before", "instead of"),
    "when": ("because", "although", "until"),
    "while": ("because", "until"),
    "if": ("because", "although", "even if"),
    "unless": ("if", "because"),
    "so that": ("although",),
    "in order to": ("instead of trying to",),
    "led to": ("resulted from", "prevented"),
    "caused": ("prevented", "was caused by"),
    "before": ("after", "because of"),
    "until": ("since", "because"),
    "from": ("to",),
    "than": ("as",),
}
