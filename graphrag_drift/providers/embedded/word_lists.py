"""Lists of words that say little by themselves: about texts, about people in general.

General words only, in English and Korean; no names.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Nouns that tell nothing by themselves, and verbs that look like nouns.
EMPTY_NOUNS = _words(
    """
    year years week weeks month months day days time times people person way ways thing things part parts
    number numbers end start beginning statement interview company companies group groups man woman men
    women place case cases fact facts lot set use order percent cent morning afternoon evening night moment
    hour hours minute minutes period half quarter series world others result results kind sort type amount
    need work job member members one two three four five six seven eight nine ten first second third last
    next new old same own former late early said told asked called made went came took gave including
    according such many several few rest total top side sides hand front back head name names point question
    reason reasons area areas matter line level rate report reports article articles story stories share
    shares spokesman spokeswoman least most more less much city country state questions answer answers life
    home public money news chief chair chairman president executive director officer secretary deputy mayor
    judge partner owner founder leader specialist worker agent lawyer husband wife father mother son
    daughter brother sister friend employees employee rose fell left held led met paid put ran saw seen sent
    sold won lost spoke stood taken known begun began drew grew kept knew found built bought brought broke
    become became spent spends wrote written says think bottom floor gate steps coat change course form word
    words idea lack role town road street door room rooms meters miles feet dollars million billion thousand
    hundred dozen age behalf winter spring summer autumn fall rival stock cost costs effect term terms
    figure figures unit clock memory charge attention sense hope fear interest care trouble piece pair
    couple bit deal example addition itself himself herself themselves call calls meeting meetings mind
    heart eye eyes voice nothing something
    """
)
