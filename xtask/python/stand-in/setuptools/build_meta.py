"""The one hook that `pip download` calls, for the package's name and version: the sources say both in PKG-INFO."""

import email
import pathlib


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    text = pathlib.Path("PKG-INFO").read_text()
    fields = email.message_from_string(text)
    folder = pathlib.Path(metadata_directory, f"{fields['Name']}-{fields['Version']}.dist-info")
    folder.mkdir()
    (folder / "METADATA").write_text(text)
    return folder.name
