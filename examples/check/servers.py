"""A real Kafka, Postgres and Alertmanager for the check, each in a folder of its own and gone with it."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

KAFKA = """process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=localhost:{controller}
listeners=PLAINTEXT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{client}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait(what, ready, seconds=60):
    """Until `ready()` is true; an error of it counts as not yet."""
    ends, last = time.monotonic() + seconds, None
    while time.monotonic() < ends:
        try:
            last = ready()
            if last:
                return last
        except Exception as error:  # noqa: BLE001: whatever it was, it is told if it stays
            last = error
        time.sleep(0.2)
    raise TimeoutError(f"{what}: {last!r} after {seconds} s")


@contextlib.contextmanager
def program(command, log, sign=signal.SIGTERM, **options):
    """A program that runs meanwhile; its output goes to a file, which is shown if something fails."""
    with open(log, "wb") as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, **options)
    try:
        yield process
    except BaseException:
        print(f"--- {log}\n{pathlib.Path(log).read_text(errors='replace')[-4000:]}", flush=True)
        raise
    finally:
        process.send_signal(sign)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def kafka(folder, libs, log4j):
    """Yields host:port."""
    client, controller = free_port(), free_port()
    folder.mkdir()
    config = folder / "server.properties"
    config.write_text(KAFKA.format(client=client, controller=controller, folder=folder))
    java = ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{libs}/*"]
    tool = [*java, "kafka.tools.StorageTool", "format", "--standalone", "-t", "dW5kZXJ0b25lLXRlc3RzLQ", "-c", str(config)]
    subprocess.run(tool, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    start = [*java, "-Xmx512m", "-XX:+UseSerialGC", f"-Dlog4j2.configurationFile=file:{log4j}", "kafka.Kafka", str(config)]
    with program(start, folder / "log", sign=signal.SIGKILL):
        address = f"127.0.0.1:{client}"
        wait("Kafka", lambda: make_topics(address, {"ready": 1}), 120)
        yield address


def make_topics(bootstrap, partitions):
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 2})
    for future in admin.create_topics([NewTopic(name, count, 1) for name, count in partitions.items()]).values():
        try:
            future.result(10)
        except KafkaException as error:
            # An answer that came too late, asked for again.
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    return True


@contextlib.contextmanager
def postgres(folder):
    """Yields a connection string."""
    # Debian keeps its programs out of the path.
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    programs = found[-1].parent if found else pathlib.Path(shutil.which("postgres") or "").parent
    folder.mkdir()
    as_user = []
    if os.geteuid() == 0:
        # Postgres does not run as root.
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    port, data = free_port(), folder / "data"
    init = [*as_user, str(programs / "initdb"), "-D", str(data), "-U", "undertone", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(init, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    start = [*as_user, str(programs / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder), "-c", "fsync=off"]
    with program(start, folder / "log", sign=signal.SIGTERM, cwd=folder):
        wait("Postgres", lambda: socket.create_connection(("127.0.0.1", port)).close() is None)
        yield f"postgresql://undertone@127.0.0.1:{port}/postgres"
