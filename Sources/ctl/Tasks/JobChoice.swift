import CommandLineKit

/// A verb about one job.
struct JobChoice: SharingOptions {
    var shared = SharedOptions()
    var job = ""

    static let parameter = Parameter<JobChoice>.argument("JOB", to: \.job, about)
    static let about = "The job's name or id, or a beginning or end of the name that fits no other."
}
