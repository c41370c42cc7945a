from __future__ import annotations

from pathlib import Path

import pytest

from askbrief.config import FILE_NAME, Settings, find_folder, load_settings, open_folder
from askbrief.errors import ConfigError


def write(folder: Path, text: str) -> None:
    (folder / FILE_NAME).write_text(text, encoding="utf-8")


def test_a_plain_folder_is_its_own_articles(tmp_path: Path) -> None:
    folder = open_folder(tmp_path)
    assert folder.articles == folder.root == tmp_path
    assert folder.index == tmp_path / ".askbrief"
    assert folder.settings == Settings()


def test_a_folder_means_everything_in_it_whatever_its_subfolders_are_called(tmp_path: Path) -> None:
    for name in ("seeds", "index", "articles"):
        (tmp_path / name).mkdir()
    folder = open_folder(tmp_path)
    assert (folder.articles, folder.index) == (tmp_path, tmp_path / ".askbrief")


def test_every_setting_is_read(tmp_path: Path) -> None:
    write(
        tmp_path,
        'articles = "news"\nindex = "made/here"\nencoder = "e"\nreader = "r"\npassage_words = 20',
    )
    assert load_settings(tmp_path) == Settings("news", "made/here", "e", "r", 20)
    assert open_folder(tmp_path).index == tmp_path / "made" / "here"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("colour = 1", "unknown setting 'colour'"),
        ('passage_words = "100"', "passage_words must be int, not '100'"),
        ("passage_words = true", "passage_words must be int, not True"),
        ("passage_words = 19", "passage_words must lie between 20 and 400"),
        ("passage_words = 401", "passage_words must lie between 20 and 400"),
        ("encoder = 3", "encoder must be str, not 3"),
        ("articles =", "cannot be read"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, text)
    with pytest.raises(ConfigError, match=message) as raised:
        open_folder(tmp_path)
    assert FILE_NAME in raised.value.message
    assert raised.value.hint


def test_a_file_in_another_encoding_is_reported(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b'articles = "\xe9"')
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path)


def test_a_folder_in_place_of_the_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings(tmp_path)


@pytest.mark.parametrize("setting", ["articles", "index"])
@pytest.mark.parametrize("place", ["..", "/", "a/../../b"])
def test_places_outside_the_folder_are_refused(tmp_path: Path, setting: str, place: str) -> None:
    write(tmp_path, f'{setting} = "{place}"')
    with pytest.raises(ConfigError, match=f"{setting} = '{place}' leads out"):
        open_folder(tmp_path)


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "out")
    write(tmp_path / "in", 'articles = "link"')
    with pytest.raises(ConfigError, match="leads out"):
        open_folder(tmp_path / "in")


def test_a_place_that_is_no_path_is_refused(tmp_path: Path) -> None:
    write(tmp_path, r'articles = "a\u0000b"')
    with pytest.raises(ConfigError, match="articles cannot be found"):
        open_folder(tmp_path)


@pytest.mark.parametrize("marker", [".askbrief", FILE_NAME])
def test_the_nearest_marked_parent_is_found(tmp_path: Path, marker: str) -> None:
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (tmp_path / ".askbrief").mkdir()
    if marker == FILE_NAME:
        write(tmp_path / "a", "")
    else:
        (tmp_path / "a" / ".askbrief").mkdir()
    assert find_folder(deep).root == tmp_path / "a"


def test_no_marked_parent_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder named"):
        find_folder(tmp_path)


def test_a_missing_folder_and_a_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        open_folder(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="is not a folder"):
        open_folder(tmp_path / "file")
