"""German, Dutch, Swedish, French, Spanish, Italian and Portuguese, each as a `Language`: closed classes and templates.

Of how they write dates in running text and of forms of answers nothing is known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from graphrag_drift.language.language import Asking, Dates, Kind, Language, NounCapitals, Templates, word_set

_WRITTEN = r"(?:\d{1,2}\.? (?:de )?)?(?:[^\W\d_]+ (?:de )?)?\d{4}"


def _written(months: str, form: str = "{day} {month} {year}", joint: str = " ") -> Callable[[Sequence[int]], str]:
    """What writes a date by `form`; `joint` stands between a month and its year."""
    names = months.split()

    def write(parts: Sequence[int]) -> str:
        year, *rest = parts
        if len(rest) == 2:
            return form.format(day=rest[1], month=names[rest[0] - 1], year=year)
        return f"{names[rest[0] - 1]}{joint}{year}" if rest else str(year)

    return write


def _asks(**words: str) -> Mapping[Kind, str]:
    """Patterns of questions that begin with those words, by the kind of thing they want."""
    kinds: dict[str, Kind] = {"who": "person", "when": "date", "where": "place", "count": "number", "why": "reason"}
    return {kinds[kind]: rf"^\W*(?:{pattern})\b" for kind, pattern in words.items()}


def _tail(of: str, endings: str) -> str:
    """The pattern for the adjectives behind a noun, told by their endings, and for one noun that it is `of`."""
    adjectives = rf"(?: [a-zà-ÿ]{{2,}}(?:{endings})(?![\w'’])){{1,2}}"
    return rf"{adjectives}|(?P<of> (?:{of}) | (?:d|de l|dell)['’])[a-zà-ÿ]{{4,}}(?![\w'’])(?:{adjectives})?"


_MONTHS_DE = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
_STOP_DE = word_set(
    """
    der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner dieser diese dieses
    diesen diesem jener jene jenes jeder jede jedes jeden jedem alle allen aller alles mein meine dein deine sein
    seine seinen seinem seiner seines ihr ihre ihren ihrem ihrer ihres unser unsere euer eure ich du er sie es wir
    mich dich ihn uns euch mir dir ihm ihnen sich man wer wen wem wessen was welche welcher welches welchen welchem
    wann wo wohin woher wie warum weshalb wieso wieviel viele in im ins an am ans auf aus bei beim mit nach von vom
    vor zu zum zur für gegen ohne um durch über unter zwischen hinter neben seit bis während wegen trotz und oder aber
    denn sondern sowie dass daß ob wenn als weil obwohl damit da bevor nachdem ist sind war waren bin bist seid wird
    werden wurde wurden worden geworden hat haben hatte hatten habe kann können konnte konnten muss müssen musste soll
    sollen sollte will wollen wollte darf dürfen mag möchte nicht auch nur noch schon sehr so dann hier dort
    """
)
GERMAN = Language(
    code="de",
    stemmer="german",
    function_words=_STOP_DE
    | word_set(
        """
        bisher bislang dabei dadurch dafür dagegen daher danach daneben daran darauf daraus darin darüber darum davon
        dazu deshalb deswegen doch eigentlich einige einst einmal erst etwa etwas heute gestern morgen immer
        inzwischen insgesamt jedoch jetzt kurz laut mehr mehrere mehreren meist mindestens nachdem nie niemand nun oft
        rund seitdem später trotzdem vielleicht weiter weitere weiteren wieder zuerst zudem zugleich zunächst zwar
        zuletzt zwei drei vier fünf sechs sieben acht neun zehn elf zwölf beide beiden beider anders ja nein bitte
        """
    ),
    stop_words=_STOP_DE,
    nouns=NounCapitals(
        determiners=word_set(
            """
            der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner dieser diese
            dieses diesen diesem jener jene jeder jede jedes jeden jedem alle allen aller mein meine meinen sein seine
            seinen seinem seiner seines ihr ihre ihren ihrem ihrer ihres unser unsere unseren im am vom zum zur beim
            ins ans mehr viele vielen einige mehrere mehreren wenige zwei drei vier fünf sechs sieben acht neun zehn
            elf zwölf beide beiden welche welcher welches solche manche
            """
        ),
        genitives=word_set("des der eines einer"),
        adjective=r"[a-zäöüß]{2,}(?:(?<!t)en?|er|es|em)",  # a verb that ends in -te or -ten stands before names
        endings="ung|ungen|heit|heiten|keit|keiten|schaft|schaften|tion|tionen|tät|täten|ismus|nis|nisse|nissen|tum|"
        "ling|linge|chen|ment|mente|anz|enz|enzen|ierung",
    ),
    articles=word_set("der die das den dem des ein eine einen einem einer eines zum zur"),
    calendar=word_set(
        f"{_MONTHS_DE} montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag".casefold()
    ),
    titles=word_set(
        """
        präsident präsidentin bundespräsident bundeskanzler bundeskanzlerin kanzler kanzlerin ministerpräsident
        ministerpräsidentin ministerpräsidenten premierminister premierministerin premierministers minister ministerin
        bürgermeister bürgermeisterin oberbürgermeister oberbürgermeisterin außenminister außenministerin
        innenminister innenministerin finanzminister finanzministerin richter richterin könig königin kaiser papst
        bischof direktor direktorin professor professorin doktor general herr frau senator senatorin sprecher
        sprecherin chef chefin vorsitzender vorsitzende trainer trainerin regisseur regisseurin staatschef präsidenten
        """
    ),
    connectors=word_set("von zu der am"),
    abbreviations=word_set(
        "hr hrn frl dipl ing bzw vgl geb verh gest evtl ggf inkl mio mrd nr str fa hl sog rd insb lfd z.b u.a"
    ),
    asking=Asking(
        asks=_asks(
            who="wer|wen|wem", when="wann|seit wann|in welchem jahr", where="wo|wohin|woher", why="warum|weshalb|wieso",
            count="wie ?viele?|wie (?:hoch|groß|lange?|weit|schwer|teuer)",
        )
    ),
    templates=Templates(
        not_said="In den Artikeln steht das nicht.",
        reported="(berichtet am {date})",
        rest="Außerdem berichtet",
        unanswered="Nichts in den Dokumenten beantwortet das unmittelbar.",
        nowhere="Nicht in den Dokumenten: {words}.",
    ),
    dates=Dates(written=_WRITTEN),
    write_date=_written(_MONTHS_DE, "{day}. {month} {year}"),
)  # fmt: skip

_MONTHS_NL = "januari februari maart april mei juni juli augustus september oktober november december"
_STOP_NL = word_set(
    """
    de het een die dat deze dit geen mijn jouw zijn haar ons onze jullie hun ik jij je hij zij ze wij we u mij me jou
    hem hen zich men wie wat welke welk wanneer waar waarom hoe hoeveel waarheen in op aan uit bij met naar van voor
    te ten ter tot tegen zonder om door over onder tussen achter naast sinds tijdens wegens en of maar want dus dat
    als omdat hoewel terwijl voordat nadat toen dan is zijn was waren ben bent wordt worden werd werden geworden heeft
    hebben had hadden heb kan kunnen kon konden moet moeten moest zal zullen zou zouden wil willen wilde mag mogen
    niet ook alleen nog al zeer er hier daar zo
    """
)
DUTCH = Language(
    code="nl",
    stemmer="dutch",
    function_words=_STOP_NL
    | word_set(
        """
        volgens daarna daarom daarbij daardoor echter eerder eerst enkele gisteren vandaag morgen inmiddels later meer
        meerdere minstens na nadat nu ondanks ongeveer ook opnieuw sindsdien steeds veel verder vervolgens vooral
        waarschijnlijk weer zowel twee drie vier vijf zes zeven acht negen tien elf twaalf beide ja nee
        """
    ),
    stop_words=_STOP_NL,
    articles=word_set("de het een"),
    calendar=word_set(f"{_MONTHS_NL} maandag dinsdag woensdag donderdag vrijdag zaterdag zondag"),
    titles=word_set(
        "president premier minister minister-president burgemeester koning koningin prins prinses professor generaal "
        "meneer mevrouw paus bisschop directeur voorzitter"
    ),
    connectors=word_set("van de den der het ten ter"),
    abbreviations=word_set("dhr mevr ir drs jhr mr nr blz ca resp mln mld jl geb ged"),
    asking=Asking(
        asks=_asks(
            who="wie (?:is|was|zijn|waren|heeft|had|werd|wordt|won|wint|leidt)", when="wanneer|sinds wanneer",
            where="waar|waarheen", why="waarom", count="hoeveel|hoe (?:hoog|groot|lang|ver|duur)",
        )
    ),
    templates=Templates(
        not_said="De artikelen zeggen dat niet.",
        reported="(bericht van {date})",
        rest="Verder bericht",
        unanswered="Niets in de documenten beantwoordt dit rechtstreeks.",
        nowhere="Niet in de documenten: {words}.",
    ),
    dates=Dates(written=_WRITTEN),
    write_date=_written(_MONTHS_NL),
)  # fmt: skip

_MONTHS_SV = "januari februari mars april maj juni juli augusti september oktober november december"
_STOP_SV = word_set(
    """
    en ett den det de denna detta dessa ingen inget inga min mitt mina din ditt dina sin sitt sina hans hennes dess
    vår vårt våra er ert era deras jag du han hon vi ni mig dig honom henne oss dem sig man vem vilka vilken vilket
    vad när var vart varför hur många mycket i på av från hos med till för mot utan om genom över under mellan bakom
    sedan enligt och eller men utan samt att som om medan innan efter eftersom då än är var varit vara blir bli blev
    blivit har hade haft ha kan kunde måste ska skall skulle vill ville får fick inte också bara ännu redan mycket så
    här där
    """
)
_TITLES_SV = word_set(
    """
    president statsminister minister kung drottning prins prinsessa professor general påve biskop ordförande borgmästare
    herr fru
    """
)
SWEDISH = Language(
    code="sv",
    stemmer="swedish",
    function_words=_STOP_SV
    | word_set(
        """
        alla allt annan andra båda bland därefter därför därmed dessutom dock efter först hittills idag igår imorgon
        inom kring minst nu någon något några ofta omkring sedan senare trots tidigare ungefär vid åter även två tre
        fyra fem sex sju åtta nio tio elva tolv ja nej
        """
    ),
    stop_words=_STOP_SV,
    articles=word_set("en ett den det de"),
    calendar=word_set(f"{_MONTHS_SV} måndag tisdag onsdag torsdag fredag lördag söndag"),
    titles=frozenset(f"{title}{end}" for title in _TITLES_SV for end in ("", "n", "en")),
    connectors=word_set("av von af de"),
    abbreviations=word_set("hr fr ca kl nr resp mkr st f.d"),
    asking=Asking(
        asks=_asks(
            who="vem|vilka (?:är|var)", when="när|sedan när", where="var|vart|varifrån", why="varför",
            count="hur (?:många|mycket|stor|stort|hög|högt|lång|långt)",
        )
    ),
    templates=Templates(
        not_said="Det står inte i artiklarna.",
        reported="(rapporterat {date})",
        rest="Dessutom rapporterat",
        unanswered="Inget i dokumenten svarar direkt på detta.",
        nowhere="Finns inte i dokumenten: {words}.",
    ),
    dates=Dates(written=_WRITTEN),
    write_date=_written(_MONTHS_SV),
)  # fmt: skip

_MONTHS_FR = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
_STOP_FR = word_set(
    """
    le la les l un une des du de d au aux ce cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos leur
    leurs je j tu il elle on nous vous ils elles me m te t se s lui eux y en qui que qu quoi dont où quel quelle quels
    quelles lequel laquelle lesquels quand comment combien pourquoi à dans en par pour sur sous avec sans contre entre
    vers chez depuis pendant selon avant après et ou mais donc or ni car si comme lorsque lorsqu puisque est sont
    était étaient être été a ont avait avaient avoir eu fut furent sera seront peut peuvent doit doivent ne n pas plus
    non aussi très y c
    """
)
FRENCH = Language(
    code="fr",
    stemmer="french",
    function_words=_STOP_FR
    | word_set(
        """
        ailleurs ainsi alors aucun aucune aujourd aujourd'hui auparavant autour autre autres beaucoup bien bientôt
        ceci cela celle celles celui cependant certaines certains ceux chaque deux trois quatre cinq six sept huit
        neuf dix onze douze demain dernière dès désormais encore enfin ensuite environ face grâce hier jamais jusqu
        jusque là lors maintenant malgré même mêmes moins néanmoins parmi peu plusieurs première premier puis quelques
        rien seulement souvent suite tandis tel telle toujours tous tout toute toutes toutefois trop voici voilà oui
        """
    ),
    stop_words=_STOP_FR,
    tail=_tail(
        "de la|du|des|de",
        r"ale?s?|aux|el(?:le)?s?|iques?|aires?|ifs?|ives?|eurs?|rices?|"
        r"éen(?:ne)?s?|ien(?:ne)?s?|istes?|ais(?:es?)?|oise?s?|aine?s?",
    ),
    articles=word_set("le la les l un une des du au aux cet cette ce"),
    calendar=word_set(f"{_MONTHS_FR} lundi mardi mercredi jeudi vendredi samedi dimanche"),
    titles=word_set(
        "président présidente ministre roi reine prince princesse professeur docteur général pape évêque maire "
        "monsieur madame mademoiselle m mme mlle directeur directrice sénateur sénatrice"
    ),
    connectors=word_set("de la le les des du d l"),
    abbreviations=word_set("mme mmes mlle mgr av bd éd"),
    asking=Asking(
        asks=_asks(
            who="qui|à qui|de qui|par qui", when="quand|depuis quand|en quelle année", where="où|d['’]où",
            why="pourquoi", count="combien",
        )
    ),
    templates=Templates(
        not_said="Les articles ne le disent pas.",
        reported="(rapporté le {date})",
        rest="Également rapporté",
        unanswered="Rien dans les documents n’y répond directement.",
        nowhere="Absent des documents : {words}.",
    ),
    dates=Dates(written=_WRITTEN),
    write_date=_written(_MONTHS_FR),
)  # fmt: skip

_MONTHS_ES = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
_STOP_ES = word_set(
    """
    el la los las lo un una unos unas al del este esta estos estas ese esa esos esas aquel aquella mi mis tu tus su
    sus nuestro nuestra nuestros nuestras yo tú él ella nosotros ellos ellas usted ustedes me te se le les nos quién
    quiénes qué que cuál cuáles cuándo dónde adónde cómo cuánto cuánta cuántos cuántas quien quienes cual cuando donde
    como a ante bajo con contra de desde durante en entre hacia hasta para por según sin sobre tras y e o u pero sino
    porque si aunque mientras es son era eran fue fueron ser sido está están estaba estar ha han había haber hay puede
    pueden debe deben no también muy más ya
    """
)
SPANISH = Language(
    code="es",
    stemmer="spanish",
    function_words=_STOP_ES
    | word_set(
        """
        además ahora alguno alguna algunos algunas alrededor anoche antes apenas aquí así aún ayer bien cada casi
        cerca cualquier debido después dos tres cuatro cinco seis siete ocho nueve diez once doce embargo entonces hoy
        incluso jamás luego mañana menos mientras mismo mucho muchos muchas nada nadie ningún nunca otro otra otros
        otras poco primero pronto pues siempre tal tampoco tan tanto todavía todo toda todos todas últimamente varios
        varias vez sí
        """
    ),
    stop_words=_STOP_ES,
    tail=_tail(
        "de la|de los|de las|del|de",
        r"al(?:es)?|ic[oa]s?|ari[oa]s?|iv[oa]s?|or(?:a|es|as)?|istas?|enses?|"
        r"an[oa]s?|eñ[oa]s?|ol(?:a|es|as)?|és|esas?|e[oa]s?",
    ),
    articles=word_set("el la los las un una unos unas al del"),
    calendar=word_set(f"{_MONTHS_ES} lunes martes miércoles jueves viernes sábado domingo"),
    titles=word_set(
        "presidente presidenta ministro ministra rey reina príncipe princesa profesor profesora doctor doctora general "
        "papa obispo alcalde alcaldesa señor señora don doña director directora senador senadora gobernador gobernadora"
    ),
    connectors=word_set("de la las los del el"),
    abbreviations=word_set("sra srta dña dra ud uds av avda núm pág dpto excmo gral ing lic"),
    asking=Asking(
        asks=_asks(
            who="(?:a |de |por )?quién(?:es)?", when="(?:desde )?cuándo|en qué año", where="(?:a|de )?dónde|adónde",
            why="por qué", count="cuánt[oa]s?",
        )
    ),
    templates=Templates(
        not_said="Los artículos no lo dicen.",
        reported="(publicado el {date})",
        rest="También se informó",
        unanswered="Nada en los documentos responde directamente a esto.",
        nowhere="No está en los documentos: {words}.",
    ),
    dates=Dates(written=_WRITTEN),
    write_date=_written(_MONTHS_ES, "{day} de {month} de {year}", " de "),
)  # fmt: skip

_MONTHS_IT = "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"
_STOP_IT = word_set(
    """
    il lo la i gli le l un uno una al allo alla ai agli alle all del dello della dei degli delle dell dal dallo dalla
    dai dagli dalle dall nel nello nella nei negli nelle nell sul sullo sulla sui sugli sulle sull questo questa
    questi queste quello quella quelli quelle mio mia tuo tua suo sua suoi sue nostro nostra vostro vostra loro io tu
    lui lei noi voi mi ti ci vi si ne chi che cosa quale quali quando dove come quanto quanta quanti quante perché cui
    a da di in con per su tra fra contro durante dopo prima senza secondo verso e ed o ma però se mentre è sono era
    erano essere stato stata stati state ha hanno aveva avevano avere fu furono può possono deve devono non anche più
    molto già
    """
)
ITALIAN = Language(
    code="it",
    stemmer="italian",
    function_words=_STOP_IT
    | word_set(
        """
        adesso alcuni alcune almeno altri altre altro ancora appena attraverso circa ciascuno ciò così dunque due tre
        quattro cinque sei sette otto nove dieci undici dodici domani entrambi finora grazie ieri infatti infine
        inoltre insieme intanto invece lì mai meno nessuno nonostante nulla oggi ogni oltre ora poco poi presso
        proprio qualche quasi qui quindi sempre sotto sopra spesso subito tale tanto troppo tutto tutta tutti tutte
        tuttavia sì
        """
    ),
    stop_words=_STOP_IT,
    tail=_tail(
        "della|delle|degli|dei|del|di",
        r"al[ei]|ic[oa]|ici|iche|ari[oa]|iv[oaie]|or[ei]|rice|ist[aie]|an[oaie]|es[ei]|e[oa]",
    ),
    articles=word_set(
        "il lo la i gli le l un uno una al allo alla ai agli alle all del dello della dei degli delle dell dal dalla"
    ),
    calendar=word_set(f"{_MONTHS_IT} lunedì martedì mercoledì giovedì venerdì sabato domenica"),
    titles=word_set(
        "presidente ministro ministra re regina principe principessa professore professoressa dottore dottoressa "
        "generale papa vescovo sindaco sindaca signor signore signora direttore direttrice senatore senatrice"
    ),
    connectors=word_set("di de del della delle dei degli la da d dell"),
    abbreviations=word_set("sig sigg dott avv ing geom egr spett pag"),
    asking=Asking(
        asks=_asks(
            who="(?:a |da |di )?chi", when="(?:da )?quando|in che anno", where="(?:da )?dove|dov['’]è", why="perché",
            count="quant[oaie]",
        )
    ),
    templates=Templates(
        not_said="Gli articoli non lo dicono.",
        reported="(riportato il {date})",
        rest="Inoltre riportato",
        unanswered="Nulla nei documenti risponde direttamente a questo.",
        nowhere="Non è nei documenti: {words}.",
    ),
    dates=Dates(written=_WRITTEN),
    write_date=_written(_MONTHS_IT),
)  # fmt: skip

_MONTHS_PT = "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"
_STOP_PT = word_set(
    """
    o a os as um uma uns umas ao aos à às do da dos das no na nos nas num numa pelo pela pelos pelas este esta estes
    estas esse essa esses essas aquele aquela isto isso meu minha teu tua seu sua seus suas nosso nossa eu tu ele ela
    nós eles elas você vocês me te se lhe lhes quem que qual quais quando onde aonde como quanto quanta quantos
    quantas porque por quê de em com contra desde durante entre até para perante por segundo sem sob sobre após e ou
    mas se embora enquanto é são era eram foi foram ser sido está estão estava estar tem têm tinha ter há pode podem
    deve devem não também muito mais já
    """
)
PORTUGUESE = Language(
    code="pt",
    stemmer="portuguese",
    function_words=_STOP_PT
    | word_set(
        """
        agora ainda além algum alguma alguns algumas alguém amanhã antes apenas apesar aqui assim bem cada cerca dois
        duas três quatro cinco seis sete oito nove dez onze doze depois devido enfim então entretanto exceto hoje já
        jamais lá logo mesmo menos nada nenhum ninguém nunca ontem outro outra outros outras pelo menos pouco pois
        porém portanto quase sempre só tal tanto tão toda todas todo todos tudo vários várias vez sim
        """
    ),
    stop_words=_STOP_PT,
    tail=_tail(
        "da|das|dos|do|de",
        r"al|ais|ic[oa]s?|ári[oa]s?|iv[oa]s?|or(?:a|es|as)?|istas?|enses?|an[oa]s?|eir[oa]s?|ês|esas?|ei[oa]s?",
    ),
    articles=word_set("o a os as um uma uns umas ao aos à às do da dos das no na nos nas pelo pela pelos pelas"),
    calendar=word_set(f"{_MONTHS_PT} segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo"),
    titles=word_set(
        "presidente presidenta ministro ministra rei rainha príncipe princesa professor professora doutor doutora "
        "general papa bispo prefeito prefeita senhor senhora dom dona diretor diretora senador senadora governador "
        "governadora primeiro-ministro primeira-ministra"
    ),
    connectors=word_set("de da das do dos"),
    abbreviations=word_set("sra srta dra exmo av pág eng prof"),
    asking=Asking(
        asks=_asks(
            who="(?:a |de |por )?quem", when="(?:desde )?quando|em que ano", where="(?:de )?onde|aonde",
            why="por ?qu[eê]", count="quant[oa]s?",
        )
    ),
    templates=Templates(
        not_said="Os artigos não o dizem.",
        reported="(noticiado em {date})",
        rest="Também noticiado",
        unanswered="Nada nos documentos responde diretamente a isto.",
        nowhere="Não está nos documentos: {words}.",
    ),
    dates=Dates(written=_WRITTEN),
    write_date=_written(_MONTHS_PT, "{day} de {month} de {year}", " de "),
)  # fmt: skip

WESTERN = (GERMAN, DUTCH, SWEDISH, FRENCH, SPANISH, ITALIAN, PORTUGUESE)
