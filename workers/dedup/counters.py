"""Blocks that count a page's readers, and no part of its article. Pure.

A figure in a text is news, and a corrected one a revision: so nothing is a counter but a short block of
a number and of words that say what of a page is counted, and of no other word.
"""

import re

from crawler.document import normalise_for_id

_LONGEST = 80
_WORD = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
# A line of a list or a table, and whole sentences, are the article's.
_OF_TEXT = re.compile(r"\n|^- | \| |[.!?。！？](?:\s|$)(?<!\d\.\s)")


def _set(words: str) -> frozenset[str]:
    return frozenset(normalise_for_id(words).split())


_COUNTED = _set(
    """
    views view reads comments comment likes shares tweets reactions ago vues commentaires
    commentaire partages lectures réactions vistas lecturas comentarios comentario compartidos
    visualizaciones visualizações leituras comentários comentário compartilhamentos partilhas aufrufe
    kommentare kommentar visualizzazioni letture commenti commento condivisioni weergaven reacties
    geleden keer wyświetleń odsłon komentarzy komentarze komentarz temu zobrazení komentářů komentáře
    görüntülenme yorum okunma önce просмотров просмотра просмотры просмотр комментариев комментария
    комментарии комментарий назад переглядів коментарів коментарі тому προβολές σχόλια σχόλιο مشاهدة
    مشاهدات تعليق تعليقات قراءة منذ צפיות תגובות 閲覧 コメント 조회 조회수 댓글
    """
)
_BESIDE = _set(
    """
    read times time total this article page story so far people users and by of in no all add your
    show leave updated posted published last about an second seconds sec minute minutes min mins hour
    hours hr hrs day days votes vote rating stars star out average lu lus fois cet il y a voir les mis à
    jour publié heure heures jour jours leído veces hace actualizado publicado hora horas minuto
    minutos día días lido vezes há atualizado dia dias mal gelesen vor aktualisiert stunde stunden
    minuten tag tagen letto volte fa aggiornato ora ore minuti giorni gelezen bijgewerkt uur dagen
    przeczytano razy godzin godziny godzinę minut minuty dni прочитано раз обновлено минуту минуты
    минут час часа часов день дня дней хвилину хвилини хвилин годину години годин πριν ώρα ώρες λεπτά
    λεπτό ημέρες دقيقة دقائق ساعة ساعات يوم أيام عدد
    """
)
# Words of Chinese and Japanese are not parted: what is counted, and what may stand beside it.
_HAN = re.compile(
    r"(?:阅读|閱讀|浏览|瀏覽|评论|評論|点击|點擊|回复|回覆|留言|分钟前|分鐘前|小时前|小時前|分前|時間前|閲覧|次数|次數|次|量|数|數|条|條|件|共|已|发表|發表)+"
)
_HAN_COUNTED = re.compile(
    r"阅读|閱讀|浏览|瀏覽|评论|評論|点击|點擊|回复|回覆|留言|分钟前|分鐘前|小时前|小時前|分前|時間前|閲覧"
)


def is_counter(block: str) -> bool:
    """Whether a block of a body does nothing but count readers, comments, or the time since."""
    if len(block) > _LONGEST or not _DIGIT.search(block) or _OF_TEXT.search(block):
        return False
    words = _WORD.findall(normalise_for_id(block))
    is_counted = any(word in _COUNTED or _HAN_COUNTED.search(word) for word in words)
    return is_counted and all(
        word in _COUNTED or word in _BESIDE or _HAN.fullmatch(word) for word in words
    )


def same_but_for_counters(one: str, other: str) -> bool:
    """Whether two bodies are one text, whatever their counters say."""
    return _text_of(one) == _text_of(other) != ""


def _text_of(body: str) -> str:
    return normalise_for_id(" ".join(b for b in body.split("\n\n") if not is_counter(b)))
