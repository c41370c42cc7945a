import pytest
from reading_of_files import blocks, places, read, read_one

PAGE = """<!doctype html><html><head><title>Telescope opens | The Paper</title>
<meta property="article:published_time" content="2019-09-24T08:00:00Z"><meta name="author" content="Ann Lee">
<script src="x.js"></script>
<script type="application/ld+json">{"@graph":[{"datePublished":"2019-09-23"}]}</script></head><body>
<nav><a href="/">Home</a> <a href="/news">News</a></nav><div class="cookie-banner">We use cookies.</div>
<article><h1>Telescope opens</h1><p>%s</p><h2>Eye in the sky</h2><p>%s</p>
<ul><li>First light in 2016.</li></ul></article>
<aside><p>Sign up for our letter.</p></aside><footer>All rights reserved.</footer></body></html>"""
LONG = "The telescope is the largest of its kind, and it stands in a remote valley among green hills. " * 4


def test_the_article_of_a_page_is_read_without_what_stands_around_it() -> None:
    document = read_one((PAGE % (LONG, LONG)).encode(), "a.html")
    words = LONG.strip()
    assert blocks(document)[:4] == [
        ("title", "Telescope opens"),
        ("paragraph", words),
        ("heading", "Eye in the sky"),
        ("paragraph", words),
    ]
    assert "cookies" not in document.text
    assert "Sign up" not in document.text
    assert [place[:3] for place in places(document)] == [
        ("heading", None, "Telescope opens"),
        ("heading", None, "Eye in the sky"),
    ]
    assert (document.title, document.author, str(document.date)) == ("Telescope opens", "Ann Lee", "2019-09-23")


def test_a_page_that_is_a_document_is_read_whole() -> None:
    page = (
        "<title>Ports</title><h1>Ports</h1><p>One.</p><ul><li>Two<ul><li>Three</li></ul></li></ul><pre>a  b\n c</pre>"
    )
    document = read_one(page.encode(), "a.html")
    assert blocks(document) == [
        ("heading", "Ports"),
        ("paragraph", "One."),
        ("item", "Two"),
        ("item", "Three"),
        ("code", "a  b\n c"),
    ]
    assert document.title == "Ports"


def test_tables_are_rows_and_tables_for_layout_are_paragraphs() -> None:
    page = (
        "<table><tr><td><table><tr><th>Food</th><th>Calories</th></tr><tr><td>Berries</td><td>150</td></tr></table>"
        "<p>Below.</p></td></tr></table>"
    )
    document = read_one(page.encode(), "a.html")
    assert document.text == "Food\tCalories\nBerries\t150\n\nBelow."
    assert [kind for kind, _ in blocks(document)] == ["cell"] * 4 + ["paragraph"]


def test_hidden_text_scripts_and_forms_are_not_read() -> None:
    page = "<p>Seen.</p><p hidden>a</p><p style='display: none'>b</p><script>c</script><form><p>d</p></form><p>Too.</p>"
    assert read_one(page.encode(), "a.html").text == "Seen.\n\nToo."


def test_deep_pages_are_read() -> None:
    deep = b"<!doctype html><body>" + b"<div>" * 200_000 + b"The deepest cave." + b"</div>" * 200_000
    assert read_one(deep, "a.html").text == "The deepest cave."
    assert read_one(b"<p>" + b"<a><b><i><font>" * 4000 + b"The storm passed.", "a.html").text == "The storm passed."


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("<meta charset=iso-8859-1><p>15,50 €, “so”".encode("cp1252"), "15,50 €, “so”"),
        ("<p>Größe</p>".encode("utf-16"), "Größe"),
        ('<?xml version="1.0" encoding="windows-1251"?><html><p>Мир</p></html>'.encode("cp1251"), "Мир"),
        ("<meta charset=iso-8859-1><p>Größe".encode(), "Größe"),
    ],
)
def test_a_page_is_decoded_as_browsers_do(data: bytes, text: str) -> None:
    assert read_one(data, "a.html").text == text


def test_each_item_of_a_feed_is_a_document() -> None:
    feed = """<?xml version="1.0"?><rss xmlns:content="c" xmlns:dc="d"><channel><title>Blog</title>
    <item><title>Q &amp;amp; A</title><pubDate>Tue, 19 Nov 2024 13:30:02 +0000</pubDate><dc:creator>F. Shaw</dc:creator>
    <description>Short.</description>
    <content:encoded>&lt;p&gt;Long &lt;b&gt;text&lt;/b&gt;.&lt;/p&gt;</content:encoded></item>
    <item><title>Two</title><description><![CDATA[<p>Only this.</p>]]></description></item></channel></rss>"""
    first, second = read(feed.encode(), "a.rss").documents
    assert blocks(first) == [("title", "Q & A"), ("paragraph", "Long text.")]
    assert places(first) == [("item", 1, "Q & A", first.text)]
    assert (first.member, first.author, str(first.date)) == ("1", "F. Shaw", "2024-11-19")
    assert second.text == "Two\n\nOnly this."


def test_atom_may_hold_elements() -> None:
    feed = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A</title><published>2020-02-03T00:00:00Z</published>
    <author><name>Ann</name></author><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One.</p><p>Two.</p></div>
    </content></entry></feed>"""
    document = read_one(feed.encode(), "a.atom")
    assert (document.text, document.author, str(document.date)) == ("A\n\nOne.\n\nTwo.", "Ann", "2020-02-03")


def test_an_article_of_a_journal_has_abstract_sections_and_references() -> None:
    article = """<!DOCTYPE article PUBLIC "-//NLM//DTD JATS" "JATS.dtd"><article><front><article-meta>
    <article-id pub-id-type="doi">10.1/x</article-id>
    <title-group><article-title>On <italic>genes</italic></article-title></title-group>
    <contrib-group><contrib contrib-type="author">
    <name><surname>Wolf</surname><given-names>G</given-names></name></contrib></contrib-group>
    <pub-date><day>01</day><month>6</month><year>2020</year></pub-date>
    <abstract><p>In short.</p></abstract></article-meta></front>
    <body><sec><title>Introduction</title><p>Half of it&#160;(<xref>Chuong, 2016</xref>)&nbsp;moves<sup>12</sup>.</p>
    <sec><title>Inner</title><p>More.</p></sec></sec></body><back><ref-list><ref><element-citation><name><surname>Bailey</surname>
    <given-names>TL</given-names></name><year>2009</year><article-title>MEME</article-title></element-citation></ref></ref-list></back></article>"""
    document = read_one(article.encode(), "a.xml")
    assert document.text == (
        "On genes\n\nIn short.\n\nIntroduction\n\nHalf of it\xa0(Chuong, "
        "2016)\xa0moves¹².\n\nInner\n\nMore.\n\nBailey TL 2009 MEME"
    )
    assert [(label, text.split("\n")[0]) for _, _, label, text in places(document)] == [
        ("On genes", "On genes"),
        ("Abstract", "In short."),
        ("Introduction", "Introduction"),
        ("Inner", "Inner"),
        ("References", "Bailey TL 2009 MEME"),
    ]
    assert (document.author, str(document.date)) == ("G Wolf", "2020-06-01")


def test_editions_and_books_in_xml_are_read() -> None:
    tei = (
        "<TEI><teiHeader><fileDesc><titleStmt><title>Letters</title><author>M. "
        "Shelley</author></titleStmt></fileDesc></teiHeader>"
        "<text><body><div><head>I</head><p>You will re<lb break='no'/>joice<note>A note.</note> to "
        "<choice><sic>heer</sic><corr>hear</corr></choice> "
        "<title>it</title>.</p><lg><l>One line</l><l>and two</l></lg>"
        "</div></body></text></TEI>"
    )
    document = read_one(tei.encode(), "a.xml")
    assert document.text == "Letters\n\nI\n\nYou will rejoice to hear it.\n\nOne line\nand two\n\nA note."
    assert places(document)[-1] == ("notes", 1, "footnote 1", "A note.")
    book = (
        "<FictionBook><description><title-info><author><first-name>Ida</first-name><last-name>Moe</last-name></author>"
        "<book-title>Salt</book-title></title-info></description><body><section><title><p>One</p></title><p>White.</p></section></body>"
        "<binary>AAAA</binary></FictionBook>"
    )
    document = read_one(book.encode(), "a.fb2")
    assert (document.text, document.author) == ("Salt\n\nOne\n\nWhite.", "Ida Moe")


def test_xml_of_other_kinds_and_entities_are_reported() -> None:
    assert read(b"<svg><text>x</text></svg>", "a.xml").reports == ("is XML of a kind that is not read (<svg>)",)
    laughs = (
        b'<!DOCTYPE d [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]>'
        b"<rss><channel><item><title>&b;</title></item></channel></rss>"
    )
    assert read(laughs, "a.xml").reports == ("declares XML entities of its own, which are not read",)
    deep = b"<rss>" + b"<a>" * 5000
    assert read(deep, "a.xml").reports == ("its XML is nested deeper than 300 elements",)
