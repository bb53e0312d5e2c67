import Client
import CommandLineKit
import Wire

struct ImageImportOptions: SharingOptions {
    var shared = SharedOptions()
    var source = ""
    var name: String?
}

struct ImageChoice: SharingOptions {
    var shared = SharedOptions()
    var image = ""

    static let parameter = Parameter<ImageChoice>.argument(
        "IMAGE",
        to: \.image,
        "Its name (the tag is 'latest' if there is none), or the first six or more digits of its id."
    )
}

struct ImageBuildOptions: SharingOptions {
    var shared = SharedOptions()
    var task = ""
    var allowUnenforced = false
}

extension Command {
    static let imageBuild = Command(
        "build",
        "Builds the image of a task from its environment/Dockerfile.",
        details: """
            The instructions are carried out in a sandbox, on the image of the store that FROM names or an alias for it; \
            see 'executorctl image import'. RUN has the network that [builds] of the daemon's configuration gives it, which \
            is none unless somebody wrote one. FROM, ARG, ENV, WORKDIR, USER, SHELL, COPY, ADD of local files and RUN count, \
            stages and .dockerignore too; what only says how a container is started is passed over.

            'run', 'submit', 'job run' and 'task check' build what is missing by themselves. What changes in environment/ makes \
            another image; after its base has changed, build it again. Only root, the daemon's own user and administrators may.
            """,
        values: ImageBuildOptions(),
        parameters: [
            .argument("TASK", to: \.task, "The task's directory."),
            .flag("--allow-unenforced", to: \.allowUnenforced, "Accept limits that this host cannot enforce."),
        ] + ImageBuildOptions.sharedParameters,
        examples: [.init("executorctl image build tasks/hello-world", "Build what the task's Dockerfile says")]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let task = try TaskUploader(connection: connection).upload(options.task)
        let result = try ImageBuilder(connection: connection, showsProgress: !options.shared.json)
            .build(task, allowUnenforced: options.allowUnenforced)
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            Terminal.output.print(ImageTable.imported(.init(image: result.image, skipped: 0, strangers: 0)))
            Terminal.output.print(ImageTable.network(result.network))
        }
        return ExitStatus.done
    }

    static let imageList = Command(
        "list",
        "Lists the images that tasks can run on.",
        details: """
            Besides these there is always 'host', which is made of this host's own /usr, and 'dir:/PATH', any root file \
            system in a directory.
            """,
        values: PlainOptions(),
        parameters: PlainOptions.sharedParameters,
        examples: [
            .init("executorctl image list", "What is there?"),
            .init("executorctl image list --json", "The same for programs"),
        ]
    ) { options in
        let result = try options.shared.access.connectOrStart().connection.call(ImageList.self, .init())
        if options.shared.json {
            try options.shared.printJSON(result)
        } else if result.images.isEmpty {
            Terminal.output.write("No images; 'executorctl image import' takes one in. 'host' is always there.\n")
        } else {
            Terminal.output.write(ImageTable.list(result.images).render(for: .output))
        }
        return ExitStatus.done
    }

    static let imageShow = Command(
        "show",
        "Shows an image: its layers, what programs in it find, and who uses it.",
        values: ImageChoice(),
        parameters: [ImageChoice.parameter] + ImageChoice.sharedParameters,
        examples: [.init("executorctl image show debian:bookworm", "What is this image?")]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let result = try connection.call(ImageShow.self, .init(image: options.image))
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            Terminal.output.print(ImageTable.details(result))
        }
        return ExitStatus.done
    }

    static let imageImport = Command(
        "import",
        "Takes in a root file system, or an image of another tool.",
        details: """
            SOURCE is a directory with a root file system or an OCI layout; a tar archive of either or of what \
            'docker save' and 'podman save' write, packed by gzip, zstd, xz or bzip2, or not; or '-' for such an archive on \
            standard input. Of an image, ENV, WORKDIR and USER count for tasks that do not say otherwise.

            Owners and modes are kept, so that packages can be installed in a sandbox of the image; devices, FIFOs and \
            sockets are left out. To read everything in a root file system of your own making, be root, or use \
            'fakeroot' or 'podman unshare'. An image of that name gives way; trials that run on it go on. Only root, the \
            daemon's own user and administrators may.
            """,
        values: ImageImportOptions(),
        parameters: [
            .argument("SOURCE", to: \.source, "A directory, an archive, or '-'."),
            .argument("NAME", to: \.name, "What it is to be called; an archive of an image says it itself."),
        ] + ImageImportOptions.sharedParameters,
        examples: [
            .init("executorctl image import /srv/bookworm debian:bookworm", "A directory that debootstrap made"),
            .init("executorctl image import ubuntu.tar", "What 'docker save ubuntu:24.04 -o ubuntu.tar' wrote"),
            .init("executorctl image import rootfs.tar.zst base:1", "A packed root file system"),
        ]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let result = try ImageUploader(connection: connection, showsProgress: !options.shared.json)
            .upload(options.source, name: options.name)
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            Terminal.output.print(ImageTable.imported(result))
        }
        return ExitStatus.done
    }

    static let imagePull = Command(
        "pull",
        "Fetches an image from a registry.",
        details: """
            From a registry that [registries] of the daemon's configuration lists, by skopeo (Debian: apt-get install skopeo), \
            which has credentials by 'skopeo login' and mirrors by containers-registries.conf(5). 'run', 'submit', 'job run' and \
            'task check' fetch by themselves what a task's docker_image names, and 'image build' what FROM names. Only root, the \
            daemon's own user and administrators may.
            """,
        values: ImageChoice(),
        parameters: [
            .argument("IMAGE", to: \.image, "As Docker writes it; the tag is 'latest' if there is none.")
        ] + ImageChoice.sharedParameters,
        examples: [.init("executorctl image pull ghcr.io/team/base:1", "Take in an image of a registry")]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let result = try ImageBuilder(connection: connection, showsProgress: !options.shared.json).pull(options.image)
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            Terminal.output.print(ImageTable.imported(result))
        }
        return ExitStatus.done
    }

    static let imageRemove = Command(
        "remove",
        "Removes an image from the store.",
        details: """
            A name; the image goes with its last one. What a trial runs on is not removed. Trials that have ended can be \
            verified again only while their image is there.
            """,
        values: ImageChoice(),
        parameters: [ImageChoice.parameter] + ImageChoice.sharedParameters,
        examples: [.init("executorctl image remove debian:bookworm", "It is not needed any more")]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let result = try connection.call(ImageRemove.self, .init(image: options.image))
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            let free = result.bytes > 0 ? ": \(Figures.bytes(result.bytes)) are free" : ""
            Terminal.output.write("removed \(result.names.joined(separator: ", "))\(free)\n")
        }
        return ExitStatus.done
    }
}
