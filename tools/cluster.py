"""Starts servers of TensorFlow's on loopback, a process a task, until the standard input ends.

    python tools/cluster.py [JOB=COUNT | JOB=HOST:PORT]...     # by default local=1

Prints one line a task, `JOB INDEX HOST:PORT PID`, once all tasks answer, and `ready`. Killing a PID takes that task away,
stopping it (SIGSTOP) lets it hang. A line `JOB INDEX` on the standard input starts a task again that has gone, and is
answered by its line. A job with an address is one task that runs already, of whatever kind. Needs TensorFlow 2.21 and a system that can fork.
"""

import os
import signal
import socket
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.pop("TF_CONFIG", None)

import tensorflow.compat.v1 as tf

PATIENCE = 120  # seconds until every task has to answer


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for taken in sockets:
        taken.bind(("127.0.0.1", 0))
    ports = [taken.getsockname()[1] for taken in sockets]
    for taken in sockets:
        taken.close()
    return ports


def answers(address):
    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
        return True
    except OSError:
        return False


class Cluster:
    def __init__(self, jobs):
        counts = {job: int(count) for job, count in jobs.items() if ":" not in count}
        self.tasks = [(job, index) for job, count in counts.items() for index in range(count)]
        self.addresses = {job: [address] for job, address in jobs.items() if ":" in address}
        for (job, _), port in zip(self.tasks, free_ports(len(self.tasks))):
            self.addresses.setdefault(job, []).append(f"127.0.0.1:{port}")
        self.children = {}

    def start(self, tasks):
        for task in tasks:
            # TensorFlow is imported, and has no threads yet: that takes longer than all the rest.
            pid = os.fork()
            if pid == 0:
                self.serve(*task)
            self.children[task] = pid
        end = time.monotonic() + PATIENCE
        while not all(answers(self.addresses[job][index]) for job, index in tasks):
            if time.monotonic() > end or any(self.gone(task) for task in tasks):
                sys.exit("error: a task does not answer")
            time.sleep(0.1)
        for job, index in tasks:
            print(job, index, self.addresses[job][index], self.children[job, index], flush=True)

    def serve(self, job, index):
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        try:
            tf.train.Server(self.addresses, job_name=job, task_index=index).join()
        finally:
            os._exit(1)

    def gone(self, task):
        return os.waitpid(self.children[task], os.WNOHANG)[0] != 0

    def end(self, task):
        pid = self.children.pop(task)
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass


def main():
    cluster = Cluster(dict(argument.split("=") for argument in sys.argv[1:] or ["local=1"]))
    try:
        cluster.start(cluster.tasks)
        print("ready", flush=True)
        for line in sys.stdin:
            job, index = line.split()
            cluster.end((job, int(index)))
            cluster.start([(job, int(index))])
    finally:
        for task in list(cluster.children):
            cluster.end(task)


if __name__ == "__main__":
    main()
