"""As much of curl as the first call needs, for machines without it: `plain_curl.py URL -H HEADER … -d BODY`."""

import argparse
import sys
import urllib.request


def main() -> None:
    """Send the request and print the body of the answer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", dest="body", required=True)
    given = parser.parse_args()
    headers = dict(header.split(": ", 1) for header in given.headers)
    request = urllib.request.Request(given.url, given.body.encode(), headers)  # noqa: S310 - the test chose it
    with urllib.request.urlopen(request) as response:  # noqa: S310 - the same
        sys.stdout.write(response.read().decode())


if __name__ == "__main__":
    main()
