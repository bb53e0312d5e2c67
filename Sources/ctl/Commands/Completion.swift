import CommandLineKit

private struct CompletionOptions: Sendable {
    var shell = CompletionShell.bash
}

extension Command {
    static let completion = Command(
        "completion",
        "Prints a script by which a shell completes this program's command lines.",
        details: """
            'make install' puts them in place. By hand, for yourself: bash reads \
            ~/.local/share/bash-completion/completions/executorctl, fish ~/.config/fish/completions/executorctl.fish, \
            zsh a file _executorctl in a directory of $fpath; or: source <(executorctl completion bash).
            """,
        values: CompletionOptions(),
        parameters: [.argument("SHELL", to: \.shell, "The shell.")],
        examples: [.init("executorctl completion bash", "See the script for bash")]
    ) { options in
        Terminal.output.write(CompletionScript.render(Executorctl.root, for: options.shell))
        return ExitStatus.done
    }
}
