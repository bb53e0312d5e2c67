import Images
import Sandbox
import SandboxPlan
import Skills
import Tasks
import Trajectory
import Wire

extension WireError {
    /// The wire's words for an error of any module: the one place where they are mapped.
    init(describing error: any Error) {
        switch error {
        case let error as WireError: self = error
        case let error as SandboxError: self.init(sandbox: error)
        case let error as ImageError: self.init(image: error)
        case let error as StoreError: self.init(store: error)
        case let error as SkillLibraryError: self.init(library: error)
        case let error as SkillFolderError: self.init(.invalidParams, error.description)
        case let error as TaskError: self.init(.taskInvalid, error.description)
        case let error as ArchiveError: self.init(.taskInvalid, "the files could not be carried over: \(error)")
        case let error as TaskRefusal:
            self.init(.taskRefused, error.message, reason: error.reason, remedy: error.remedy)
        case let error as DockerfileError: self.init(.taskInvalid, error.description)
        case let error as HostTemplate.MissingVariable: self.init(.taskRefused, error.description)
        case is CancellationError: self.init(.conflict, "the call was cancelled")
        default: self.init(.internalError, "\(error)")
        }
    }

    private init(sandbox error: SandboxError) {
        switch error {
        case .limitsUnenforceable:
            self.init(.limitUnenforceable, error.description, remedy: "--allow-unenforced, or what 'doctor' says")
        case .file(_, let code): self.init(.fileFailed, error.description, reason: errorName(code))
        case .notRegular(_, let kind):
            self.init(.fileFailed, error.description, reason: kind == .directory ? "EISDIR" : "EINVAL")
        case .tooLarge: self.init(.fileFailed, error.description, reason: "EFBIG")
        case .refused: self.init(.fileFailed, error.description, reason: "EPERM")
        case .deadlineExceeded: self.init(.fileFailed, error.description, reason: "ETIMEDOUT")
        case .workerKilled: self.init(.fileFailed, error.description, reason: "EINTR")
        case .inputClosed: self.init(.conflict, error.description, reason: "EPIPE")
        case .inputFull: self.init(.conflict, error.description, reason: "EAGAIN")
        case .cancelled: self.init(.conflict, error.description)
        case .sandboxEnded:
            self.init(.sessionEnded, error.description, reason: "sandboxEnded", remedy: "open another session")
        default: self.init(.sandboxFailed, error.description, remedy: "executorctl doctor")
        }
    }

    private init(image error: ImageError) {
        let code: ErrorCode =
            switch error {
            case .unknown, .ambiguous: .notFound
            case .inUse: .conflict
            case .store: .storageFailed
            default: .invalidParams
            }
        self.init(code, error.description, remedy: error.remedy)
    }

    private init(library error: SkillLibraryError) {
        let code: ErrorCode =
            switch error {
            case .store: .storageFailed
            case .noSkill, .noVersion, .noSnapshot: .notFound
            case .illegalMove, .alreadyCurrent, .known, .quarantined: .conflict
            default: .invalidParams
            }
        self.init(code, error.description)
    }

    private init(store error: StoreError) {
        switch error {
        case .notFound: self.init(.notFound, error.description, remedy: error.remedy)
        case .conflict: self.init(.conflict, error.description, remedy: error.remedy)
        default: self.init(.storageFailed, error.description, remedy: error.remedy)
        }
    }
}
