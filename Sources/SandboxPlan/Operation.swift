/// One step in building a sandbox's file system, applied in order by the sandbox's pid 1 before `pivot_root`.
///
/// Layers are named and live in a private scratch directory, so that neither host paths nor long option strings
/// reach the kernel's mount table. Targets are absolute paths inside the new root, resolved below it.
package enum Operation: Sendable, Hashable {
    /// Makes a directory of the launcher's mounts available as layer `name`, read-only unless `writable`.
    ///
    /// `path` is relative to the scratch directory: what lies above it may be closed to the sandbox's ids.
    case layer(name: String, path: String, writable: Bool)
    /// Makes mount number `index` of those that the launcher cloned available as layer `name`.
    case sourceLayer(name: String, index: Int)
    /// Overlay of `lowers` (topmost first), with writes going to `upper` (`<layer>/<directory>`), at `target`.
    case overlay(lowers: [String], upper: String?, target: String)
    /// Attaches a layer, or a path below it, at `target`.
    case attach(layer: String, target: String, readOnly: Bool)
    /// Empty file system in memory, limited in bytes and inodes.
    case tmpfs(target: String, bytes: UInt64, inodes: UInt64, mode: UInt32)
    /// A fresh proc with its sensitive parts masked.
    case proc(target: String)
    /// The minimal /dev.
    case devices(target: String, sharedMemoryBytes: UInt64)
    /// A directory owned by `uid`/`gid`; exists afterwards whatever was there (unless a directory was).
    case directory(target: String, mode: UInt32, uid: UInt32, gid: UInt32)
    /// A directory at `target` if nothing is there yet; links on the way are followed below the new root.
    case ensureDirectory(target: String)
    /// A new directory in writable layer `layer` (`<layer>/<directory>`), attached writable at `target`.
    case freshDirectory(layer: String, target: String, mode: UInt32)
    /// A small file with this text.
    case file(target: String, text: String, mode: UInt32)

    /// For messages: what was to be done to what.
    package var description: String {
        switch self {
        case .layer(let name, let path, let writable): "layer \(name) from \(path)\(writable ? "" : ", read-only")"
        case .sourceLayer(let name, let index): "layer \(name) from handed-over mount \(index)"
        case .overlay(let lowers, let upper, let target):
            "overlay of \(lowers.joined(separator: ":"))\(upper.map { " with upper \($0)" } ?? "") on \(target)"
        case .attach(let layer, let target, let readOnly):
            "attach \(layer) on \(target)\(readOnly ? ", read-only" : "")"
        case .tmpfs(let target, let bytes, _, _): "tmpfs of \(bytes) bytes on \(target)"
        case .proc(let target): "proc on \(target)"
        case .devices(let target, _): "devices on \(target)"
        case .directory(let target, _, _, _): "directory \(target)"
        case .ensureDirectory(let target): "directory \(target) where missing"
        case .freshDirectory(_, let target, _): "fresh directory on \(target)"
        case .file(let target, _, _): "file \(target)"
        }
    }
}

extension Operation {
    func write(to writer: inout ByteWriter) {
        switch self {
        case .layer(let name, let path, let writable):
            writer.integer(UInt8(1))
            writer.string(name)
            writer.string(path)
            writer.flag(writable)
        case .sourceLayer(let name, let index):
            writer.integer(UInt8(2))
            writer.string(name)
            writer.integer(UInt32(index))
        case .overlay(let lowers, let upper, let target):
            writer.integer(UInt8(3))
            writer.list(lowers) { $0.string($1) }
            writer.optional(upper) { $0.string($1) }
            writer.string(target)
        case .attach(let layer, let target, let readOnly):
            writer.integer(UInt8(4))
            writer.string(layer)
            writer.string(target)
            writer.flag(readOnly)
        case .tmpfs(let target, let bytes, let inodes, let mode):
            writer.integer(UInt8(5))
            writer.string(target)
            writer.integer(bytes)
            writer.integer(inodes)
            writer.integer(mode)
        case .proc(let target):
            writer.integer(UInt8(6))
            writer.string(target)
        case .devices(let target, let bytes):
            writer.integer(UInt8(7))
            writer.string(target)
            writer.integer(bytes)
        case .directory(let target, let mode, let uid, let gid):
            writer.integer(UInt8(8))
            writer.string(target)
            writer.integer(mode)
            writer.integer(uid)
            writer.integer(gid)
        case .file(let target, let text, let mode):
            writer.integer(UInt8(9))
            writer.string(target)
            writer.string(text)
            writer.integer(mode)
        case .freshDirectory(let layer, let target, let mode):
            writer.integer(UInt8(10))
            writer.string(layer)
            writer.string(target)
            writer.integer(mode)
        case .ensureDirectory(let target):
            writer.integer(UInt8(11))
            writer.string(target)
        }
    }

    static func read(from reader: inout ByteReader) throws(CodecError) -> Operation {
        switch try reader.integer(UInt8.self) {
        case 1: return .layer(name: try reader.string(), path: try reader.string(), writable: try reader.flag())
        case 2: return .sourceLayer(name: try reader.string(), index: Int(try reader.integer(UInt32.self)))
        case 3:
            let lowers = try reader.list { reader throws(CodecError) in try reader.string() }
            let upper = try reader.optional { reader throws(CodecError) in try reader.string() }
            return .overlay(lowers: lowers, upper: upper, target: try reader.string())
        case 4: return .attach(layer: try reader.string(), target: try reader.string(), readOnly: try reader.flag())
        case 5:
            return .tmpfs(
                target: try reader.string(),
                bytes: try reader.integer(),
                inodes: try reader.integer(),
                mode: try reader.integer()
            )
        case 6: return .proc(target: try reader.string())
        case 7: return .devices(target: try reader.string(), sharedMemoryBytes: try reader.integer())
        case 8:
            return .directory(
                target: try reader.string(),
                mode: try reader.integer(),
                uid: try reader.integer(),
                gid: try reader.integer()
            )
        case 9: return .file(target: try reader.string(), text: try reader.string(), mode: try reader.integer())
        case 10:
            return .freshDirectory(
                layer: try reader.string(),
                target: try reader.string(),
                mode: try reader.integer()
            )
        case 11: return .ensureDirectory(target: try reader.string())
        default: throw .badValue("operation")
        }
    }
}
