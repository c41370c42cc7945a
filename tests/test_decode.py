from __future__ import annotations

import random

import pytest

from askbrief.corpus.decode import Decoded, decode
from askbrief.errors import CorpusError

ACCENTS = "Le préfet a été reçu à l’hôtel de ville, où l’on fêtait Noël. Ça coûte « très » cher."
PLAIN = "Le préfet a été reçu à la mairie, où son frère fêtait déjà la fin de l'été.\n" * 4
MUNOZ = "The minister, Jose Muñoz, spoke about Iran and nuclear talks. " * 6
QUOTED = "The café’s owner said “it’s naïve” – and left."
RUSSIAN = "Иран укрепляет связи с соседями, продолжая переговоры с США по ядерной программе."
POLISH = "Prezydent powiedział, że rozmowy w Łodzi były ważne i trwały długo. Źle się stało."
TURKISH = "İran'ın Türkiye Büyükelçisi görüştü. Şehir güzeldi, ağaç vardı."
PIER = "The “Cedar Pier” opened, and Mayor Zoë Çelik cut the ribbon. The pier cost €4 million, said Jürgen Weiß. "
FERRY = b"The ferry pier opened on Monday.%s Mayor Nell Null cut the ribbon before 300 guests."


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("utf-32", "utf-32")],
)
def test_unicode_is_decoded_and_its_mark_dropped(encoding: str, name: str) -> None:
    assert decode("“Ça” שלום 👩‍👧\r\n".encode(encoding)) == Decoded("“Ça” שלום 👩‍👧\n", name)


@pytest.mark.parametrize("order", ["le", "be"])
def test_both_byte_orders_are_decoded(order: str) -> None:
    assert decode(f"\ufeffÇa {order}".encode(f"utf-16-{order}")) == Decoded(f"Ça {order}", "utf-16")
    assert decode(f"\ufeffÇa {order}".encode(f"utf-32-{order}")) == Decoded(f"Ça {order}", "utf-32")


@pytest.mark.parametrize(
    ("text", "encoding"), [(PLAIN, "latin-1"), (ACCENTS, "cp1252"), (MUNOZ, "cp1252"), (QUOTED, "cp1252")]
)
def test_western_encodings_are_detected_and_reported(text: str, encoding: str) -> None:
    found = decode(text.encode(encoding))
    assert (found.text, found.encoding) == (text, "cp1252")


@pytest.mark.parametrize(("text", "encoding"), [(RUSSIAN, "cp1251"), (POLISH, "cp1250"), (TURKISH, "cp1254")])
def test_other_encodings_are_detected_and_reported(text: str, encoding: str) -> None:
    found = decode(text.encode(encoding))
    assert (found.text, found.encoding) == (text, encoding)


def test_every_newline_is_normalised() -> None:
    assert decode(b"a\r\nb\rc\n").text == "a\nb\nc\n"


def test_text_is_otherwise_unchanged() -> None:
    text = "  e\u0301 \u00a0\t\u200b\u2028x\f\x1b \n\n"
    assert decode(text.encode()).text == text


@pytest.mark.parametrize(
    "data", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf \n", b"\xff\xfe", "\u00a0\u2003".encode()]
)
def test_nothing_to_read_is_empty(data: bytes) -> None:
    with pytest.raises(CorpusError, match="is empty"):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [
        b"abc\0def",
        b"\x89PNG\r\n\x1a\n\0\0",
        b"\x01\x02" * 9,
        random.Random(0).randbytes(4096),
    ],
)
def test_binary_is_refused(data: bytes) -> None:
    with pytest.raises(CorpusError, match="binary"):
        decode(data)


@pytest.mark.parametrize("seed", range(5))
def test_random_bytes_without_nuls_are_refused(seed: int) -> None:
    with pytest.raises(CorpusError, match="binary"):
        decode(random.Random(seed).randbytes(3000).replace(b"\0", b""))


def test_a_few_control_characters_are_text() -> None:
    assert decode(b"\x1b[1mbold\x1b[0m").text == "\x1b[1mbold\x1b[0m"


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf\xff", b"\xff\xfea", b"\xff\xfe\x00\xd8"])
def test_a_mark_that_lies_is_reported(data: bytes) -> None:
    with pytest.raises(CorpusError, match="is not valid utf-"):
        decode(data)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Renée Dubois won the race on Sunday.\n", "cp1252"),
        ("Harbor master Søren Kjær said an electrical fault was one line.", "cp1252"),
        ("In 1950 she married Håkon Østby, a pilot.", "cp1252"),
        ("José Núñez of the Lisbon Aquarium was not convinced.", "cp1252"),
        ("Moving the benches would cost £9,500, she said.", "cp1252"),
        ("“It’s 20°C”, he wrote – © 2024 Reuters®", "cp1252"),
        ("LA UNIÓN PERDIÓ. ¿Dónde está José?", "iso8859-1"),
        ("The minister flew to Łódź to meet Lech Wałęsa.", "cp1250"),
        ("Antonín Dvořák and Božena Němcová", "iso8859-2"),
        ("President Recep Tayyip Erdoğan met Ekrem İmamoğlu.", "cp1254"),
        ("Guðni Jóhannesson met Þóra Guðmundsdóttir in Reykjavík.", "cp1252"),
        ("The newspaper «Правда» wrote of Москва.", "cp1251"),
        ("The minister, Сергей Лавров, left.", "koi8-r"),
        ("The minister, Сергей Лавров, left.", "cp866"),
        ("Prime minister Κυριάκος Μητσοτάκης spoke.", "cp1253"),
        ("The mayor of ירושלים spoke.", "cp1255"),
        ("The striker محمد صلاح scored.", "cp1256"),
        ("President Dalia Grybauskaitė met Egils Levits in Rīga.", "cp1257"),
        ("Crème brûlée – “naïve”, said Zoë Brontë.", "mac_roman"),
        ("Ålesund and Ørsted are Norwegian; so is smørrebrød not.", "cp850"),
        ("The prime minister, 安倍晋三, spoke in 東京.", "cp932"),
        ("The prime minister, 安倍晋三, spoke in 東京.", "euc_jp"),
        ("President 习近平 spoke in 北京.", "gb18030"),
        ("President 蔡英文 spoke in 臺北.", "big5"),
        ("The leader, 김정은, spoke.", "cp949"),
    ],
)
def test_one_name_in_an_old_encoding_is_read_as_it_was_written(text: str, encoding: str) -> None:
    found = decode(text.encode(encoding))
    assert found.text == text
    assert found.replaced == 0


@pytest.mark.parametrize(("text", "encoding"), [("日本", "cp932"), ("Şırnak fell.", "cp1254"), ("Да", "cp1251")])
def test_what_could_be_read_otherwise_is_doubted(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)).certainty < 0.9


def test_utf8_is_certain() -> None:
    assert decode(PIER.encode()) == Decoded(PIER, "utf-8", 1.0, 0)


@pytest.mark.parametrize(
    ("bad", "replaced"),
    [
        (b"caf\xe9 ", 1),
        (b"\xed\xa0\xbd\xed\xb8\x80", 6),
        (b"\x92", 1),
        (b"\xc3(", 1),
        (b"a\xffb\xfe", 2),
        (b"\xf0\x9f\x98 ", 3),
    ],
)
@pytest.mark.parametrize("place", ["start", "middle", "end"])
def test_a_few_bad_bytes_do_not_change_the_rest(bad: bytes, replaced: int, place: str) -> None:
    before, after = {"start": ("", PIER * 3), "middle": (PIER, PIER * 2), "end": (PIER * 3, "")}[place]
    found = decode(before.encode() + bad + after.encode())
    assert (found.encoding, found.replaced) == ("utf-8", replaced)
    assert found.text.startswith(before)
    assert found.text.endswith(after)
    assert "\ufffd" in found.text[len(before) : len(found.text) - len(after)]
    assert found.certainty < 1


def test_a_file_cut_in_the_middle_of_a_character_is_utf8() -> None:
    found = decode(PIER.encode() + "é".encode()[:1])
    assert (found.text, found.encoding, found.replaced) == (PIER + "\ufffd", "utf-8", 1)


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    "text", ["The pier of Bexley opened on Monday; Mayor Ulf cut the ribbon.\r\nZoë.", "Hello, world! Hi."]
)
def test_wide_text_without_a_mark_is_told_by_its_zero_bytes(text: str, order: str) -> None:
    found = decode(text.encode(order))
    assert (found.text, found.encoding) == (text.replace("\r\n", "\n"), order)


def test_wide_text_in_another_script_is_told_too() -> None:
    text = "Мэр открыл новый причал в понедельник. Триста гостей, два парохода и один оркестр были там."
    assert decode(text.encode("utf-16-le")).text == text


def test_a_nul_in_a_text_is_one_bad_character() -> None:
    found = decode(b"The ferry pier opened on Monday.\0 Mayor Nell Null cut the ribbon before 300 guests.")
    assert found.text == "The ferry pier opened on Monday.\ufffd Mayor Nell Null cut the ribbon before 300 guests."
    assert (found.encoding, found.replaced) == ("utf-8", 1)


def test_zero_bytes_that_pad_a_file_are_left_out() -> None:
    assert decode(b"A text of some length.\n" + bytes(512)).text == "A text of some length.\n"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="iso-8859-2">', "iso8859-2"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', "cp1251"),
        ('<?xml version="1.0" encoding="ISO-8859-7"?>', "iso8859-7"),
        ("#!/usr/bin/python\n# -*- coding: koi8-r -*-", "koi8-r"),
        ("# vim: set fileencoding=mac_roman :", "mac-roman"),
        ('<meta charset="iso-8859-1">', "cp1252"),
        ("<META CHARSET=Shift_JIS>", "cp932"),
    ],
)
def test_a_declaration_in_the_head_is_believed(head: str, encoding: str) -> None:
    data = head.encode() + b"\n\xd0\xc5\xd1\xd7\n"
    assert decode(data) == Decoded(data.decode(encoding), encoding, 0.97)


@pytest.mark.parametrize("head", ['<meta charset="utf-8">', '<meta charset="none-such">', '<meta charset="utf-16">'])
def test_a_declaration_that_cannot_be_is_not(head: str) -> None:
    assert decode(f"{head}\nRenée Dubois won.".encode("cp1252")).text.endswith("Renée Dubois won.")


def test_a_declared_encoding_is_used_but_for_valid_utf8() -> None:
    assert decode("naïve".encode("cp850"), declared="cp850") == Decoded("naïve", "cp850")
    assert decode("Łódź".encode("cp1250"), declared="windows-1250").text == "Łódź"
    assert decode("naïve".encode(), declared="latin-1") == Decoded("naïve", "utf-8")
    assert decode("日本".encode("iso2022_jp"), declared="iso-2022-jp").text == "日本"
    assert decode(b"a\x9db", declared="cp1252") == Decoded("a\ufffdb", "cp1252", 1.0, 1)


def test_an_encoding_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(CorpusError, match="has the encoding 'klingon', which is not known"):
        decode(b"text", declared="klingon")
