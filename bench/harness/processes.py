"""Processes that the harness starts, and what /proc says about them."""
import ctypes
import os
import select
import signal
import subprocess
import time

RUNNING = []


class Failed(Exception):
    """Something did not work: lost messages, a process that died. Never a time."""


def wait_until(what, condition, seconds=30.0, every=0.02):
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"waited {seconds:.0f} s for {what}")
        time.sleep(every)


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Child:
    """A process whose output goes to a file in `folder`. Ends with the harness."""

    def __init__(self, name, arguments, folder, stdin=subprocess.DEVNULL, env=None):
        self.name = name
        self.log = os.path.join(folder, f"{name}-{len(RUNNING)}.log")
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(arguments, stdin=stdin, stdout=out, stderr=subprocess.STDOUT,
                                            preexec_fn=die_with_parent, env=env)
        self.pid = self.process.pid
        RUNNING.append(self)

    def output(self):
        with open(self.log, encoding="utf-8", errors="replace") as text:
            return text.read()

    def said(self, marker, seconds=20.0):
        """The rest of the line behind `marker`, once it is there."""
        def look():
            self.must_run()
            for line in self.output().splitlines():
                if marker in line:
                    return line.split(marker, 1)[1].strip()
            return None
        return wait_until(f"'{marker}' from {self.name}", look, seconds)

    def must_run(self):
        if self.process.poll() is not None:
            raise Failed(f"{self.name} ended with {self.process.returncode}: {self.output()[-2000:]}")

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM, seconds=30.0):
        """Ends it; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.wait(seconds)
        return self.process.returncode

    def wait(self, seconds):
        """Until it has ended, and not a moment longer: Popen.wait() looks at growing intervals."""
        ended = os.pidfd_open(self.pid)
        try:
            poll = select.poll()
            poll.register(ended, select.POLLIN)
            if not poll.poll(1000 * seconds):
                self.process.kill()
                self.process.wait()
                raise Failed(f"{self.name} did not end within {seconds:.0f} s")
        finally:
            os.close(ended)
        self.process.wait()

    # What it has used. Threads that ended no longer count in cpu_seconds(); the relay's live as long as it does.
    def cpu_seconds(self):
        total = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            try:
                with open(f"/proc/{self.pid}/task/{task}/schedstat", encoding="ascii") as text:
                    total += int(text.read().split()[0])
            except FileNotFoundError:
                continue
        return total / 1e9

    def anonymous_bytes(self):
        with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as text:
            return sum(int(line.split()[1]) * 1024 for line in text if line.startswith("Anonymous:"))

    def wakeups(self):
        """Times that one of its threads was given a processor after it had waited for something."""
        total = 0
        for task in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{task}/status", encoding="ascii") as text:
                total += sum(int(line.split()[1]) for line in text if line.startswith("voluntary_ctxt_switches"))
        return total

    def disk_bytes(self):
        with open(f"/proc/{self.pid}/io", encoding="ascii") as text:
            values = dict(line.split(": ") for line in text.read().splitlines())
        return int(values["write_bytes"])


def stop_all():
    for child in reversed(RUNNING):
        if child.process.poll() is None:
            child.process.kill()
            child.process.wait()
