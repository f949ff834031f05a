from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.statements import statements

DRAFT = """# Talks in Tarn

The lock was **shut on Monday. It stays
shut until** May, Mr. Voss said.\r

- Nobody was [asked](http://tarn.example/a_b).
- no
> The council met
> twice & left. Why did it meet at all?

| day | what |
|-----|------|
| Monday | the lock was shut |

```
this code states nothing at all
```
"""


def test_the_sentences_of_a_draft_that_state_something():
    found = [(one.span.of(DRAFT), one.claim) for one in statements(DRAFT)]
    assert found == [
        ("The lock was **shut on Monday.", "The lock was shut on Monday."),
        ("It stays\nshut until** May, Mr. Voss said.", "It stays shut until May, Mr. Voss said."),
        ("Nobody was [asked](http://tarn.example/a_b).", "Nobody was asked."),
        ("The council met\n> twice & left.", "The council met twice & left."),
    ]


@pytest.mark.parametrize(
    "text", ["", "   \n\n", "# Only a heading of words", "Why? Who knows that?", "Two words."]
)
def test_what_states_nothing(text: str):
    assert list(statements(text)) == []


@given(st.text(st.sampled_from("ab Z.?!\n\r>#-*_`|[]()&:é\u200b"), max_size=120))
def test_statements_stand_in_the_text_in_order_and_apart(text: str):
    end = 0
    for one in statements(text):
        assert end <= one.span.start < one.span.end <= len(text)
        assert one.claim == " ".join(one.claim.split())
        end = one.span.end
