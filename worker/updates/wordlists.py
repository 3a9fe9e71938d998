"""The words behind the wording rules (R31): lists only, matched as whole words and without case."""

import re
from typing import Final

PARTIES: Final = (
    r"(?:sub-?)?suppliers?",
    r"vendors?",
    r"manufacturers?",
    r"sub-?contractors?",
    r"carriers?",
    r"couriers?",
    r"forwarders?",
    r"hauliers?",
    r"shippers?",
    r"shipping (?:company|line)",
    r"post office",
    r"dhl|ups|fedex|dpd|gls|maersk",
    r"teams?",
    r"staff",
    r"personnel",
    r"colleagues?",
    r"employees?",
    r"workers?",
    r"drivers?",
    r"planners?",
    r"inspectors?",
    r"(?:warehouse|purchasing|production|logistics|sales|quality) (?:people|department|crew)",
    r"customs (?:office|officers?|authorit(?:y|ies))",
    r"head office",
)
"""Who must not be made responsible."""

FAILINGS: Final = (
    r"fail(?:s|ed|ing|ures?)?",
    r"forg[eo]t(?:s|ten)?",
    r"late",
    r"lateness",
    r"delay(?:s|ed|ing)?",
    r"lost|lose[sr]?|losing",
    r"miss(?:es|ed|ing)?",
    r"mistakes?",
    r"errors?",
    r"wrong(?:ly)?",
    r"problems?",
    r"trouble",
    r"damaged?",
    r"broke(?:n)?",
    r"slow(?:ly|ness)?",
    r"poor(?:ly)?",
    r"unreliable",
    r"refuse[sd]?",
    r"messed|screwed",
    r"let (?:us|you) down",
    r"(?:did|does|do|could|can|would|will|was|were|is|are|has|have) not",
    r"cannot|can'?t|couldn'?t|didn'?t|doesn'?t|won'?t|isn'?t|wasn'?t|hasn'?t",
    r"unable",
    r"short(?:age)?",
    r"shortages?",
    r"busy|overloaded|overwhelmed|absent|ill|away",
)
"""What makes a mention of somebody a reproach."""

BECAUSE: Final = (r"because of", r"due to", r"owing to", r"thanks to", r"caused by", r"on account of", r"waiting on")

EXCUSING_CIRCUMSTANCES: Final = (
    r"(?:bank |public )?holidays?",
    r"vacations?",
    r"christmas|easter|new year",
    r"(?:bad |severe |winter )?weather",
    r"storms?|snow(?:fall)?|floods?|flooding",
    r"strikes?",
    r"sick(?:ness)?|illness",
    r"short-?staffed|under-?staffed|staff(?:ing)? shortages?",
    r"covid(?:-19)?|pandemic",
    r"war",
    r"force majeure",
    r"beyond our control",
)
FAULT: Final = (r"blam(?:e[sd]?|ing)", r"faults? of", r"(?:his|her|their|our|your|'s) faults?", r"at fault", r"culprit")

GUARANTEES: Final = (
    r"guarant(?:ee[sd]?|eeing|y|ies)",
    r"promis(?:e[sd]?|ing)",
    r"definite(?:ly)?",
    r"certain(?:ly|ty)",
    r"(?:for )?sure(?:ly)?",
    r"assured?(?:ly)?",
    r"without (?:fail|doubt)",
    r"no doubt",
    r"undoubtedly",
    r"100 ?%|hundred percent",
    r"rest assured",
    r"at the latest",
    r"no later than",
    r"(?:will|shall|going to) (?:\w+ )?(?:arrive|ship|leave)",
    r"(?:will|shall|going to) (?:\w+ )?be (?:there|delivered|shipped|sent|dispatched|ready|with you)",
)

CODES: Final = (
    r"\b[a-z]*\w*_\w+",  # ERR_12, QM_HOLD, po_line_status
    r"\b[a-z]{1,6}[-–/.:]?\d{3,}\w*\b",  # SAP-4711, QM2041, BX-120
    r"\b[a-z]{2,6}-\d+\b",  # TCK-7
    r"\b(?:ticket|jira|case|bug|error|err|lot|batch|bin|status|code|order|po) ?(?:no\.? ?|nr\.? ?)?[#:]? ?\d\w*",
    r"#\d+",
    r"\b0x[0-9a-f]+\b",
    r"\b[a-z]\d{1,2}-\d{1,3}(?:-\w+)?\b",  # A12-03-B, a place on a shelf
    r"\b\d{6,}\b",
)

MARKUP: Final = (
    r"<[^>]*>?",
    r"\{\{|\}\}|\{%|%\}|\{#|#\}|\$\{|<%|%>",
    r"\]\(|\]\[",
    r"\w+://|www\.\w",
    r"\b[\w.+-]+@[\w-]+\.\w+",
    r"\*\*|`|^#{1,6} |~~",
    r"&#?\w+;",
)

EXCUSES: Final = (
    r"sorry",
    r"apolog(?:y|i[sz]e[sd]?|ies|i[sz]ing)",
    r"regret(?:s|table|tably|fully)?",
    r"unfortunate(?:ly)?",
    r"excuses?",
    r"inconvenien(?:ce[sd]?|t)",
    r"bear with us",
    r"(?:for|appreciate) your (?:patience|understanding)",
    r"pardon",
)
MARKETING: Final = (
    r"valued customers?",
    r"(?:good|great|exciting) news",
    r"exciting|excited|delighted|thrilled|amazing|fantastic",
    r"best[- ]in[- ]class|world[- ]class|leading provider",
    r"special offers?|limited time|hurry|don'?t miss|bestsellers?",
)

UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
"""Control characters, and the invisible ones that turn or join text."""

TEMPLATE_SYNTAX: Final = re.compile(
    r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|<style.*?</style>|<!--.*?-->|<[^>]*>", re.DOTALL | re.IGNORECASE
)
TALK_OF_PROMISES: Final = re.compile(
    r"(?:the one |was |is |were )promised\b(?: (?:for|an?|the)\b)?|promised (?:update|review|moment)|update promised",
    re.IGNORECASE,
)
"""A mail may speak of the review that an earlier mail set; that assures nothing new."""
