"""Names in running English: where they stand, and whether they look like a person, a place or a group.

Rules and small word tables, no model: a name is a run of capitalised words, its kind follows from the words in and
beside it. What the rules cannot tell stays ``""``: unknown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from askbrief.answer.words import word_set
from askbrief.text.patterns import compiled
from askbrief.text.segment import fold
from askbrief.types import Span

Kind = Literal["person", "place", "group", ""]
Gender = Literal["female", "male", ""]


class Name(NamedTuple):
    """A name in a text.

    Attributes:
        span: Its place, without a possessive ending and without a title such as "President".
        text: The name.
        kind: What it looks like; ``""`` if nothing says so.
        gender: Of a person, from a title or the first name; ``""`` if unknown.
    """

    span: Span
    text: str
    kind: Kind
    gender: Gender


COUNTRIES = word_set("""
afghanistan albania algeria andorra angola argentina armenia australia austria azerbaijan bahamas bahrain bangladesh
barbados belarus belgium belize benin bhutan bolivia bosnia botswana brazil britain brunei bulgaria burundi cambodia
cameroon canada chad chile china colombia congo croatia cuba cyprus denmark djibouti dominica ecuador egypt england
eritrea estonia eswatini ethiopia fiji finland france gabon gambia georgia germany ghana greece grenada guatemala
guinea guyana haiti honduras hungary iceland india indonesia iran iraq ireland israel italy jamaica japan jordan
kazakhstan kenya kosovo kuwait kyrgyzstan laos latvia lebanon lesotho liberia libya liechtenstein lithuania
luxembourg madagascar malawi malaysia maldives mali malta mauritania mauritius mexico moldova monaco mongolia
montenegro morocco mozambique myanmar namibia nepal netherlands nicaragua niger nigeria norway oman pakistan
palestine panama paraguay peru philippines poland portugal qatar romania russia rwanda samoa scotland senegal serbia
seychelles singapore slovakia slovenia somalia spain sudan suriname sweden switzerland syria taiwan tajikistan
tanzania thailand togo tonga tunisia turkey turkmenistan uganda ukraine uruguay uzbekistan vanuatu vatican venezuela
vietnam wales yemen zambia zimbabwe uk us usa uae eu america europe africa asia scotland greenland gaza crimea
""")
_PLACES = word_set("""
alabama alaska arizona arkansas california colorado connecticut delaware florida hawaii idaho illinois indiana iowa
kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi missouri montana nebraska
nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont wisconsin wyoming london paris berlin madrid
rome moscow kyiv beijing shanghai tokyo delhi mumbai tehran baghdad ankara istanbul cairo jerusalem damascus beirut
kabul islamabad seoul sydney melbourne toronto chicago boston seattle houston dallas atlanta miami brussels geneva
vienna warsaw athens lagos nairobi johannesburg bangkok jakarta bali dubai riyadh doha karachi lahore
""")
_PLACE_WORDS = word_set("""
city county island islands lake river mountain mountains mount valley park grove street avenue road airport station
bay beach bridge province region district village town square coast desert forest ocean sea republic kingdom states
""")
_GROUP_WORDS = word_set("""
agency air airline airlines airways army association authority bank board bureau cabinet cbs center centre channel
church club college commission committee committees company congress corp corporation council court department
federation force forces foundation fund government group hospital house inc institute industries journal league llc
ltd ministry nations navy network news office organisation organization parliament party police post press school
senate service services society systems team times tribune trust union university
""")
_GROUPS = word_set("""
airbus amazon apple boeing facebook google hamas hezbollah instagram kremlin meta microsoft netflix nintendo openai
pentagon reuters samsung sony spacex starbucks taliban tesla tiktok toyota twitter uber volkswagen walmart youtube
""")
"""Groups that one word names."""
_THING_WORDS = word_set("""
act agreement award awards bill book bowl cup day deal eve fire festival film flight games giant hurricane law line
media network olympics open prize project show storm trail treaty war world
""")
_FEMALE_TITLES = word_set("ms mrs miss madam lady dame queen princess duchess actress congresswoman sister")
_MALE_TITLES = word_set("mr sir lord king prince duke actor congressman brother father")
_TITLES = word_set("""
president minister chancellor ambassador senator sen representative rep governor gov mayor judge justice general gen
colonel col captain capt lieutenant lt sergeant sgt officer chief director secretary professor prof dr doctor
attorney sheriff commissioner chairman chairwoman spokesman spokeswoman spokesperson coach pope bishop archbishop
rabbi imam ayatollah ceo cfo founder cofounder engineer singer songwriter leader lawmaker diplomat premier
""")
TITLES = _FEMALE_TITLES | _MALE_TITLES | _TITLES
FEMALE_NAMES = word_set("""
abigail adriana agnes aisha alexandra alexandria alice alicia alison allison amanda amber amelia amina amy ana
andrea angela angelina anita ann anna anne annie april ashley audrey barbara beatrice bella beth betty beverly
bonnie brenda brittany camila carla carmen carol carolina caroline catherine cecilia charlotte chelsea cheryl chloe
christina christine chrissy cindy claire clara claudia connie courtney crystal cynthia daisy dana daniela danielle
dawn deborah debra denise diana diane dolores donna doris dorothy edith eileen elaine eleanor elena elisabeth elise
eliza elizabeth ella ellen ellie emily emma erica erin esther eva eve evelyn farah farzaneh fatima felicia fiona
florence frances gabriella gail gemma gina giorgia gisele gladys glenda gloria grace greta gretchen hannah hazel
heather heidi helen helena hillary holly ida ilhan imelda ines ingrid irene iris isabel isabella ivana jackie
jacqueline jane janet janice jasmine jean jeanne jenna jennifer jenny jessica jill joan joanna joanne josephine
joyce juanita judith judy julia juliana julie june kamala karen kate katherine kathleen kathryn kathy katie kayla
keira kelly kendra kerry ketanji kim kimberly kristen kristi kristin kristina laura lauren leah leila lena leslie
leticia lily linda lindsay lindsey lisa liz lois lola loretta lori lorraine louise lucia lucy lydia lynn mabel
madeleine madison mahsa maggie maia malala marcia margaret maria mariah marian marie marilyn marina marjorie marlene
martha mary maureen maya megan meghan melania melanie melinda melissa mercedes meredith mia michelle mildred mina
miranda miriam molly monica nada nadia nancy naomi natalie natasha nichole nicole nina nora norma olena olga olivia
pamela patricia paula pauline peggy penelope phoebe phyllis priscilla rachel rebecca regina renee rita roberta rosa
rose rosemary ruth sabrina sally samantha samia sandra sanna sara sarah selena serena shannon sharon sheila shelly
shirley sofia sonia sophia sophie stacey stella stephanie sue susan suzanne sylvia tamara tammy tania tara taylor
teresa theresa tiffany timnit tina tracy ursula valerie vanessa vera veronica victoria viola virginia vivian wanda
wendy whitney yolanda yvonne zara zoe
""")
MALE_NAMES = word_set("""
aaron abdul abdullah abraham adam adrian ahmad ahmed aidan alan albert alberto alejandro aleksandr alex alexander
alfred ali alvin anders andre andreas andrew andy angel anthony antonio antony arnold arthur austin barack barry ben
benjamin bernard bernie bill billy blake bob bobby boris brad bradley brandon brendan brian bruce bryan caleb calvin
cameron carl carlos cesar chad charles charlie chris christian christopher chuck clarence claude clint colin connor
corey craig curtis dan daniel darren dave david dean dennis derek derrick diego dmitry dominic don donald douglas
duncan dwayne dylan earl ed eddie edgar eduardo edward edwin elijah elon emmanuel enrique eric erik ernest ethan
eugene evan felix fernando floyd francis francisco frank franklin fred frederick gary gavin gene geoffrey george
gerald gilbert glenn gordon graham greg gregory guillermo gustavo guy harold harry harvey hassan hector henry
herbert hiroshi howard hugh hugo hussein ian ibrahim isaac ismail ivan jack jackson jacob jaime jair jake james
jamie jared jason javier jay jeff jeffrey jeremy jerome jerry jesse jesus jim jimmy joe joel joey john johnny
jonathan jordan jorge jose joseph josh joshua juan julian julio justin karl kazem keith ken kenneth kevin khalid
kurt kyle lance larry lars lawrence lee leo leon leonard leonardo lewis liam lionel lloyd logan louis lucas luis
luke mahmoud manuel marc marco marcus mario mark martin marvin masoud mathew matt matthew max maxwell mehmet melvin
michael miguel mike mitch mitchell mohamed mohammad mohammed morgan muhammad mustafa narendra nathan nathaniel neil
nelson nicholas nick nicolas nigel noah norman oleg oliver omar oscar owen pablo patrick paul pavel pedro peter
philip phillip pierre qasem rafael rahm ralph ramon randy raymond recep reza ricardo richard rick ricky rob robert
roberto robin rodney rodrigo roger roland roman ron ronald ross roy russell ryan sadiq salvador sam samuel scott
sean sebastian sergei sergey shane shaun shawn shehbaz shinzo simon stanley stefan stephen steve steven stuart tariq
ted terry tetsuya theodore thomas tim timothy todd tom tommy tony travis trevor tyler vernon victor vincent vladimir
volodymyr wade walter warren wayne wesley will william winston xavier yasser yusuf zachary
""")
_SAINTLY = word_set("saint st san santa mount mt fort port new the")
_STARTERS = word_set("""
a about according after again all also although am an and another any are as at back because been before both but by
can could did do does don't during each either even every few following for from had has have he her here hers his
how however i if in instead into is it it's its just last later let like many may maybe me meanwhile might more most
much my new next no none nor not now of off on once one only onto or other our out over per perhaps please she
should since so some soon still such tell than thank that that's the their them then there these they this those
though three through thus to today together tomorrow tonight too two under unless until up upon us-based was we
we've well were what what's when where whether which while who who's whom whose why will with within without would
yes yesterday yet you your describe tell compare explain list discuss give show am back earlier five four six seven
eight nine ten hundreds thousands people police officials authorities experts
""")
CALENDAR = word_set("""
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
october november december jan feb mar apr jun jul aug sep sept oct nov dec
""")
_CAPITAL = r"(?:(?:St|Mt|Ft)\.(?=\s[A-Z])|[A-Z](?!['’]s\b)[\w’'-]*\w(?:\.[A-Z]\.?)*|(?:[A-Z]\.)+|[A-Z](?=\s[A-Z]))"
_PARTICLE = r"(?:of(?:\sthe)?|de(?:\sla)?|del|van(?:\sder)?|von|bin|ibn|al|el|da|dos|du|for|and)"
_RUN = rf"(?<!\w){_CAPITAL}(?:[^\S\n](?:{_PARTICLE}[^\S\n])?{_CAPITAL})*(?:(?<=\sNo)\.\s\d+)?"
_JOINED = r"\s(?:for|and)\s"
_POSSESSIVE = r"(?:['’]s|(?<=s)['’])$"
_SPEAKS = (
    r"[\"”]?,?\s(?:who|said|says|told|added|tweeted|wrote|argued|explained|insisted|resigned|apologi[sz]ed|testified"
    r"|\d\d,)\b"
)
_AT_PLACE = r"\b(?:in|at|near|across|from|outside|throughout|northern|southern|eastern|western)\s(?:the\s)?$"
_NEW_PLACES = {("New", place) for place in ("York", "Zealand", "Jersey", "Mexico", "Delhi", "Orleans", "Hampshire")}
_NATIONALITY = (
    r"[A-Z][a-z]+(?:anians?|ians?|rian|ish|nese|icans?|aqi|raeli|istanis?|orean|emeni|audi|[aeo]ans?|[a-z]lans)|Iranians?|French|Dutch"
    r"|Germans?|Greeks?|Swiss|Turks?|Kurds?|Arabs?|Iraqis?|Israelis?|Afghans?|Czech|Thai|British|Muslims?|Jews?|Jewish"
)
_ORDINAL_TAIL = frozenset(("ii", "iii", "iv", "jr", "sr", "jr.", "sr."))


def find_names(text: str) -> list[Name]:
    """The names in ``text`` in order; days, months and lone titles are none."""
    found = []
    for match in compiled(_RUN).finditer(text):
        for start, end in _split(text, *match.span()):
            name = _build_name(text, start, end)
            if name is not None:
                found.append(name)
    return found


def find_surname(name: str) -> str:
    """The last word of a name of several words, without "Jr." and the like; a single word is its own surname."""
    words = [word for word in name.split() if fold(word) not in _ORDINAL_TAIL]
    return words[-1] if words else name


def is_same(one: str, other: str) -> bool:
    """Whether two names may be one: the words of the shorter are all among the words of the longer."""
    a, b = set(fold(one).split()), set(fold(other).split())
    return bool(a and b) and (a <= b or b <= a)


def guess_gender(name: str) -> Gender:
    """The gender that the first name tells."""
    first = fold(name).replace("-", " ").split()[0] if name.split() else ""
    if first in FEMALE_NAMES:
        return "female"
    return "male" if first in MALE_NAMES else ""


def _split(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A run parted at "and" and "for", but where "and" joins what one word sums up ("Roads and Urban Development")."""
    piece = text[start:end]
    at = [0]
    for match in compiled(_JOINED).finditer(piece):
        left, right = piece[at[-1] : match.start()], piece[match.end() :]
        groups = _GROUP_WORDS | {"minister", "secretary"}
        if not any(fold(word) in groups for word in (left + " " + right).split()):
            at += [match.start(), match.end()]
    at.append(len(piece))
    return [(start + a, start + b) for a, b in zip(at[::2], at[1::2], strict=True)]


def _build_name(text: str, start: int, end: int) -> Name | None:
    title, start = _skip_openers(text, start, end)
    piece = compiled(_POSSESSIVE).sub("", text[start:end])
    words = piece.split()
    while len(words) > 1 and fold(words[-1]) in CALENDAR and not (len(words) == 2 and guess_gender(piece)):
        piece = piece[: piece.rfind(words.pop())].rstrip()
    if words and fold(words[-1]).rstrip(".") in TITLES:
        return None  # a role: "Pakistan's Prime Minister"
    if not words or (len(words) == 1 and _is_plain(words[0])):
        return None
    end = start + len(piece)
    return Name(Span(start, end), piece, _find_kind(text, start, end, title), _find_gender(piece, title))


def _skip_openers(text: str, start: int, end: int) -> tuple[str, int]:
    """The title before the name in the run, and where the name begins."""
    words = [(match.group(), start + match.start()) for match in re.finditer(r"\S+", text[start:end])]
    while len(words) > 1 and fold(words[0][0]) in _STARTERS and (words[0][0], words[1][0]) not in _NEW_PLACES:
        words = words[2:] if words[1][0] in ("and", "of", "the", "for") else words[1:]
    plain = [fold(word).rstrip(".") for word, _ in words]
    titles = [i for i in range(len(words) - 1) if plain[i] in TITLES and plain[i + 1] not in ("of", "for", "and")]
    if titles:
        first, last = titles[0], titles[-1]
        return " ".join(plain[first : last + 1]), words[last + 1][1]
    first_name = next((i for i in range(1, len(words) - 1) if plain[i] in FEMALE_NAMES | MALE_NAMES), 0)
    if first_name and plain[0] not in FEMALE_NAMES | MALE_NAMES | _SAINTLY and not _is_other(plain[first_name:]):
        return "", words[first_name][1]  # "Commissioner for Human Rights Nada Al-Nashif"
    if len(words) >= 3 and plain[0] in COUNTRIES and not _is_other(plain):
        words = words[1:]  # "Ambassador to Turkey Mohammad-Hassan Habibzadeh"
    return "", words[0][1] if words else end


def _is_other(words: Sequence[str]) -> bool:
    """Whether words of a name say that it is no person's."""
    return bool(set(words) & (_GROUP_WORDS | _PLACE_WORDS | _THING_WORDS))


def _is_plain(word: str) -> bool:
    """Whether a lone capitalised word is no name: a day, a title, a word of the sentence's beginning, a nationality."""
    plain = fold(word).rstrip(".")
    is_starter = plain in _STARTERS or re.split(r"['’]", plain)[0] in _STARTERS  # "I've"
    return len(word) < 2 or is_starter or plain in CALENDAR | TITLES or bool(compiled(_NATIONALITY).fullmatch(word))


def _find_kind(text: str, start: int, end: int, title: str) -> Kind:
    words = [fold(word).strip(".,") for word in text[start:end].split()]
    if title and not any(word in _GROUP_WORDS for word in words):
        return "person"
    if words[-1] in COUNTRIES | _PLACES or any(word in _PLACE_WORDS for word in words):
        return "place"
    if any(word in _GROUP_WORDS for word in words) or (len(words) == 1 and words[0] in _GROUPS):
        return "group"
    if any(word in _THING_WORDS for word in words):
        return ""
    if guess_gender(text[start:end]) and len(words) > 1:
        return "person"
    if len(words) > 1 and words[0].endswith("."):
        return "person"
    if (before := text[max(0, start - 20) : start].split()[-1:]) and fold(before[0]).strip(".,") in TITLES:
        return "person"
    if compiled(_SPEAKS).match(text, end) and not text[start:end].isupper():
        return "person"
    if (
        compiled(_AT_PLACE).search(text[max(0, start - 24) : start])
        and len(words) == 1
        and not text[start:end].isupper()
    ):
        return "place"
    return "group" if text[start:end].isupper() and len(words) == 1 and len(words[0]) > 1 else ""


def _find_gender(name: str, title: str) -> Gender:
    titles = title.split()
    if any(word in _FEMALE_TITLES for word in titles):
        return "female"
    if any(word in _MALE_TITLES for word in titles):
        return "male"
    return guess_gender(name)
