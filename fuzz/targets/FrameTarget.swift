import Wire

/// The daemon's side of a connection: bytes, frames, envelopes, parameters of every method.
enum FrameTarget {
    private static let limit = 4096

    static func run(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        var framer = LineFramer(limit: limit)
        var rest = bytes.dropFirst()
        var seen = 0
        while !rest.isEmpty {
            // Cuts anywhere make the same frames.
            let piece = rest.prefix(Int(first) + 1)
            rest = rest.dropFirst(piece.count)
            framer.append(piece)
            do throws(FramingError) {
                while let frame = try framer.nextFrame() {
                    promise(!frame.isEmpty && frame.count <= limit && !frame.contains(10), "a frame of \(frame.count)")
                    seen += frame.count
                    decode(frame)
                }
            } catch { return }
        }
        promise(seen <= bytes.count, "more than there was")
    }

    private static func decode(_ frame: [UInt8]) {
        guard let envelope = try? WireJSON.decode(Envelope.self, from: frame) else { return }
        for method in methods where method.name == envelope.method { method.decode(frame) }
    }

    private struct Entry: Sendable {
        let name: String
        let decode: @Sendable ([UInt8]) -> Void

        init<M: Method>(_ method: M.Type) {
            name = M.name
            decode = { frame in
                guard let request = try? WireJSON.decode(Request<M.Params>.self, from: frame) else { return }
                // What has been understood can be said again.
                guard let again = try? WireJSON.encode(request) else {
                    return promise(false, "\(M.name) is not encoded")
                }
                promise(
                    (try? WireJSON.decode(Request<M.Params>.self, from: again)) != nil,
                    "\(M.name) is not understood twice"
                )
            }
        }
    }

    private static let methods: [Entry] = [
        Entry(ActionExec.self), Entry(ActionStart.self), Entry(ActionOutput.self), Entry(ActionWait.self),
        Entry(ActionKill.self), Entry(ActionInput.self), Entry(ActionResize.self), Entry(ActionRead.self),
        Entry(ActionWrite.self), Entry(ActionList.self), Entry(ActionStat.self), Entry(ActionMakeDirectory.self),
        Entry(ActionRemove.self), Entry(ActionUpload.self), Entry(ActionDownload.self), Entry(DaemonHello.self),
        Entry(DaemonStatus.self), Entry(DaemonShutdown.self), Entry(DaemonDoctor.self), Entry(JobCreate.self),
        Entry(JobList.self), Entry(JobGet.self), Entry(JobCancel.self), Entry(JobResume.self), Entry(JobWatch.self),
        Entry(StoreCollect.self), Entry(SandboxExec.self), Entry(SessionOpen.self), Entry(SessionJoin.self),
        Entry(SessionSubmit.self), Entry(SessionClose.self), Entry(SessionMessage.self), Entry(TaskUpload.self),
        Entry(TaskCheck.self), Entry(TaskAttack.self), Entry(SkillDistill.self), Entry(TrialSubmit.self),
        Entry(TrialList.self), Entry(TrialGet.self),
        Entry(TrialCancel.self), Entry(TrialWatch.self), Entry(TrialOutput.self), Entry(TrialVerify.self),
        Entry(TrialExport.self),
    ]
}
