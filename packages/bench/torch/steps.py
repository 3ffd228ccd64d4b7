"""Answers requests for times of PyTorch's training step: one JSON object a line, on standard input and output."""

import json
import math
import sys
import time

BATCH = 100
# As in sampler.ts: samples' worth of work before the first one, and the untimed share of each.
WARM_UP = 5
REFILL = 1 / 8

try:
    import torch
except ImportError as error:
    print(json.dumps({"error": f"PyTorch cannot be imported ({error}). To install it: pip install torch"}), flush=True)
    sys.exit(1)


def network(net):
    """The layers as torch modules; `padding=1` costs what padding `same` does."""
    layers = []
    side, inputs = (net["input"][0], net["input"][2]) if len(net["input"]) == 3 else (1, net["input"][0])
    for outputs in net["filters"]:
        layers += [torch.nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False), torch.nn.ReLU()]
        side, inputs = math.ceil(side / 2), outputs
    inputs *= side * side
    layers.append(torch.nn.Flatten())
    for outputs in net["units"]:
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
        inputs = outputs
    return torch.nn.Sequential(*layers[:-1])


class Training:
    """Steps on one batch that lies in tensors already."""

    def __init__(self, net):
        *plane, channels = net["input"]
        self.x = torch.rand(BATCH, channels, *plane)
        self.y = torch.randint(net["units"][-1], (BATCH,))
        self.model = network(net)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3, fused=True)
        self.us = None

    def run(self, steps):
        """Microseconds a step."""
        start = time.perf_counter()
        for _ in range(steps):
            self.optimizer.zero_grad()
            torch.nn.functional.cross_entropy(self.model(self.x), self.y).backward()
            self.optimizer.step()
        return 1e6 * (time.perf_counter() - start) / steps

    def sample(self, milliseconds):
        """Microseconds a step, the mean over about so many milliseconds."""
        if self.us is None:
            end, steps = time.perf_counter() + WARM_UP * milliseconds / 1000, 1
            while self.us is None or time.perf_counter() < end:
                self.us = self.run(steps)
                steps *= 2
        steps = max(1, round(1000 * milliseconds / self.us))
        if int(steps * REFILL) > 0:
            self.run(int(steps * REFILL))
        self.us = self.run(steps)
        return self.us


def largest_memory():
    """Bytes of the process at its largest. The unit is KiB on Linux, bytes on macOS."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


trainings = {}


def answer(request):
    """What is asked, as a dictionary."""
    if request["ask"] == "info":
        return {"version": torch.__version__, "module": "eager, fused Adam", "threads": torch.get_num_threads()}
    if request["ask"] == "memory":
        return {"process": largest_memory()}
    torch.set_num_threads(request["threads"])
    key = (request["net"]["name"], request["threads"])
    if key not in trainings:
        trainings[key] = Training(request["net"])
    return {"us": trainings[key].sample(request["milliseconds"])}


for line in sys.stdin:
    try:
        print(json.dumps(answer(json.loads(line))), flush=True)
    except Exception as error:  # the one who asked has to know
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
