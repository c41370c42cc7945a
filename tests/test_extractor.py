import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest
from office_files import docx, paragraph, row, xlsx
from reading_of_files import check

from askbrief.corpus import extractor as extracting
from askbrief.corpus.extracted import Extracted, Extraction
from askbrief.corpus.extractor import CRASHED, PASSING, TOO_LARGE, TOO_MUCH_MEMORY, TOO_SLOW, Extractor
from askbrief.corpus.formats.dispatch import extract
from askbrief.corpus.wire import pack, unpack
from askbrief.types import Block, Place
from benchmarks.torture.mutation import mutate

DOCX = docx(paragraph("The pier is long. 🛥"), title="Piers")
PAGE = b"<html><head><title>Mill</title></head><body><h1>Mill</h1><p>It burned down in 1871.</p></body></html>"


@pytest.fixture(scope="module")
def worker() -> Iterator[Extractor]:
    with Extractor(seconds=20) as running:
        yield running


def pid(worker: Extractor) -> int:
    assert worker._worker is not None
    return worker._worker._process.pid


def end(process: int, number: signal.Signals) -> None:
    """End a stopped process by a signal, which it gets when it goes on."""
    os.kill(process, number)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGCONT)


def test_the_worker_reads_what_is_read_in_the_process(worker: Extractor) -> None:
    for data, path in ((DOCX, "a.docx"), (PAGE, "a.html"), (b"a,b\n1,2\n", "a.csv"), (b"garbage", "a.docx")):
        assert worker.extract(data, path) == extract(data, path)
    assert worker.extract(DOCX, "a.docx").documents[0].text == "The pier is long. 🛥"


def test_one_worker_reads_many_files(worker: Extractor) -> None:
    worker.extract(DOCX, "a.docx")
    first = pid(worker)
    worker.extract(PAGE, "a.html")
    assert pid(worker) == first


def test_no_worker_is_started_before_a_file_comes() -> None:
    assert Extractor()._worker is None


def test_a_worker_that_hangs_is_one_report() -> None:
    with Extractor(seconds=5) as running:
        running.extract(PAGE, "a.html")
        stopped = pid(running)
        os.kill(stopped, signal.SIGSTOP)
        running._seconds = 0.3
        began = time.monotonic()
        assert running.extract(PAGE, "a.html") == Extraction(documents=(), reports=(TOO_SLOW,))
        assert time.monotonic() - began < 3
        running._seconds = 20
        assert running.extract(PAGE, "a.html").documents[0].title == "Mill"
        assert pid(running) != stopped


@pytest.mark.parametrize(("number", "report"), [(signal.SIGKILL, TOO_MUCH_MEMORY), (signal.SIGSEGV, CRASHED)])
def test_a_worker_that_dies_is_one_report(number: signal.Signals, report: str) -> None:
    with Extractor(seconds=20) as running:
        running.extract(PAGE, "a.html")
        dying = pid(running)
        os.kill(dying, signal.SIGSTOP)
        threading.Timer(0.3, end, (dying, number)).start()
        assert running.extract(PAGE, "a.html").reports == (report,)
        assert running.extract(PAGE, "a.html").documents[0].title == "Mill"
    assert report in PASSING


def test_a_worker_that_died_between_two_files_is_no_report() -> None:
    with Extractor(seconds=20) as running:
        running.extract(PAGE, "a.html")
        os.kill(pid(running), signal.SIGKILL)
        time.sleep(0.2)
        assert running.extract(PAGE, "a.html").reports == ()


def test_a_file_that_is_too_large_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extracting, "FILE_BYTES", 3)
    running = Extractor()
    assert running.extract(b"1234", "a.csv") == Extraction(documents=(), reports=(TOO_LARGE,))
    assert running._worker is None


def test_the_worker_ends_with_its_extractor() -> None:
    with Extractor() as running:
        running.extract(PAGE, "a.html")
        process = running._worker._process if running._worker else None
    assert process is not None
    assert process.poll() is not None


def run(code: str, cwd: Path | None = None) -> str:
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path if entry)
    }
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=cwd, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_parent_imports_no_library_that_reads_files() -> None:
    code = "import sys, askbrief.corpus.extractor; print(sorted({name.split('.')[0] for name in sys.modules}))"
    modules = run(code)
    for name in ("lxml", "trafilatura", "python_calamine", "olefile", "striprtf", "pypdfium2", "numpy", "email"):
        assert f"'{name}'" not in modules


def test_files_of_the_folder_are_not_imported(tmp_path: Path) -> None:
    for name in ("lxml.py", "trafilatura.py", "json.py", "askbrief.py"):
        (tmp_path / name).write_text("raise SystemExit('imported from the folder')")
    code = (
        "import sys; sys.path.remove('')\n"
        "from askbrief.corpus.extractor import Extractor\n"
        f"with Extractor() as running: print(running.extract({PAGE!r}, 'a.html').documents[0].title)"
    )
    assert run(code, cwd=tmp_path) == "Mill"


FORBIDDEN = {
    "socket": "import socket; socket.create_connection(('127.0.0.1', 9))",
    "name": "import socket; socket.getaddrinfo('example.org', 80)",
    "program": "import subprocess; subprocess.run(['true'])",
    "file": "open('written.txt', 'w')",
    "removal": "import os; os.remove('x')",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_worker_may_not(what: str, tmp_path: Path) -> None:
    code = (
        "from askbrief.corpus import sandbox\n"
        "sandbox.forbid_side_effects()\n"
        f"try:\n    {FORBIDDEN[what]}\nexcept sandbox.ForbiddenError:\n    print('forbidden')"
    )
    assert run(code, cwd=tmp_path) == "forbidden"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
def test_the_kernel_refuses_sockets_too() -> None:
    code = (
        "import ctypes\nfrom askbrief.corpus import sandbox\n"
        "print(sandbox._forbid_sockets(), ctypes.CDLL(None, use_errno=True).socket(2, 1, 0), ctypes.get_errno())"
    )
    assert run(code) == "True -1 1"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not enforce it")
def test_memory_is_limited() -> None:
    code = (
        "from askbrief.corpus import sandbox\nsandbox.limit_memory()\n"
        "try:\n    bytes(2_000_000_000)\nexcept MemoryError:\n    print('refused')"
    )
    assert run(code) == "refused"


def test_an_extraction_survives_its_way() -> None:
    document = Extracted(
        text="Größe 🛥\n\nx",
        blocks=(Block(0, 7, "title"), Block(9, 10, "code")),
        places=(Place(0, 10, "sheet", None, "Q1"), Place(9, 10, "row", 3, "")),
        title="T",
        date=date(2019, 3, 14),
        author="A",
        member="b!c",
        runs=((0, 5), (9, 70)),
    )
    sent = Extraction((document, Extracted("", (), runs=None)), ("one", "two"), "cp1252", 0.5, 3, "html 1")
    line, *texts = pack(sent, is_last=True)
    rest = b"".join(texts)

    def take(count: int) -> bytes:
        nonlocal rest
        taken, rest = rest[:count], rest[count:]
        return taken

    assert unpack(line, take) == (sent, True)
    assert rest == b""
    with pytest.raises(ValueError, match="no header"):
        unpack(b'{"documents": [{}]}\n', take)


def mail() -> bytes:
    message = EmailMessage()
    message["Subject"] = "Über die Pumpe"
    message.set_content("It runs.\n\n> Does it?\n")
    message.add_alternative("<p>It runs.</p><blockquote>Does it?</blockquote>", subtype="html")
    return message.as_bytes()


ORIGINALS = {
    "a.docx": DOCX,
    "a.xlsx": xlsx({"S": row(1, "Zone", "Sales") + row(2, "North", 120)}),
    "a.eml": mail(),
    "a.html": PAGE,
}


@pytest.mark.parametrize("path", ORIGINALS)
def test_damaged_files_are_read_or_reported(path: str, worker: Extractor) -> None:
    for seed in range(10):
        extraction = worker.extract(mutate(ORIGINALS[path], seed), path)
        assert extraction.documents or extraction.reports, seed
        assert not PASSING & set(extraction.reports), seed
        for document in extraction.documents:
            check(document)
