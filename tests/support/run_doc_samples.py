"""Run Python samples in one process, because importing an SDK takes longer than its call: `run_doc_samples.py FILE…`.

Prints a JSON object: for each file what the sample printed and how it failed, or null.
"""

import contextlib
import io
import json
import runpy
import sys
import traceback


def main() -> None:
    """Run the files one after another, each as a program of its own."""
    results = {}
    for path in sys.argv[1:]:
        printed, failure = io.StringIO(), None
        with contextlib.redirect_stdout(printed):
            try:
                runpy.run_path(path, run_name="__main__")
            except (Exception, SystemExit):  # noqa: BLE001 - whatever a sample raises is its failure
                failure = traceback.format_exc()
        results[path] = {"printed": printed.getvalue(), "failure": failure}
    sys.stdout.write(json.dumps(results))


if __name__ == "__main__":
    main()
