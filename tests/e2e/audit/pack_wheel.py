"""pack_wheel.py FOLDER NAME TAG [FILE...]: writes a wheel with these files where a wheel may have what goes to the top
of site-packages; without any it has a module in Python."""

import pathlib
import sys
import zipfile

folder, name, tag, *files = sys.argv[1:]
with zipfile.ZipFile(f"{folder}/{name}-1.0-{tag}.whl", "w") as wheel:
    wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    wheel.writestr(f"{name}-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
    for file in map(pathlib.Path, files):
        wheel.write(file, f"{name}-1.0.data/platlib/{file.name}")
    if not files:
        wheel.writestr(f"{name}.py", "")
