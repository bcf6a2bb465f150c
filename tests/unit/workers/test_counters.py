"""What counts readers, and what is news."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.dedup.counters import is_counter, same_but_for_counters

TEXT = "The port opens on Monday after 12 weeks.\n\nNobody was hurt, said the mayor.\n\n14 dead"


@pytest.mark.parametrize(
    "block",
    ["1,204 views", "Views: 1204", "Read 1204 times, 3 comments", "12 Comments", "3 minutes ago",
     "Updated 2 hours ago", "Rating: 4.1 / 5 (12 comments)", "1 204 vues", "12 commentaires", "Lectures : 12",
     "Comentarios (12)", "12 Kommentare", "Просмотров: 1204", "3 минуты назад", "12 komentarzy", "Σχόλια: 12",
     "阅读 1204", "评论(12)", "3分钟前", "댓글 12", "12 تعليقات"],
)  # fmt: skip
def test_counters(block: str) -> None:
    assert is_counter(block)


@pytest.mark.parametrize(
    "block",
    ["14 dead", "Rating: 4/5", "4 stars out of 5", "Score: 2–1", "Votes: 1,204", "The 12 comments", "12 comments on the port", "1,204 views of Paris",
     "He has 12 comments to make.", "10 years ago", "12", "2012", "- 12 comments", "Team | 12 views", "死亡12人",
     "views", "Comments", "Two views", "12 comments\n13 comments", "12 people", "3 hours", "12 visitors", "12 %",
     "There were 12 comments. It had 3 views", ""],
)  # fmt: skip
def test_what_may_be_news(block: str) -> None:
    assert not is_counter(block)


@pytest.mark.parametrize(
    ("before", "after"), [("1,204 views", "1,377 views"), ("", "1 comment"), ("3 minutes ago", "")]
)
def test_a_counter_that_moves_comes_or_goes_leaves_the_text_the_same(
    before: str, after: str
) -> None:
    one, other = ("\n\n".join(filter(None, (count, TEXT, count))) for count in (before, after))
    assert same_but_for_counters(one, other)


@pytest.mark.parametrize(
    ("was", "is_now"),
    [("12 weeks", "13 weeks"), ("14 dead", "15 dead"), ("Monday", "Tuesday"), ("\n\n14 dead", ""), ("hurt,", "hurt")],
)  # fmt: skip
def test_a_corrected_figure_is_another_text(was: str, is_now: str) -> None:
    assert not same_but_for_counters(
        f"{TEXT}\n\n12 views", f"{TEXT.replace(was, is_now)}\n\n13 views"
    )


def test_of_counters_alone_there_is_no_text() -> None:
    assert not same_but_for_counters("12 views", "13 views")


@given(st.text())
def test_a_text_is_the_same_as_itself_and_no_text_raises(body: str) -> None:
    assert (
        same_but_for_counters(body, body)
        or all(map(is_counter, body.split("\n\n")))
        or not body.split()
    )
