"""English: its closed word classes, patterns and templates, as a `Language`."""

from __future__ import annotations

from collections.abc import Sequence

from graphrag_drift.language.english_verbs import IRREGULAR
from graphrag_drift.language.language import (
    APOSTROPHES,
    Anaphor,
    Asking,
    Dates,
    Figures,
    Language,
    Measured,
    Prose,
    Templates,
    any_of,
    word_set,
)

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH_ABBREVIATIONS = frozenset(month[:3].casefold() for month in MONTHS if len(month) > 3) | {"sept"}
WEEKDAY_WORDS = word_set("mon tue tues wed thu thurs fri sat sun") | frozenset(
    word for day in WEEKDAYS for word in (day.casefold(), f"{day.casefold()}s")
)
CALENDAR = (  # what stands for a date, or with one
    frozenset(month.casefold() for month in MONTHS)
    | MONTH_ABBREVIATIONS
    | WEEKDAY_WORDS
    | word_set("ad bc ce bce am pm est edt pst pdt gmt utc")
)
NUMBERS = (
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_COUNTS = {word: number for number, word in enumerate(NUMBERS, 1)}

# The closed classes. Each word stands once; what says nothing by itself comes first.
PRONOUNS = word_set(
    """
    he her hers herself him himself his i it its itself me my myself our ours ourselves she that their theirs them
    themselves these they this those us we what which who whom whose you your yours yourself
    """
)
ARTICLES = word_set("a an the")
AUXILIARIES = word_set(
    """
    am are be been being can could did do does doing had has have having is shall should was were will would
    """
)
_DETERMINERS = word_set("all any both each either few more most much no other own same some such")
_PREPOSITIONS = word_set(
    """
    about above after as at before below between by down during for from in into of off on out over through to under
    until up upon with within without
    """
)
_CONJUNCTIONS = word_set("and because but how if nor or so than then when where whether while why")
_ADVERBS = word_set("again also else ever further here just not now once only there too very")
_BARE = PRONOUNS | ARTICLES | AUXILIARIES | _DETERMINERS | _PREPOSITIONS | _CONJUNCTIONS | _ADVERBS
STOP_WORDS = _BARE | word_set("tell describe explain please give")
FUNCTION_WORDS = _BARE | frozenset(NUMBERS) | word_set(
    """
    mine nothing something anything everything nobody somebody everyone someone anyone none
    another every fewer many neither others several
    across against along amid among around behind beneath beside besides beyond despite except inside like near onto
    outside past per since throughout till toward towards unlike via according based considering following given
    including regarding
    although though unless whereas yet done may might must ought
    additionally always currently earlier even eventually finally furthermore generally hence however indeed instead
    later maybe meanwhile moreover never nevertheless nonetheless often originally otherwise perhaps previously recently
    similarly sometimes soon specifically still subsequently therefore thus today tomorrow tonight typically usually
    yesterday
    hundred thousand million billion first second third fourth fifth last next
    please let well ok okay hello hi thanks thank dear yes
    """
)  # fmt: skip


def _month(name: str) -> str:
    """A month in full or by its first letters: "Sept." as well as "Sep"; May has no shorter form."""
    short, rest = name[:3], name[3:]
    others = [rest, r"\."] if name != "September" else [rest, r"t\.?", r"\."]
    return f"{short}(?:{'|'.join(others)})?" if rest else short


def _day(name: str) -> str:
    return name.removesuffix("day")


_MONTH = rf"(?P<month>{'|'.join(map(_month, MONTHS))})"
_YEAR = r"(?P<year>(?:1[0-9]|20)\d\d)(?!\d)"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?![\d:%])"
_DAYS_OFF = {"day before yesterday": -2, "yesterday": -1, "last night": -1, "today": 0, "tonight": 0, "tomorrow": 1}
_OFF = {"last": -1, "this": 0, "next": 1}
_DATES = Dates(
    forms=(
        ("full", rf"\b(?i:{_MONTH}\s{_DAY}),?\s{_YEAR}"),
        ("full", rf"(?<!\d)(?i:{_DAY}\s(?:of\s)?{_MONTH}),?\s{_YEAR}"),
        ("month", rf"\b(?i:{_MONTH}),?\s{_YEAR}"),
        ("yearless", rf"\b{_MONTH}\s{_DAY}\b"),
        ("yearless", rf"(?<!\d){_DAY}\s(?:of\s)?{_MONTH}(?![^\W\d_])"),
        ("year", rf"\b(?i:in|since|by|until|from|during|before|after|of|late|early)\s{_YEAR}(?![\w-])"),
        ("near", rf"\b(?i:(?P<near>{any_of(_DAYS_OFF)}))\b"),
        (
            "weekday",
            rf"\b(?i:(?:(?P<direction>last|next|coming|this|on)\s)?(?P<weekday>{'|'.join(map(_day, WEEKDAYS))})day\b)",
        ),
        ("ago", rf"\b(?i:(?P<count>\d{{1,3}}|an?|{'|'.join(NUMBERS[:10])})\s(?P<unit>day|week|month|year)s?\sago\b)"),
        ("month off", r"\b(?i:(?P<period>last|this|next)\smonth\b)"),
        ("year off", r"\b(?i:(?P<period>last|this|next)\syear\b)"),
    ),
    months={month[:3].casefold(): number for number, month in enumerate(MONTHS, 1)},
    weekdays={day[:3].casefold(): number for number, day in enumerate(WEEKDAYS)},
    counts=_COUNTS,
    days_off=_DAYS_OFF,
    months_off=_OFF,
    years_off=_OFF,
    past=frozenset(("last",)),
    future=frozenset(("next", "coming")),
    units={"day": "day", "week": "week", "month": "month", "year": "year"},
    apart=(
        rf"\b(?i:(?P<count>\d{{1,3}}|an?|the|{'|'.join(NUMBERS[:10])})\s(?P<unit>day|week|month|year)s?\s"
        r"(?P<direction>earlier|before|previously|later|after|on)\b)",
        r"\b(?i:(?P<direction>previous|preceding|prior|following|next)\s(?P<unit>day|week|month|year)\b)",
    ),
    before=frozenset(("earlier", "before", "previously", "previous", "preceding", "prior")),
    labels="first published|published|updated|posted|date|issued",
    day_of=r"\b{name}",
    hour=r"[ap]\.?m\b|GMT|UTC|[A-Z]{1,2}ST\b",
    written=r"\d{1,2} [A-Z][a-z]+ \d{4}",
)
_FIGURES = Figures(
    scales={"thousand": 3, "million": 6, "mn": 6, "billion": 9, "bn": 9, "trillion": 12, "tn": 12},
    units="percent|dollar|euro|pound|won|yen|year|month|week|day|hour|minute|second|mile|kilometer|ton",
    signs={"pct": "percent", "per cent": "percent"},
    counts={word: number for word, number in _COUNTS.items() if number > 1},  # "one" is seldom a number
)
_CAPITAL = rf"(?:[A-Z\u00c0-\u00de][\w{APOSTROPHES}.-]*)"
_AUXILIARY = (
    r"(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must"
    rf"|(?:is|are|was|were|do|does|did|has|have|had|ca|could|wo|would|should)n[{APOSTROPHES}]t)"
)
_PEOPLE = (
    r"person|man|woman|boy|girl|child|people|actor|actress|artist|author|writer|poet|singer|musician|composer|director"
    r"|producer|player|coach|politician|president|minister|senator|mayor|governor|judge|lawyer|king|queen|emperor"
    r"|scientist|doctor|nurse|officer|candidate|father|mother|son|daughter|husband|wife|brother|sister|spouse|founder"
)
_PLACES = (
    r"city|town|village|county|state|province|country|nation|continent|region|district|place|location|island|river|lake"
    r"|street|address|port|birthplace"
)
_SIZES = r"share|percentage|number|amount|price|figure|sum|proportion|age|population"
_WORD = rf"(?:(?!{_AUXILIARY}\b)\w+ )?"  # as "large" in "what large city", and not "did" in "what did Mayor"
_SCALE = r"(?:\s(?:hundred|thousand|million|billion|trillion))?[\s-](?:more\s|full\s|whole\s)?"
_TIMES = rf"{_SCALE}(?:second|minute|hour|day|week|fortnight|month|year|decade|centur)"
_LENGTHS = rf"{_SCALE}(?:(?:kilo|centi|milli)?met(?:er|re)|[kcm]?m\b|mile|nautical mile|foot\b|feet\b|inch|yard|fathom)"
_MEASURED = (
    Measured(r"\bhow long\b", f"{_TIMES}|{_LENGTHS}"),
    Measured(r"\bhow (?:far|tall|high|deep|wide)\b", _LENGTHS),
    Measured(
        r"\bhow heavy\b|\bweighs?\b",
        rf"{_SCALE}(?:(?:kilo|milli)?gram|kilo|[km]?g\b|ton|tonne|pound|ounce|lbs?\b|stone)",
    ),
    Measured(
        r"\b(?:how much|what)\b.*\b(?:cost|earn|pay|paid|paying|worth|price|salary|spend|spent|charge|owe)s?\b",
        r"\s?(?:hundred|thousand|million|billion|trillion|mn|bn|tn)\b|\s(?:a|in|US|Canadian|Australian)?\s?"
        r"(?:dollar|cent|euro|pound|penny|pennies|pence|shilling|yen|won|yuan|franc|crown|krona|krone|peso|rupee|ruble"
        r"|rouble|rand|real|lira|zloty|forint|dinar|dirham|riyal|shekel|baht|ringgit|rupiah)",
        r"[$€£¥₩₹]\s?",
    ),
)
# What is pointed at without having been named, "in all these calls", is what there is to read.
_ALL_TEXTS = r"\b(?:in|across|through|throughout|over|from) (?:all )?these (?!days|weeks|months|years)[a-z]+\W*$"
_ASKING = Asking(
    asks={
        "choice": r"\b(?:which|what|who)\b.*[,:] .+ or .+",
        "age": r"\bhow old\b|\bwhat age\b|\bage of\b",
        "number": r"\bhow (?:many|much|large|big|high|tall|old|far|long|often|deep|wide|heavy)\b"
        rf"|\b(?:what|which)(?: (?:is|was|were) the)? {_WORD}(?:{_SIZES})\b"
        r"|\bwhat (?:do|does|did|will|would) .+ (?:cost|weigh|measure|earn)\b",
        "date": rf"\A\W*when\b|\bwhen (?:exactly )?{_AUXILIARY}\b|\bwhen\W*\Z"
        r"|\b(?:what|which) (?:year|day|date|month|time|century|decade)\b",
        "reason": r"\bwhy\b|\bwhat (?:caused|led|(?:is|was) the (?:reason|cause))\b",
        "place": rf"\bwhere\b|\b(?:which|what)(?: (?:is|was) the)? {_WORD}(?:{_PLACES})\b",
        "person": rf"\bwho(?:m|se)?\b|\b(?:which|what)(?: (?:is|was) the)? {_WORD}(?:{_PEOPLE})\b",
        "yes/no": rf"\A\W*{_AUXILIARY}\b",
        "entity": r"\b(?:what|which)\b",
    },
    holds={
        "age": r"\b\d{1,3}(?=-(?:year|month)-old\b| (?:years|months) (?:old|of age)\b)|(?<=, )\d{1,3}(?=[,.;)])"
        r"|(?<=\()\d{1,3}(?=[,)])|(?<=\baged )\d{1,3}\b|(?<=\bage )\d{1,3}\b|(?<=\bage of )\d{1,3}\b"
        r"|(?<=\bturned )\d{1,3}\b",
        "number": rf"\b(?i:{'|'.join(NUMBERS[1:])}|dozens?|hundreds?|thousands?|millions?|half|twice)\b",
        "date": rf"(?:\b\d{{1,2}} )?\b(?:{'|'.join(MONTHS)})\b(?: \d{{1,2}}\b)?(?:,? \d{{4}}\b)?"
        rf"|\b(?:{'|'.join(WEEKDAYS)})\b|\b1\d\d\d\b|\b20\d\d\b|\b(?:yesterday|today|tomorrow)\b",
        "person": rf"\b{_CAPITAL}(?: (?:van|von|de|der|da|la|del|bin|al|of|the|{_CAPITAL}))* {_CAPITAL}",
        "place": rf"(?<=\b[Ii]n )(?:the )?{_CAPITAL}|(?<=\b[Aa]t )(?:the )?{_CAPITAL}"
        rf"|(?<=\b(?:[Nn]ear|[Ff]rom) )(?:the )?{_CAPITAL}"
        rf"|(?<=\b(?:to|of) )(?:the )?{_CAPITAL}|(?<=, ){_CAPITAL}",
        "reason": r"\b(?:because|due to|owing to|since|caused?|blamed?|following|result(?:ed|s)?|in order to"
        r"|so that)\b",
        "definition": r"\b(?:is|was|are|were) (?:an?|the|one of)\b|, (?:an?|the) ",
        "entity": rf"\b{_CAPITAL}",
    },
    defines=r"(?:who|what)(?: is|['’]s| are| was| were)(?: an?| the)? ([^,?]+?)",
    explains=r"what(?: is|['’]s| are)(?: an?)? (?!(?:an?|the)\b)([^,?]+?)(?: mean)?"
    r"|what does ([^,?]+?) (?:mean|stand for)",
    focus=r"\b(?i:who(?:m|se)?|what|which|how (?:many|much)|list|name|enumerate)"
    rf"((?:\s+[a-z][a-z{APOSTROPHES}-]*){{1,8}})",
    measure=r"\b(?:how (much)|what) (?:do|does|did|will|would) .+ (cost|weigh|measure)\b"
    r"|\bhow (old|long|far|tall|big|large|high|deep|wide|heavy|often|much|many|soon|late|fast|expensive)\b",
    counted=r"\bnumbers? of ([a-z]+)",
    how_many=r"\bhow many ([\w-]+)",
    joins=r"[,;]?\s(?:and|but)\s(?=(?:who|whom|whose|what|when|where|why|how|which)\b)",
    measured=_MEASURED,
    forms={
        "people": r"\b(?:key|main|central|important|leading|principal) (?:people|persons|players|figures|characters)\b",
        "comparison": r"\bcompar(?:e[ds]?|ing|ison)\b|\bversus\b|\bvs\b|\bdifferences?\b|\bdiffer(?:s|ed)?\b",
        "overview": r"\bsummar(?:y|i[sz]e)\b|\boverview\b|\bin (?:short|brief|a nutshell)\b|\bgist\b"
        r"|^\W*what(?:['’]s| is| are| was| were) .+ about\W*$|\b(?:themes?|topics?)\b|\b(?:kinds?|sorts?|types?) of\b"
        rf"|{_ALL_TEXTS}",
        "timeline": r"\btimeline\b|\bchronolog(?:y|ical)\b|\bhistory of\b|\bover (?:the )?(?:years|months|weeks|time)\b"
        r"|\bwhat (?:has |had |have )?(?:happened|changed)\b|\bhow (?:has|have|had|did|does) .+ "
        r"(?:change[ds]?|grow[ns]?|evolve[ds]?|develop(?:ed|s)?)\b|\b(?:latest|newest|most recent)\b",
        "list": r"^\W*(?:list|name|enumerate)\b|\blist of\b|^\W*who (?:are|were)\b"
        r"|\b(?:which|what) (?:\w+ )?(?!(?:is|was|has|does|this|his|its)\b)[a-z]+[^su\W]s\b"
        r"(?! (?:is|was|has|does|if|when|while|to|an?|the|my|your|his|her|its|our|their)\b)",  # else a verb
        "chain": r"\bcome about\b|\bend(?:ed)? up\b|^\W*how (?:did|could|come|was|were)\b|\bwhat led\b",
    },
    latest=r"\b(?:latest|newest|most recent)\b",
    change=r"\bchanged?\b|\bchanges in\b|\b(?:grow[ns]?|grew|rise[ns]?|rose|fall(?:en|s)?|fell)\b",
    whole_corpus=r"\b(main|major|overall|key|top|most important|recurring|common) "
    r"(themes?|topics?|stories|story|issues?|events?)\b"
    r"|\b(themes?|topics?|stories) (of|in|across|run)\b"
    r"|\b(across|in|over) (all )?(the|these) (articles|documents|corpus|coverage|news)\b|\bsummari[sz]e\b|\boverview\b"
    rf"|{_ALL_TEXTS}",
    all_texts=_ALL_TEXTS,
    spelled_out={
        "ceo": "chief executive",
        "cfo": "chief financial officer",
        "coo": "chief operating officer",
        "cto": "chief technology officer",
        "cio": "chief information officer",
        "vp": "vice president",
    },
    leads=word_set(
        """
        run runs running ran lead leads leading led leader head heads heading headed manage manages managed chair chairs
        chaired direct directs directed govern governs governed charge boss
        """
    ),
    light_verbs=word_set(
        """
        bring brings bringing brought come comes coming came get gets getting got give gives giving gave given
        keep keeps keeping kept make makes making made put puts putting turn turns turned turning back up
        """
    ),
    compares=r"\b(both|compare|comparison|differ|difference|versus|vs|than|connect(s|ed|ion)?|link(s|ed)?"
    r"|relat(e|ed|ion))\b",
    about_texts=word_set(
        """
        article articles report reports reported reporting news story stories coverage document documents text
        texts corpus dataset collection source sources outlet outlets according mention mentions mentioned
        discuss discussed discusses describe described describes suggest suggests suggested state states stated
        claim claims claimed indicate indicates both compare compared comparison between respectively question
        answer name named many much kind type sort person people individual thing things
        anyone anybody anything everyone everybody everything someone somebody something nobody none nothing
        information consider considering based detail details detailed feature features featured published
        publish publication say says said tell know known happen happened happens involve involved involving
        relate related relation part role play plays played
        change changed changes differ differs difference grow grew developed
        latest newest recent timeline chronology history list enumerate summarise summarize summary overview
        comparison versus relationship here there
        did do done go goes going gone went occur occurred occurs take takes took taking place
        """
    ),
    about_corpora=word_set(
        """
        main major key central important top overall general common recurring principal biggest broad whole
        entire topic topics theme themes subject subjects event events issue issues story stories development
        developments entity entities point points trend trends overview summary summarize summarise list people
        actors players organization organizations organisation organisations connect connected together big
        picture cover covered covers covering all across corpus dataset articles documents news collection
        emerge emerging happened happening going world text texts data discussed dominate dominant narrative
        narratives significant
        """
    ),
)
_PROSE = Prose(
    anaphors={
        "he": Anaphor("man"),
        "him": Anaphor("man"),
        "his": Anaphor("man", "{name}'s"),
        "she": Anaphor("woman"),
        "her": Anaphor("woman", "{name}'s"),
        "it": Anaphor("thing"),
        "its": Anaphor("thing", "{name}'s"),
    },
    no_anaphor=r"It(?:['’]s| (?:is|was|will be|has been|had been|would be|seems|seemed|appears|appeared|took|takes"
    r"|remains|remained)) .*\b(?:that|to|who|when|whether|how|why)\b|It (?:rained|snowed|follows|turned out)\b",
    role=r"The (?P<noun>[a-z]+) (?!of\b)",
    kinds_of_things={
        **dict.fromkeys(("company", "firm", "business", "group", "organization", "organisation"), "organization"),
        **dict.fromkeys(("agency", "institution", "manufacturer", "maker", "startup"), "organization"),
        **dict.fromkeys(("city", "town", "village", "country", "island"), "place"),
    },
    became=r" (?:is|was|became|becomes|remains|(?:was|is|has been) (?:elected|named|appointed)|(?:serv|work)(?:es|s|ed)"
    r" as) (?:an? |the )?(?:[a-z-]+ ){0,2}?(?P<noun>[a-z]+)(?= (?:of|in|at|for|and|on|from)\b|[,.;])",
    leaning=r"(?:He|She|It|They|His|Her|Its|Their|This|These|Those|That|Both|Neither|Such|Another|So|Then|Each|Here)\b"
    r"|The (?:two|three|four|latter|former|same|pair|figure)\b"
    r"|(?:In|On|At|By|As|When|After|Before|While|If|Since|Until|During|For|With|Asked|Later|Last|Earlier) "
    r"[^A-Z\"“”.:;]{0,40}\b(?:his|her)\b"
    r"|[A-Z]?[^A-Z\"“”.:;]{0,80}\b(?:he|she|him)\b",
    pointing=r"(?:But|And|Yet|Or|However|Moreover|Also|Instead|Meanwhile|Nevertheless|Still|Later|Afterwards?|Others"
    r"|Some|One|There|The (?:company|firm|union|group|move|deal|agency|court|order|decision|report|ruling|study|case"
    r"|bill|plan|law|team|suit|club|film|song|book|ship|vessel|judge|agreement|drug|measure|incident|authority|hospital"
    r"|complaint))\b",
    correction=r"(?:CORRECTION|Correction|Clarification|CLARIFICATION)\b",
    byline=r"(?:By|BY) [A-Z]",
    dateline=r"[A-Z][A-Z.'’ -]{2,40}(?:, [A-Z\d][\w. ]{1,30})?(?: \([^()]{2,40}\))? ?[-–—]{1,2} ",
    explains=r"^(?: \([^)]{1,60}\))?(?:,| is| was| are| were) (?:an?|the|one of|former)\b",
    negation=rf"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot)\b|n[{APOSTROPHES}]t\b",
    silent=r"(?:[Tt]he )?(?:[Rr]ows|[Ss]ources|[Aa]rticles|[Dd]ocuments|[Rr]eports|[Tt]exts|[Pp]assages)\b"
    r" (?:\w+ )?(?:not|nothing|no|neither)\b"
    r"|(?:Nothing|None) (?:in|of) the (?:rows|sources|articles|documents|reports)\b",
    namesakes=r"of the same name|\bnamesakes?\b|\bno relation\b|\bshares? (?:a|the|his|her) name\b",
    definition=r"hereafter\s|or\s",
)


def _write_date(parts: Sequence[int]) -> str:
    """ "4 March 2025", "March 2025" or "2025"."""
    year, *rest = parts
    named = [MONTHS[rest[0] - 1]] if rest else []
    return " ".join([*map(str, rest[1:]), *named, str(year)])


ENGLISH = Language(
    code="en",
    function_words=FUNCTION_WORDS,
    stop_words=STOP_WORDS,
    irregular=IRREGULAR,
    dates=_DATES,
    figures=_FIGURES,
    asking=_ASKING,
    prose=_PROSE,
    templates=Templates(
        not_said="The articles do not say.",
        reported="(reported {date})",
        rest="Also reported",
        unanswered="Nothing in the documents answers this directly.",
        nowhere="Not in the documents: {words}.",
    ),
    write_date=_write_date,
)
