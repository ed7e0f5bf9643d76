"""Words of speech that say nothing as a label: they are neither stop words nor what a chapter is about."""

from __future__ import annotations

from core.domain.languages import base_language, word_set

_ENGLISH = word_set(
    """able above absolute accept accomplish accord account achieve across act actual add added adding
    additional adds admit advance afraid age ago agree ahead allow allowed allowing allows alone along
    alright amazing amount answer apparently appear appears apply applied applies appropriate area argue
    arrive aside ask asked asking asks assume assuming attempt available average avoid aware away awesome
    bad based basic basis beautiful became become becomes becoming began begin beginning begins behave
    belong best better big bigger biggest break bring bringing brings broke broken brought build building
    builds built bunch buy call called calling calls came care careful carefully carry case cases catch
    caught certain chance change changed changes changing check choose clear clearly close closer cold
    combine combined combination common compare compared comparing complete completely complicated compute
    computed concern confused confusing consider considered considering contain contains continue continues
    convince cool correct correctly couple course cover covered create created creates creating crazy cut
    daily deal decide decided deep define defined defining definitely depend depending depends describe
    described describes details determine develop did die differ difference differences different difficult
    directly discover discuss discussed discussing discussion doubt draw drawn drew drop due during earlier
    early easier easiest easily easy effectively either else end ended ending ends enjoy enter entire
    entirely equal equally especially essentially eventually exact example examples except excellent excited
    exciting exist existing exists expect expected explain explained explains explicit express extra
    extremely eye face fact fair fairly fall falling falls familiar famous fantastic far fast faster
    favorite feature fell few figure figured fill final finally finish finished fit five fix fixed focus
    follow followed following follows forever forget former forms forward four free frequently friend
    friends front full fully fun funny further future gain general generally girl goal good got grab
    gradually greater greatest grow guarantee guess had hand handle hands happier happy hard harder hate
    head hear heard hello help helped helpful helping helps higher highly hit hold holds hope hopefully hot
    hour hours huge idea ideas identical imagine immediate immediately importance important importantly
    impossible include included includes including incredible incredibly independent indicate individual
    inside instance interest interested interesting interestingly introduce introduced involve involved
    issue issues joke just kept kick kid kids kinds knew knowing known lack large largely larger largest
    last late later latest laugh laughs laughter lead leads learn learned leave leaves leaving led left
    letter level lie life list listen literally live lived living long longer longest looked lose lost loud
    love loved low lower lucky luck made main mainly major make man manage manner mark massive match matter
    matters member men mention mentioned mentioning merely met middle mind minus minute minutes miss missed
    missing mistake modify moment month months morning mostly mouth move moved moves moving multiple name
    named names natural naturally nature near nearly necessarily necessary needed new newer newest nicely
    nicer night nobody non normally note notice noticed number numbers obvious occur occurs odd offer okay
    old older ones opened opening opens opposed opposite option options order ordinary original originally
    other ought outside overall own page part particular particularly parts pass passed passes past pay
    people perfect perfectly perform person pick picked picking picks piece pieces plan play played playing
    plenty point pointed points poor popular portion pose position possible possibly potentially powerful
    prefer prepare present presented press previous previously principle probable problem problems proceed
    produce produced produces proper properly prove provide provided provides providing pull pure purpose
    push question questions quick quickly quiet ran randomly rapidly rare rate reach read reading reads
    ready real realise realize realized reason reasonable reasonably reasons receive recent recently
    recommend refer refers regard regular relate related relation relative relatively remain remaining
    remains remember remind remove removed repeat replace replaced represent represented represents require
    required requires respect respectively rest result resulting results return returned returns reveal rid
    rise roughly row rules run running runs safe same sat satisfied save saved saw says scary self send
    sends sense sent separate separately set sets setting several share sharp short shorter shot should
    shout shown side significant significantly similar similarly simple simpler simplest simplify single sit
    sitting situation size sizes slightly slow slower slowly small smaller smallest smart so-called solution
    solve solved solves solving somewhat soon sorts sound sounds speak speaking special specific
    specifically specified specify spend spent split stand stands stay stayed stays step steps stick stop
    stopped stops story straight straightforward strange strong stronger stuck study stupid subsequent
    successfully suddenly suffer sufficient suggest suggested suitable summarize sum super suppose supposed
    surely surprise surprised surprising switch takeaway taught teach ten tend term terms terrible tested
    thank theoretically third thoughts three throw thrown title together told tomorrow tonight took top
    topic total touch track trick tried tries trivial trouble true truly trust truth turn turned turning
    turns twice two type types typical typically under understand understanding understood unfortunately
    unique unit unless unlike usual usually valid value various vast version versus video videos view visit
    voice wait waiting walk walked walking warn watch watched watching week weeks went whatsoever wide will
    win wish woman women wonder wonderful wondered wondering word words worried worry worse worst worth
    write writing writes written wrong wrote year years yellow young zero aspect aspects sake lots everybody
    basically notes hang goodness gosh heck god dude hey folks yeah ain't anybody somebody stuff beat beats
    blow born bother bound cause causes caused claim click comes commonly dealing desired directions easy-to
    elsewhere equivalent essential exactly expensive explore extend extended fail fails failed feeling
    feelings feels finding finds flat generate generated generates gets giving grabbed happens holding
    ignore improve improved increase increased increases intend keeps kill killed knows lay lets likes lines
    looks loves makes meant meeting obtain obtained owner partly perhaps plugged pop posted pretend
    preparing pretty putting quote raise reaction realizing referred relevant scroll seat seconds sees
    serious seven shift shows six skip slide slides somewhere sort sounded starts stare starting stating
    taken takes talks tells thanks therefore thinks thousand throwing tiny tough twelve twenty uses using
    usage valuable wanna wanted wants weird whichever whoever willing works worked wow yesterday yet jump
    jumps jumped jumping dive inaudible crosstalk applause music laughing episode podcast today's monday
    tuesday wednesday thursday friday saturday sunday january february march april june july august
    september october november december conclude concludes understands whatever wherever onto plus none
    approximately whole underneath thereby dollars percent hundreds thousands millions billion second-hand
    everyday anytime sometime meantime nowadays supposedly respective presumably alongside decent ridiculous
    straightforwardly quote-unquote somebody's everybody's discount announcement sponsor sponsors breaks
    clap applaud nodding sigh chuckle chuckles cough crosstalking equals squared days high trillion
    introduces dev working thirteen fourteen fifteen sixteen seventeen eighteen nineteen thirty forty fifty
    sixty seventy eighty ninety"""
)
_OTHERS = {
    "fr": word_set(
        """exemple problème partie question manière façon possible différent différents différente différentes
        nouveau nouvelle important simple simples vidéo partir permet utiliser utilise obtenir trouver passer
        entraîner travaille travailler recommandons consulter regarder montrer parler pense commence ensemble
        type nombre niveau reste semble appelle comprendre besoin arrive année années jour jours heure heures
        moment minutes temps monde gens cours suite première nouvelles"""
    ),
    "de": word_set(
        """beispiel teil frage problem möglich verschiedene verschieden neue neuen neues wichtig einfach video
        zeigen sehen spricht denke beginnt zusammen art zahl niveau rest scheint verstehen jahr jahre tag tage
        stunde stunden moment minuten zeit welt leute gibt machen kommen bekommen nehmen brauchen"""
    ),
    "es": word_set(
        """ejemplo parte pregunta problema posible diferente diferentes nuevo nueva nuevos nuevas importante simple
        vídeo video mostrar hablar pienso comienza juntos tipo número nivel resto parece entender año años día
        días hora horas momento minutos tiempo mundo gente usar utilizar obtener encontrar"""
    ),
    "ru": word_set(
        """пример например часть вопрос проблема возможно разные разных новый новая новые важно просто видео
        показать говорить думаю начинается вместе тип число уровень понять год годы лет день дни час часов
        момент минут время мир люди использовать использует получить работает работал работать принимает найти
        будем можем можно нужно давайте"""
    ),
}


def weak_words(language: str | None) -> frozenset[str]:
    """Lower-case forms; empty for a language without a list."""
    base = base_language(language)
    return _ENGLISH if base == "en" else _OTHERS.get(base or "", frozenset())
