#!/usr/bin/env python3
"""Takes screenshots of a live page with Chromium, after it has run for a while. Standard library only.

usage: shoot.py URL SECONDS NAME:WIDTHxHEIGHT[:dark][:script] ...

Chromium's own --screenshot fires before the first counts arrive, so this speaks its debugging protocol over a pipe.
`script` is JavaScript that runs just before the picture is taken. Prints what the page logged to its console as an error.
"""

import base64
import itertools
import json
import subprocess
import sys
import tempfile
import time

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --hide-scrollbars --remote-debugging-pipe"
)


class Browser:
    """Chromium, spoken to over its debugging pipe: descriptors 3 and 4 are its standard input and output here."""

    def __init__(self, profile):
        command = f"exec chromium {FLAGS} --user-data-dir={profile} about:blank 3<&0 4>&1 </dev/null >/dev/null 2>&1"
        self.process = subprocess.Popen(["sh", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.numbers = itertools.count(1)
        self.errors = []

    def call(self, method, session=None, **params):
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        self.process.stdin.write(json.dumps(message).encode() + b"\0")
        self.process.stdin.flush()
        while True:
            answer = json.loads(self.read())
            if answer.get("id") == number:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']['message']}")
                return answer["result"]
            if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.errors.append(json.dumps(answer["params"])[:400])

    def read(self):
        taken = bytearray()
        while (byte := self.process.stdout.read(1)) != b"\0":
            if not byte:
                sys.exit("chromium ended early: is it installed?")
            taken += byte
        return taken


def open_page(browser, url, width, height, dark):
    target = browser.call("Target.createTarget", url="about:blank", newWindow=True)["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    phone = width < 600
    browser.call("Emulation.setDeviceMetricsOverride", session, width=width, height=height, deviceScaleFactor=1, mobile=phone)
    # Cards that are fading in would look washed out.
    features = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce"}
    features = [{"name": name, "value": value} for name, value in features.items()]
    browser.call("Emulation.setEmulatedMedia", session, features=features)
    for domain in ("Runtime", "Log"):
        browser.call(f"{domain}.enable", session)
    browser.call("Page.navigate", session, url=url)
    return session


def main():
    url, seconds, *wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(profile)
        pages = []
        for want in wanted:
            name, size, *rest = want.split(":", 3)
            width, height = map(int, size.split("x"))
            dark = "dark" in rest
            pages.append((name, [part for part in rest if part != "dark"], open_page(browser, url, width, height, dark)))
        time.sleep(float(seconds))
        for name, script, session in pages:
            for source in script:
                browser.call("Runtime.evaluate", session, expression=source)
                time.sleep(1.5)
            browser.call("Page.bringToFront", session)
            picture = browser.call("Page.captureScreenshot", session, format="png")
            with open(name, "wb") as file:
                file.write(base64.b64decode(picture["data"]))
        browser.process.terminate()
        browser.process.wait()
    for error in browser.errors[:5]:
        print(error, file=sys.stderr)


if __name__ == "__main__":
    main()
