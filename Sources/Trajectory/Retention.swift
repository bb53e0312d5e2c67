import Glibc
package import Wire

/// An ended trial whose files may go.
package struct EndedTrial: Sendable, Hashable {
    package var trial: String
    package var outcome: VerdictOutcome?
    package var endedAt: Timestamp
    /// Where its frozen layer lies; nil when it is not kept.
    package var layer: String?
    package var images: TrialImages?
}

extension Store {
    /// Every trial that has ended.
    package func endedTrials() throws(StoreError) -> [EndedTrial] {
        try database.rows(
            """
            SELECT t.name, v.outcome, coalesce(t.finished_at, t.submitted_at), t.frozen_layer, t.images
            FROM trials t LEFT JOIN verdicts v ON v.trial = t.id
            WHERE t.phase IN ('finished', 'cancelled', 'interrupted', 'errored') ORDER BY t.id
            """
        ) { row throws(StoreError) in
            EndedTrial(
                trial: row.text(0),
                outcome: row.isNull(1) ? nil : try row.word(1, as: VerdictOutcome.self),
                endedAt: row.time(2),
                layer: row.optionalText(3),
                images: try row.optionalJSON(4, as: TrialImages.self)
            )
        }
    }

    /// Notes that the frozen layers of these trials are gone.
    package func forgetLayers(_ trials: [String]) throws(StoreError) {
        try write(.full) { () throws(StoreError) in
            for trial in trials {
                try database.run("UPDATE trials SET frozen_layer = NULL WHERE name = ?", .text(trial))
            }
        }
    }

    /// Digests of the blobs that any record names.
    package func blobsInUse() throws(StoreError) -> Set<String> {
        let mark = "\"blob\":\""
        var digests: Set<String> = []
        // Inside of a JSON text the mark would be written with backslashes: what is found is a member.
        _ = try database.rows("SELECT body FROM events WHERE instr(body, ?) > 0", .text(mark)) { row in
            for piece in row.text(0).split(separator: mark).dropFirst() { digests.insert(String(piece.prefix(64))) }
        }
        return digests
    }

    /// Digests of the tasks that a trial or a job is of.
    package func tasksInUse() throws(StoreError) -> Set<String> {
        Set(
            try database.rows(
                """
                SELECT configuration ->> 'taskDigest' FROM trials WHERE job_task IS NULL
                UNION SELECT digest FROM job_tasks
                """
            ) { row in row.text(0) }
        )
    }

    /// Digests of the skills that a trial was given, or one of a job is.
    package func skillsInUse() throws(StoreError) -> Set<String> {
        Set(
            try database.rows(
                """
                SELECT s.value ->> 'digest' FROM trials t, json_each(t.configuration, '$.skills') s WHERE t.job_task IS NULL
                UNION SELECT s.value ->> 'digest' FROM job_tasks k, json_each(k.skills) s WHERE k.skills IS NOT NULL
                """
            ) { row in row.text(0) }
        )
    }

    /// Digests of the tasks of trials that have not ended.
    package func tasksToRun() throws(StoreError) -> Set<String> {
        Set(
            try database.rows(
                """
                SELECT coalesce(k.digest, t.configuration ->> 'taskDigest')
                FROM trials t LEFT JOIN job_tasks k ON k.id = t.job_task
                WHERE t.phase NOT IN ('finished', 'cancelled', 'interrupted', 'errored')
                """
            ) { row in row.text(0) }
        )
    }

    /// Digests of the tasks that somebody uploaded at that time or later.
    package func tasksUploaded(since time: Timestamp) throws(StoreError) -> Set<String> {
        Set(
            try database.rows("SELECT digest FROM tasks WHERE recorded_at >= ?", .time(time)) { row in row.text(0) }
        )
    }

    /// Drops the records of tasks whose directories are gone.
    package func forgetTasks(_ digests: [String]) throws(StoreError) {
        try write(.full) { () throws(StoreError) in
            for digest in digests { try database.run("DELETE FROM tasks WHERE digest = ?", .text(digest)) }
        }
    }
}

/// A blob that nobody names.
package struct OrphanedBlob: Sendable, Hashable {
    package var digest: String
    package var bytes: Int
}

extension BlobStore {
    /// How long a blob may lie without an event that names it: it is stored first.
    private static let graceSeconds = 3600

    /// Finds the blobs that are not in use, and removes them unless this is a dry run.
    package func collect(keeping used: Set<String>, isDryRun: Bool) throws(StoreError) -> [OrphanedBlob] {
        let latest = Int(time(nil)) - Self.graceSeconds
        var orphans: [OrphanedBlob] = []
        for folder in try FileOperations.names(in: directory) where folder.utf8.count == 2 {
            for name in try FileOperations.names(in: "\(directory)/\(folder)") {
                let digest = folder + name
                var status = stat()
                guard digest.utf8.count == 64, !used.contains(digest),
                    lstat("\(directory)/\(folder)/\(name)", &status) == 0, Int(status.st_mtim.tv_sec) < latest
                else { continue }
                if !isDryRun, unlink("\(directory)/\(folder)/\(name)") != 0 {
                    throw .lastFile("remove", "\(directory)/\(folder)/\(name)")
                }
                orphans.append(OrphanedBlob(digest: digest, bytes: Int(status.st_blocks) * 512))
            }
        }
        return orphans
    }
}
