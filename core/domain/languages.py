"""Which language a text is in, and the words of speech that carry no meaning in it."""

from __future__ import annotations

import re
from collections import Counter


def word_set(text: str) -> frozenset[str]:
    """The words of a list written with spaces."""
    return frozenset(text.split())


_ENGLISH = """
a an the this that these those there here it its it's he she they we you i me him her them us my your his our their mine
yours hers ours theirs myself yourself himself herself itself ourselves yourselves themselves who whom whose which what
where when why how whoever whatever whenever wherever is am are was were be been being do does did doing done have has
had having will would shall should can could may might must ought isn't aren't wasn't weren't don't doesn't didn't
haven't hasn't hadn't won't wouldn't shan't shouldn't can't cannot couldn't mightn't mustn't ain't i'm you're he's she's
we're they're i've you've we've they've i'd you'd he'd she'd we'd they'd i'll you'll he'll she'll we'll they'll it'll
it'd that's that'll that'd there's there're here's what's who's where's how's let's when's why's y'all and or but nor so
yet if because cause cos cuz as while until till unless although though since whether than then of at by for with about
against between into through during before after above below to from up down in out on off over under again further once
per via upon within without toward towards among across along around behind beside besides beyond near onto all any both
each few more most other some such no not only own same too very just also even still ever never always often sometimes
usually already almost rather quite really actually basically literally obviously probably maybe perhaps certainly
definitely exactly totally absolutely honestly seriously simply pretty kind kinda sort sorta bit lot lots much many
little less least enough every everyone everybody everything someone somebody something anyone anybody anything nobody
none nothing somewhere anywhere everywhere nowhere somehow anyway anyways else either neither another ok okay okey yeah
yep yup yes nah nope no oh ah aha uh um umm uhm erm er hm hmm mm mhm mmhmm huh hey hi hello bye wow well like right sure
alright fine cool great nice good yay ooh whoa gonna wanna gotta hafta oughta lemme gimme dunno mean means meant know
knows knew known think thinks thinking thought guess see sees saw seen look looks looking say says said saying tell
tells told talk talks talking talked go goes going went gone come comes came coming get gets got getting gotten make
makes made making take takes took taking taken give gives gave giving given put puts want wants wanted need needs needed
try trying tried let lets thing things stuff guy guys people way ways point now today yesterday tomorrow time times day
first second third last next one two three four five six seven eight nine ten eleven twelve twenty thirty hundred
thousand million half couple around back sorry thank thanks please welcome course instead however therefore thus hence
moreover indeed whole part place start started starting happen happens happened happening believe feel feels felt find
keep keeps kept use used using uses show shows showed work works able seem seems seemed feel anymore got'em etc ie eg vs
yknow you'know innit mhmm alrighty folks y'know im ive dont didnt doesnt isnt wasnt cant wont id ill youre theyre weve
youve thats whats theres lets hes shes wouldnt couldnt shouldnt havent hasnt arent
"""
_FRENCH = """
le la les l un une des du de d au aux à en y et ou où mais donc or ni car que qu qui quoi dont lequel laquelle lesquels
ce cet cette ces c ça cela ceci celui celle ceux celles je j tu il elle on nous vous ils elles me m te t se s lui leur
leurs eux moi toi soi mon ma mes ton ta tes son sa ses notre nos votre vos ne n pas plus moins jamais rien personne
aucun aucune si oui non est es suis sommes êtes sont était étaient étais été être sera seront serait soit ai as a avons
avez ont avait avaient avais eu avoir aura auront aurait fait faire fais font faisait va vais vas vont allons allez
aller allait peut peux peuvent pouvez pouvons pouvait pouvoir doit dois doivent devez devons devoir faut fallait veut
veux veulent vouloir voulez dit dire dis disent disait voir vois voit voilà voici savoir sait sais savez mettre met
prendre prend donner donne venir vient viens très trop peu beaucoup bien bon bonne bonjour merci salut alors ainsi aussi
autre autres même mêmes tout toute tous toutes chaque quelque quelques plusieurs certains certaines tel telle tels avec
sans sous sur dans par pour vers chez entre contre depuis pendant avant après devant derrière jusqu jusque lorsque
lorsqu quand comme comment pourquoi parce puisque puisqu afin ici là puis ensuite enfin encore déjà toujours souvent
parfois maintenant aujourd'hui hier demain vraiment juste simplement seulement surtout peut-être plutôt presque environ
euh heu ben bah hein ouais ok d'accord quoi genre bref fin allez hop ah oh eh choses chose truc trucs fois cas petit
petite grand grande deux trois quatre cinq six sept huit neuf dix cent mille premier première dernière dernier
"""
_GERMAN = """
der die das des dem den ein eine einer eines einem einen und oder aber denn doch sondern dass daß ob weil wenn als wie
wo wer was wen wem wessen warum wann welche welcher welches welchen ich du er sie es wir ihr mich dich sich uns euch
ihm ihn ihnen mir dir mein meine meiner meinen dein deine sein seine seiner seinen seinem ihre ihrer ihren ihrem unser
unsere unseren euer eure dieser diese dieses diesen diesem jener jene jenes man kein keine keiner keinen nicht nichts
nie niemals niemand jeder jede jedes jeden alle alles allen aller viel viele vielen wenig wenige mehr meist einige
etwas jemand selbst bin bist ist sind seid war waren warst wäre wären gewesen werden wird wirst werde wurde wurden
worden würde würden habe hast hat haben habt hatte hatten hätte hätten gehabt kann kannst können konnte könnte könnten
muss musst müssen musste soll sollen sollte sollten will willst wollen wollte darf dürfen durfte mag möchte möchten
machen macht mache gemacht gehen geht ging gibt geben gab sagen sagt sage gesagt kommen kommt kam sehen sieht schauen
lassen lässt wissen weiß denke glaube finde heißt an am auf aus bei beim bis durch für gegen hinter in im ins mit nach
neben ohne seit über um unter von vom vor während wegen zu zum zur zwischen auch noch nur schon sehr so dann da dort
hier hin her jetzt immer wieder mal eben halt ja nein naja okay ok genau also äh ähm hm tja gut ganz gar einfach
eigentlich vielleicht natürlich wirklich ziemlich etwa fast sogar zwar jedoch deshalb deswegen daher damit dabei dazu
darauf daran davon dafür dadurch darum trotzdem außerdem bereits heute gestern morgen zwei drei vier fünf sechs sieben
acht neun zehn hundert tausend erste ersten zweite zweiten mal sache sachen ding dinge leute
"""
_SPANISH = """
el la los las lo un una unos unas de del al a ante bajo con contra desde en entre hacia hasta para por según sin sobre
tras y e o u ni pero sino aunque porque pues que qué quien quién quienes cual cuál cuales cuando cuándo donde dónde como
cómo cuanto cuánto yo tú él ella usted nosotros vosotros ellos ellas ustedes me te se nos os le les mi mis tu tus su sus
nuestro nuestra nuestros nuestras este esta estos estas esto ese esa esos esas eso aquel aquella aquello aquí ahí allí
acá allá no sí si ya más menos muy mucho mucha muchos muchas poco poca pocos tan tanto tanta todo toda todos todas otro
otra otros otras mismo misma algo alguien algún alguna algunos algunas nada nadie ningún ninguno ninguna cada cualquier
varios es soy eres somos son era eran fue fueron ser sea sido siendo está estoy estás estamos están estaba estar han he
has ha hemos había haber hay hubo habría tengo tienes tiene tenemos tienen tenía tener hacer hace hago hacen hacemos
hecho hizo voy vas va vamos van ir iba puede puedo pueden podemos poder podría debe deben quiero quiere quieren querer
decir dice digo dicen dijo ver veo ves ve vemos saber sé sabe sabes creo pienso dar doy da dan también tampoco solo sólo
siempre nunca entonces luego después antes ahora hoy ayer mañana bien mal bueno buena pues claro vale eh ah oh este o
sea realmente simplemente básicamente así además quizás tal vez casi aún todavía cosa cosas vez veces dos tres cuatro
cinco seis siete ocho nueve diez cien mil primero primera hola gracias
"""
_ITALIAN = """
il lo la i gli le l un uno una di del dello della dei degli delle dell a al allo alla ai agli alle all da dal dallo
dalla dai dalle dall in nel nello nella nei negli nelle nell con col su sul sullo sulla sui sulle sull per tra fra e ed
o ma però anche che chi cui quale quali cosa come dove quando quanto quanta perché se non sì no io tu lui lei noi voi
loro mi ti si ci vi ne me te mio mia miei mie tuo tua suo sua suoi sue nostro nostra nostri vostro questo questa questi
queste quest quello quella quelli quelle quell qui qua lì là sono sei è siamo siete era erano ero essere stato stata
stati sia sarà sarebbe ho hai ha abbiamo avete hanno aveva avevo avere avuto fare fa faccio fanno facciamo fatto va vado
vai vanno andiamo andare può posso possono possiamo potere deve devo devono dobbiamo vuole voglio vogliono dire dice
dico detto vedere vede so sa sapere più meno molto molta molti molte poco poca pochi tanto tanta tanti troppo tutto
tutta tutti tutte altro altra altri altre ogni qualche alcuni alcune nessuno niente nulla stesso stessa così allora
quindi poi dopo prima adesso ora oggi ieri domani sempre mai ancora già solo soltanto proprio davvero magari forse
quasi bene bravo ecco cioè insomma diciamo praticamente ok ah eh oh boh beh mah due tre quattro cinque sei sette otto
nove dieci cento mille cose volta volte ciao grazie
"""
_PORTUGUESE = """
o a os as um uma uns umas de do da dos das em no na nos nas num numa por pelo pela pelos pelas para pra pro com sem sob
sobre entre até desde contra e ou mas porém nem que quem qual quais quando onde como quanto porque por quê se não sim eu
tu ele ela você vocês nós eles elas me te lhe lhes mim comigo meu minha meus minhas teu tua seu sua seus suas nosso
nossa este esta estes estas isto esse essa esses essas isso aquele aquela aquilo aqui ali lá aí é sou és somos são era
eram foi foram ser seja sido sendo está estou estamos estão estava estar tenho tem temos têm tinha ter há havia haver
faz faço fazer fazem feito fez vou vai vamos vão ir ia pode posso podem podemos poder deve devem quero quer querem dizer
diz digo disse ver vejo vê sei sabe saber acho dar dá mais menos muito muita muitos muitas pouco pouca tão tanto todo
toda todos todas outro outra outros outras mesmo mesma algo alguém algum alguma alguns algumas nada ninguém nenhum
nenhuma cada qualquer também só apenas sempre nunca então depois antes agora hoje ontem amanhã bem mal bom boa né tá aí
tipo assim ah oh eh já ainda quase talvez realmente coisa coisas vez vezes gente dois duas três quatro cinco seis sete
oito nove dez cem mil primeiro primeira olá obrigado obrigada
"""
_RUSSIAN = """
и в во не что он на я с со как а то все она так его но да ты к у же вы за бы по только ее её мне было вот от меня еще
ещё нет о об из ему теперь когда даже ну вдруг ли если уже или ни быть был была были него до вас нибудь опять уж вам
ведь там потом себя ничего ей может они тут где есть надо ней для мы тебя их чем сам чтоб чтобы без будто чего раз тоже
себе под будет будут ж тогда кто этот эта это эти этого этой этом этому этих того той том тому тех потому какой какая
какие какое совсем ним здесь один одна одно одни почти мой моя мои тем сейчас куда зачем всех никогда можно при два три
четыре пять шесть семь восемь девять десять сто тысяча об другой другие хоть после над больше тот та те через нас про
всего них много разве эту свою свой свои этом перед иногда лучше чуть нельзя такой такая такие такое им более всегда
конечно всю между также который которая которое которые которого которой котором которых просто очень давайте давай
значит как бы типа короче собственно вообще вот это самое эээ ага угу окей ладно хорошо то есть например поэтому тоже
наш наша наше наши нам нами мной вами ваш ваша ваши делать сделать сделаем делаем говорить говорит сказать скажем знаете
знать могу можем можете могут мочь нужно хотите хотим хочу видим видите видно посмотрим смотрим привет спасибо итак
пока первый первая второй
"""
_OTHERS = {
    "nl": """de het een en of maar want dus omdat als dan dat die dit deze wie wat waar wanneer waarom hoe welke ik
        jij je hij zij ze wij we jullie u mij me hem haar ons hun mijn jouw zijn onze niet geen wel ook nog al
        meer veel weinig is ben bent was waren wordt worden werd heb hebt heeft hebben had hadden kan kunnen kon
        zal zullen zou moet moeten mag wil willen gaan gaat ga doen doet komen komt zeggen zegt zien van in op
        aan met voor door over bij naar uit om tot te onder tussen na er hier daar nu toen zo heel even gewoon
        eigenlijk natuurlijk echt ja nee oké hè nou goed iets niets alles iemand twee drie""",
    "pl": """i w we z ze na do od o u po za przed przy przez dla bez pod nad między a ale lub albo bo że żeby jak
        jeśli czy gdy kiedy gdzie co kto który która które którzy ten ta to te tego tej tym tych ja ty on ona
        ono my wy oni mnie mi cię go jej im ich nas nam was się swój mój nie tak no już jeszcze tylko też także
        bardzo więc tutaj tam teraz potem jest są był była było były być będzie będą mam ma mamy mają może można
        trzeba jest to ok dobrze właśnie po prostu jakby znaczy wszystko coś nic dwa trzy""",
    "tr": """ve bir bu şu o da de ki mi mı mu mü ile için gibi kadar daha çok en az ama fakat ya veya ne nasıl neden
        nerede kim hangi ben sen biz siz onlar bana sana ona bize beni seni onu var yok değil evet hayır şey
        şimdi sonra önce her hiç bazı olarak olan oldu olur ise diye yani işte tamam hani böyle şöyle çünkü eğer
        iki üç""",
    "sv": """och i att det som en ett på är av för med den till inte om har de du jag vi han hon ni man var så men
        från kan ska skulle vill måste när hur vad vem vilken där här nu då också bara mycket mer alla något
        ingen sig sin sitt sina min mitt mina din vår er mig dig oss dem eller eftersom ja nej okej liksom
        alltså ju väl två tre""",
    "uk": """і й в у на з із зі до від за для про при без під над через що як а але або бо чи якщо коли де хто який
        яка яке які цей ця це ці того той та те я ти він вона воно ми ви вони мене мені його її їх нас нам вас
        вам не ні так ну вже ще тільки також дуже тут там тепер потім є був була було були буде можна треба може
        просто от ось отже тобто два три""",
    "ar": """في من على إلى عن مع هذا هذه ذلك تلك التي الذي الذين ما لا لم لن أن إن كان كانت يكون هو هي هم نحن أنا أنت
        و أو ثم لكن بل قد كل بعض غير بين عند بعد قبل حتى إذا كما لأن هنا هناك يعني طيب نعم جدا فقط أيضا شيء يا""",
    "he": """של את על עם אל מן זה זו זאת הוא היא הם הן אני אתה אנחנו לא כן כי אם או גם רק כל יש אין היה הייתה להיות
        מה מי איך למה איפה כמו אבל אז עוד כבר פה שם אותו אותה לנו לי לך שלי שלנו בעצם ממש טוב אוקיי""",
    "hi": """का के की को में से पर है हैं था थे थी हो और या लेकिन यह ये वह वे मैं हम आप तुम जो तो ही भी नहीं कि एक इस
        उस कर करना करते करता किया गया जा रहा रहे रही ने अब यहाँ वहाँ क्या कैसे बहुत कुछ सब अपने लिए साथ तक ठीक""",
    "id": """yang dan di ke dari untuk dengan pada adalah ini itu tidak bukan ada akan sudah telah bisa dapat harus
        juga atau tapi tetapi karena kalau jika saya aku kamu anda dia kita kami mereka apa siapa bagaimana
        kenapa seperti lebih sangat hanya saja jadi ya nah oke lalu kemudian sini sana satu dua tiga""",
    "zh": """我们 你们 他们 她们 它们 自己 大家 这个 那个 这些 那些 这里 那里 这样 那样 什么 怎么 为什么 哪里 一个
        一些 一下 一样 可以 可能 应该 需要 因为 所以 但是 如果 虽然 而且 或者 然后 现在 时候 已经 还是 就是
        不是 没有 其实 非常 比较 知道 觉得 看到 来说 进行 通过 以及 对于 关于 之后 之前 今天 东西 好的 谢谢""",
    "ja": """私 私達 僕 今 今日 今回 時 事 物 人 方 所 為 場合 自分 皆 皆さん 何 一 二 三 一つ 二つ 次 前 後
        中 上 下 的 思 言 見 行 使 場 合""",
}  # fmt: skip
_LISTS = {
    language: word_set(words)
    for language, words in {
        "en": _ENGLISH, "fr": _FRENCH, "de": _GERMAN, "es": _SPANISH, "it": _ITALIAN, "pt": _PORTUGUESE,
        "ru": _RUSSIAN, **_OTHERS,
    }.items()
}  # fmt: skip

# A pair of Han characters with one of these in it is grammar, not a term.
FUNCTION_CHARACTERS = frozenset("的了是在我你他她它这那们就也都和不有个要会能说到很把被让给吗呢吧啊呀么着过得地与及而")

_SCRIPTS = (
    ("ja", re.compile("[\u3041-\u30ff]"), 0.08),
    ("zh", re.compile("[\u3400-\u9fff]"), 0.25),
    ("ko", re.compile("[\uac00-\ud7a3]"), 0.3),
    ("he", re.compile("[\u05d0-\u05ea]"), 0.4),
    ("el", re.compile("[\u0370-\u03ff]"), 0.4),
    ("th", re.compile("[\u0e01-\u0e5b]"), 0.4),
    ("hi", re.compile("[\u0900-\u097f]"), 0.4),
    ("ar", re.compile("[\u0600-\u06ff]"), 0.4),
)
_LETTERS = re.compile(r"[^\W\d_]")
_WORDS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SAMPLE_CHARACTERS = 20_000
_ALIASES = {"iw": "he", "in": "id", "cmn": "zh", "yue": "zh", "nb": "no", "nn": "no"}


def base_language(tag: str | None) -> str | None:
    """The primary subtag in lower case ("zh-CN" gives "zh"); None for None or an empty tag."""
    if not tag:
        return None
    base = re.split(r"[-_]", tag.strip().lower(), maxsplit=1)[0]
    return _ALIASES.get(base, base) or None


def stop_words(language: str | None) -> frozenset[str]:
    """The spoken stop list of a language; empty where there is none.

    Chinese and Japanese take the English list along: technical talk in them is full of English, bilingual captions too.
    """
    base = base_language(language) or ""
    listed = _LISTS.get(base, frozenset())
    return listed | _LISTS["en"] if base in {"zh", "ja"} else listed


def has_stop_list(language: str | None) -> bool:
    return base_language(language) in _LISTS


def detect_language(text: str) -> str | None:
    """The base language of the first 20,000 characters, or None.

    First by script, then by the share of stop words: the best list must make up a quarter of the words (running
    text reaches 35-60 %), lead the next by a tenth, and there must be at least eight words.
    """
    sample = text[:_SAMPLE_CHARACTERS]
    letters = len(_LETTERS.findall(sample))
    for language, script, share in _SCRIPTS:
        if letters and len(script.findall(sample)) / letters >= share:
            return language
    return _by_stop_words([word.replace("’", "'") for word in _WORDS.findall(sample.lower())])


def _by_stop_words(words: list[str]) -> str | None:
    if len(words) < 8:
        return None
    counts = Counter(words)
    shares = sorted(
        ((sum(count for word, count in counts.items() if word in stops) / len(words), language)
         for language, stops in _LISTS.items()),
        reverse=True,
    )  # fmt: skip
    (best, language), (second, _other) = shares[0], shares[1]
    return language if best >= 0.25 and best > second * 1.1 else None
