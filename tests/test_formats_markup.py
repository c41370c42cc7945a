from reading_of_files import blocks, places, read, read_one


def test_rst_lines_stay_those_of_the_file_and_fields_are_metadata() -> None:
    text = """\
Docstrings
==========

:Author: D. Goodger
:Date: 2001-05-29

What is it?
-----------

It is a *string*
literal.

- One
  more
- Two

.. include:: /etc/passwd

.. note::

   Take care.

For example::

    def f():

        pass

.. [1] A note.
"""
    document = read_one(text.encode(), "a.rst")
    assert document.text == text
    assert document.runs == ()
    assert blocks(document) == [
        ("title", "Docstrings"),
        ("metadata", "=========="),
        ("metadata", ":Author: D. Goodger\n:Date: 2001-05-29"),
        ("heading", "What is it?"),
        ("metadata", "-----------"),
        ("paragraph", "It is a *string*\nliteral."),
        ("item", "- One\n  more"),
        ("item", "- Two"),
        ("metadata", ".. include:: /etc/passwd"),
        ("metadata", ".. note::"),
        ("paragraph", "Take care."),
        ("paragraph", "For example::"),
        ("code", "def f():"),
        ("code", "pass"),
        ("paragraph", ".. [1] A note."),
    ]
    assert [place[2] for place in places(document)] == ["Docstrings", "What is it?"]
    assert (document.title, document.author, str(document.date)) == ("Docstrings", "D. Goodger", "2001-05-29")


def test_the_drawers_of_org_are_metadata() -> None:
    text = """\
#+TITLE: Harbour
#+AUTHOR: Ann

* TODO Repair the pier :work:
  DEADLINE: <2020-01-01>
  :PROPERTIES:
  :ID: 7
  :END:
  It leans.
#+begin_src sh
rm x
#+end_src
"""
    document = read_one(text.encode(), "a.org")
    assert blocks(document) == [
        ("title", "#+TITLE: Harbour"),
        ("metadata", "#+AUTHOR: Ann"),
        ("heading", "* TODO Repair the pier :work:"),
        ("metadata", "DEADLINE: <2020-01-01>\n  :PROPERTIES:\n  :ID: 7\n  :END:"),
        ("paragraph", "It leans."),
        ("metadata", "#+begin_src sh"),
        ("code", "rm x"),
        ("metadata", "#+end_src"),
    ]
    assert [place[2] for place in places(document)] == ["Harbour", "Repair the pier"]


def test_the_attributes_of_asciidoc_are_metadata() -> None:
    text = "= Harbour\n:toc:\n\n== Piers\n\nIt leans.\n\n----\ncode\n----\n// gone\n* One\n** Two\n"
    document = read_one(text.encode(), "a.adoc")
    assert blocks(document) == [
        ("title", "= Harbour"),
        ("metadata", ":toc:"),
        ("heading", "== Piers"),
        ("paragraph", "It leans."),
        ("metadata", "----"),
        ("code", "code"),
        ("metadata", "----\n// gone"),
        ("item", "* One"),
        ("item", "** Two"),
    ]


LATEX = r"""\documentclass{article}
\usepackage{graphicx} % \section{no}
\def\ship{Ark Royal\xspace}
\newcommand{\grow}{\grow\grow}
\title{On \emph{ships}}
\author{Ann Lee}
\begin{document}
\maketitle
\section{Intro\label{x}}
\looseness=-1 The \ship sails at 5\% speed~\cite{a,b}---``fast''.
It is na\"{\i}ve\footnote{See \url{http://x.org}.} and costs \$3. % comment

\input{/etc/passwd}
\begin{itemize}
\item One
\item[B] Two
\end{itemize}
\begin{tabular}{lr}
Food & Calories \\ \hline
Berries & 150 \\
\end{tabular}
\begin{figure}\includegraphics[width=1cm]{a.png}\caption{A pier, $n=3$.}\end{figure}
\[ x = \frac{1}{2} \]
\end{document}
Not this.
"""


def test_latex_is_read_without_its_commands() -> None:
    document = read_one(LATEX.encode(), "a.tex")
    assert blocks(document) == [
        ("title", "On ships"),
        ("byline", "Ann Lee"),
        ("heading", "Intro"),
        ("paragraph", "The Ark Royal sails at 5% speed —“fast”.\nIt is naïve and costs $3."),
        ("item", "One"),
        ("item", "B Two"),
        ("cell", "Food"),
        ("cell", "Calories"),
        ("cell", "Berries"),
        ("cell", "150"),
        ("paragraph", "A pier, n=3."),
        ("code", r"x = \frac{1}{2}"),
        ("paragraph", "See http://x.org."),
    ]
    assert [place[:3] for place in places(document)] == [
        ("heading", None, "On ships"),
        ("heading", None, "Intro"),
        ("notes", 1, "footnote 1"),
    ]
    assert (document.title, document.author) == ("On ships", "Ann Lee")


def test_the_text_of_latex_is_found_in_its_file() -> None:
    document = read_one(LATEX.encode(), "a.tex")
    for words in ("speed", "costs", "Berries", "A pier", "See"):
        source = document.find_source_offset(document.text.index(words))
        assert source is not None
        assert LATEX.startswith(words, source)


def test_rtf_has_headings_rows_and_notes() -> None:
    text = (
        r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset128 "
        r"Gothic;}}{\info{\title Salt}{\author Ann Lee}}"
        r"\pard\keepn {\b Harbours}\par \pard The pier \'96 {\f1 \'83\'5c\'83\'8b}\u8211? is "
        r"old.{\footnote\pard Built in 1611.}\par "
        r"\trowd\cellx1\cellx2\pard\intbl Food\cell Calories\cell\row "
        r"\trowd\cellx1\cellx2\pard\intbl Berries\cell 150\cell\row "
        r"\pard {\b Term.} You may go.\par {\listtext\'b7\tab}\pard Rope\par {\*\generator x}}"
    )
    document = read_one(text.encode("ascii"), "a.rtf")
    assert document.text == (
        "Harbours\n\nThe pier – ソル– is old.\n\nFood\tCalories\nBerries\t150\n\nTerm. You may "
        "go.\n\nRope\n\nBuilt in 1611."
    )
    assert [place[2] for place in places(document)] == ["Harbours", "Term", "footnote 1"]
    assert blocks(document)[-2] == ("item", "Rope")
    assert (document.title, document.author) == ("Salt", "Ann Lee")


def test_deep_groups_of_rtf_are_read() -> None:
    deep = b"{\\rtf1 " + b"{" * 100_000 + b"The orchard has 40 trees." + b"}" * 100_000 + b"}"
    assert read_one(deep, "a.rtf").text == "The orchard has 40 trees."


def test_what_a_file_is_goes_before_what_it_is_called() -> None:
    assert read(b"{\\rtf1 Words.}", "a.docx").extractor.startswith("rtf 2 striprtf")
    assert read(b"<html><table><tr><td>Zone</td><td>1</td></tr></table>", "a.xls").extractor.startswith("html 2")
    assert read(b"garbage", "a.docx").reports == ("is damaged (not a whole DOCX file)",)
    assert read(b"\n\n", "a.csv").reports == ("is empty",)
    assert read(b"x", "a.bin").reports == ("is of a kind that is not read",)


def test_an_old_word_file_is_named() -> None:
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "WordDocument".encode("utf-16-le")
    assert read(old, "a.docx").reports == ("is in the old .doc format (save it as .docx)",)
