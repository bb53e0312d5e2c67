/// Where in the sandbox a file action works, and as whom; nil is the session's user.
package struct FilePath: Codable, Sendable {
    package var session: String?
    package var path: String
    package var user: String?
    package init(session: String?, path: String, user: String? = nil) {
        self.session = session
        self.path = path
        self.user = user
    }
}

/// Reads a file: at most 512 KiB a call, or, into one passed descriptor, all of it.
package enum ActionRead: Method {
    package static let name = "action.read"
    package struct Params: Codable, Sendable {
        package var session: String?
        package var path: String
        package var offset: Int?
        package var length: Int?
        package var user: String?
        package init(session: String?, path: String, offset: Int? = nil, length: Int? = nil, user: String? = nil) {
            self.session = session
            self.path = path
            self.offset = offset
            self.length = length
            self.user = user
        }
    }
    package struct Result: Codable, Sendable {
        /// nil when the bytes went into the descriptor.
        package var content: ByteContent?
        /// Of the whole file.
        package var size: Int
        package var nextOffset: Int?
        package init(content: ByteContent?, size: Int, nextOffset: Int?) {
            self.content = content
            self.size = size
            self.nextOffset = nextOffset
        }

        private enum Key: String, CodingKey { case size, nextOffset }

        package init(from decoder: any Decoder) throws {
            content = try ByteContent(ifPresentIn: decoder)
            let values = try decoder.container(keyedBy: Key.self)
            size = try values.decode(Int.self, forKey: .size)
            nextOffset = try values.decodeIfPresent(Int.self, forKey: .nextOffset)
        }

        package func encode(to encoder: any Encoder) throws {
            try content?.encode(to: encoder)
            var values = encoder.container(keyedBy: Key.self)
            try values.encode(size, forKey: .size)
            try values.encodeIfPresent(nextOffset, forKey: .nextOffset)
        }
    }
}

/// Writes a file, making its parent directories: `text`, `base64`, or what one passed descriptor gives.
package enum ActionWrite: Method {
    package static let name = "action.write"
    package struct Params: Codable, Sendable {
        package var session: String?
        package var path: String
        package var content: ByteContent?
        package var append: Bool?
        /// Fails with `EEXIST` when there is a file.
        package var exclusive: Bool?
        /// Octal, for example `755`; nil is 644 less the umask.
        package var mode: String?
        package var user: String?
        package init(
            session: String?,
            path: String,
            content: ByteContent?,
            append: Bool? = nil,
            exclusive: Bool? = nil,
            mode: String? = nil,
            user: String? = nil
        ) {
            self.session = session
            self.path = path
            self.content = content
            self.append = append
            self.exclusive = exclusive
            self.mode = mode
            self.user = user
        }

        private enum Key: String, CodingKey { case session, path, append, exclusive, mode, user }

        package init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Key.self)
            session = try values.decodeIfPresent(String.self, forKey: .session)
            path = try values.decode(String.self, forKey: .path)
            append = try values.decodeIfPresent(Bool.self, forKey: .append)
            exclusive = try values.decodeIfPresent(Bool.self, forKey: .exclusive)
            mode = try values.decodeIfPresent(String.self, forKey: .mode)
            user = try values.decodeIfPresent(String.self, forKey: .user)
            content = try ByteContent(ifPresentIn: decoder)
        }

        package func encode(to encoder: any Encoder) throws {
            try content?.encode(to: encoder)
            var values = encoder.container(keyedBy: Key.self)
            try values.encodeIfPresent(session, forKey: .session)
            try values.encode(path, forKey: .path)
            try values.encodeIfPresent(append, forKey: .append)
            try values.encodeIfPresent(exclusive, forKey: .exclusive)
            try values.encodeIfPresent(mode, forKey: .mode)
            try values.encodeIfPresent(user, forKey: .user)
        }
    }
    package struct Result: Codable, Sendable {
        /// Bytes written by this call.
        package var size: Int
        package init(size: Int) { self.size = size }
    }
}

/// One file of the sandbox as `action.list` and `action.stat` tell it.
package struct FileEntry: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable {
        case file, directory, symlink, other
    }
    /// Control bytes, backslashes and invalid UTF-8 are written as `\xNN`.
    package var name: String
    package var kind: Kind
    package var size: Int
    /// Octal.
    package var mode: String
    package var modifiedAt: Timestamp
    package var target: String?
    package init(name: String, kind: Kind, size: Int, mode: String, modifiedAt: Timestamp, target: String?) {
        self.name = name
        self.kind = kind
        self.size = size
        self.mode = mode
        self.modifiedAt = modifiedAt
        self.target = target
    }
}

package enum ActionList: Method {
    package static let name = "action.list"
    package typealias Params = FilePath
    package struct Result: Codable, Sendable {
        package var entries: [FileEntry]
        package init(entries: [FileEntry]) { self.entries = entries }
    }
}

package enum ActionStat: Method {
    package static let name = "action.stat"
    package struct Params: Codable, Sendable {
        package var session: String?
        package var path: String
        /// nil follows symbolic links.
        package var follow: Bool?
        package var user: String?
        package init(session: String?, path: String, follow: Bool? = nil, user: String? = nil) {
            self.session = session
            self.path = path
            self.follow = follow
            self.user = user
        }
    }
    package typealias Result = FileEntry
}

/// Makes a directory and its parents; one that is there already is no error.
package enum ActionMakeDirectory: Method {
    package static let name = "action.makeDirectory"
    package typealias Params = FilePath
    package typealias Result = Empty
}

package enum ActionRemove: Method {
    package static let name = "action.remove"
    package struct Params: Codable, Sendable {
        package var session: String?
        package var path: String
        package var recursive: Bool?
        package var user: String?
        package init(session: String?, path: String, recursive: Bool? = nil, user: String? = nil) {
            self.session = session
            self.path = path
            self.recursive = recursive
            self.user = user
        }
    }
    package typealias Result = Empty
}

/// Merges a tar stream, read from one passed descriptor, into a directory.
package enum ActionUpload: Method {
    package static let name = "action.upload"
    package typealias Params = FilePath
    package typealias Result = TreeCount
}

/// Writes a directory's contents as a tar stream into one passed descriptor.
package enum ActionDownload: Method {
    package static let name = "action.download"
    package typealias Params = FilePath
    package typealias Result = TreeCount
}

/// What a tree transfer moved.
package struct TreeCount: Codable, Sendable, Hashable {
    /// Files, directories and links.
    package var entries: Int
    package var bytes: Int
    /// Sockets, devices and FIFOs that no archive carries.
    package var skipped: Int
    package init(entries: Int, bytes: Int, skipped: Int) {
        self.entries = entries
        self.bytes = bytes
        self.skipped = skipped
    }
}
