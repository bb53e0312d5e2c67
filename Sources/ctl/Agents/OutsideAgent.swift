import Client
import Wire

/// An agent that acts from outside the daemon, as the caller.
protocol OutsideAgent: Sendable {
    /// What lists call it.
    var name: String { get }

    /// Acts until it is done; what it throws ends the trial unverified.
    ///
    /// `isOver` tells that the trial, or the step of it, has ended by itself: time is up, or somebody cancelled it.
    func act(in session: SessionInfo, through connection: Connection, socket: String, isOver: AgentEnd) throws
        -> AgentReport
}

/// What an agent leaves: files about itself, and what went wrong.
struct AgentReport: Sendable {
    /// Kept with the trial, by name.
    var files: [String: [UInt8]] = [:]
    var failure: SessionSubmit.Failure?
}
