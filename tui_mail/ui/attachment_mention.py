"""Does the text that a person wrote speak of an attachment? Asked before a mail without one leaves."""

import re

_WORDS = re.compile(
    r"\b(attach(ed|ment|ments|ing)?|enclosed|enclosure|find enclosed"
    r"|anhang|anbei|angehängt|angehaengt|beigefügt|beigefuegt|beiliegend|anlage"
    r"|pi[eè]ces? jointes?|ci-joints?|ci-jointes?|joins"
    r"|adjunt[oa]s?|allegat[oaie]|in allegato|bijlagen?|bijgevoegd|bilaga|bifogad|vedlagt|vedhæftet|liite(en)?ä?"
    r"|w załączeniu|załącznik|v příloze|příloha|вложени[еия]|прикреплен\w*)\b",
    re.IGNORECASE,
)


def speaks_of_attachment(body: str) -> bool:
    """True when an own line (no quote, no signature, no forwarded text) has a word for an attachment."""
    for line in body.splitlines():
        if line in {"-- ", "--"} or line.startswith("-----"):
            return False
        if not line.lstrip().startswith(">") and _WORDS.search(line):
            return True
    return False
