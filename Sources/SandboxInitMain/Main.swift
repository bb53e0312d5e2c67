import Glibc
import SandboxInit

/// `executord-init`: descriptor 3 is the daemon's socket, descriptor 4 the configuration; nothing else is given.
@main
struct Program {
    static func main() {
        guard CommandLine.arguments.count == 1, fcntl(3, F_GETFD) >= 0, fcntl(4, F_GETFD) >= 0 else {
            let text = "executord-init is started by executord and is of no use by itself\n"
            _ = write(2, text, text.utf8.count)
            exit(2)
        }
        exit(Launcher.run(control: 3, configurationFile: 4))
    }
}
