"""What machine a run is on, and how busy others kept it meanwhile."""

import datetime
import os
import platform
import resource
import time

# Of one CPU. Above it the figures are not to be relied on: beside an idle desktop's the kernel's threads, which write out what the
# engines wrote, are in it too.
MUCH_OTHER_WORK = 0.25


def cpu_seconds():
    """All that the CPUs have done since the machine started, and what a host took of them."""
    with open("/proc/stat") as stat:
        user, nice, system, _, _, irq, softirq, stolen = (int(ticks) for ticks in stat.readline().split()[1:9])
    tick = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + softirq) / tick, stolen / tick


def own_seconds():
    """What this process and its children did, of which those count that have ended."""
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


class OtherWork:
    """How many CPUs others had while a run lasted. Load averages would tell of the build that came just before it."""

    def __init__(self):
        self.began = time.monotonic()
        self.busy, self.stolen = cpu_seconds()
        self.own = own_seconds()

    def end(self):
        """(others, host), in CPUs: what was done for neither us nor our children, and what the machine's host took away."""
        lasted = time.monotonic() - self.began
        busy, stolen = cpu_seconds()
        return max(0.0, (busy - self.busy - (own_seconds() - self.own)) / lasted), (stolen - self.stolen) / lasted


def describe():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    return f"{when}: {os.cpu_count()} CPUs ({model}), {memory:.0f} GiB, Linux {platform.release()}."


def describe_other_work(others, host):
    words = f"Meanwhile other work, the kernel's own included, took {others:.2f} CPUs, and the machine's host {host:.2f}."
    if others + host > MUCH_OTHER_WORK:
        words += " **That is much: neither the figures nor the verdicts can be relied on.**"
    return words
