"""The language of a text, by what the page says and by the text itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extraction.language import language_of

TEXTS = {
    "en": "The harbour was closed for most of the night, and it is not known when the ships that wait outside will be let in again.",
    "fr": "Le port est resté fermé une grande partie de la nuit, et les bateaux qui attendent au large ne savent pas quand ils pourront entrer dans la baie.",
    "es": "El puerto estuvo cerrado gran parte de la noche y los barcos que esperan fuera no saben cuándo se les permitirá entrar en la bahía, según las autoridades.",
    "pt": "O porto esteve fechado em grande parte da noite e os navios que esperam ao largo não sabem quando vão ser admitidos na baía, como foi dito pelo governo.",
    "it": "Il porto è rimasto chiuso per gran parte della notte e le navi che aspettano al largo non sanno quando sono ammesse nella baia, come ha detto il sindaco.",
    "de": "Der Hafen war den größten Teil der Nacht gesperrt, und die Schiffe, die draußen auf Einlass warten, wissen nicht, wann sie in die Bucht dürfen.",
    "nl": "De haven was het grootste deel van de nacht gesloten en de schepen die buiten op toegang wachten, weten niet wanneer zij naar binnen worden gelaten.",
    "pl": "Port był zamknięty przez większą część nocy i nie wiadomo, kiedy statki, które czekają na redzie, wejdą do zatoki, jak to się stało w zeszłym roku.",
    "cs": "Přístav byl po většinu noci uzavřen a lodě, které čekají na moři, se do zálivu nedostanou, protože to je podle úřadů ještě nebezpečné.",
    "sv": "Hamnen var stängd under större delen av natten och det är inte känt när de fartyg som väntar utanför får komma in i viken, som för en vecka sedan.",
    "fi": "Satama oli suljettu suurimman osan yöstä, ja nyt ei ole tiedossa, milloin laivat pääsevät lahdelle, mutta se on varmaa, että ne ovat turvassa, kuin myös väki.",
    "hu": "A kikötő az éjszaka nagy részében zárva volt, és nem tudni, hogy a kint várakozó hajók mikor mehetnek be az öbölbe, de ez már csak egy kérdés.",
    "tr": "Liman gecenin büyük bir bölümünde kapalıydı ve açıkta bekleyen gemilerin ne zaman koya alınacağı bilinmiyor; bu durum için daha sonra bir açıklama olacak.",
    "ro": "Portul a fost închis în cea mai mare parte a nopții, iar navele care așteaptă în larg nu știu când vor fi primite în golf, pentru că nu este sigur.",
    "vi": "Cảng đã đóng cửa gần hết đêm và các tàu đang chờ ở ngoài không biết khi nào được vào vịnh, theo những người có trách nhiệm của thành phố này.",
    "id": "Pelabuhan itu ditutup hampir sepanjang malam dan kapal yang menunggu di luar tidak tahu kapan akan masuk ke teluk, karena hal ini belum aman untuk semua.",
    "eo": "La haveno estis fermita dum la plimulto de la nokto, kaj la ŝipoj kiuj atendas ekstere ne scias kiam oni enlasos ilin en la golfon, ĉar estas danĝere al ili.",
    "ru": "Порт был закрыт большую часть ночи, и суда, которые ждут на рейде, не знают, когда их пустят в бухту, потому что это было бы опасно для всех.",
    "uk": "Порт був закритий більшу частину ночі, і судна, які чекають на рейді, не знають, коли їх пустять до бухти, бо це було б небезпечно для всіх.",
    "bg": "Пристанището беше затворено през по-голямата част от нощта и корабите, които чакат навън, не знаят кога ще бъдат пуснати в залива, защото това е опасно.",
    "sr": "Лука је била затворена већи део ноћи и бродови који чекају напољу не знају када ће их пустити у залив, јер то није безбедно за све, као што је речено.",
    "el": "Το λιμάνι έμεινε κλειστό το μεγαλύτερο μέρος της νύχτας.",
    "ar": "ظل الميناء مغلقا معظم الليل ولا تعرف السفن التي تنتظر في الخارج متى يسمح لها بالدخول إلى الخليج كما قال رئيس البلدية في بيان عن هذا الأمر.",
    "fa": "بندر در بیشتر ساعات شب بسته بود و کشتی‌هایی که در بیرون منتظر هستند نمی‌دانند که این را به چه زمانی باز خواهند کرد، از جمله برای آن شهر.",
    "he": "הנמל היה סגור רוב הלילה והאוניות שמחכות בחוץ אינן יודעות מתי ייכנסו.",
    "hi": "बंदरगाह रात के अधिकांश समय बंद रहा और बाहर इंतज़ार कर रहे जहाज़ों को नहीं पता कि वे खाड़ी में कब जा सकेंगे, यह शहर के लिए एक समस्या है।",
    "th": "ท่าเรือปิดเกือบทั้งคืนและเรือที่รออยู่ข้างนอกไม่รู้ว่าจะเข้าได้เมื่อไร",
    "ko": "항구는 밤새 거의 닫혀 있었고 밖에서 기다리는 배들은 언제 들어갈 수 있을지 모른다.",
    "ja": "港は夜の大半を通じて閉鎖され、沖で待つ船はいつ湾に入れるのか分からない。",
    "zh": "港口在夜间大部分时间关闭，在外等候的船只不知道何时能够进入海湾。",
}


@pytest.mark.parametrize("language", [language for language in TEXTS if language != "id"])
def test_a_page_that_names_no_language(language: str) -> None:
    assert language_of(None, TEXTS[language]) == language


@pytest.mark.parametrize("language", TEXTS)
def test_a_page_that_names_its_own_is_believed(language: str) -> None:
    assert language_of(language, TEXTS[language]) == language


@pytest.mark.parametrize("language", [language for language in TEXTS if language != "en"])
def test_a_template_that_says_english_of_everything_is_not(language: str) -> None:
    assert language_of("en", TEXTS[language]) == language


@pytest.mark.parametrize(
    ("declared", "text"), [("lb", "de"), ("yi", "he"), ("gd", "en"), ("mn", "ru")]
)
def test_a_language_that_is_not_known_here_stands(declared: str, text: str) -> None:
    assert language_of(declared, TEXTS[text]) == declared


@pytest.mark.parametrize(("declared", "text"), [("kk", "ru"), ("mr", "hi"), ("nb", "sv")])
def test_neighbours_stand_where_the_text_is_too_short_to_tell(declared: str, text: str) -> None:
    assert language_of(declared, " ".join(TEXTS[text].split()[:6])) == declared


def test_a_text_that_might_be_of_two_languages_is_of_none() -> None:
    assert language_of(None, TEXTS["id"]) is None  # or Malay


@pytest.mark.parametrize(
    "text", ["", "12 345", "Ok.", "Kyoto 2024: 3–1", "Ga Na Da La Ma Ba Sa Xa Za Wa"]
)
def test_too_little_says_nothing(text: str) -> None:
    assert language_of(None, text) is None
    assert language_of("fr", text) == "fr"


def test_chinese_with_a_japanese_product_in_it_is_chinese() -> None:
    assert language_of(None, TEXTS["zh"] * 3 + "「ポケモン」") == "zh"


def test_quotations_in_another_script_change_nothing() -> None:
    assert language_of(None, TEXTS["el"] * 4 + " Reuters, «The Times», New York") == "el"


@given(st.none() | st.sampled_from(["en", "xx", "ja", "iw"]), st.text())
def test_no_text_raises(declared: str | None, text: str) -> None:
    found = language_of(declared, text)
    assert found is None or 2 <= len(found) <= 3


def test_serbian_in_latin_letters_is_what_its_page_says() -> None:
    said = (
        "Predsednik je danas izjavio da će se pregovori nastaviti i da je to u interesu svih građana "
        "koji žive na jugu, a ne samo onih koji su na vlasti, ali da nije kasno za dogovor. "
    )
    assert language_of("sr", said * 3) == "sr"
    assert (
        language_of(
            "sr", "The mayor said that the port was open and it is for the people of the town. " * 3
        )
        == "en"
    )
