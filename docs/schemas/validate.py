#!/usr/bin/env python3
"""validate.py FILE...: holds requests and responses of distill/1 against the schemas beside this file.

Each FILE is one JSON object, whose "schema" says what it is. Needs python3-jsonschema. Exit status 1 when one is wrong."""
import json
import pathlib
import sys

import jsonschema

HERE = pathlib.Path(__file__).parent
FILES = {
    "executord.distill.request/1": "distill-request-1.json",
    "executord.distill.response/1": "distill-response-1.json",
}


def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    wrong = 0
    for name in sys.argv[1:]:
        value = json.loads(pathlib.Path(name).read_text(encoding="utf-8"))
        schema = json.loads((HERE / FILES[value["schema"]]).read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        errors = sorted(jsonschema.Draft202012Validator(schema).iter_errors(value), key=lambda error: list(map(str, error.absolute_path)))
        for error in errors:
            print(f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message}")
        wrong += bool(errors)
        if not errors:
            print(f"{name}: {value['schema']}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
