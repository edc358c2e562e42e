"""build.py FOLDER RECIPE < channel.json: builds a recipe against a local channel, runs the package's own tests, unpacks it.

channel.json: the packages of the channel, by name the version and what activates them; and the variants that emscripten-forge
renders with. The channel and the unpacked package lie in FOLDER afterwards. Prints what is known of the package as JSON.
"""

import json
import pathlib
import sys
import tarfile

from rattler_build import (
    Package,
    PlatformConfig,
    RattlerBuildError,
    RenderConfig,
    Stage0Recipe,
    ToolConfiguration,
    VariantConfig,
)

BUILD = "linux-64"
TARGET = "emscripten-wasm32"

folder, recipe = map(pathlib.Path, sys.argv[1:3])
wanted = json.load(sys.stdin)
channel = folder / "channel"


def build(recipe, target, variants, channels):
    """Builds a recipe that makes one package; returns its file."""
    platform = PlatformConfig(target_platform=target, build_platform=BUILD, host_platform=target)
    (variant,) = recipe.render(VariantConfig(variants), RenderConfig(platform))
    try:
        result = variant.run_build(
            ToolConfiguration(), output_dir=channel, channels=channels, package_format="tar-bz2"
        )
    except RattlerBuildError as error:
        for log in channel.glob("bld/*/work/conda_build.log"):
            print(log.read_text(), file=sys.stderr)
        sys.exit(f"{recipe}: {error}")
    return result.packages[0]


for name, (version, activate) in wanted["packages"].items():
    files = folder / name
    scripts = files / "etc/conda/activate.d"
    scripts.mkdir(parents=True)
    (scripts / f"{name}.sh").write_text(activate)
    stub = {
        "package": {"name": name, "version": version},
        "source": {"path": str(files)},
        "build": {"script": ["cp -r etc $PREFIX/"]},
        "about": {"summary": "the machine's own"},
    }
    build(Stage0Recipe.from_dict(stub, recipe_dir=files), BUILD, {}, [])

file = build(Stage0Recipe.from_file(recipe), TARGET, wanted["variants"], [str(channel)])
package = Package.from_file(file)
for result in package.run_tests(channel=[str(channel)]):
    if not result.success:
        sys.exit("\n".join(result.output))
with tarfile.open(file) as archive:
    archive.extractall(folder / "package", filter="data")
print(
    json.dumps({
        "name": package.name,
        "version": package.version,
        "subdir": package.subdir,
        "platform": package.platform,
        "arch": package.arch,
        "license": package.license,
        "files": sorted(package.files),
        "tests": package.test_count,
    })
)
