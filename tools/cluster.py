"""Starts servers of TensorFlow's on loopback, a process a task, until the standard input ends.

    python tools/cluster.py [JOB=COUNT]...     # by default local=1

Prints one line a task, `JOB INDEX HOST:PORT PID`, once all tasks answer. Killing a PID takes that task away, stopping it
(SIGSTOP) lets it hang. Needs TensorFlow 2.21.
"""

import os
import socket
import subprocess
import sys
import time

TASK = """
import os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import tensorflow.compat.v1 as tf
server = tf.train.Server(eval(sys.argv[1]), job_name=sys.argv[2], task_index=int(sys.argv[3]))
server.join()
"""
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


def main():
    jobs = dict(argument.split("=") for argument in sys.argv[1:] or ["local=1"])
    tasks = [(job, index) for job, count in jobs.items() for index in range(int(count))]
    cluster = {}
    for (job, _), port in zip(tasks, free_ports(len(tasks))):
        cluster.setdefault(job, []).append(f"127.0.0.1:{port}")
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    children = [
        subprocess.Popen([sys.executable, "-c", TASK, repr(cluster), job, str(index)], **quiet) for job, index in tasks
    ]
    try:
        end = time.monotonic() + PATIENCE
        while not all(answers(cluster[job][index]) for job, index in tasks):
            if time.monotonic() > end or any(child.poll() is not None for child in children):
                sys.exit("error: a task does not answer")
            time.sleep(0.1)
        for (job, index), child in zip(tasks, children):
            print(job, index, cluster[job][index], child.pid)
        print("ready", flush=True)
        sys.stdin.read()
    finally:
        for child in children:
            child.kill()


if __name__ == "__main__":
    os.environ.pop("TF_CONFIG", None)
    main()
