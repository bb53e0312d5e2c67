import Glibc
import Testing

@testable import Sandbox

/// The v2 paths on plain directories in cgroupfs' place: what is written where, and what is made of what is read.
///
/// Plain directories do not fill themselves with files, so each test lays out what the kernel would.
struct CgroupUnifiedTests {
    /// A directory of files; removed at the end of the body.
    private struct FakeGroup {
        let path: String

        static func with(_ files: [String: String], _ body: (FakeGroup) throws -> Void) throws {
            var template = Array("/tmp/executord-cgroup-XXXXXX".utf8CString)
            let made = try #require(mkdtemp(&template))
            let fake = FakeGroup(path: String(cString: made))
            defer { fake.remove(fake.path) }
            for (file, text) in files { try fake.lay(file, text) }
            try body(fake)
        }

        /// Writes a file, and makes the directories on the way to it.
        func lay(_ file: String, _ text: String) throws {
            var directory = path
            for part in file.split(separator: "/").dropLast() {
                directory += "/" + part
                try #require(mkdir(directory, 0o755) == 0 || errno == EEXIST)
            }
            let opened = creat("\(path)/\(file)", 0o644)
            try #require(opened >= 0)
            #expect(write(opened, text, text.utf8.count) == text.utf8.count)
            #expect(close(opened) == 0)
        }

        func directory(_ below: String = "") throws -> CgroupDirectory {
            let hierarchy = CgroupHierarchy(version: .v2, controllers: [], directory: path)
            return try CgroupDirectory(path: below.isEmpty ? path : "\(path)/\(below)", hierarchy: hierarchy)
        }

        private func remove(_ path: String) {
            guard let listing = opendir(path) else { return }
            while let entry = readdir(listing) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard name != ".", name != ".." else { continue }
                if unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
            }
            _ = closedir(listing)
            _ = rmdir(path)
        }
    }

    @Test func theDaemonMovesIntoALeafBeforeItSharesOutControllers() throws {
        let files = [
            "cgroup.type": "domain\n", "cgroup.controllers": "cpuset cpu io memory pids\n",
            "cgroup.subtree_control": "", "daemon/cgroup.procs": "",
            "executord-a/cgroup.controllers": "memory pids cpu\n", "executord-a/cgroup.subtree_control": "",
        ]
        try FakeGroup.with(files) { fake in
            let hierarchy = CgroupHierarchy(version: .v2, controllers: [], directory: fake.path)
            let tree = try CgroupTree.open(
                instance: "a",
                layout: CgroupLayout(kind: .v2, hierarchies: [hierarchy])
            )
            #expect(tree.layoutName == "v2")
            #expect(try fake.directory("daemon").text(of: "cgroup.procs") == "\(getpid())")
            // A plain file keeps the last write; the kernel would add them up.
            #expect(try fake.directory().text(of: "cgroup.subtree_control").hasPrefix("+cpu"))
            #expect(try fake.directory("executord-a").text(of: "cgroup.subtree_control").hasPrefix("+cpu"))
        }
    }

    @Test func theRootOfTheHierarchyKeepsItsProcesses() throws {
        let files = ["cgroup.controllers": "memory\n", "cgroup.subtree_control": ""]
        try FakeGroup.with(files) { fake in
            CgroupDelegation.prepare(try fake.directory())
            #expect(try fake.directory().text(of: "cgroup.subtree_control") == "+memory")
            #expect(try fake.directory().childNames().isEmpty)
        }
    }

    @Test func limitsAreWrittenAndReadBack() throws {
        let files = ["memory.max": "max\n", "memory.swap.max": "max\n", "pids.max": "max", "cpu.max": ""]
        try FakeGroup.with(files) { fake in
            let group = try fake.directory()
            let limits = CgroupLimits(memoryBytes: 1 << 30, processes: 256, cpus: 1.5)
            #expect(limits.apply(to: [group]).isEmpty)
            #expect(try group.text(of: "memory.max") == "1073741824")
            #expect(try group.text(of: "memory.swap.max").hasPrefix("0"))
            #expect(try group.text(of: "pids.max").hasPrefix("256"))
            #expect(try group.text(of: "cpu.max") == "150000 100000")
        }
    }

    @Test func aMissingControllerIsNamed() throws {
        try FakeGroup.with(["pids.max": "max"]) { fake in
            let limits = CgroupLimits(memoryBytes: 1 << 30, processes: 9999, cpus: 1)
            let group = try fake.directory()
            #expect(limits.apply(to: [group]) == [.memory, .cpus])
        }
    }

    @Test func anActionCountsFromWhenItsSlotWasTaken() throws {
        let files = [
            "init/cgroup.procs": "", "slot-1/cgroup.procs": "",
            "slot-1/cpu.stat": "usage_usec 5000\nuser_usec 4000\n",
            "slot-1/memory.events": "low 0\noom 3\noom_kill 2\n", "slot-1/memory.peak": "4096\n",
        ]
        try FakeGroup.with(files) { fake in
            let top = try fake.directory()
            let group = try CgroupGroup(name: "t", trees: [top], directories: [top], limits: CgroupLimits())
            #expect(group.joinDescriptors.count == 1)
            try group.takeSlot().giveBack()
            let slot = try group.takeSlot()
            try fake.lay("slot-1/cpu.stat", "usage_usec 12500\n")
            try fake.lay("slot-1/memory.events", "oom_kill 3\n")
            try fake.lay("slot-1/memory.peak", "8192\n")
            #expect(slot.usage() == ActionUsage(cpu: .microseconds(7500), peakMemoryBytes: 8192, oomKills: 1))
            slot.giveBack()
            let again = try group.takeSlot()
            #expect(again.joinDescriptors == slot.joinDescriptors)
            #expect(again.usage().cpu == .zero)
            #expect(try fake.directory("slot-1").text(of: "memory.peak").hasPrefix("0"))
        }
    }

    @Test func theKernelIsAskedToKill() throws {
        let files = ["cgroup.procs": "1999999999\n", "cgroup.kill": ""]
        try FakeGroup.with(files) { fake in
            let killed = try CgroupKill.all(in: fake.directory(), patience: .milliseconds(1))
            #expect(killed == [1_999_999_999])
            #expect(try fake.directory().text(of: "cgroup.kill") == "1")
        }
    }
}
