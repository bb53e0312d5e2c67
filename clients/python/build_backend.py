"""Builds the wheel: a zip of the package and three files of metadata (PEP 517, PEP 427)."""

import base64
import hashlib
import pathlib
import zipfile

NAME, VERSION = "executord", "0.1.0"
TAG = "py3-none-any"
HERE = pathlib.Path(__file__).resolve().parent

METADATA = f"""Metadata-Version: 2.1
Name: {NAME}
Version: {VERSION}
Summary: Client of executord, and its plug-ins for Harbor and Inspect
License: Apache-2.0
Requires-Python: >=3.9
Classifier: Typing :: Typed
Description-Content-Type: text/markdown

"""
WHEEL = f"Wheel-Version: 1.0\nGenerator: executord\nRoot-Is-Purelib: true\nTag: {TAG}\n"
# Inspect finds `sandbox="executord"` by this.
ENTRY_POINTS = "[inspect_ai]\nexecutord = executord.inspect\n"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    files = {f"{NAME}/{path.name}": path.read_bytes() for path in sorted((HERE / NAME).glob("*.py"))}
    files[f"{NAME}/py.typed"] = b""
    return _write(wheel_directory, files)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _write(wheel_directory, {f"{NAME}.pth": f"{HERE}\n".encode()})


def build_sdist(sdist_directory, config_settings=None):
    raise NotImplementedError("there is no source archive: install from the folder")


def _write(wheel_directory, files):
    folder = f"{NAME}-{VERSION}.dist-info"
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    files[f"{folder}/METADATA"] = (METADATA + readme).encode()
    files[f"{folder}/WHEEL"] = WHEEL.encode()
    files[f"{folder}/entry_points.txt"] = ENTRY_POINTS.encode()
    record = []
    wheel = f"{NAME}-{VERSION}-{TAG}.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode("ascii")
            record.append(f"{name},sha256={digest},{len(content)}")
        archive.writestr(f"{folder}/RECORD", "\n".join([*record, f"{folder}/RECORD,,", ""]))
    return wheel
