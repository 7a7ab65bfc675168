"""Clients that are not Python: curl with the line we print, Node with its own fetch."""

import json
import subprocess

import pytest

from tests.fakes.serving import Serving

pytestmark = pytest.mark.system

NODE = """
const base = process.argv[1];
const json = async (path, body) => {
  const answer = await fetch(base + path, body && {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
};
const sandbox = await json('/_control/v1/sandboxes', {clock: {mode: 'virtual'}});
const own = `/_control/v1/sandboxes/${sandbox.id}`;
const vendor = 'vobiz', account = sandbox.vendors[vendor];
await json(`${own}/calls`, {vendor, from: '+919876543210', to: account.numbers[0]});
const {stopped} = await json(`${own}/clock/run`, {until: 'idle'});
const {calls} = await json(`${own}/calls`);
console.log(JSON.stringify({stopped, states: calls.map(call => call.state)}));
"""


def test_node_drives_the_control_api(server):
    done = subprocess.run(
        ["node", "--input-type=module", "-e", NODE, server.url], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"stopped": "idle", "states": ["ended"]}


def test_the_line_that_serve_prints_works_in_a_shell_with_curl():
    with Serving("--port", "0") as serving:
        line = serving.lines_until("/vobiz/api/v1/")[-1]
        done = subprocess.run(["bash", "-c", f"{line} -sSf"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "request_uuid" in json.loads(done.stdout)
