"""Another way out of the machine is heard of at once: real addresses and routes, in a network of their own."""

import shutil
import subprocess
import sys
import threading
import time

import pytest

from tests.patience import PATIENCE_SECONDS
from tui_mail.net import way_out
from tui_mail.net.wake import WakeEvent
from tui_mail.net.way_out import WayOut

SCRIPT = """
import subprocess, threading, time
from tui_mail.net.wake import WakeEvent
from tui_mail.net.way_out import WayOut, way_out

def ip(*words):
    subprocess.run(["ip", *words], check=True)

ip("link", "set", "lo", "up")
assert way_out() == ("", ""), way_out()
way, stop, heard = WayOut(), WakeEvent(), []

def watch():
    while way.wait(stop):
        heard.append((time.monotonic(), way_out()))

def wait_for(count):
    end = time.monotonic() + 50
    while len(heard) < count and time.monotonic() < end:
        time.sleep(0.02)
    assert len(heard) == count, heard

thread = threading.Thread(target=watch)
thread.start()
ip("address", "add", "127.0.0.77/8", "dev", "lo")  # an address, but no way out
time.sleep(1.5)
assert not heard
ip("route", "add", "default", "dev", "lo", "src", "127.0.0.77")
wait_for(1)
assert heard[0][1] == ("127.0.0.77", ""), heard
ip("route", "delete", "default")  # no way: nothing to try
time.sleep(1.5)
assert len(heard) == 1
ip("route", "add", "default", "dev", "lo", "src", "127.0.0.77")
wait_for(2)
stop.set()
thread.join(50)
assert not thread.is_alive()
way.close()
print("heard")
"""


def _may_make_networks() -> bool:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _may_make_networks(), reason="this machine lets nobody make a network namespace")
def test_a_new_way_is_heard_and_an_address_without_one_is_not() -> None:
    command = ["unshare", "-rn", sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert done.stdout == "heard\n", done.stderr


def test_where_the_system_tells_nothing_it_is_looked_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way_out, "_subscribe", lambda: None)
    monkeypatch.setattr(way_out, "POLL_SECONDS", 0.05)
    ways = [("", ""), ("", ""), ("192.168.1.5", "")]
    monkeypatch.setattr(way_out, "way_out", lambda: ways.pop(0) if len(ways) > 1 else ways[0])
    assert WayOut().wait(WakeEvent())


def test_waiting_ends_at_once_when_it_is_told_to() -> None:
    way, stop = WayOut(), WakeEvent()
    threading.Timer(0.1, stop.set).start()
    began = time.monotonic()
    assert not way.wait(stop)
    assert time.monotonic() - began < PATIENCE_SECONDS / 2
    way.close()
