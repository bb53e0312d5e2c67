import Glibc
import Linux
import Testing

@testable import Sandbox

/// Makes the calling process, a child of the tests', an ordinary user with what that user can have on this host.
///
/// What identities a daemon gets depends on who it is, so each test of this runs in a process of its own (exit test).
struct RootlessFixture {
    /// `nobody`: it is there everywhere and owns nothing.
    static let user: uid_t = 65534
    /// A group in every hierarchy that the user may arrange; the name tells these from everybody else's.
    static let group = "executord-test-rootless"

    static let canTest = geteuid() == 0
    static let hasIdentityTools =
        access("/usr/bin/newuidmap", X_OK) == 0 && access("/usr/bin/newgidmap", X_OK) == 0

    let kernel: KernelFixture

    /// Becomes the user for good, and starts a sandbox host as that; `alone` without subordinate ids, whatever there is.
    static func become(alone: Bool = false, inGroups: Bool = false) async throws -> RootlessFixture {
        // The build may lie where only root can look: the launcher is copied to where everybody can.
        var template = Array("/tmp/executord-rootless-XXXXXX".utf8CString)
        let directory = String(cString: try #require(mkdtemp(&template)))
        let program = directory + "/executord-init"
        try copyProgram(KernelFixture.builtProgram("executord-init"), to: program)
        try #require(chown(directory, user, user) == 0)
        if inGroups { try enterGroups() }
        try #require(setgroups(0, nil) == 0 && setregid(user, user) == 0 && setreuid(user, user) == 0)
        let kernel = try await KernelFixture.make(identities: alone ? .single : .find(), program: program)
        // It runs: its file has done its duty.
        #expect(unlink(program) == 0 && rmdir(directory) == 0)
        return RootlessFixture(kernel: kernel)
    }

    private static func copyProgram(_ source: String, to target: String) throws {
        let from = OwnedDescriptor(adopting: open(source, O_RDONLY | O_CLOEXEC))
        let to = OwnedDescriptor(adopting: open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0o755))
        try #require(from.raw >= 0 && to.raw >= 0)
        while true {
            let count = sendfile(to.raw, from.raw, nil, 1 << 30)
            try #require(count >= 0)
            if count == 0 { return }
        }
    }

    // MARK: Cgroups

    /// Parents of the user's group: our own groups on v1, the top on v2, the only one there that may hold both
    /// processes and groups with controllers.
    private static var parents: [String] {
        CgroupTree.usable(.current()).map { $0.version == .v2 ? "/sys/fs/cgroup" : $0.directory }
    }

    private static func enterGroups() throws {
        for parent in parents {
            let path = "\(parent)/\(group)"
            try #require(mkdir(path, 0o755) == 0 || errno == EEXIST)
            for name in ["", "/cgroup.procs", "/tasks", "/cgroup.subtree_control"] {
                try #require(chown(path + name, user, user) == 0 || errno == ENOENT)
            }
            try CgroupDirectory(path: path, hierarchy: nil).write("\(getpid())", to: "cgroup.procs")
        }
    }

    /// Once the user's process has ended.
    static func removeGroups() {
        for parent in parents {
            guard let top = try? CgroupDirectory(path: parent, hierarchy: nil) else { continue }
            try? top.child(group).removeDescendants()
            #expect(top.removeChild(group, patience: .seconds(5)))
        }
    }

    // MARK: Subordinate ids

    private static let line = "\(user):1879048192:65536\n"
    private static let files = ["/etc/subuid", "/etc/subgid"]

    /// Runs the body while the user has 65,536 subordinate ids, and takes them away again.
    static func withSubordinateRange(_ body: () async -> Void) async throws {
        for file in files {
            let opened = OwnedDescriptor(adopting: open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644))
            try #require(opened.raw >= 0 && write(opened.raw, line, line.utf8.count) == line.utf8.count)
        }
        await body()
        for file in files {
            let kept = try text(of: file).replacing(line, with: "")
            if kept.isEmpty {
                #expect(unlink(file) == 0)
            } else {
                let opened = OwnedDescriptor(adopting: open(file, O_WRONLY | O_TRUNC | O_CLOEXEC))
                #expect(write(opened.raw, kept, kept.utf8.count) == kept.utf8.count)
            }
        }
    }

    private static func text(of path: String) throws -> String {
        try CgroupDirectory(path: "/", hierarchy: nil).text(of: String(path.dropFirst()))
    }
}
