"""The interface on a pseudo terminal: how soon it is there, how fast it answers, and how much it sends."""

import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import sys
import termios
import time

import archives
import log
from measure import median, rounds, seconds

mean = statistics.mean
MARK = b"\x1b]777;idle;"
DOWN, UP, PAGE_DOWN, PAGE_UP, HOME, END = b"\x1bOB", b"\x1bOA", b"\x1b[6~", b"\x1b[5~", b"\x1bOH", b"\x1bOF"


class Screen:
    """A program on a terminal of 80 by 24."""

    def __init__(self, *command, term="xterm-256color"):
        environment = {"TERM": term, "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/nonexistent", "PATH": os.environ["PATH"],
                       "MSC_REPORT_IDLE": "1", "LESSHISTFILE": "-"}
        self.start = time.perf_counter()
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            os.execvpe(command[0], command, environment)
        self.received = b""
        self.first = None

    def read(self, timeout):
        """What has come, waiting so long for it at most; b"" when nothing has."""
        if not select.select([self.terminal], [], [], timeout)[0]:
            return b""
        try:
            some = os.read(self.terminal, 1 << 16)
        except OSError:
            sys.exit(f"the program ended: {self.received[-300:]!r}")
        if self.first is None:
            self.first = time.perf_counter()
        self.received += some
        return some

    def wait(self, condition, limit=30):
        """Reads until the condition holds for what was received since the last call of `forget`."""
        end = time.perf_counter() + limit
        while not condition(self.received):
            if time.perf_counter() > end:
                sys.exit(f"waited in vain; the last that came: {self.received[-300:]!r}")
            self.read(0.2)
        return time.perf_counter()

    def quiet(self, time_without=0.3):
        """Reads until nothing comes for a while; for programs that say nothing when they are done."""
        while self.read(time_without):
            pass

    def forget(self):
        self.received, self.first = b"", None

    def press(self, key):
        """Presses a key and waits until it has been answered: seconds to the first change, to the whole picture, and bytes."""
        self.forget()
        start = time.perf_counter()
        os.write(self.terminal, key)
        end = self.wait(lambda received: MARK in received and received.endswith(b"\x07"))
        marks = sum(len(part) for part in self.received.split(b"\x1b]777")[1:]) + 5 * self.received.count(MARK)
        return self.first - start, end - start, len(self.received) - marks

    def ticks(self):
        fields = open(f"/proc/{self.process}/stat").read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def end(self):
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        os.close(self.terminal)


def run(bench):
    data, journal, operations = log.fill(bench, is_told=False)
    started(bench, data)
    keys(bench, data, operations)
    scrolling(bench, data)
    idle(bench, data)
    bench.drop("log")
    thermometer(bench)


def started(bench, data):
    """From before the fork to the last key of the bottom line, and until everything has been read."""
    whole = []

    def start(*arguments):
        def once():
            screen = Screen(bench.program("msc"), *arguments)
            painted = screen.wait(lambda received: b"Quit" in received or b"Details" in received)
            whole.append(screen.wait(lambda received: MARK in received) - screen.start)
            screen.end()
            return painted - screen.start
        return once

    first, *_ = rounds(31, start(data))
    bench.add("interface: start to first picture", seconds(median(first)), "", "", "<= 50 ms", median(first) <= 0.05)
    bench.add("its state read and shown as well", seconds(median(whole)), "", "", "", None)


def keys(bench, data, operations):
    screen = Screen(bench.program("msc"), data, "--page", "activity")
    screen.wait(lambda received: MARK in received and f"{operations:,}".replace(",", " ").encode()[-3:] in received)
    times = []
    moves = [UP] * 60 + [PAGE_UP] * 40 + [HOME] + [DOWN] * 40 + [PAGE_DOWN] * 40 + [b"M", b"\x1b", END] + [UP, PAGE_UP, DOWN] * 20 + [b"\r", b"\x1b"]
    for _ in range(3):
        for key in moves:
            times.append(screen.press(key))
    screen.end()
    painted, whole = (sorted(values) for values in list(zip(*times))[:2])
    place = int(len(times) * 0.99)
    bench.add(
        f"a key in a log of {operations:,} operations, 99 of 100", seconds(painted[place]), f"median {seconds(median(painted))}", "", "<= 16 ms",
        painted[place] <= 0.016)
    bench.add("its whole picture, rows read", seconds(whole[place]), f"median {seconds(median(whole))}", "", "", None)


def scrolling(bench, data):
    """The list of operations moves on by a line, or by a page; less shows the same list as lines."""
    lines = os.path.join(os.path.dirname(data), "lines")
    with open(lines, "wb") as file:
        bench.run(bench.program("msc"), "activity", data, "--from", 1, "--limit", 1000, output=file)
    ours = Screen(bench.program("msc"), data, "--page", "activity")
    ours.wait(lambda received: MARK in received)
    theirs = Screen("less", "-S", lines)
    theirs.quiet()
    ours.press(HOME)

    def bytes_of_less(key):
        theirs.forget()
        os.write(theirs.terminal, key)
        theirs.wait(lambda received: received.endswith(b"\x1b[K"))
        return len(theirs.received)

    # The mean: our window turns over at its edge, which costs more than the steps between.
    for what, key, peer, count in (("line", DOWN, b"j", 300), ("page", PAGE_DOWN, b" ", 20)):
        mine, other = rounds(count, lambda: ours.press(key)[2], lambda: bytes_of_less(peer))
        ratio = mean(mine) / mean(other)
        bench.add(
            f"bytes sent for a {what} further, mean of {count}", f"{mean(mine):.0f} (median {median(mine):.0f})", f"less -S {mean(other):.0f}", f"{ratio:.2f}",
            "<= 1.50", ratio <= 1.5)
    ours.end()
    theirs.end()


def idle(bench, data):
    screen = Screen(bench.program("msc"), data)
    screen.wait(lambda received: MARK in received)
    screen.quiet(3)
    before, screen.received = screen.ticks(), b""
    screen.quiet(5)
    used = screen.ticks() - before
    screen.end()
    bench.add("processor time in 5 s without a key", f"{used * 1000 // os.sysconf('SC_CLK_TCK')} ms", "", "", "0 ms", used == 0)


def thermometer(bench):
    """A backup of its own, from its start to its end."""
    data = archives.shop(bench)
    screen = Screen(bench.program("msc"), data, "--page", "backup")
    screen.wait(lambda received: MARK in received)
    screen.press(b"b")
    screen.forget()
    start = time.perf_counter()
    os.write(screen.terminal, b"\r")
    end = screen.wait(lambda received: b" is complete" in received, limit=900)
    rate = len(screen.received) / (end - start)
    screen.end()
    bench.add("bytes a second under a thermometer", f"{rate:.0f}", f"over {end - start:.1f} s", "", "<= 2,000", rate <= 2000)
