"""Run by the Python of the sam command: what `sam local invoke` makes of a template and an env file, as JSON.

sam_reads.py TEMPLATE ENV_FILE
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

from samcli.commands.local.lib.local_lambda import LocalLambdaRunner
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider


def main() -> None:
    logging.disable(logging.CRITICAL)
    template, env = sys.argv[1:]
    stacks, _ = SamLocalStackProvider.get_stacks(template_file=template)
    provider = SamFunctionProvider(stacks=stacks)
    values = json.loads(Path(env).read_text(encoding="utf-8"))
    runner = LocalLambdaRunner(None, provider, str(Path(template).parent), None, None, env_vars_values=values)
    sys.stdout.write(json.dumps({function.functionname: read(function, runner) for function in provider.get_all()}))


def read(function: Any, runner: Any) -> dict[str, Any]:
    variables = runner._make_env_vars(function)
    return {
        "handler": function.handler,
        "runtime": function.runtime,
        "architectures": function.architectures,
        "timeout": function.timeout,
        "code": str(Path(function.codeuri).resolve()),
        "layers": [str(Path(layer.codeuri).resolve()) for layer in function.layers],
        "environment": {**variables.variables, **variables.override_values},
    }


if __name__ == "__main__":
    main()
