import FoundationEssentials
import Glibc
import Testing
import Wire

/// Archives of images, made by the shell and Python, as other tools write them.
struct ImageFixture {
    let scratch: Scratch

    /// A small Debian: dash, bash, coreutils, tar and dpkg of this host with the libraries that they need.
    func smallRoot() async throws -> String {
        let root = try scratch.makeDirectory("root")
        try await shell(Self.smallRoot, root)
        return root
    }

    /// A package that puts a program and a file of another owner in place, and configures itself.
    func writePackage(to path: String) async throws {
        try await shell(Self.package, path)
    }

    /// Writes archives by a Python program; see `images.py` in it for what it offers.
    func python(_ program: String) async throws {
        try scratch.write("images.py", Self.writer)
        let outcome = try await Program.start(
            "/usr/bin/python3",
            ["-c", "import sys; sys.path.insert(0, '\(scratch.path)')\nfrom images import *\n" + program],
            environment: ["OUT": scratch.path]
        ).end()
        try #require(outcome.status == 0, "\(outcome.errors)")
    }

    @discardableResult
    func shell(_ script: String, _ argument: String) async throws -> String {
        let outcome = try await Program.start("/bin/sh", ["-euc", script, "sh", argument]).end()
        try #require(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
    }

    private static let smallRoot = """
        cd "$1"
        mkdir -p usr/bin usr/sbin usr/lib usr/lib64 etc tmp root var/lib/dpkg/info var/lib/dpkg/updates \\
            var/lib/dpkg/triggers var/log dev proc sys run
        for name in bin sbin lib lib64; do ln -s usr/$name $name; done
        chmod 1777 tmp; chmod 0700 root; touch var/lib/dpkg/status var/lib/dpkg/available
        printf 'root:x:0:0:root:/root:/bin/sh\\nservice:x:33:33::/:/bin/sh\\n' > etc/passwd
        printf 'root:x:0:\\nservice:x:33:\\n' > etc/group
        add() {
            [ -e "$1" ] || return 0
            cp -L "$1" "usr/$2/"
            ldd "$1" 2>/dev/null | sed -n 's/.* => \\(\\/[^ ]*\\) .*/\\1/p' | while read -r library; do
                mkdir -p "usr/lib/$(basename "$(dirname "$library")")"
                cp -Ln "$library" "usr/lib/$(basename "$(dirname "$library")")/"
            done
        }
        for name in cat chmod chown cp dirname env id ln ls mkdir mv readlink realpath rm sleep stat test touch tar dpkg dpkg-deb \\
            dpkg-split diff grep truncate; do add "/usr/bin/$name" bin || add "/bin/$name" bin; done
        for name in /bin/cat /bin/chmod /bin/chown /bin/cp /bin/ln /bin/ls /bin/mkdir /bin/mv /bin/rm /bin/sleep \\
            /bin/readlink /bin/touch /bin/tar /bin/grep; do add "$name" bin; done
        add /sbin/ldconfig sbin; add /sbin/start-stop-daemon sbin
        add /bin/bash bin; add /bin/dash bin; ln -s dash usr/bin/sh
        for loader in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1; do
            [ ! -e $loader ] || cp -L $loader usr$loader
        done
        echo hello > usr/lib/greeting-template; ln usr/lib/greeting-template usr/lib/second-name
        mkdir -p var/service; echo data > var/service/file; chmod 0640 var/service/file
        [ "$(id -u)" != 0 ] || chown -R 33:33 var/service
        chmod 4755 usr/bin/env
        """

    private static let package = """
        work=$(mktemp -d); cd "$work"
        mkdir -p greeting/DEBIAN greeting/usr/bin greeting/var/greeting
        printf '#!/bin/sh\\necho hello from a package\\n' > greeting/usr/bin/greet
        chmod 0755 greeting/usr/bin/greet
        echo owned > greeting/var/greeting/file
        [ "$(id -u)" != 0 ] || chown 33:33 greeting/var/greeting/file
        printf '%s\\n' 'Package: greeting' 'Version: 1' 'Architecture: all' 'Maintainer: nobody <n@example.org>' \\
            'Description: says hello' > greeting/DEBIAN/control
        printf '#!/bin/sh\\nset -e\\necho configured > /var/greeting/state\\nchown 33:33 /var/greeting/state\\n' \\
            > greeting/DEBIAN/postinst
        chmod 0755 greeting/DEBIAN/postinst
        mkdir -p "$(dirname "$1")"; dpkg-deb -Zgzip -b greeting "$1" >/dev/null
        rm -rf "$work"
        """

    private static let writer = #"""
        import hashlib, io, json, os, platform, tarfile, gzip

        OUT = os.environ['OUT']
        ARCH = {'x86_64': 'amd64', 'aarch64': 'arm64'}[platform.machine()]

        def layer(entries):
            """A layer's tar: (name, content) pairs; content is text, None for a directory, or a dictionary for TarInfo."""
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode='w', format=tarfile.GNU_FORMAT) as tar:
                for name, content in entries:
                    info = tarfile.TarInfo(name)
                    info.mtime = 1000000000
                    data = b''
                    if content is None:
                        info.type, info.mode = tarfile.DIRTYPE, 0o755
                    elif isinstance(content, dict):
                        for key, value in content.items():
                            if key == 'data': data = value.encode()
                            else: setattr(info, key, value)
                        info.size = len(data)
                    else:
                        data = content.encode()
                        info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))
            return out.getvalue()

        def digest(data): return hashlib.sha256(data).hexdigest()

        def configuration(layers, arch=ARCH, os='linux', **config):
            return json.dumps({'architecture': arch, 'os': os, 'config': config,
                'rootfs': {'type': 'layers', 'diff_ids': ['sha256:' + digest(l) for l in layers]}}).encode()

        def archive(name, members, pack=None):
            data = layer_bytes(members)
            with open(OUT + '/' + name, 'wb') as file: file.write(pack(data) if pack else data)

        def layer_bytes(members):
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode='w', format=tarfile.GNU_FORMAT) as tar:
                for path, data in members:
                    info = tarfile.TarInfo(path)
                    if isinstance(data, tuple): info.type, info.linkname = tarfile.SYMTYPE, data[0]; data = b''
                    info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))
            return out.getvalue()

        def docker_save(name, layers, tags, pack=None, **config):
            """As `docker save` wrote it before OCI layouts."""
            c = configuration(layers, **config)
            members = [(digest(l) + '/layer.tar', l) for l in dict.fromkeys(layers)]
            members += [(digest(c) + '.json', c), ('manifest.json', json.dumps([{'Config': digest(c) + '.json',
                'RepoTags': tags, 'Layers': [digest(l) + '/layer.tar' for l in layers]}]).encode())]
            archive(name, members, pack)

        def oci(name, layers, tag, pack=gzip.compress, change=lambda blobs: None, **config):
            """An OCI layout with packed layers."""
            c = configuration(layers, **config)
            packed = [pack(l) for l in layers]
            def descriptor(kind, data):
                return {'mediaType': 'application/vnd.oci.image.' + kind, 'digest': 'sha256:' + digest(data), 'size': len(data)}
            m = json.dumps({'schemaVersion': 2, 'config': descriptor('config.v1+json', c),
                'layers': [descriptor('layer.v1.tar+gzip', p) for p in packed]}).encode()
            blobs = {digest(b): b for b in packed + [c, m]}
            change(blobs)
            entry = descriptor('manifest.v1+json', m)
            entry['annotations'] = {'org.opencontainers.image.ref.name': tag}
            attestation = dict(descriptor('manifest.v1+json', b''), platform={'os': 'unknown', 'architecture': 'unknown'})
            archive(name, [('oci-layout', b'{"imageLayoutVersion":"1.0.0"}')]
                + [('blobs/sha256/' + d, b) for d, b in blobs.items()]
                + [('index.json', json.dumps({'schemaVersion': 2, 'manifests': [entry, attestation]}).encode())])
        """#
}

extension Station {
    /// What the actions of a trial printed.
    func actionOutputs(of trial: TrialDetail) async throws -> [String] {
        struct Log: Decodable {
            var text: String?
        }
        return try await json([Log].self, ["logs", trial.summary.trial]).value.map { $0.text ?? "" }
    }

    func imported(_ arguments: [String]) async throws -> ImageImport.Result {
        try await json(ImageImport.Result.self, ["image", "import"] + arguments).value
    }
}
