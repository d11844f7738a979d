"""Python imports this at every start while `tests/chaos.py` has it on the path: it sends a signal at a write."""

import json
import os
import signal
import sys
import threading
import time

PLAN = json.loads(os.environ.get("CONCLAVE_CHAOS", "null"))
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir")
inside = threading.local()


def hook(event, arguments):
    """Count the writes below the root, over all processes, and act at the one that was drawn."""
    if getattr(inside, "hook", False) or not is_write(event, arguments):
        return
    inside.hook = True
    try:
        counter = os.open(PLAN["counter"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(counter, b"x")
        number = os.fstat(counter).st_size
        os.close(counter)
        if number == PLAN["write"]:
            act()
    finally:
        inside.hook = False


def is_write(event, arguments):
    """Whether an audit event changes a file below the root."""
    if event == "open":
        path, mode, flags = arguments
        if not (any(letter in (mode or "") for letter in "wax+") or flags & WRITES):
            return False
    elif event in CHANGES:
        path = arguments[0]
    else:
        return False
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    return os.path.abspath(os.fsdecode(path)).startswith(PLAN["root"] + os.sep)


def act():
    """Send the signal, at once or a moment later."""
    if PLAN["delay"]:
        threading.Thread(target=strike, args=(PLAN["delay"],), daemon=True).start()
    else:
        strike(0.0)


def strike(delay):
    """To the whole group, to the DVC above this process, or to this process itself."""
    inside.hook = True
    time.sleep(delay)
    with open(PLAN["fired"], "w"):
        pass
    if PLAN["victim"] == "group":
        os.killpg(os.getpgid(0), PLAN["signal"])
    elif PLAN["victim"] == "dvc" and "DVC_ROOT" in os.environ:
        import psutil

        above = [parent for parent in psutil.Process().parents() if "dvc" in " ".join(parent.cmdline()[:2])]
        os.kill(above[0].pid if above else os.getpid(), PLAN["signal"])
    else:
        os.kill(os.getpid(), PLAN["signal"])


if PLAN:
    signal.getsignal(signal.SIGINT)  # the module is there before the hook
    sys.addaudithook(hook)
