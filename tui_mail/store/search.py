"""The words that a person types into the search, made into a query that cannot be malformed.

Every word must occur, in any of the fields; the last one may be a beginning. ``from:`` (or ``sender:``), ``to:``,
``subject:`` and ``body:`` before a word look into that field alone; "double quotes" hold words together.
"""

import re

FIELDS = {
    "from": "sender",
    "sender": "sender",
    "to": "recipients",
    "cc": "recipients",
    "subject": "subject",
    "body": "body",
    "text": "body",
}
MAX_WORDS = 16
_WORD = re.compile(r'(?:(?P<field>[A-Za-z]+):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


def search_expression(text: str) -> str:
    """The FTS5 expression for what a person typed; empty when there is nothing to look for.

    User text only ever stands inside quoted strings, so none of it is syntax.
    """
    terms: list[str] = []
    for found in _WORD.finditer(text.replace("\0", " ")):
        field, phrase, word = found["field"], found["phrase"], found["word"]
        column = FIELDS.get((field or "").lower())
        content = phrase if phrase is not None else word
        if field and not column:
            content = f"{field} {content}"
        if not any(character.isalnum() for character in content):
            continue
        last = phrase is None and found.end() == len(text)
        term = '"' + content.replace('"', " ") + '"' + ("*" if last else "")
        terms.append(f"{column} : {term}" if column else term)
        if len(terms) == MAX_WORDS:
            break
    return " AND ".join(terms)
