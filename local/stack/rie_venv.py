"""`make rie`: the emulator and the runtime client, in an environment of their own for the Python of the layer.

Nothing of the project's environment is in it, so that a package that the layer lacks is missing there too.
"""

from __future__ import annotations

import os
import subprocess
import sys

import uv

from infra.assets import working_python
from infra.synth import ROOT
from local.stack.rie_container import HOME, RUNTIME

REQUIREMENTS = ROOT / "requirements" / "rie.txt"


def main() -> int:
    """Makes the environment. 1 where there is no Python of the layer's version, named."""
    python = working_python(RUNTIME)
    if python is None:
        print(
            f"make rie: no working Python {RUNTIME} was found, on PATH or under pyenv: the layer is built for it, and "
            f"no other can run it (say: pyenv install {RUNTIME})",
            file=sys.stderr,
        )
        return 1
    program = uv.find_uv_bin()
    environ = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    # Compiled, as Lambda's own runtime is: without that botocore alone takes half a second more.
    sync = ["pip", "sync", "--quiet", "--compile-bytecode", "--python", str(HOME / "bin" / "python")]
    for arguments in (
        ["venv", "--quiet", "--clear", "--python", str(python), str(HOME)],
        [*sync, "--require-hashes", str(REQUIREMENTS)],
    ):
        subprocess.run([program, *arguments], check=True, env=environ)
    return 0


if __name__ == "__main__":
    sys.exit(main())
