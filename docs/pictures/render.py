#!/usr/bin/env python3
"""Draws docs/pictures/*.svg: what the main commands print on a terminal of 80 columns.

`make pictures` runs it: the commands are run for real, on a private Valkey that holds the account of examples/acme.ndjson.
"""

import fcntl
import html
import os
import pty
import re
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

COLUMNS, ROWS = 80, 40
PICTURES = {
    "warm": ["warm --from examples/acme.ndjson"],
    "inspect": ["inspect prp_100003"],
    "invalidate": ["invalidate prp_100003 --cascade --dry-run", "invalidate prp_100003 --cascade", "undo"],
    "hit-rate": ["hit-rate --days 1"],
    "stats": ["stats"],
}
COLOURS = {30: "#6e7681", 31: "#ff7b72", 32: "#7ee787", 33: "#f2cc60", 34: "#79c0ff", 35: "#d2a8ff", 36: "#76e3ea", 90: "#8b949e"}
TEXT, GROUND = "#e6edf3", "#0d1117"
WIDTH, HEIGHT = 8.4, 18


def run(binary: Path, line: str, environment: dict[str, str]) -> str:
    """What a command prints on a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    child = subprocess.Popen(
        [binary, *line.split()], env=environment, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    )
    os.close(theirs)
    printed = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        printed += part
    child.wait(timeout=60)
    return printed.decode()


def screen(printed: str) -> list[list[tuple[str, str]]]:
    """Lines of (character, style), after what a terminal does with returns and erased lines."""
    lines: list[list[tuple[str, str]]] = [[]]
    row = column = 0
    style = ""
    for token in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b.|[^\x1b]", printed, re.S):
        if token == "\n":
            row += 1
        elif token == "\r":
            column = 0
        elif token.startswith("\x1b[") and token.endswith("m"):
            style = "" if token[2:-1] in ("", "0") else f"{style};{token[2:-1]}"
        elif token.startswith("\x1b[") and token.endswith("K"):
            lines[row] = [] if token == "\x1b[2K" else lines[row][:column]
        elif token.startswith("\x1b[") and token.endswith("A"):
            row = max(0, row - int(token[2:-1] or 1))
        elif not token.startswith("\x1b"):
            while len(lines) <= row:
                lines.append([])
            line = lines[row]
            line.extend([(" ", "")] * (column - len(line)))
            line[column : column + 1] = [(token, style)]
            column += 1
        while len(lines) <= row:
            lines.append([])
    while lines and not lines[-1]:
        lines.pop()
    return lines


def attributes(style: str) -> str:
    """The SVG attributes of SGR sequences; of each the last one counts."""
    found: dict[str, str] = {}
    # Colours of the palette: the first eight are 30 to 37, the next eight 90 to 97.
    style = re.sub(r"38;5;(\d+)", lambda match: str(int(match[1]) + (30 if int(match[1]) < 8 else 82)), style)
    for code in (int(code or 0) for code in style.split(";")):
        if code == 1:
            found["font-weight"] = "bold"
        elif code == 2:
            found["opacity"] = "0.65"
        elif code == 22:
            found = {name: value for name, value in found.items() if name == "fill"}
        elif code == 39:
            found.pop("fill", None)
        elif code in COLOURS or code - 60 in COLOURS:
            found["fill"] = COLOURS.get(code) or COLOURS[code - 60]
    return "".join(f' {name}="{value}"' for name, value in found.items())


def svg(lines: list[list[tuple[str, str]]]) -> str:
    """The picture of a screen."""
    height = (len(lines) + 1) * HEIGHT + 10
    width = COLUMNS * WIDTH + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" '
        f'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" fill="{TEXT}">',
        f'<rect width="100%" height="100%" rx="6" fill="{GROUND}"/>',
    ]
    for number, line in enumerate(lines):
        y = (number + 1) * HEIGHT + 6
        at = 0
        while at < len(line):
            end = at
            while end < len(line) and line[end][1] == line[at][1]:
                end += 1
            text = "".join(character for character, _ in line[at:end])
            if text.strip():
                parts.append(
                    f'<text x="{12 + at * WIDTH:.1f}" y="{y}" textLength="{len(text) * WIDTH:.1f}" '
                    f'xml:space="preserve"{attributes(line[at][1])}>{html.escape(text)}</text>'
                )
            at = end
    return "\n".join([*parts, "</svg>", ""])


def free_port() -> int:
    """A port of four digits, as the one that the pictures show in its place."""
    for port in range(7000, 9999):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise SystemExit("no free port")


def start(server: str, port: int, home: str) -> subprocess.Popen[bytes]:
    """A private server that takes connections."""
    arguments = [server, "--port", str(port), "--save", "", "--dir", home, "--bind", "127.0.0.1"]
    started = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return started
        time.sleep(0.05)
    started.kill()
    raise SystemExit(f"{server} does not answer")


def main() -> None:
    binary, port = Path(sys.argv[1]).resolve(), free_port()
    with tempfile.TemporaryDirectory() as home:
        server = start(sys.argv[2], port, home)
        try:
            draw(binary, port, home)
        finally:
            server.kill()
            server.wait()


def draw(binary: Path, port: int, home: str) -> None:
    """All pictures."""
    folder = Path(__file__).parent
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": home,
        "TERM": "xterm-256color",
        "ALECS_CACHE_URL": f"redis://127.0.0.1:{port}",
        "ALECS_CUSTOMER": "acme",
    }
    for name, commands in PICTURES.items():
        if name == "hit-rate":
            read = " ".join(f"prp_{number}" for number in range(100003, 100033))
            for line in [f"get property {read}", "get rules prp_100003"]:
                run(binary, line, environment)
        lines: list[list[tuple[str, str]]] = []
        for command in commands:
            lines += [[("$", "1"), *((character, "1") for character in f" alecs-cache {command}")]]
            printed = run(binary, command, environment)
            lines += screen(printed.replace(home, "~").replace(f":{port}", ":6379")) + [[]]
        (folder / f"{name}.svg").write_text(svg(lines[:-1]))
        print(f"{folder / name}.svg: {len(lines)} lines")


if __name__ == "__main__":
    main()
