/// What this build is: shown by `version` and told in `daemon.hello`.
package enum Release {
    /// The version of the product.
    package static let version = "0.1.0"
    /// The version of the protocol; grows by one with each incompatible change.
    package static let protocolVersion = 1
}
