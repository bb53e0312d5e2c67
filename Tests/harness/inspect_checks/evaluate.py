"""Evaluates one sample whose solver and scorer act in the sandbox; prints the status and the mean."""

import sys

from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.scorer import Score, accuracy, scorer
from inspect_ai.solver import solver
from inspect_ai.util import sandbox


@solver
def writes():
    async def solve(state, generate):
        await sandbox().exec(["sh", "-c", "tr a-z A-Z <given.txt >answer.txt"])
        return state

    return solve


@scorer(metrics=[accuracy()])
def reads():
    async def score(state, target):
        connection = await sandbox().connection()
        answer = await sandbox().read_file("answer.txt")
        is_right = answer == target.text and connection.command.startswith("executorctl shell ")
        return Score(value=1 if is_right else 0, explanation=answer)

    return score


folder = sys.argv[1]
task = Task(
    dataset=[Sample(input="raise it", target="HELLO", files={"given.txt": "hello"})],
    solver=writes(),
    scorer=reads(),
    sandbox=("executord", f"{folder}/executord.json"),
)
[log] = eval(task, model="mockllm/model", log_dir=f"{folder}/logs", display="none")
if log.error:
    print(log.error.traceback)
print(log.status, log.results.scores[0].metrics["accuracy"].value if log.results else None)
