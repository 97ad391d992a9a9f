"""Starts servers of TensorFlow's on loopback, a process a task, until the standard input ends.

    python tools/cluster.py [JOB=COUNT]...     # by default local=1

Prints one line a task, `JOB INDEX HOST:PORT PID`, once all tasks answer, and `ready`. Killing a PID takes that task away,
stopping it (SIGSTOP) lets it hang. A line `JOB INDEX` on the standard input starts a task again that has gone, and is
answered by its line. Needs TensorFlow 2.21.
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


def wait_for(tasks, cluster, children):
    end = time.monotonic() + PATIENCE
    while not all(answers(cluster[job][index]) for job, index in tasks):
        if time.monotonic() > end or any(children[task].poll() is not None for task in tasks):
            sys.exit("error: a task does not answer")
        time.sleep(0.1)
    for job, index in tasks:
        print(job, index, cluster[job][index], children[job, index].pid, flush=True)


def main():
    jobs = dict(argument.split("=") for argument in sys.argv[1:] or ["local=1"])
    tasks = [(job, index) for job, count in jobs.items() for index in range(int(count))]
    cluster = {}
    for (job, _), port in zip(tasks, free_ports(len(tasks))):
        cluster.setdefault(job, []).append(f"127.0.0.1:{port}")
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    def start(job, index):
        return subprocess.Popen([sys.executable, "-c", TASK, repr(cluster), job, str(index)], **quiet)

    children = {}
    try:
        children.update(((job, index), start(job, index)) for job, index in tasks)
        wait_for(tasks, cluster, children)
        print("ready", flush=True)
        for line in sys.stdin:
            job, index = line.split()
            task = job, int(index)
            children[task].kill()
            children[task].wait()
            children[task] = start(*task)
            wait_for([task], cluster, children)
    finally:
        for child in children.values():
            child.kill()


if __name__ == "__main__":
    os.environ.pop("TF_CONFIG", None)
    main()
