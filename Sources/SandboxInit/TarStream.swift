import Glibc

/// Why an archive was not written.
struct ArchiveFailure: Error {
    let text: String

    init(_ call: String, errno code: CInt) {
        text = "\(call): \(String(cString: strerror(code)))"
    }

    init(_ text: String) {
        self.text = text
    }
}

/// One member of a tar stream, before its content.
struct TarMember {
    enum Kind: UInt8 {
        // By their type flags; see "ustar Interchange Format" of POSIX.1-2017, pax.
        case file = 0x30
        case hardlink, symlink, characterDevice, blockDevice, directory, fifo
    }
    var kind: Kind
    var path: [UInt8]
    var mode: UInt32 = 0
    var uid: UInt32 = 0
    var gid: UInt32 = 0
    /// How long its content is.
    var size: UInt64 = 0
    var modified = timespec()
    /// Where a link leads.
    var target: [UInt8] = []
    var device: (major: UInt32, minor: UInt32) = (0, 0)
    /// Extended attributes of files, with their names.
    var attributes: [(name: [UInt8], value: [UInt8])] = []
    /// Where a file with holes has data; nil without holes.
    var data: [Range<UInt64>]?
}

/// Writes a tar stream in the pax format: POSIX.1-2017, pax, "pax Interchange Format".
///
/// Attributes are named as star and GNU tar name them, holes are told as in "PAX Format, Version 1.0" of GNU tar's manual.
/// libarchive would want each byte of a hole, of which a file may have 2^63.
struct TarStream {
    private let sink: CInt
    private var buffer: [UInt8] = []

    private static let block = 512
    private static let bufferBytes = 256 << 10

    init(_ sink: CInt) {
        self.sink = sink
    }

    /// What goes before the content of a member; then comes the content, then `pad`.
    mutating func begin(_ member: TarMember) throws(ArchiveFailure) {
        var member = member
        var records = PaxRecords()
        var map: [UInt8] = []
        if let data = member.data {
            map = Self.map(data, size: member.size)
            records.add("GNU.sparse.major", "1")
            records.add("GNU.sparse.minor", "0")
            records.add("GNU.sparse.name", member.path)
            records.add("GNU.sparse.realsize", "\(member.size)")
            // Tools that do not know holes find the data and their map under another name.
            member.path = Array("GNUSparseFile.0".utf8)
            member.size = data.reduce(UInt64(map.count)) { $0 + $1.upperBound - $1.lowerBound }
        }
        records.add(whatDoesNotFit: member)
        for attribute in member.attributes { records.add(attribute: attribute.name, attribute.value) }
        if !records.bytes.isEmpty {
            try put(Self.header(path: Array("PaxHeader".utf8), type: 0x78, mode: 0o644, size: records.bytes.count))
            try put(records.bytes)
            try pad(after: UInt64(records.bytes.count))
        }
        try put(Self.header(of: member))
        try put(map)
    }

    mutating func put(_ bytes: [UInt8]) throws(ArchiveFailure) {
        buffer += bytes
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Fills up the block in which content of that length ends.
    mutating func pad(after length: UInt64) throws(ArchiveFailure) {
        let rest = Int(length % UInt64(Self.block))
        if rest > 0 { try put([UInt8](repeating: 0, count: Self.block - rest)) }
    }

    /// Two empty blocks are the end.
    mutating func finish() throws(ArchiveFailure) {
        try put([UInt8](repeating: 0, count: 2 * Self.block))
        try flush()
    }

    private mutating func flush() throws(ArchiveFailure) {
        var rest = buffer[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(sink, $0.baseAddress, $0.count) }
            if count < 0 && isToBeRetried(on: sink, POLLOUT) { continue }
            guard count > 0 else { throw ArchiveFailure("write", errno: errno) }
            rest = rest.dropFirst(count)
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// The extents of data as decimal numbers, one a line; a last one of no length where the file ends with a hole.
    private static func map(_ data: [Range<UInt64>], size: UInt64) -> [UInt8] {
        let extents = data.last?.upperBound == size ? data : data + [size..<size]
        var text = "\(extents.count)\n"
        for extent in extents { text += "\(extent.lowerBound)\n\(extent.upperBound - extent.lowerBound)\n" }
        let bytes = Array(text.utf8)
        return bytes + [UInt8](repeating: 0, count: (block - bytes.count % block) % block)
    }

    private static func header(of member: TarMember) -> [UInt8] {
        var header = header(
            path: member.path,
            type: member.kind.rawValue,
            mode: member.mode & 0o7777,
            size: PaxRecords.fits(member.size) ? Int(member.size) : 0
        )
        header.fill(108, octal: PaxRecords.fits(member.uid) ? UInt64(member.uid) : 0, digits: 7)
        header.fill(116, octal: PaxRecords.fits(member.gid) ? UInt64(member.gid) : 0, digits: 7)
        let seconds = member.modified.tv_sec
        header.fill(136, octal: PaxRecords.fits(time: seconds) ? UInt64(seconds) : 0, digits: 11)
        header.fill(157, member.target.prefix(100))
        header.fill(329, octal: UInt64(member.device.major) & 0o7777777, digits: 7)
        header.fill(337, octal: UInt64(member.device.minor) & 0o7777777, digits: 7)
        return header.summed()
    }

    private static func header(path: [UInt8], type: UInt8, mode: UInt32, size: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: block)
        header.fill(0, path.prefix(100))
        header.fill(100, octal: UInt64(mode), digits: 7)
        header.fill(108, octal: 0, digits: 7)
        header.fill(116, octal: 0, digits: 7)
        header.fill(124, octal: UInt64(size), digits: 11)
        header.fill(136, octal: 0, digits: 11)
        header[156] = type
        header.fill(257, Array("ustar\0".utf8) + Array("00".utf8))
        header.fill(329, octal: 0, digits: 7)
        header.fill(337, octal: 0, digits: 7)
        return header.summed()
    }
}

/// The records of an extended header: what the fields of a plain one cannot say.
struct PaxRecords {
    private(set) var bytes: [UInt8] = []

    /// "length keyword=value\n", the length counting itself.
    mutating func add(_ keyword: [UInt8], _ value: [UInt8]) {
        let rest = 1 + keyword.count + 1 + value.count + 1
        var length = rest + 1
        while length != rest + "\(length)".utf8.count { length = rest + "\(length)".utf8.count }
        bytes += Array("\(length) ".utf8) + keyword + [UInt8(ascii: "=")] + value + [UInt8(ascii: "\n")]
    }

    mutating func add(_ keyword: String, _ value: [UInt8]) { add(Array(keyword.utf8), value) }
    mutating func add(_ keyword: String, _ value: String) { add(Array(keyword.utf8), Array(value.utf8)) }

    /// In a keyword '=' would end it; escaped as GNU tar escapes it.
    mutating func add(attribute name: [UInt8], _ value: [UInt8]) {
        var keyword = Array("SCHILY.xattr.".utf8)
        for byte in name {
            switch byte {
            case UInt8(ascii: "="): keyword += Array("%3D".utf8)
            case UInt8(ascii: "%"): keyword += Array("%25".utf8)
            default: keyword.append(byte)
            }
        }
        add(keyword, value)
    }

    mutating func add(whatDoesNotFit member: TarMember) {
        let (isPathLong, isTargetLong) = (member.path.count > 100, member.target.count > 100)
        let texts = (isPathLong ? [member.path] : []) + (isTargetLong ? [member.target] : [])
        // Values are UTF-8 unless said otherwise, and names are any bytes.
        if texts.contains(where: { String(validating: $0, as: UTF8.self) == nil }) { add("hdrcharset", "BINARY") }
        if isPathLong { add("path", member.path) }
        if isTargetLong { add("linkpath", member.target) }
        if !Self.fits(member.size) { add("size", "\(member.size)") }
        if !Self.fits(member.uid) { add("uid", "\(member.uid)") }
        if !Self.fits(member.gid) { add("gid", "\(member.gid)") }
        let time = member.modified
        if time.tv_nsec != 0 || !Self.fits(time: time.tv_sec) { add("mtime", Self.text(time)) }
    }

    /// 11 octal digits.
    static func fits(_ size: UInt64) -> Bool { size < 1 << 33 }
    /// 7 octal digits.
    static func fits(_ id: UInt32) -> Bool { id < 1 << 21 }
    static func fits(time seconds: Int) -> Bool { seconds >= 0 && seconds < 1 << 33 }

    /// Seconds with a fraction; the kernel counts nanoseconds forward also before 1970.
    private static func text(_ time: timespec) -> String {
        let isBefore = time.tv_sec < 0 && time.tv_nsec > 0
        let (seconds, fraction) =
            isBefore ? (time.tv_sec + 1, 1_000_000_000 - time.tv_nsec) : (time.tv_sec, time.tv_nsec)
        let digits = "\(fraction)"
        return (isBefore && seconds == 0 ? "-0" : "\(seconds)") + "."
            + String(repeating: "0", count: 9 - digits.utf8.count) + digits
    }
}

/// A header's fields.
extension [UInt8] {
    fileprivate mutating func fill(_ offset: Int, _ bytes: some Collection<UInt8>) {
        for (index, byte) in bytes.enumerated() { self[offset + index] = byte }
    }

    fileprivate mutating func fill(_ offset: Int, octal value: UInt64, digits: Int) {
        let text = String(value, radix: 8)
        fill(offset, Array(repeating: UInt8(ascii: "0"), count: digits - text.utf8.count) + Array(text.utf8))
    }

    /// With the sum of all its bytes, in which the sum itself is spaces.
    fileprivate func summed() -> [UInt8] {
        var header = self
        header.fill(148, Array("        ".utf8))
        let sum = header.reduce(0) { $0 + UInt64($1) }
        header.fill(148, octal: sum, digits: 6)
        header[154] = 0
        return header
    }
}
