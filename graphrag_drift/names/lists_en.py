"""Word lists that tell what a name is of: titles, organisation heads, place and event words, a small gazetteer.

General words only, and the countries and big cities any atlas has; no list of people or companies.
"""

from graphrag_drift.language.terms import word_set

MONTHS = word_set(
    """
    january february march april may june july august september october november december jan feb mar
    apr jun jul aug sept sep oct nov dec
    """
)
WEEKDAYS = word_set(
    """
    monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thurs fri sat sun
    mondays tuesdays wednesdays thursdays fridays saturdays sundays
    """
)
CALENDAR = MONTHS | WEEKDAYS | word_set("ad bc ce bce am pm est edt pst pdt gmt utc")

# Dropped from the front of a name.
HONORIFICS = word_set("mr mrs ms mx dr prof professor messrs mme mlle rev reverend fr hon rt sir")
# Told apart from the person who holds them; kings, queens and saints keep theirs.
OFFICES = word_set(
    """
    president vice-president premier chancellor minister senator congressman congresswoman
    representative governor mayor judge justice attorney general executive vice colonel captain lieutenant sergeant
    major commander admiral officer chief secretary ambassador chairman chairwoman chairperson director
    ceo cfo coo cto bishop archbishop cardinal coach detective inspector sheriff sen rep gov gen col
    capt lt sgt maj cmdr adm supt insp pres doctor analyst spokesman spokeswoman spokesperson prosecutor
    prime deputy former
    """
)
TITLES = (
    HONORIFICS
    | OFFICES
    | word_set(
        """
    king queen prince princess emperor empress sheikh sultan duke duchess count earl baron baroness pope
    lord lady dame miss father sister brother uncle aunt
    """
    )
)
ARTICLES = word_set("the a an")
# Capitalised often, but no name where they stand alone.
NOT_ALONE = CALENDAR | word_set(
    """
    new north south east west northern southern eastern western winter summer spring autumn fall mr mrs ms
    dr prof sir fm tv mhz khz ghz kw mw km kg cm mm mb gb inc ltd corp co jr sr st no nos vol op pp ok
    """
)
JOINED_BY_ON = word_set(
    """
    treaty convention committee commission conference council summit agreement protocol panel report
    declaration institute center centre act law war
    """
)
JOINED_BY_IN = word_set("prize award medal doctor bachelor master diploma degree certificate chair professor")
# What agencies are named after, beside what the corpus shows: Securities and Exchange Commission.
SUBJECTS = word_set(
    """
    food drug drugs trade industry health human humanities science sciences technology arts art crafts finance economy
    economic labor labour employment education culture tourism justice security securities exchange commerce energy
    fisheries agriculture forestry housing urban rural transport transportation infrastructure environment
    environmental water power light gas electricity insurance research development planning budget management safety
    standards information communication communications media sports sport youth children women family welfare
    social population customs border immigration tobacco firearms explosives rescue fire disease control prevention
    oceans oceanic atmospheric aeronautics space telecommunications broadcasting services space mining minerals oil
    """
)
ORGANIZATION_HEADS = word_set(
    """
    corp corporation inc incorporated ltd limited co company companies llc plc gmbh ag sa nv group
    holdings partners associates bank bancorp trust fund foundation institute institution university
    college school academy ministry department agency bureau office commission committee council board
    authority administration service services congress parliament senate assembly court tribunal police
    army navy force guard party union unions federation confederation association society league club
    alliance coalition organization organisation network news times post journal gazette herald tribune
    press media broadcasting records studios pictures entertainment airlines airways motors industries
    systems technologies technology laboratories labs pharmaceuticals pharma energy petroleum oil
    advisory advisors advisers consulting consultancy consultants terminals storage therapeutics
    biosciences biotech diagnostics devices semiconductor semiconductors electronics robotics aerospace
    chemicals materials minerals mining metals properties realty hotels resorts stores brands solutions
    networks railways railroad freight lines carriers cruises motorsport publishing publishers books
    securities investments asset financial finance savings mutual credit brewing breweries beverages
    electric power telecom communications international church hospital clinic museum library orchestra
    band cabinet government intelligence command division regiment brigade team fc afc united city
    rovers athletic capital ventures exchange insurance logistics shipping software games foods water
    works
    """
) - word_set("city water power oil energy works games capital lines books asset credit mutual savings finance")
PLACE_HEADS = word_set(
    """
    city town village county province district region state states territory republic kingdom island
    islands isle river lake sea ocean bay gulf strait harbor harbour port mountain mountains mount hill
    hills valley desert forest park beach peninsula cape canyon creek bridge street avenue road highway
    square station airport terminal building tower castle palace cathedral stadium arena coast township
    borough municipality prefecture canal dam falls plateau basin north south east west
    """
) - word_set("north south east west state port")
PLACE_FRONTS = word_set("mount lake cape fort san santa saint port north south east west new river gulf")
EVENT_HEADS = word_set(
    """
    war wars battle strike olympics olympiad championship championships cup games festival revolution
    uprising rebellion election elections summit conference massacre earthquake hurricane typhoon storm
    crisis scandal treaty accord riots siege campaign tournament prix marathon awards ceremony day week
    expo exhibition trial referendum protests invasion crash fire flood pandemic bowl
    """
)
# The places of several words, with "_" for the space.
_LONG_PLACES = word_set(
    """
    united_states united_kingdom united_states_of_america south_korea north_korea saudi_arabia
    new_zealand south_africa sri_lanka costa_rica el_salvador ivory_coast sierra_leone burkina_faso
    czech_republic papua_new_guinea new_york new_york_city los_angeles san_francisco san_diego las_vegas
    new_orleans washington_d.c new_jersey new_mexico new_hampshire north_carolina south_carolina
    north_dakota south_dakota west_virginia rhode_island hong_kong new_delhi rio_de_janeiro buenos_aires
    mexico_city cape_town abu_dhabi tel_aviv ho_chi_minh_city kuala_lumpur st_petersburg
    saint_petersburg middle_east soviet_union european_union puerto_rico northern_ireland great_britain
    sao_paulo são_paulo west_bank gaza_strip
    """
)
PLACES = word_set(
    """
    afghanistan albania algeria andorra angola argentina armenia australia austria azerbaijan bahamas
    bahrain bangladesh barbados belarus belgium belize benin bhutan bolivia bosnia botswana brazil
    brunei bulgaria burundi cambodia cameroon canada chad chile china colombia congo croatia cuba cyprus
    denmark djibouti ecuador egypt eritrea estonia ethiopia fiji finland france gabon gambia georgia
    germany ghana greece greenland grenada guatemala guinea guyana haiti honduras hungary iceland india
    indonesia iran iraq ireland israel italy jamaica japan jordan kazakhstan kenya kosovo kuwait
    kyrgyzstan laos latvia lebanon lesotho liberia libya lithuania luxembourg madagascar malawi malaysia
    maldives mali malta mauritania mauritius mexico moldova monaco mongolia montenegro morocco
    mozambique myanmar namibia nepal netherlands nicaragua niger nigeria norway oman pakistan palestine
    panama paraguay peru philippines poland portugal qatar romania russia rwanda samoa senegal serbia
    singapore slovakia slovenia somalia spain sudan suriname sweden switzerland syria taiwan tajikistan
    tanzania thailand togo tunisia turkey turkmenistan uganda ukraine uruguay uzbekistan vanuatu
    venezuela vietnam yemen zambia zimbabwe england scotland wales britain europe asia africa america
    antarctica oceania tibet crimea gaza kashmir siberia catalonia bavaria alabama alaska arizona
    arkansas california colorado connecticut delaware florida hawaii idaho illinois indiana iowa kansas
    kentucky louisiana maine maryland massachusetts michigan minnesota mississippi missouri montana
    nebraska nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont virginia washington
    wisconsin wyoming ontario quebec alberta queensland london paris berlin madrid rome moscow beijing
    shanghai tokyo osaka kyoto seoul busan incheon daegu pyongyang delhi mumbai kolkata chennai
    bangalore karachi lahore islamabad dhaka kabul tehran baghdad damascus beirut jerusalem cairo
    alexandria tripoli tunis algiers casablanca lagos nairobi johannesburg pretoria kinshasa accra dakar
    istanbul ankara athens vienna prague budapest warsaw kyiv kiev bucharest sofia belgrade zagreb
    lisbon barcelona milan venice florence naples munich hamburg frankfurt cologne zurich geneva
    brussels amsterdam rotterdam copenhagen stockholm oslo helsinki dublin edinburgh glasgow manchester
    liverpool birmingham boston chicago houston dallas atlanta miami seattle denver detroit philadelphia
    phoenix baltimore toronto montreal vancouver ottawa sydney melbourne brisbane perth auckland
    wellington bangkok hanoi manila jakarta dubai riyadh doha taipei lima bogota caracas santiago havana
    u.s us usa u.k uk uae
    """
)
PLACES |= {name.replace("_", " ") for name in _LONG_PLACES}
# People by their country: before a person's name a description, not a part of it.
DEMONYMS = word_set(
    """
    afghan african albanian algerian american angolan arab argentine argentinian armenian asian australian austrian
    azerbaijani bangladeshi basque belarusian belgian bolivian bosnian brazilian british briton bulgarian burmese
    cambodian cameroonian canadian catalan chilean chinese colombian congolese croatian cuban cypriot czech danish
    dutch dutchman ecuadorian egyptian english englishman estonian ethiopian european filipino finnish french
    frenchman georgian german ghanaian greek guatemalan haitian honduran hungarian icelandic indian indonesian
    iranian iraqi irish irishman israeli italian jamaican japanese jordanian kazakh kenyan korean kuwaiti latvian
    lebanese liberian libyan lithuanian malaysian maltese mexican moldovan mongolian moroccan nepalese nicaraguan
    nigerian norwegian pakistani palestinian panamanian paraguayan peruvian polish portuguese qatari romanian
    russian rwandan salvadoran saudi scottish scotsman senegalese serbian singaporean slovak slovenian somali soviet
    spanish sudanese swedish swiss syrian taiwanese tanzanian thai tunisian turkish ugandan ukrainian uruguayan
    venezuelan vietnamese welsh welshman yemeni zambian zimbabwean
    """
)
# Capitalised, but not a name by itself: pronouns, openers, interjections.
FUNCTION_WORDS = word_set(
    """
    a an the this that these those it its he she they we i you his her hers their theirs our ours my
    mine your me him them us who whom whose which what when where why how there here in on at for from
    with without by to as of off out up down over under into onto upon about above across after against
    along amid among around before behind below beneath beside besides between beyond despite during
    except inside like near outside past per since through throughout till toward towards until via
    within and or but nor so yet if unless although though because while whereas whether than then thus
    therefore hence however moreover meanwhile nevertheless nonetheless furthermore otherwise instead
    indeed also even still just only again once now today yesterday tomorrow tonight later earlier soon
    ever never always often sometimes usually not no yes none nothing something anything everything
    nobody somebody everyone someone anyone all any both each every either neither few fewer many much
    more most other others another some several such same one two three four five six seven eight nine
    ten eleven twelve hundred thousand million billion first second third fourth fifth last next is are
    was were be been being am do does did done have has had can could will would shall should may might
    must ought let please well ok okay hello hi thanks thank dear according based given including
    following regarding considering additionally finally recently currently originally eventually
    previously subsequently similarly specifically generally typically unlike perhaps maybe q
    """
)
# Common given names of many countries: weak evidence that two or more capitalised words are a person.
GIVEN_NAMES = word_set(
    """
    aaron abdul abdullah abigail abraham adam adrian ahmad ahmed aisha alan albert alejandro alessandro
    alex alexander alexandra alfred ali alice alison allen amanda amber amir amy ana anastasia andre
    andrea andreas andrew andrzej angela anita ann anna anne annie anthony antoine anton antonio arjun
    arnold arthur ashley barbara barry beatrice ben benjamin bernard bernie beth betty bill billy bob
    boris brad brandon brenda brian bruce camila carl carla carlos carmen carol caroline catherine
    cecilia charles charlie charlotte cheryl chloe chris christian christina christine christopher
    claire clara claude colin craig cynthia daisy dan daniel daniela danny darren dave david deborah
    dennis derek diana diane diego dmitri dmitry dominic don donald donna dorothy douglas duncan dylan
    eddie edgar edith edward edwin eileen elaine eleanor elena eli elias elizabeth ella ellen emily emma
    emmanuel enrique eric erik ernest esther ethan eugene eva evelyn fatima felix fernando fiona
    florence frances francesca francesco francis francisco franco frank franz fred frederick friedrich
    gabriel gary geoffrey george gerald gerard giovanni giuseppe glenn gloria gordon grace graham greg
    gregory guillermo gustav guy hannah hans harold harriet harry harvey hassan heather hector heinrich
    helen helena henri henry herbert herman hiroshi howard hugh hugo ian ibrahim igor ingrid irene isaac
    isabel isabella ivan jack jackie jacob jacqueline jacques jake james jamie jan jane janet jason
    javier jay jean jeff jeffrey jennifer jeremy jerome jerry jesse jessica jill jim jimmy joan joanna
    joe joel johan johann johannes john johnny jon jonathan jorge jose joseph joshua josé juan judith
    judy julia julian julie juliet justin karen karl kate katherine kathleen kathryn katie keith kelly
    ken kenneth kevin kim kumar kurt kyle larry laura lauren laurence lawrence leo leon leonard leonardo
    leonid leslie lewis lillian linda lisa liz lloyd lois lorenzo louis louise lucas lucia lucy luigi
    luis luke lydia malcolm manuel marc marcel marco marcus margaret maria marie marilyn mario marion
    mark marshall martha martin mary mateo matt matthew maurice max maxim megan mehmet mei melissa
    michael michel michelle miguel mike mikhail ming miriam mohamed mohammad mohammed monica muhammad
    murray mustafa nadia nancy naomi natalia natalie natasha nathan neil nelson nicholas nick nicola
    nicolas nikita nikolai nina noah nora norma norman oleg olga oliver olivia omar oscar otto pablo
    pamela patricia patrick paul paula pauline pedro penny peter phil philip philippe phillip pierre
    priya rachel rahul raj ralph ramon raul ray raymond rebecca ricardo richard rita robert roberto
    robin rodney roger roland ronald rosa rose ross roy ruth ryan sabrina sally sam samantha samuel
    sandra sanjay sara sarah scott sean sebastian serena sergei sergey sharon shaun sheila shirley simon
    sofia sophia sophie stanley stefan stella stephanie stephen steve steven stuart sunita susan suzanne
    sylvia tanya tara ted teresa terry theodore theresa thomas tim timothy tina tobias todd tom tommy
    tony tracy valerie vanessa vera veronica victor victoria vincent viktor virginia vivian vladimir
    walter wanda warren wayne wendy wilhelm will william wolfgang xavier yasmin yuki yuri yusuf yves
    zachary zoe
    """
)
HEADS = ORGANIZATION_HEADS | PLACE_HEADS | EVENT_HEADS
