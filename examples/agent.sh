#!/bin/sh
# An agent in shell: executorctl run tasks/examples/hello-world -- sh examples/agent.sh
#
# 'executorctl action' finds the session by EXECUTORD_SOCKET and EXECUTORD_SESSION; the task is EXECUTORD_INSTRUCTION.
set -eu

# Where a model would think, this agent takes the two words that the instruction sets in backquotes.
quoted() { printf '%s\n' "$EXECUTORD_INSTRUCTION" | tr '\n' ' ' | cut -d '`' -f "$1"; }
path=$(quoted 2)
text=$(quoted 4)

if executorctl action exec -- test -e "$path"; then
    echo "there is a $path already; it is replaced"
    executorctl action remove "$path"
fi

# A file's content goes through standard input.
printf '%s\n' "$text" | executorctl action write "$path"

# A command's status and output are those of the command inside.
if executorctl action exec --timeout 10 -- grep -qxF "$text" "$path"; then
    echo "done: $(executorctl action read "$path")"
else
    echo "the file has not the text" >&2
    exit 1
fi
