"""mini-swe-agent below `executorctl run TASK -- …`: its own loop and messages, a deterministic model, and every
command executed in the trial's sandbox instead of on this host."""

import os
import pathlib

import executord
from minisweagent.agents.default import DefaultAgent
from minisweagent.environments.local import LocalEnvironment
from minisweagent.models.test_models import DeterministicModel, make_output


class ExecutordEnvironment(LocalEnvironment):
    """mini-swe-agent's local environment, but for where a command runs."""

    def __init__(self, session, **kwargs):
        super().__init__(**kwargs)
        self.session = session

    def execute(self, action, cwd="", *, timeout=None):
        result = self.session.exec(
            action.get("command", ""),
            cwd=cwd or self.config.cwd or None,
            env=self.config.env,
            timeout=timeout or self.config.timeout,
            merge=True,
        )
        output = {"output": result.stdout, "returncode": result.status, "exception_info": ""}
        if result.exit.kind == "limit":
            output["exception_info"] = f"the limit of {result.exit.limit} ended it"
        self._check_finished(output)
        return output


def say(text, command):
    return make_output(text, [{"command": command}], cost=0.0)


model = DeterministicModel(
    outputs=[
        say("I look where I am.", "pwd; ls -la"),
        say("I write the file.", "printf 'Hello, world!\\n' >hello.txt"),
        say("I read it.", "cat /app/hello.txt"),
        say("I am done.", "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT; cat hello.txt"),
    ],
    cost_per_call=0.0,
)
with executord.Session.from_environment() as session:
    agent = DefaultAgent(
        model,
        ExecutordEnvironment(session),
        system_template="You work in a sandbox.",
        instance_template="{{task}}",
        step_limit=10,
        cost_limit=0.0,
    )
    ended = agent.run(os.environ["EXECUTORD_INSTRUCTION"])
    for message in agent.messages:
        if message["role"] == "assistant":
            session.message(message["content"], model=model.config.model_name)
assert ended["exit_status"] == "Submitted" and ended["submission"] == "Hello, world!\n", ended
# On this host nothing was written.
assert not pathlib.Path("hello.txt").exists()
