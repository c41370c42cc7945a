"""The words and patterns that dates in English text are told by."""

from __future__ import annotations

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAY = "|".join(day.capitalize() for day in WEEKDAYS)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    "January|February|March|April|May|June|July|August|September|October|November|December"
    "|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec"
)
YEAR = r"(?:1[5-9]|20)\d\d"
NUMBERS = {
    word: number
    for number, words in enumerate(
        ("", "a an one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    )
    for word in words.split()
}
NUMBER = "|".join((*NUMBERS, r"\d{1,3}"))
BEFORE_NAME = (
    r"(?i)\b(?:Good|Black|Back|Bowl|Selection|Championship|Easter|Super|Cyber|Ash|Bloody|Palm|Giving|Fat|Taco|Casual|Holy|Whit|Maundy|Ruby|Throwback|Meatless"
    r"|every|each|most|some|any|one|alternate|(?:first|second|third|fourth|last|other)(?:\sor\s\w+)?(?=\s$)|a|an)\s$"
    rf"|\bMail\s$|\b(?:19|20)\d\d\s$|(?:{WEEKDAY})\s?(?:\bthrough|\bto|\bthru|[-–])\s?$"
)
"""What makes a weekday behind it a name, or one of many."""
AFTER_NAME = (
    r"s\b|[-\s](?:School|Times|Mail|Mirror|Telegraph|Express|Post|Night\s(?:Live|Football|Lights|Fever)|Addams|Mass|Journal"
    r"|school|roast|prayers?|service|league|drivers?|brunch|best|lunch(?:es)?)\b|\s?(?:\bthrough|\bto|\bthru|[-–])\s?(?:Mon|Tues"
    r"|Wednes|Thurs|Fri|Satur|Sun)day|\s[A-Z]\w+day\b"
)
"""What makes a weekday before it a name, a kind of day, or a part of the week."""
NAME_AFTER = r"\s(?!(?:The|But|And|In|At|On|A|U\.S)\b)[A-Z][a-z]+"
"""A capital word right behind a weekday: "Sunday Fundays"; unless ``ON_BEFORE`` says that it is the day."""
ON_BEFORE = r"\b(?:[Oo]n|[Ll]ast|[Tt]his|[Nn]ext|late|early|said|told|from|since|until|by)\s\w+(?:\s\w+)?$"
DATED_EVENT = (
    r"[,\s]+(?:\w+\s)?(?:attacks?|terror(?:ist)?|committee|insurrection|riots?|rioters?|hearings?|panel|commission|protests?"
    r"|siege|investigation|defendants?|Capitol)\b"
)
"""Behind a day without a year: the year is known to everybody, and not told by the article's."""
VAGUE_BEFORE = (
    r"(?i)\b(?:more\sthan|less\sthan|over|about|around|nearly|almost|some|roughly|approximately|at\sleast|just\sover"
    r"|until|before|every|each|(?:over|in|during|for|of|within)\sthe|past)\s$"
)
HABIT = r"(?i)\b(?:every|each|annual(?:ly)?|traditionally|can be|usually|typically|normally|always|born)\b"
"""In a sentence with a month alone: it is every year's, or one that only the reader knows."""
HABIT_ON_DAY = r"(?i)\b(?:every|each)\s(?:year|spring|summer|fall|autumn|winter)\b|\b(?:traditionally|always|born)\b"
"""The same in a sentence with a day of a month."""
CELEBRATED_BEFORE = r"\b(?:celebrated|observed|falls|fall|every|each)\s$"
"""Right before a day of a month: a holiday of every year."""
DAY_AFTER = rf"\W{{1,4}}(?:{MONTH})\.?\s\d"
"""Right behind a weekday: a date that says more."""
ANY_YEAR_AFTER = (
    r"\s(?:birthdays?|births?|anniversar(?:y|ies)|holidays?|deadline|(?:of\s)?(?:that|(?:the\s)?same)\syear"
    r"|(?:[A-Z]\w+\s)+Day)\b"
)
"""Behind a day without a year: it is every year's, or one that is told elsewhere."""
OTHER_YEAR_AFTER = r"\s(?:in|of)\s(?P<year>(?:19|20)\d\d)\b"
"""Behind a weekday: "Monday in 2012" is not told by the article's date."""
DEADLINE_BEFORE = r"(?i)\b(?:by|until|till)\s(?:the\s)?$"
"""Right before a date that is to come, unless the sentence tells what happened until then."""
IN_NAME_BEFORE = r"(?<!^)(?<![.!?:”\"]\s)\b[A-Z][\w’']+\s$"
"""A capital word right before a weekday, which may belong to it ("Super Bowl Sunday")."""
SPEECH_BEFORE = (
    r"\b(?:said|says|told|tweeted|wrote|posted|announced|reported|added|confirmed|spoke|signed|met|visited|[Oo]n|of|in|at|to"
    r"|from|by)\s[^.!?]{0,40}$"
)
"""Words before that capital word which show that the day stands by itself ("told USA Today Monday")."""
KNOWN_DAYS = frozenset(((1, 6), (9, 11)))
"""Months and days that mean one year to everybody."""
EITHER_BEFORE = r"(?i)\b(?:birthday|anniversary|(?:ahead|advance|instead)\sof|through|before|into|\w+day\sor)\s$"
"""Right before a weekday: it may have passed."""
TODAY_BEFORE = (
    r"(?i)\b(?:earlier|later|said|announced|reported|released|issued|confirmed|signed|published|arrested|died|opens"
    r"|begins)\s$"
)
"""Right before "today": it is the day, and not the present age."""
FUTURE_BEFORE = (
    r"(?i)\b(?:(?:ahead|advance)\sof|until|till|by|next|coming|upcoming|next\s(?:\w+\s){0,3}(?:is|are)|next\s\w+|scheduled\sfor|due|set\sfor|planned\sfor|slated\sfor|starting"
    r"|beginning|begins?|starts?|opens?|concludes?|ends?|resumes?|kicks?\soff|takes?\seffect|(?:moved|postponed|delayed)\sto"
    r"|rescheduled\sfor|effective|deadline(?:\sis|\sof)?)\s(?:on\s|the\s|this\s)?$"
)
"""Right before a date: it is still to come."""
PAST_BEFORE = (
    r"(?i)\b(?:said|told|announced|reported|tweeted|wrote|confirmed|added|issued|posted|released|since|after|from|late|early"
    r"|was|were|died|killed|arrested|\w{3,}ed)\s(?:\w+\s){0,2}?(?:on\s|in\s|late\s|early\s)?$"
)
FUTURE_VERB = (
    r"(?i)\b(?:will|[’']ll|won[’']t|shall|going\sto|(?:is|are)\s(?:\w+ly\s)?(?:set|due|scheduled|expected|slated"
    r"|planned|poised|likely|to)\b|plans?\sto|expects?\sto|hopes?\sto|intends?\sto|(?:promis|pledg|vow)\w*\sto|upcoming|tomorrow)\b"
)
PERHAPS_FUTURE_VERB = (
    r"(?i)\b(?:would|could|may|might|should|can|if"
    r"|(?:was|were)\s(?:set|due|scheduled|expected|slated|planned|to))\b"
)
SPEECH = (
    rf"\b(?:said|says|told|tweeted|wrote|posted|announced|added|statement|speech|interview|conference)\b[^.!?“”\"]{{0,60}}?"
    rf"\b(?P<weekday>{WEEKDAY})\b"
)
