import Client
import CommandLineKit
import Wire

struct VerifierToolsOptions: SharingOptions {
    var shared = SharedOptions()
    var name: String?
    var python = "3.13"
    var mirror: String?
    var requirements: [String] = []
}

extension Command {
    static let imageBuildVerifierTools = Command(
        "build-verifier-tools",
        "Makes the programs that verifiers without a network use instead of fetching them.",
        details: """
            Public tasks begin their tests by installing curl, uv and pytest. This makes an image with uv and uvx, a Python \
            that runs on any image, wheels of pytest and what else is named by --with (for CPython 3.10 to 3.14, as far as \
            there are any; uvx and the pip of an image find them), and stand-ins for apt-get, curl and wget that say what \
            is there and fail for what is not. With

              [verifier]
              tools = "verifier-tools"

            in the settings of the daemon, every verifier without a network sees it read-only, and no agent does.

            It runs on this host, as you: needed are pip and patchelf, and apt-get, dpkg-deb and debian-archive-keyring, \
            which Debian and Ubuntu have. uv and wheels come from where your pip is set to look (PIP_INDEX_URL and the like); \
            Python comes from Debian's packages. To take up new versions, do it again. Only root, the daemon's own user and \
            administrators may add an image.
            """,
        values: VerifierToolsOptions(),
        parameters: [
            .argument("NAME", to: \.name, "What the image is to be called; otherwise verifier-tools."),
            .repeated(
                "--with",
                value: "REQUIREMENT",
                to: \.requirements,
                "A requirement of pip's, such as numpy==2.3.0, whose wheels are added."
            ),
            .option("--python", value: "VERSION", to: \.python, default: "3.13", "Of the tools' own: 3.13 or 3.11."),
            .option("--mirror", value: "URL", to: \.mirror, "Of Debian; otherwise what this host's apt uses."),
        ] + VerifierToolsOptions.sharedParameters,
        examples: [
            .init("executorctl image build-verifier-tools", "pytest and what it needs"),
            .init(
                "executorctl image build-verifier-tools --with numpy==2.3.0 --with pandas",
                "More for tests that compute"
            ),
        ]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let directory = try TemporaryTree()
        let builder = VerifierToolsBuilder(
            python: options.python,
            mirror: options.mirror,
            requirements: VerifierToolsBuilder.usual + options.requirements
        )
        let tree = try builder.build(in: directory.path)
        let result = try ImageUploader(connection: connection, showsProgress: !options.shared.json)
            .upload(tree, name: options.name ?? "verifier-tools")
        withExtendedLifetime(directory) {}
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            Terminal.output.print(ImageTable.imported(result))
        }
        return ExitStatus.done
    }
}
