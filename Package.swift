// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: what is declared is what is imported, and a warning is an error.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// Settings of the C shims, which stay small enough to be read in one go.
let strictC: [CSetting] = [
    .define("_GNU_SOURCE"), .unsafeFlags(["-Wall", "-Wextra", "-Werror"]),
]

/// libarchive, and what it unpacks with.
///
/// Release programs have it in them: the shared library brings libxml2 and ICU, for a format that nobody here reads, and
/// 3 ms with them at each start. The linker leaves out what is not called.
let archive: [LinkerSetting] =
    [.linkedLibrary("archive", .when(configuration: .debug))]
    + ["archive", "z", "bz2", "lzma", "zstd", "lz4"].map {
        .linkedLibrary(":lib\($0).a", .when(configuration: .release))
    }

let package = Package(
    name: "executord",
    products: [
        .executable(name: "executord", targets: ["Executord"]),
        .executable(name: "executorctl", targets: ["ctl"]),
        .executable(name: "executord-init", targets: ["executord-init"]),
        .executable(name: "benchmark-launch", targets: ["benchmark-launch"]),
        .executable(name: "benchmark-floor", targets: ["benchmark-floor"]),
        .executable(name: "benchmark-skill-search", targets: ["benchmark-skill-search"]),
    ],
    targets: [
        // 1. What Swift cannot see or call by itself.
        .target(name: "CLinux", cSettings: strictC),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp"),
        .systemLibrary(name: "CCap", pkgConfig: "libcap"),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3"),
        .systemLibrary(name: "CArchive"),
        .systemLibrary(name: "CDigest", pkgConfig: "libmd"),
        .systemLibrary(name: "CYAMLLibrary", pkgConfig: "yaml-0.1"),
        .target(name: "CYAML", dependencies: ["CYAMLLibrary"], cSettings: strictC),
        .target(
            name: "CTOML",
            cxxSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror", "-std=c++17", "-fno-exceptions"])]
        ),

        // 2. Vocabulary and kernel calls; none of these knows another but Linux, CLinux.
        .target(name: "Linux", dependencies: ["CLinux"], swiftSettings: strict),
        .target(name: "SandboxPlan", swiftSettings: strict),
        .target(name: "Wire", dependencies: ["CDigest"], swiftSettings: strict),
        .target(name: "Documents", dependencies: ["CTOML", "CYAML"], swiftSettings: strict),
        .target(name: "Statistics", swiftSettings: strict),

        // 3. The confined side: static, single-threaded, no Foundation.
        .target(
            name: "SandboxInit",
            dependencies: ["SandboxPlan", "Linux", "CLinux", "CCap"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "executord-init",
            dependencies: ["SandboxInit"],
            path: "Sources/SandboxInitMain",
            swiftSettings: strict + [.unsafeFlags(["-static-stdlib"], .when(configuration: .release))],
            linkerSettings: [.unsafeFlags(["-static-executable"], .when(configuration: .release))]
        ),

        // 3 to 5. The daemon's parts.
        .target(name: "Reactor", dependencies: ["Linux", "CLinux"], swiftSettings: strict),
        .target(
            name: "Tasks",
            dependencies: ["Wire", "Documents", "CArchive"],
            swiftSettings: strict,
            linkerSettings: archive
        ),
        .target(
            name: "Sandbox",
            dependencies: ["Reactor", "SandboxPlan", "Linux", "CLinux", "CSeccomp", "CArchive"],
            swiftSettings: strict,
            linkerSettings: archive
        ),
        .target(
            name: "Network",
            dependencies: ["Tasks", "Reactor", "Wire", "Linux", "CLinux"],
            swiftSettings: strict
        ),
        .target(
            name: "Images",
            dependencies: ["Sandbox", "SandboxPlan", "Tasks", "Reactor", "Wire", "CArchive"],
            swiftSettings: strict,
            linkerSettings: archive
        ),
        .target(name: "Trajectory", dependencies: ["CSQLite", "Statistics", "Wire"], swiftSettings: strict),
        .target(name: "Skills", dependencies: ["Gate", "Trajectory", "Documents", "Wire"], swiftSettings: strict),
        .target(
            name: "Verifier",
            dependencies: ["Sandbox", "SandboxPlan", "Statistics", "Wire"],
            swiftSettings: strict
        ),
        .target(name: "Distillation", dependencies: ["Skills", "Wire"], swiftSettings: strict),
        .target(name: "Follower", dependencies: ["Skills"], swiftSettings: strict),
        .target(name: "Gate", swiftSettings: strict),
        .target(name: "Evaluation", dependencies: ["Gate", "Statistics", "Wire"], swiftSettings: strict),

        // 5. The client's parts: blocking I/O, no reactor.
        .target(name: "Client", dependencies: ["Wire", "Linux", "CLinux"], swiftSettings: strict),
        .target(name: "CommandLineKit", swiftSettings: strict),

        // 6. The programs.
        .executableTarget(
            name: "Executord",
            dependencies: [
                "Verifier", "Trajectory", "Images", "Sandbox", "SandboxPlan", "Network", "Distillation", "Follower",
                "Skills", "Gate", "Statistics",
                "Tasks", "Documents", "Reactor", "Wire", "Linux", "CLinux", "CommandLineKit",
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ctl",
            dependencies: ["Client", "CommandLineKit", "Evaluation", "Tasks", "Wire", "Linux", "CLinux"],
            resources: ["build-tree", "apt-get", "curl", "uv-installer", "environment"].map {
                .embedInCode("VerifierTools/\($0)")
            },
            swiftSettings: strict + [.unsafeFlags(["-static-stdlib"], .when(configuration: .release))],
            linkerSettings: [.unsafeFlags(["-static-executable"], .when(configuration: .release))]
        ),
        .executableTarget(
            name: "benchmark-launch",
            dependencies: ["Sandbox", "Reactor", "SandboxPlan", "Linux"],
            path: "benchmarks/launch",
            swiftSettings: strict
        ),
        .executableTarget(name: "benchmark-floor", path: "benchmarks/floor", cSettings: strictC),
        .executableTarget(
            name: "benchmark-mine",
            dependencies: ["Distillation", "Wire"],
            path: "benchmarks/mine",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "benchmark-skill-search",
            dependencies: ["Skills"],
            path: "benchmarks/skill-search",
            swiftSettings: strict
        ),

        // Tests mirror Sources.
        .testTarget(name: "LinuxTests", dependencies: ["Linux"], swiftSettings: strict),
        .testTarget(name: "SandboxPlanTests", dependencies: ["SandboxPlan", "Statistics"], swiftSettings: strict),
        .testTarget(name: "WireTests", dependencies: ["Wire", "Statistics"], swiftSettings: strict),
        .testTarget(name: "StatisticsTests", dependencies: ["Statistics"], swiftSettings: strict),
        .testTarget(name: "DocumentsTests", dependencies: ["Documents"], swiftSettings: strict),
        .testTarget(
            name: "ReactorTests",
            dependencies: ["Reactor", "Linux", "CLinux", "Statistics"],
            swiftSettings: strict
        ),
        .testTarget(name: "TasksTests", dependencies: ["Tasks", "Wire", "Statistics"], swiftSettings: strict),
        .testTarget(
            name: "NetworkTests",
            dependencies: ["Network", "Tasks", "Reactor", "Wire", "Linux"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SandboxTests",
            dependencies: ["Sandbox", "SandboxPlan", "Reactor", "Linux", "CLinux", "executord-init", "Statistics"],
            swiftSettings: strict
        ),
        .target(name: "ATIFRules", path: "Tests/ATIFRules", swiftSettings: strict),
        .testTarget(name: "TrajectoryTests", dependencies: ["Trajectory", "Wire", "ATIFRules"], swiftSettings: strict),
        .testTarget(
            name: "SkillsTests",
            dependencies: ["Skills", "Gate", "Trajectory", "Documents", "Wire", "Statistics"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "VerifierTests",
            dependencies: ["Verifier", "Sandbox", "SandboxPlan", "Statistics", "Wire"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DistillationTests",
            dependencies: ["Distillation", "Skills", "Wire", "Statistics"],
            swiftSettings: strict
        ),
        .testTarget(name: "FollowerTests", dependencies: ["Follower", "Skills"], swiftSettings: strict),
        .testTarget(name: "GateTests", dependencies: ["Gate", "Statistics"], swiftSettings: strict),
        .testTarget(name: "EvaluationTests", dependencies: ["Evaluation", "Gate", "Wire"], swiftSettings: strict),
        .testTarget(name: "ImagesTests", dependencies: ["Images", "Tasks"], swiftSettings: strict),
        .testTarget(name: "ClientTests", dependencies: ["Client", "Wire", "Linux"], swiftSettings: strict),
        .testTarget(
            name: "CtlTests",
            dependencies: ["ctl", "Client", "CommandLineKit", "Wire", "Linux", "CLinux"],
            swiftSettings: strict
        ),
        .testTarget(name: "CommandLineKitTests", dependencies: ["CommandLineKit"], swiftSettings: strict),
        .testTarget(
            name: "ExecutordTests",
            dependencies: [
                "Executord", "Gate", "Skills", "Trajectory", "Tasks", "Wire", "Reactor", "Linux", "Statistics",
                "Distillation",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Executord", "ctl", "executord-init", "Client", "Evaluation", "Wire", "Tasks", "Reactor", "Linux",
                "CLinux", "ATIFRules", "Statistics",
            ],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// Only for scripts/fuzz, which instruments everything.
if Context.environment["EXECUTORD_FUZZ"] != nil {
    package.targets += [
        .systemLibrary(name: "CFuzzer", path: "fuzz/CFuzzer"),
        .executableTarget(
            name: "fuzz",
            dependencies: ["Wire", "SandboxPlan", "Tasks", "Sandbox", "Skills", "CLinux", "CFuzzer"],
            path: "fuzz/targets",
            swiftSettings: strict,
            // gold fails on what the sanitizers add.
            linkerSettings: [.unsafeFlags(["-use-ld=lld"])]
        ),
    ]
}

// Only for scripts/sanitize: what it does not run it need not build.
if Context.environment["EXECUTORD_SANITIZE"] != nil {
    let programs = [
        "Executord", "ctl", "executord-init", "benchmark-launch", "benchmark-floor", "benchmark-mine",
        "benchmark-skill-search",
    ]
    let parts = ["SandboxInit", "Images", "Evaluation", "Follower"]
    let tests = ["Images", "Sandbox", "EndToEnd", "Executord", "Ctl", "Linux", "Evaluation", "Follower"].map {
        $0 + "Tests"
    }
    package.targets.removeAll { (programs + parts + tests).contains($0.name) }
    package.products = []
}
