"""In which language a text is written, by its script and by its commonest words. Pure.

For the page that names no language, or its template's instead of its own: what a page says stands
unless the text plainly says otherwise. A text that might be of two languages is of none.
"""

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from heapq import nlargest

# Letters by their script, each with the language that alone writes news in it, if one does.
_SCRIPTS: Mapping[str, tuple[str, str]] = {
    "Latin": ("A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff", ""),
    "Cyrillic": ("\u0400-\u052f", ""),
    "Arabic": ("\u0620-\u064a\u066e-\u06d3\u06d5\u06fa-\u06ff\u0750-\u077f", ""),
    "Devanagari": ("\u0900-\u097f", ""),
    "Greek": ("\u0370-\u03ff\u1f00-\u1fff", "el"),
    "Hebrew": ("\u05d0-\u05ea", "he"),
    "Thai": ("\u0e00-\u0e7f", "th"),
    "Lao": ("\u0e80-\u0eff", "lo"),
    "Hangul": ("\uac00-\ud7a3\u1100-\u11ff", "ko"),
    "Kana": ("\u3041-\u309f\u30a1-\u30fa\u30fc", "ja"),
    "Han": ("\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff", "zh"),
    "Georgian": ("\u10a0-\u10ff", "ka"),
    "Armenian": ("\u0531-\u0587", "hy"),
    "Bengali": ("\u0980-\u09ff", "bn"),
    "Gurmukhi": ("\u0a00-\u0a7f", "pa"),
    "Gujarati": ("\u0a80-\u0aff", "gu"),
    "Tamil": ("\u0b80-\u0bff", "ta"),
    "Telugu": ("\u0c00-\u0c7f", "te"),
    "Kannada": ("\u0c80-\u0cff", "kn"),
    "Malayalam": ("\u0d00-\u0d7f", "ml"),
    "Sinhala": ("\u0d80-\u0dff", "si"),
    "Burmese": ("\u1000-\u109f", "my"),
    "Khmer": ("\u1780-\u17ff", "km"),
    "Ethiopic": ("\u1200-\u137f", "am"),
}
_LETTERS = {name: re.compile(f"[{letters}]") for name, (letters, _) in _SCRIPTS.items()}
_WORDS = {name: re.compile(f"[{_SCRIPTS[name][0]}\u0300-\u036f]+") for name in
          ("Latin", "Cyrillic", "Arabic", "Devanagari")}  # fmt: skip

# The commonest words of a language that few others have.
_COMMON: Mapping[str, Mapping[str, str]] = {
    "Latin": {
        "en": "the of and to in that is was for it with as on be at by this have from not are they which had has were would",
        "fr": "le la les des et une est dans que qui pour sur au avec par plus ne pas ce aux ont été cette du sont leur",
        "es": "el la los las del y una en que por para con se su al lo como más fue han este esta pero sus según sobre",
        "pt": "o os as da do dos das em um uma que para com não por mais na no ao foi são como também à pela pelo seu",
        "it": "il di che la gli un per è con del della dei nel sono alla le più anche una dal ha come delle ma si",
        "ca": "el la els les i amb per que una dels del al és ha més aquest aquesta també han són seva va però les",
        "gl": "o os unha dos das do da que para con non por máis na no ao foi son como tamén á pola polo súa",
        "ro": "și în de la cu pe care nu este un din pentru o a fost sunt mai că au prin după această sau să ale",
        "de": "der die und das den von zu mit sich des auf für ist im dem nicht ein eine als auch es an werden aus hat",
        "nl": "de het een van en in dat is op te zijn met voor niet aan er om ook als bij die door maar werd naar",
        "af": "die het en van is in wat nie te vir op met aan dat sy om was ook hulle deur maar word sal by",
        "sv": "och att det som en på är av för med till den har inte om ett han men var jag sig från så också",
        "da": "og at det som en på er af for med til den har ikke om et han men var jeg sig fra så også efter blev hvor",
        "no": "og at det som en på er av for med til den har ikke om et han men var jeg seg fra så også etter ble hvor",
        "fi": "ja on ei että se hän oli mutta myös kun ovat joka mukaan kuin sekä tai ole vuonna sen jo",
        "et": "ja on ei et see ta oli aga ka kui mis või oma seda selle ning kes olid pole nad",
        "pl": "i w na z do się nie że to jest o od za po jak przez dla które który jego są oraz także tym przy może",
        "cs": "a v na se že je to s z do o jako by ale za pro od po které který jeho jsou také podle při byl",
        "sk": "a v na sa že je to s z do o ako by ale za pre od po ktoré ktorý jeho sú aj podľa pri bol",
        "sl": "in je v na da se za so ki z pa ne tudi bi po kot od pri iz ali bo sta še že",
        "hr": "i je u na da se za su koji od s ne o te kao je što bi nije iz koja li ali prema bio ili",
        "hu": "a az és hogy nem is egy meg ez de volt csak mint már még vagy azt ki szerint el lesz után",
        "tr": "ve bir bu için da de ile olarak olan çok daha gibi olduğu sonra kadar ne ise ancak değil var",
        "az": "və bir bu üçün da də ilə olan olaraq daha ki isə sonra qədər həm deyil var hər onun edib",
        "sq": "e të në dhe për me një që nga është u si ka më do nuk i se por janë ky kjo",
        "lt": "ir kad į iš su yra tai bet jis kaip buvo dėl apie už nuo po ar taip jau gali",
        "lv": "un ir ka no ar par uz kas bet tas kā tika arī gan viņš bija vai pie pēc lai",
        "vi": "và của là có cho không trong được với các một những người này đã khi từ ra về để",
        "id": "yang dan di dari untuk dengan ini itu pada tidak dalam akan adalah ke juga oleh telah tersebut karena bisa",
        "ms": "yang dan di dari untuk dengan ini itu pada tidak dalam akan adalah ke juga oleh telah tersebut kerana boleh",
        "sw": "ya na wa kwa ni katika za la kuwa hiyo huo hilo cha kama lakini hii baada yake mwa alisema",
        "tl": "ang ng sa na mga at ay ni para si kay ito nang hindi may kung mula siya",
        "eo": "la kaj de en estas al por ke ne kun pri ĉi el ankaŭ kiu kiuj ĝi oni per estis sed",
    },
    "Cyrillic": {
        "ru": "и в не на что с по как это из для он от его к но а также был году было при или который со ее все",
        "uk": "і в у на що з не до та за це як від його для про але й або було які який року також із щоб",
        "be": "і ў на што з не да па гэта як ад яго для але або было якія які таксама пра каб яны ён",
        "bg": "и на в да се за от не с по е са че като това от ще до при или но след има които",
        "mk": "и на во да се за од не со е дека како ова ќе до при или но по има кои ги го",
        "sr": "и је у на да се за су који од с не о те као што би није из која али према или",
        "kk": "және бұл үшін бар деп мен бен да де болып еді туралы бойынша осы ол оның жылы екен",
    },
    "Arabic": {
        "ar": "في من على إلى أن التي الذي عن مع هذا هذه كان بعد ما لا قال كما بين وقد خلال لم",
        "fa": "در به از که این را با است برای آن شد های خود تا بر یک می شده هم نیز کرد",
        "ur": "کے کی میں ہے اور سے کا کو نے ہیں کہ یہ پر اس بھی نہیں تھا گیا ایک کر",
    },
    "Devanagari": {
        "hi": "के में की है को से और का ने पर यह कि भी हैं इस नहीं लिए एक था कर",
        "mr": "आहे आणि या च्या ते होते तर हे की आहेत मध्ये नाही असे झाले केली व एक होता",
        "ne": "छ र को मा भएको छन् गर्न यो पनि भने गरेको हो लाई थियो एक रहेको गर्ने",
    },
}  # fmt: skip
_COMMON_WORDS = {
    script: {language: frozenset(said.split()) for language, said in languages.items()}
    for script, languages in _COMMON.items()
}
# Letters that a language does not have; in any text of length its neighbours do.
_FOREIGN = {
    language: re.compile(f"[{letters}]")
    for language, letters in {
        "ru": "іїєўјљњћђѓќџәғқңөұү",
        "uk": "ыэёъўјљњћђѓќџәғқңөұү",
        "be": "иїєъјљњћђѓќџәғқңөұү",
        "bg": "ыэёіїєўјљњћђѓќџәғқңөұү",
        "mk": "ыэёіїєўъйщьюяћђәғқңөұү",
        "sr": "ыэёіїєўъйщьюяѓќәғқңөұү",
    }.items()
}
_FOREIGN_SHARE = 0.005
# Languages of two alphabets, by the one whose words stand for them in the other.
_IN_OTHER_LETTERS = {("sr", "Latin"): "hr"}
_OTHER_SCRIPTS = {"pa": "Arabic", "kk": "Latin", "az": "Cyrillic"}
_OTHER_NAMES = {"iw": "he", "in": "id", "nb": "no", "nn": "no", "bs": "hr", "fil": "tl", "ji": "yi"}

_SAMPLE = 6_000
_MOST_WORDS = 800
_FEWEST_LETTERS = 20
_FEWEST_WORDS = 12
# Of the words of a text of some length, so many are of the commonest; next to none of another language's.
_COMMON_SHARE = 0.1
_AHEAD = 1.3
_FAR_AHEAD = 2.5
# Japanese is never without kana, and Chinese has them in names of products.
_KANA_SHARE = 0.1


def language_of(declared: str | None, text: str) -> str | None:
    """The language of a text: as declared, unless the text is plainly of another.

    `declared` and the answer are primary subtags in lower case: `fr`.
    """
    script = _script(text)
    if script is None:
        return declared
    shares = _shares(text, script)
    said = _OTHER_NAMES.get(declared or "", declared)
    said = _IN_OTHER_LETTERS.get((said or "", script), said)
    if shares is None:
        found = _SCRIPTS[script][1]
        # Yiddish, Marathi written in another's letters, ...: whose script it is cannot be said against it.
        return declared if said and _may_be_written_in(said, script) else found
    best, next_best = nlargest(2, shares.items(), key=lambda one: one[1])
    if said in shares:
        is_other = best[1] >= _COMMON_SHARE and best[1] >= _FAR_AHEAD * shares[said]
        return best[0] if is_other else declared
    if said and _may_be_written_in(said, script):
        return declared
    is_plain = best[1] >= _COMMON_SHARE and best[1] >= _AHEAD * next_best[1]
    return best[0] if is_plain else None


def likely_latin(text: str) -> list[str]:
    """The two languages of the Latin alphabet that a text's commonest words speak for most, if they do."""
    shares = _shares(text, "Latin") or {}
    best = nlargest(2, shares.items(), key=lambda one: one[1])
    return [language for language, share in best if share >= _COMMON_SHARE]


def share_of_cyrillic_words(text: str) -> float:
    """How many of a text's words are among the commonest of one language of that alphabet, 0 to 1; of the best one."""
    return max((_shares(text, "Cyrillic") or {}).values(), default=0.0)


def _may_be_written_in(language: str, script: str) -> bool:
    """Whether nothing that is known of a language speaks against the script."""
    scripts = {name for name, (_, own) in _SCRIPTS.items() if own == language}
    scripts |= {name for name, spoken in _COMMON.items() if language in spoken}
    if language == "ja":
        scripts.add("Han")
    return not scripts or script in scripts or _OTHER_SCRIPTS.get(language) == script


def _script(text: str) -> str | None:
    """The script of most letters, None for too few; `Kana` for all that mixes it with Han."""
    counts: Counter[str] = Counter()
    for character, number in Counter(text[:_SAMPLE]).items():
        counts[_script_of(character)] += number
    del counts[""]
    # A character of these says as much as two letters of others.
    weighed = Counter(counts)
    for name in ("Han", "Kana", "Hangul"):
        weighed[name] *= 2
    if counts["Kana"] > _KANA_SHARE * (counts["Han"] + counts["Kana"]):
        weighed["Kana"], weighed["Han"] = weighed["Kana"] + weighed["Han"], 0
    script, most = max(weighed.items(), key=lambda one: one[1])
    return script if most >= _FEWEST_LETTERS and 2 * most > weighed.total() else None


@lru_cache(maxsize=1 << 14)
def _script_of(character: str) -> str:
    """The script of a letter; empty for what is none, or of none of these."""
    return next((name for name, letter in _LETTERS.items() if letter.match(character)), "")


def _shares(text: str, script: str) -> dict[str, float] | None:
    """Of the words, how many are among the commonest of each language; None for a script of one."""
    if script not in _COMMON_WORDS:
        return None
    words = Counter(_WORDS[script].findall(text[:_SAMPLE].lower())[:_MOST_WORDS])
    total = words.total()
    return {
        language: sum(words[word] for word in common & words.keys()) / total
        if total >= _FEWEST_WORDS and not _is_foreign(words, language)
        else 0.0
        for language, common in _COMMON_WORDS[script].items()
    }


def _is_foreign(words: Counter[str], language: str) -> bool:
    """Whether the words have letters that the language has not."""
    if (letters := _FOREIGN.get(language)) is None:
        return False
    foreign = sum(number * len(letters.findall(word)) for word, number in words.items())
    return foreign > _FOREIGN_SHARE * sum(number * len(word) for word, number in words.items())
