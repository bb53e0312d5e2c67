/// Frees what the policy of the configuration does not keep; records of trials are always kept.
package enum StoreCollect: Method {
    package static let name = "store.collect"

    /// Whose frozen layers stay, however old they are.
    package enum KeptLayers: String, Codable, Sendable, CaseIterable {
        /// Those of trials that did not pass.
        case failed
        case all
        case none
    }

    package struct Params: Codable, Sendable {
        /// Only say what would go.
        package var dryRun: Bool
        /// Instead of the policy's ages.
        package var olderThanSeconds: Double?
        /// Instead of the policy.
        package var keepLayers: KeptLayers?

        package init(dryRun: Bool, olderThanSeconds: Double? = nil, keepLayers: KeptLayers? = nil) {
            self.dryRun = dryRun
            self.olderThanSeconds = olderThanSeconds
            self.keepLayers = keepLayers
        }
    }

    package struct Result: Codable, Sendable {
        package enum Kind: String, Codable, Sendable, CaseIterable {
            /// A trial's frozen layer.
            case layer
            /// The files that were collected of a trial.
            case output
            /// An output that no record names any more.
            case blob
            /// A task that no trial is of.
            case task
            /// A skill that was uploaded and that no trial was given.
            case skill
            /// An image that was built of a task and that nothing has used for long.
            case image
        }
        package struct Pile: Codable, Sendable, Hashable {
            package var kind: Kind
            package var count: Int
            package var bytes: Int
            package init(kind: Kind, count: Int, bytes: Int) {
                self.kind = kind
                self.count = count
                self.bytes = bytes
            }
        }
        package struct Item: Codable, Sendable, Hashable {
            package var kind: Kind
            /// Of the trial, the blob, the task, the skill or the image.
            package var name: String
            package var bytes: Int
            package init(kind: Kind, name: String, bytes: Int) {
                self.kind = kind
                self.name = name
                self.bytes = bytes
            }
        }
        package var dryRun: Bool
        package var piles: [Pile]
        /// The largest, at most 1000.
        package var items: [Item]

        package init(dryRun: Bool, piles: [Pile], items: [Item]) {
            self.dryRun = dryRun
            self.piles = piles
            self.items = items
        }
    }
}
