"""A redis-server of our own, and as much of its protocol as the harness speaks."""
import os
import re
import socket
import subprocess

from .processes import Child, Failed, wait_until


class Connection:
    """One connection of its own: of the harness' questions, or of a publisher."""

    def __init__(self, socket_path):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.connect(socket_path)
        self.reader = self.connection.makefile("rb")

    def command(self, *words):
        parts = [f"*{len(words)}\r\n".encode()]
        for word in words:
            parts.append(f"${len(word.encode())}\r\n{word}\r\n".encode())
        self.connection.sendall(b"".join(parts))
        return self._reply()

    def _reply(self):
        line = self.reader.readline().decode().rstrip("\r\n")
        if not line:
            raise ConnectionResetError("redis-server is gone")
        kind, rest = line[:1], line[1:]
        if kind == "+":
            return rest
        if kind == ":":
            return int(rest)
        if kind == "$":
            data = self.reader.read(int(rest) + 2)
            return data[:-2].decode(errors="replace")
        if kind == "*":
            return [self._reply() for _ in range(int(rest))]
        raise Failed(f"redis-server says {line!r}")


class Redis:
    def __init__(self, folder):
        self.folder = folder
        self.socket_path = os.path.join(folder, "redis.sock")
        self.certificate, self.key = os.path.join(folder, "redis.crt"), os.path.join(folder, "redis.key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.key,
                        "-out", self.certificate], check=True, stderr=subprocess.DEVNULL)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.tls_port = free.getsockname()[1]
        # For a relay that is to reach it so; everybody else takes the unix socket.
        self.tls_flags = ("--redis-url", f"rediss://127.0.0.1:{self.tls_port}", "--redis-ca-file", self.certificate)
        self.start()

    def start(self):
        # Without a limit on what waits for a subscriber: a slow one is to show as slow, not as cut off.
        self.child = Child("redis-server", ["redis-server", "--port", "0", "--unixsocket", self.socket_path, "--save", "",
                                            "--appendonly", "no", "--dir", self.folder, "--bind", "127.0.0.1",
                                            "--tls-port", str(self.tls_port), "--tls-cert-file", self.certificate,
                                            "--tls-key-file", self.key, "--tls-ca-cert-file", self.certificate,
                                            "--tls-auth-clients", "no",
                                            "--client-output-buffer-limit", "pubsub 0 0 0"], self.folder)
        wait_until("redis-server", lambda: self.child.must_run() or self.answers(), every=0.001)
        self.questions = self.connect()
        if self.command("PING") != "PONG":
            raise Failed("redis-server does not answer")

    def stop(self):
        self.child.stop()

    def connect(self):
        return Connection(self.socket_path)

    def command(self, *words):
        return self.questions.command(*words)

    def reads_that_wait(self):
        """XREADs for which nothing more stands in the stream."""
        return int(re.search(r"blocked_clients:(\d+)", self.command("INFO", "clients"))[1])

    def subscribers(self):
        return self.command("PUBSUB", "NUMPAT") + self.reads_that_wait()

    def calls(self, command):
        """How often it was called since CONFIG RESETSTAT, and the microseconds of that."""
        found = re.search(rf"cmdstat_{command}:calls=(\d+),usec=(\d+)", self.command("INFO", "commandstats"))
        return (int(found[1]), int(found[2])) if found else (0, 0)

    def is_drained(self):
        """Has every subscriber's connection taken all that was published?"""
        lines = self.command("CLIENT", "LIST", "TYPE", "pubsub").splitlines()
        if not lines:  # the one there is reads a stream
            return self.reads_that_wait() > 0
        for line in lines:
            fields = dict(field.split("=", 1) for field in line.split(" ") if "=" in field)
            if fields.get("omem") != "0" or fields.get("obl") != "0" or fields.get("oll") != "0":
                return False
        return True

    def answers(self):
        """Its socket has a name before anybody listens there."""
        try:
            with socket.socket(socket.AF_UNIX) as question:
                question.connect(self.socket_path)
            return True
        except OSError:
            return False

    def pipe(self, file):
        """Publishes the commands of `file` as fast as Redis takes them."""
        with open(file, "rb") as commands:
            done = subprocess.run(["redis-cli", "-s", self.socket_path, "--pipe"], stdin=commands, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0 or b"errors: 0" not in done.stdout:
            raise Failed(f"redis-cli --pipe: {done.stdout.decode(errors='replace')[-500:]}")
