import Testing

@testable import Sandbox

struct CgroupLayoutTests {
    @Test func findsV2() {
        let layout = CgroupLayout(
            membership: "0::/system.slice/executord.service\n",
            mounts: """
                22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
                30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate
                """
        )
        #expect(layout.kind == .v2)
        #expect(
            layout.hierarchies == [
                CgroupHierarchy(
                    version: .v2,
                    controllers: [],
                    directory: "/sys/fs/cgroup/system.slice/executord.service"
                )
            ]
        )
    }

    @Test func findsV1WithControllersMountedTogether() throws {
        let layout = CgroupLayout(
            membership: "4:memory:/user\n3:cpu,cpuacct:/\n2:freezer:/\n1:name=systemd:/user\n",
            mounts: """
                31 1 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
                32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
                33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
                34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
                """
        )
        #expect(layout.kind == .v1)
        #expect(layout.hierarchies.map(\.controllers) == [["memory"], ["cpu", "cpuacct"], ["name=systemd"]])
        #expect(layout.hierarchies.first?.directory == "/sys/fs/cgroup/memory/user")
    }

    @Test func findsHybrid() {
        let layout = CgroupLayout(
            membership: "8:pids:/\n4:memory:/process_api/5f\n1:cpu:/\n0::/\n",
            mounts: """
                32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
                35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
                39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
                41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
                """
        )
        #expect(layout.kind == .hybrid)
        #expect(
            layout.hierarchies.map(\.directory) == [
                "/sys/fs/cgroup/pids", "/sys/fs/cgroup/memory/process_api/5f", "/sys/fs/cgroup/cpu",
                "/sys/fs/cgroup/unified",
            ]
        )
    }

    @Test(
        arguments: [
            ("", ""),
            ("0::/\n", "31 1 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw"),
            ("1:name=systemd:/\n", "34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd"),
            ("0::/../outside\n", "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw"),
            ("0::/b\n", "30 22 0:26 /a /sys/fs/cgroup rw - cgroup2 cgroup2 rw"),
            ("garbage\n0:\n", "30 22\n30 22 0:26 / /sys/fs/cgroup rw - cgroup2\n - \n"),
        ]
    )
    func findsNothingToUse(membership: String, mounts: String) {
        #expect(CgroupLayout(membership: membership, mounts: mounts).kind == .none)
    }

    @Test func readsMountsOfAPartOfTheHierarchyAndEscapes() {
        let layout = CgroupLayout(
            membership: "0::/docker/7e/inner group\n",
            mounts: #"30 22 0:26 /docker/7e /sys/fs/c\040group rw shared:1 master:2 - cgroup2 cgroup2 rw"#
        )
        #expect(layout.hierarchies.map(\.directory) == ["/sys/fs/c group/inner group"])
    }

    @Test func aHostWithoutCgroupsNamesWhatItCannotEnforce() throws {
        let tree = try CgroupTree.open(instance: "x", layout: CgroupLayout(kind: .none, hierarchies: []))
        #expect(tree.layoutName == "none")
        #expect(tree.enforceable.isEmpty)
        let group = try tree.makeGroup(name: "t", limits: CgroupLimits(memoryBytes: 1 << 20, processes: 5, cpus: 1))
        #expect(group.unenforced == ["memory", "processes", "cpus"])
        #expect(group.joinDescriptors.isEmpty)
        let slot = try group.takeSlot()
        #expect(slot.usage() == ActionUsage(cpu: .zero, peakMemoryBytes: nil, oomKills: 0))
        slot.giveBack()
        #expect(group.killRemaining() == 0)
        group.remove()
        #expect(try tree.makeGroup(name: "u", limits: CgroupLimits()).unenforced.isEmpty)
    }
}
