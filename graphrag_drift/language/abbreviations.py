"""Word lists of the sentence splitter: abbreviations by what may follow their full stop.

English and what English news borrows; other languages keep their full stops.
"""

from graphrag_drift.language.wordset import word_set

NEVER_END = word_set(
    """
    mr mrs ms mx dr prof gen sen sens rep reps gov lt col maj sgt capt cmdr adm cpl pvt det insp supt
    rev fr hon pres amb messrs mme mlle st mt ft vs v viz cf al eds trans approx ca repr resp e.g i.e eg
    ie dept univ assn bros ave blvd rd hwy
    """
)
NUMBERED = word_set("no nos fig figs vol vols pp p art sec sect ch chap para eq par § nr op")
MONTHS = word_set("jan feb mar apr jun jul aug sep sept oct nov dec")
# They end a sentence only if a word that opens sentences follows.
MAY_END = word_set(
    """
    inc corp ltd co cos llc plc jr sr esq etc u.s u.k u.n e.u d.c a.m p.m b.c a.d ph.d m.d l.l.p l.p n.a
    s.a est mass calif fla conn mich minn wash ore ariz colo tex va pa ga ill ind ky la md mo neb nev
    okla tenn vt wis wyo
    """
)
OPENERS = word_set(
    """
    the a an this that these those it its he she they we i you his her their our my your there here in
    on at for from with by to as of and but or so yet nor if when while where who what why how which
    because although though since until unless after before during despite under over between among
    about against through however moreover meanwhile nevertheless nonetheless still then thus therefore
    also even instead indeed now today yesterday tomorrow later earlier last next some many most more
    several both each every all any no not other others another one two three first second third finally
    according once only just such let please do does did is are was were has have had can could will
    would should may might must it's he's she's they're we're i'm i've we've that's there's what's don't
    let's
    """
)
