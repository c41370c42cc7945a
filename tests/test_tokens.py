from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askbrief.text.tokens import find_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        (
            "See https://gannet.example/docs. Or www.a.org/x?y=1&z, now.",
            ["https://gannet.example/docs", "www.a.org/x?y=1&z"],
        ),
        (
            "(https://en.wikipedia.org/wiki/A_(b)), “http://x.y/”",
            ["https://en.wikipedia.org/wiki/A_(b)", "http://x.y/"],
        ),
        ("gannet.example is up; bbc.co.uk/news too.", ["gannet.example", "bbc.co.uk/news"]),
        ("Mail ann.reed@mail.example.org, or a+b@b.co.", ["ann.reed@mail.example.org", "a+b@b.co"]),
        (
            "~/.gannet/config.toml and /var/lib/gannet, src/a/b.py; C:\\Temp\\a.txt",
            ["~/.gannet/config.toml", "/var/lib/gannet", "src/a/b.py", "C:\\Temp\\a.txt"],
        ),
        ("The file setup.cfg is old.", ["setup.cfg"]),
        (
            "At 3:12 a.m. it burned. At 5:20 on Sunday, 7 a.m., 10.15pm, 18:00 GMT",
            ["3:12 a.m.", "5:20", "7 a.m.", "10.15pm", "18:00 GMT"],
        ),
        (
            "On May 25, 2025, on 25 May 2025, Jun. 5; 2025-05-25T10:00:00Z",
            ["May 25, 2025", "25 May 2025", "Jun. 5", "2025-05-25T10:00:00Z"],
        ),
        ("$1.2 billion, £9,500, US$50m, €20 and CHF 3", ["$1.2 billion", "£9,500", "US$50m", "€20", "CHF 3"]),
        (
            "4.2 million euros, 158 km/h, 12 percent, 12%, 20°C, 5 km",
            ["4.2 million euros", "158 km/h", "12 percent", "12%", "20°C", "5 km"],
        ),
        ("7.7 quake, 340,000 homes, vote 8-7, the 18th", ["7.7", "340,000", "8-7", "18th"]),
        ("version 1.2.3, v2.1-rc1 and 192.168.0.1.", ["1.2.3", "v2.1-rc1", "192.168.0.1"]),
        ("By [[People/Lena Marsh|Lena Marsh]].", ["[[People/Lena Marsh|Lena Marsh]]"]),
        ("aged 27 and 51, in 1931, and/or 24/7 a.k.a. Mr. Reed", []),
    ],
)
def test_tokens_are_whole(text: str, tokens: list[str]) -> None:
    assert [span.of(text) for span in find_tokens(text)] == tokens


@given(st.text("a1./:@-~$£% [](){}.,\n", max_size=40))
def test_tokens_are_in_order_and_do_not_overlap(text: str) -> None:
    tokens = find_tokens(text)
    assert all(one.end <= other.start for one, other in pairwise(tokens))
    assert all(tokens)
