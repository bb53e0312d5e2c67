/// Gives the daemon a task directory: a tar stream from the one descriptor that is passed with the frame.
///
/// The descriptor is the read end of a pipe; the reply comes after its end of file.
package enum TaskUpload: Method {
    package static let name = "task.upload"
    package struct Params: Codable, Sendable {
        /// Where the client found the task, for people and exports.
        package var path: String
        package init(path: String) { self.path = path }
    }
    package struct Result: Codable, Sendable {
        /// Harbor's digest, `sha256:…`: names the task in later calls.
        package var digest: String
        package var name: String
        package var warnings: [String]
        /// Names of the host variables that `${VAR}` templates of the task ask for.
        package var templateVariables: [String]
        package init(digest: String, name: String, warnings: [String], templateVariables: [String]) {
            self.digest = digest
            self.name = name
            self.warnings = warnings
            self.templateVariables = templateVariables
        }
    }
}

/// Validates an uploaded task and runs the admission gate: oracle earns full reward, nop earns none.
package enum TaskCheck: Method {
    package static let name = "task.check"
    package struct Params: Codable, Sendable {
        package var digest: String
        package var path: String
        package var image: String?
        /// False stops after validation.
        package var gate: Bool
        package var allowUnenforced: Bool
        package var network: NetworkKind?
        /// Values of the host variables that the task's templates name.
        package var templates: [String: String]
        package init(
            digest: String,
            path: String,
            image: String?,
            gate: Bool,
            allowUnenforced: Bool,
            network: NetworkKind? = nil,
            templates: [String: String]
        ) {
            self.digest = digest
            self.path = path
            self.image = image
            self.gate = gate
            self.allowUnenforced = allowUnenforced
            self.network = network
            self.templates = templates
        }
    }
    package struct Result: Codable, Sendable {
        package var name: String
        package var digest: String
        package var warnings: [String]
        /// Why it cannot run here; empty when it can.
        package var refusals: [Refusal]
        package var oracle: TrialSummary?
        package var nop: TrialSummary?
        /// Oracle passed and nop did not.
        package var admitted: Bool
        /// The newest score of its verifier; nil when it has none.
        package var strength: Double?
        package init(
            name: String,
            digest: String,
            warnings: [String],
            refusals: [Refusal],
            oracle: TrialSummary?,
            nop: TrialSummary?,
            admitted: Bool,
            strength: Double? = nil
        ) {
            self.name = name
            self.digest = digest
            self.warnings = warnings
            self.refusals = refusals
            self.oracle = oracle
            self.nop = nop
            self.admitted = admitted
            self.strength = strength
        }
    }
    package struct Refusal: Codable, Sendable {
        package var reason: String
        package var message: String
        package var remedy: String
        package init(reason: String, message: String, remedy: String) {
            self.reason = reason
            self.message = message
            self.remedy = remedy
        }
    }
}
